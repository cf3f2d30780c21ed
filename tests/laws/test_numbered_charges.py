"""Laws of charges told in numbered events: whatever comes twice, late or never, each is billed what it took, or why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from laddnav.cdrs import actions as cdrs
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import Energy
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.locations.model import Station, Status
from laddnav.locations.rules import evse_of
from laddnav.metering.model import DoubtKind, Measurand, Reading
from laddnav.ocpp import charges, store
from laddnav.ocpp.exchange import Exchange
from laddnav.ocpp.serve import Sockets
from laddnav.ocpp.wire.answers import StoryHeard
from laddnav.ocpp.wire.events import ChargeTold, ConnectorsReported, ConnectorStatus, Stage
from laddnav.ocpp.wire.frames import Call
from laddnav.ocpp.wire.requests import StoryTold
from laddnav.ocpp.wire.station import CarryOut
from laddnav.ocpp.wire.v2_0_1 import DIALECT
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionAmended, SessionEnded
from laddnav.sessions.model import Session
from laddnav.sessions.model import Status as Course
from laddnav.sessions.rules import SETTLE_WITHIN
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed
from tests.clock import SetClock
from tests.things import US, evse, location, settled, token

MINUTE = timedelta(minutes=1)
GOOD, SECOND, BLOCKED, NOBODY = "CARD1", "CARD2", "BLOCKED", "NOBODY"
LET_IN, REFUSED = (GOOD, SECOND), (BLOCKED, NOBODY)
EVSES = (1, 2)
OVER = (Course.SETTLING, Course.COMPLETED, Course.INVALID)
LONG = settings().max_examples > 50

# What may make the energy billed another than the energy told.
MISSING = {DoubtKind.START_UNKNOWN, DoubtKind.STOP_UNKNOWN}


class Visit(Struct, frozen=True):
    """A charge as its Station saw it, and which of its events come through, in what order, some of them twice."""

    told: tuple[ChargeTold, ...]
    comes: tuple[int, ...]

    @property
    def heard(self) -> list[ChargeTold]:
        """What came through, in the order in which it happened."""
        return [one for one in self.told if one.number in self.comes]

    def number(self, number: int) -> ChargeTold:
        return next(one for one in self.told if one.number == number)

    @property
    def ended(self) -> bool:
        return any(one.stage is Stage.ENDED for one in self.heard)

    @property
    def whole(self) -> bool:
        return len(self.heard) == len(self.told)

    @property
    def let_in(self) -> ChargeTold | None:
        """With which event, of those that came, somebody was let in who then pays."""
        before = [one for one in self.heard if one.stage is not Stage.ENDED]
        began = any(one.stage is Stage.STARTED for one in before)
        card = self.first_card
        plug = next((one for one in before if one.evse_no), None)
        return max(card, plug, key=lambda one: one.number) if began and card and plug else None

    @property
    def first_card(self) -> ChargeTold | None:
        """The first that was let in."""
        return next((one for one in self.heard if one.stage is not Stage.ENDED and one.uid in LET_IN), None)

    @property
    def took(self) -> Energy | None:
        """From the register at which somebody was let in to the last one; None: one of them was not told."""
        let_in = self.let_in
        first = [read for one in self.heard if let_in and one.number <= let_in.number for read in one.registers]
        last = [read for one in self.heard for read in one.registers]
        return Energy(last[-1].value - first[-1].value) if first else None


@st.composite
def visits(draw: st.DrawFn, charge: str, evse_no: int, began: datetime) -> Visit:
    """Plugged first or card first; cards that are refused, then perhaps one that is let in, and others later on."""
    shown: list[str | None] = [*draw(st.lists(st.sampled_from(REFUSED), max_size=2))]
    shown += draw(st.sampled_from([[GOOD], [GOOD], [SECOND], []]))
    plugged = 0 if not shown or draw(st.booleans()) else len(shown)
    shown[plugged:plugged] = [None]
    later = draw(st.lists(st.sampled_from([None, None, None, *LET_IN, *REFUSED]), max_size=3))
    moments = [*shown, *later, draw(st.sampled_from([None, None, GOOD, NOBODY]))]
    # Nothing flows before somebody is let in; where nobody ever is, the Station was offline and let it flow.
    until = max(plugged, next((place for place, uid in enumerate(moments[:-1]) if uid in LET_IN), 0))
    register, told = draw(st.integers(0, 50_000)), list[ChargeTold]()
    first_no = draw(st.sampled_from([0, 0, 5]))
    for place, uid in enumerate(moments):
        at = began + place * MINUTE
        register += draw(st.integers(0, 300)) if place > until else 0
        says = place >= plugged and draw(st.sampled_from([True, True, True, False]))
        ends = place == len(moments) - 1
        one = ChargeTold(
            charge=charge,
            number=first_no + place,
            stage=Stage.STARTED if place == 0 else Stage.ENDED if ends else Stage.UPDATED,
            at=at,
            evse_no=evse_no if place == plugged else None,
            uid=uid,
            reason="Local" if ends else None,
            readings=(energy(at, register),) if says else (),
        )
        told.append(one)
    numbers = [one.number for one in told]
    lost = draw(st.sets(st.sampled_from(numbers), max_size=2)) if draw(st.integers(0, 2)) == 0 else set()
    comes = [number for number in numbers if number not in lost]
    again = draw(st.lists(st.sampled_from(comes), max_size=2)) if comes else []
    if draw(st.booleans()):
        return Visit(tuple(told), tuple(comes + again))
    return Visit(tuple(told), tuple(draw(st.permutations(comes + again))))


def energy(at: datetime, register: int) -> Reading:
    return Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Visit], list[ChargeTold]]:
    """Charges one after another at each Evse, and their events as they come, those of different charges mixed."""
    found = list[Visit]()
    for evse_no in EVSES:
        began = SetClock().now()
        for number in range(draw(st.integers(0, 2))):
            found.append(draw(visits(f"T-{evse_no}-{number}", evse_no, began)))
            began = found[-1].told[-1].at + MINUTE
    left = [[visit.number(number) for number in visit.comes] for visit in found]
    mixed = list[ChargeTold]()
    while any(left):
        mixed.append(draw(st.sampled_from([each for each in left if each])).pop(0))
    return found, mixed


# ---- What comes of them


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {SessionEnded: [cdrs.close], SessionAmended: [cdrs.correct]}


@pytest.fixture
async def house(database: Database) -> Database:
    await settled(database)
    async with database.unit() as unit:
        await tokens.keep(unit, US, token(SECOND))
        await tokens.keep(unit, US, token(BLOCKED, valid=False))
    return database


_stations = count(2)


async def another_station(database: Database) -> Station:
    """With a Location of its own, so that what one example leaves behind means nothing to the next."""
    number = next(_stations)
    id, where = f"ST{number}", f"LOC{number}"
    async with database.unit() as unit:
        evses = tuple(evse(f"E{number}-{evse_no}") for evse_no in EVSES)
        await locations.keep(unit, US, location(where, evses=evses))
        await locations.add_station(unit, US, id, password="a-password-of-16-bytes")
        for evse_no, one in zip(EVSES, evses, strict=True):
            await locations.attach(unit, id, evse_no, EvseRef(where, one.uid))
        station = await locations.station(unit, id)
        taken = [ConnectorStatus(evse_no=one, connector_no=1, said="Occupied", status=Status.BLOCKED) for one in EVSES]
        await charges.connectors(unit, station, ConnectorsReported(connectors=tuple(taken)))
    return station


async def tell(sockets: Sockets, station: Station, told: ChargeTold) -> StoryHeard:
    call = Call("1", "TransactionEvent", {})
    deed = CarryOut(call, told, ())
    done = await sockets.alone(Exchange(station=station, dialect=DIALECT, text="[]", call=call, deed=deed))
    assert isinstance(done.answer, StoryHeard)
    return done.answer


async def session_of(database: Database, station: Station, visit: Visit) -> Session | None:
    async with database.unit() as unit:
        found = await store.charges.story(unit, US, station.id, visit.told[0].charge)
        id = "" if found is None else found[0].session_id
        return await sessions.fetch(unit, US, US, id) if id else None


@settings(max_examples=500 if LONG else 25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=days(), restarts=st.sets(st.integers(0, 30), max_size=2))
async def test_each_charge_is_over_once_and_billed_what_it_took(
    house: Database, clock: SetClock, day: tuple[list[Visit], list[ChargeTold]], restarts: set[int]
) -> None:
    """E02 E03 E04 E12 E14: and who was refused pays nothing, and no card is let in by accident."""
    visits, comes = day
    clock.set(max([clock.now(), *(one.told[-1].at for one in visits)]))
    station = await another_station(house)
    sockets = Sockets(house, process="test")
    for place, told in enumerate(comes):
        if place in restarts:
            sockets = Sockets(house, process="test")
        heard = await tell(sockets, station, told)
        assert (heard.token is not None) is (told.uid is not None)
        if heard.token is not None and heard.token.allowed is Allowed.ALLOWED:
            assert told.uid in LET_IN or told.stage is Stage.ENDED
    await assert_shown(house, station, visits)
    for visit in visits:
        session = await session_of(house, station, visit)
        if session is not None and visit.whole:
            assert session.status in OVER, shape(visit)
    for visit in visits:
        async with house.unit() as unit:
            await charges.close(unit, station, visit.told[0].charge, StoryTold(goes_on=False, more=False))
    await assert_shown(house, station, visits)
    clock.advance(SETTLE_WITHIN + MINUTE)
    await sessions.settle_overdue(house)
    await drain(house)
    for visit in visits:
        await assert_billed(house, station, visit)


async def assert_shown(database: Database, station: Station, visits: list[Visit]) -> None:
    """An Evse charges exactly while a charge of somebody is under way there whose end was not told."""
    under_way = set[str]()
    for visit in visits:
        session = await session_of(database, station, visit)
        if session is not None and session.status is Course.ACTIVE and not visit.ended:
            under_way.add(session.evse_uid)
    async with database.unit() as unit:
        for _, where in station.evses:
            status = evse_of(await locations.fetch(unit, US, US, where.location_id), where.evse_uid).status
            assert status is (Status.CHARGING if where.evse_uid in under_way else Status.BLOCKED), where


async def assert_billed(database: Database, station: Station, visit: Visit) -> None:
    session = await session_of(database, station, visit)
    if session is None:
        assert visit.let_in is None, shape(visit)
        return
    async with database.unit() as unit:
        cdr = await cdrs.of_session(unit, US, US, session.id)
        doubts = {one.kind for one in await readings.doubts_of(unit, US, session.id)}
    over = (Course.COMPLETED if session.allowed else Course.INVALID,)
    assert session.status in (over if visit.ended else (*over, Course.ACTIVE))
    assert session.allowed is (visit.let_in is not None), shape(visit)
    assert (cdr is not None) is (session.status is Course.COMPLETED)
    if cdr is None or not visit.ended:
        return
    event(f"billed {', '.join(sorted(doubts))}")
    if cdr.energy != visit.took:
        # Who pays already is not billed what flowed for another, of whom was heard only later.
        first = visit.first_card
        elses = {DoubtKind.REGISTER_BEFORE_START} if first and first.uid != session.token.uid else set[DoubtKind]()
        assert doubts & (MISSING | elses), (shape(visit), cdr.energy, visit.took)
        assert visit.took is None or cdr.energy < visit.took, (shape(visit), cdr.energy, visit.took)


def shape(visit: Visit) -> str:
    """What a person who looks at a failure wants to see of it."""
    words = [
        f"{t.number}:{t.stage[0]}{t.evse_no or ''}{t.uid or ''}{[int(r.value) for r in t.registers]}"
        for t in visit.told
    ]
    return f"{' '.join(words)}, came {visit.comes}"
