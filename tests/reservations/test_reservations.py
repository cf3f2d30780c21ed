"""A reservation from its question to its end, with everything that can come between."""

from datetime import timedelta
from decimal import Decimal

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import wh
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Status as EvseStatus
from laddnav.locations.rules import evse_of
from laddnav.reservations import actions as reservations
from laddnav.reservations.events import CancellationRequested, ReservationAnswered, ReservationRequested
from laddnav.reservations.model import Reservation, State
from laddnav.reservations.rules import NotReservable, NotSoLong, ReservationOver, UnknownReservation
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionEnded, SessionFailed, SessionStarted
from laddnav.sessions.model import AuthMethod, CdrToken, Session, Status
from laddnav.sessions.rules import EvseBusy
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, Restriction, TariffDimension
from laddnav.tokens.model import Allowed, Authorization, Token, TokenType
from tests.clock import SetClock
from tests.things import THEM, US, component, evse, location, settled, tariff, token

DRIVER = CdrToken(owner=THEM, uid="PHONE", type=TokenType.APP_USER, contract_id="C1")
OTHER = CdrToken(owner=US, uid="CARD1", type=TokenType.RFID, contract_id="SE-LAD-CCARD1")
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def hears() -> dict[type[Event], list[Listener]]:
    return {
        SessionStarted: [reservations.session_went_on],
        SessionFailed: [reservations.session_went_on],
        SessionEnded: [cdrs.close],
    }


class Desk:
    """Asks as a partner would, and answers as its station would."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock

    async def ask(
        self, *, id: str = "R1", by: PartyId = THEM, evse_uid: str | None = "EVSE1", length: timedelta = AN_HOUR
    ) -> Reservation:
        async with self.database.unit() as unit:
            return await reservations.request(
                unit,
                holder=US,
                asked_by=by,
                id=id,
                token=DRIVER,
                location_id="LOC1",
                evse_uid=evse_uid,
                until=unit.now + length,
                reference="ref",
                request=unit.new_id(),
            )

    async def hold(self, **how: object) -> Reservation:
        asked = await self.ask(**how)  # type: ignore[arg-type]
        await self.answer(asked, "ACCEPTED")
        return await self.now(asked)

    async def answer(self, one: Reservation, result: str) -> None:
        async with self.database.unit() as unit:
            await reservations.answer(unit, US, one.number, result, one.request)

    async def cancel(self, one: Reservation, result: str = "ACCEPTED") -> None:
        async with self.database.unit() as unit:
            await reservations.request_cancel(unit, US, [one.asked_by], one.id, request="c1")
            await reservations.answer_cancel(unit, US, one.number, result, "c1")
        await drain(self.database)

    async def begin(self, token: CdrToken = DRIVER, *, number: int | None = None, asked: bool = False) -> Session:
        async with self.database.unit() as unit:
            session = await sessions.begin(
                unit,
                station=await locations.station(unit, "ST1"),
                evse_no=1,
                uid=token.uid,
                given=Authorization(
                    allowed=Allowed.ALLOWED, token=_shown(token) if asked else None, asked=asked, reference=None
                ),
                at=self.clock.now(),
                register=wh(1000),
                reservation_no=number,
            )
        await drain(self.database)
        return session

    async def stop(self, session: Session, register: int) -> None:
        async with self.database.unit() as unit:
            await sessions.stop(
                unit, holder=US, session_id=session.id, at=unit.now, register=wh(register), reason="Local"
            )
        await drain(self.database)

    async def pass_by(self, length: timedelta) -> None:
        self.clock.advance(length)
        await reservations.expire(self.database)
        await drain(self.database)

    async def now(self, one: Reservation) -> Reservation:
        async with self.database.unit() as unit:
            return await reservations.by_ref(unit, one.ref)

    async def session(self, one: Reservation) -> Session:
        async with self.database.unit() as unit:
            return await sessions.fetch(unit, US, US, (await reservations.by_ref(unit, one.ref)).session_id or "")

    async def evse(self, uid: str = "EVSE1") -> EvseStatus:
        async with self.database.unit() as unit:
            return evse_of(await locations.fetch(unit, US, US, "LOC1"), uid).status

    async def cdrs(self) -> list[tuple[Decimal, Decimal | None]]:
        """(total, of which the reservation) of each, oldest first."""
        async with self.database.unit() as unit:
            found = reversed(await cdrs.page(unit, US))
        parts = [(one.costs.total.before_taxes, one.costs.reservation) for one in found]
        return [(total, None if part is None else part.before_taxes) for total, part in parts]

    async def announced(self, kind: type[Event]) -> int:
        async with self.database.unit() as unit:
            return int(await unit.value("select count(*) from event where kind = $1", kind.__name__))


def _shown(one: CdrToken) -> Token:
    return token(one.uid, owner=one.owner)


@pytest.fixture
async def desk(database: Database, clock: SetClock) -> Desk:
    """An hour reserved costs 6.00, an hour that expires 9.00 and 4.00 at once; a charge 2.50 a kWh."""
    await settled(database)
    async with database.unit() as unit:
        promised = tariff(
            elements=(
                _element("RESERVATION", component(TariffDimension.TIME, "6.00")),
                _element(
                    "RESERVATION_EXPIRES",
                    component(TariffDimension.TIME, "9.00"),
                    component(TariffDimension.FLAT, "4.00"),
                ),
                Element(components=(component(TariffDimension.ENERGY, "2.50"),)),
            ),
            last_updated=unit.now,
        )
        await tariffs.keep(unit, US, promised)
        evses = tuple(evse(uid, capabilities=("RESERVABLE",), last_updated=unit.now) for uid in ("EVSE1", "EVSE2"))
        await locations.keep(unit, US, location(evses=evses, last_updated=unit.now))
    return Desk(database, clock)


def _element(reservation: str, *components: object) -> Element:
    return Element(components=components, restriction=Restriction(reservation=reservation))  # type: ignore[arg-type]


# Asked for ------------------------------------------------------------------------------------------------------------


async def test_what_a_station_keeps_is_a_session_and_the_evse_says_so(desk: Desk) -> None:
    """CMD-037, CMD-038, SES-033, SES-037, LOC-061: from the station's yes on, and not before."""
    asked = await desk.ask()
    assert (asked.state, asked.session_id, asked.number > 0) == (State.ASKED, None, True)
    assert await desk.evse() is EvseStatus.AVAILABLE
    await desk.answer(asked, "ACCEPTED")
    session = await desk.session(asked)
    assert (session.status, session.auth_method) == (Status.RESERVATION, AuthMethod.COMMAND)
    assert (session.token.uid, session.authorization_reference) == ("PHONE", "ref")
    assert session.reserved is not None and session.reserved.until == asked.until
    assert await desk.evse() is EvseStatus.RESERVED
    assert await desk.announced(ReservationAnswered) == 1


@pytest.mark.parametrize("result", ["REJECTED", "EVSE_OCCUPIED", "EVSE_INOPERATIVE", "FAILED", "TIMEOUT"])
async def test_what_a_station_does_not_keep_leaves_nothing_behind(desk: Desk, result: str) -> None:
    """CMD-011: and the Evse can be reserved again."""
    asked = await desk.ask()
    await desk.answer(asked, result)
    assert (await desk.now(asked)).state is State.REFUSED
    assert await desk.evse() is EvseStatus.AVAILABLE
    assert (await desk.hold(id="R2")).state is State.HELD


async def test_only_what_can_be_kept_is_asked_for(desk: Desk) -> None:
    """CMD-046: free, reservable, and not for ever."""
    for length in (timedelta(), timedelta(days=2)):
        with pytest.raises(NotSoLong):
            await desk.ask(length=length)
    await desk.hold()
    with pytest.raises(EvseBusy):
        await desk.ask(id="R2")
    async with desk.database.unit() as unit:
        deaf = tuple(evse(uid, last_updated=unit.now) for uid in ("EVSE1", "EVSE2"))
        await locations.keep(unit, US, location(evses=deaf, last_updated=unit.now))
    for uid in ("EVSE2", None):
        with pytest.raises(NotReservable):
            await desk.ask(id="R3", evse_uid=uid)


async def test_any_free_evse_will_do_where_none_is_named(desk: Desk) -> None:
    """CMD-034."""
    first, second = await desk.hold(evse_uid=None), await desk.hold(id="R2", evse_uid=None)
    assert {first.evse_uid, second.evse_uid} == {"EVSE1", "EVSE2"}
    with pytest.raises(NotReservable):
        await desk.ask(id="R3", evse_uid=None)


async def test_the_same_id_once_more_replaces_a_reservation_and_its_number_stays(desk: Desk) -> None:
    """CMD-036: a change that the station refuses leaves the promise as it was."""
    held = await desk.hold()
    later = await desk.ask(length=3 * AN_HOUR)
    assert later.number == held.number
    await desk.answer(later, "REJECTED")
    assert ((now := await desk.now(held)).state, now.until) == (State.HELD, held.until)
    await desk.answer(await desk.ask(length=2 * AN_HOUR), "ACCEPTED")
    assert (await desk.now(held)).until == held.until + AN_HOUR
    session = await desk.session(held)
    assert session.reserved is not None and session.reserved.until == held.until + AN_HOUR


async def test_at_another_evse_the_new_one_is_kept_before_the_old_one_is_freed(desk: Desk) -> None:
    """CMD-036."""
    old = await desk.hold()
    new = await desk.ask(evse_uid="EVSE2")
    assert new.number != old.number and await desk.announced(CancellationRequested) == 0
    await desk.answer(new, "ACCEPTED")
    assert (await desk.now(old)).state is State.HELD and await desk.announced(CancellationRequested) == 1


async def test_one_party_cannot_touch_what_another_reserved(desk: Desk) -> None:
    """CMD-037: under the same id it is another reservation, or none."""
    mine = await desk.hold()
    other = await desk.hold(by=US, evse_uid="EVSE2")
    assert mine.number != other.number and mine.id == other.id
    async with desk.database.unit() as unit:
        with pytest.raises(UnknownReservation):
            await reservations.request_cancel(unit, US, [PartyId("DE", "8AC")], "R1", request="c")
    assert await desk.announced(ReservationRequested) == 2


# Used -----------------------------------------------------------------------------------------------------------------


async def test_a_used_reservation_is_one_session_and_one_cdr_with_its_charge(desk: Desk) -> None:
    """SES-038, TAR-062, TAR-063, CDR-026, CDR-045, SES-026: half an hour kept at 6.00, then 20 kWh at 2.50."""
    held = await desk.hold()
    desk.clock.advance(timedelta(minutes=30))
    began = await desk.begin()
    assert (began.id, began.status) == ((await desk.session(held)).id, Status.ACTIVE)
    assert began.cost is not None and began.cost.before_taxes == 3
    assert (await desk.now(held)).state is State.USED
    desk.clock.advance(AN_HOUR)
    await desk.stop(began, 21_000)
    assert await desk.cdrs() == [(Decimal("53.00"), Decimal("3.00"))]
    await desk.pass_by(AN_HOUR)
    assert len(await desk.cdrs()) == 1


async def test_a_card_of_the_same_group_uses_the_reservation_by_its_number(desk: Desk) -> None:
    """CMD-037, SES-028: the station says which one it is; who was judged there was let in by that."""
    held = await desk.hold()
    began = await desk.begin(OTHER, number=held.number, asked=True)
    assert began.id == (await desk.session(held)).id
    assert (began.auth_method, began.authorization_reference) == (AuthMethod.AUTH_REQUEST, "ref")


async def test_a_start_from_afar_goes_on_with_the_drivers_own_reservation(desk: Desk) -> None:
    """SES-038: and nobody else's start does."""
    held = await desk.hold()
    async with desk.database.unit() as unit:
        asked = await sessions.request_start(
            unit, holder=US, token=DRIVER, evse=_where(), reference="newer", command_id="s1"
        )
        assert (asked.id, asked.status) == (held.session_id, Status.RESERVATION)
        assert (asked.command_id, asked.authorization_reference) == ("s1", "newer")
        kept = await reservations.held_for(unit, US, "LOC1", DRIVER)
        assert kept is not None and kept.number == held.number
        assert await reservations.held_for(unit, US, "LOC1", OTHER) is None
        with pytest.raises(EvseBusy):
            await sessions.request_start(unit, holder=US, token=OTHER, evse=_where())
        await sessions.answer_start(unit, US, asked.id, "REJECTED")
    assert (await desk.session(held)).status is Status.RESERVATION


async def test_somebody_who_charges_there_all_the_same_breaks_the_promise(desk: Desk) -> None:
    """CMD-041: whoever reserved is told and owes nothing."""
    held = await desk.hold()
    desk.clock.advance(timedelta(minutes=10))
    began = await desk.begin(OTHER)
    assert began.id != held.session_id
    assert (await desk.now(held)).state is State.WITHDRAWN
    assert (await desk.session(held)).status is Status.INVALID
    assert await desk.announced(CancellationRequested) == 1 and await desk.cdrs() == []


# Not used -------------------------------------------------------------------------------------------------------------


async def test_an_expired_reservation_is_billed_for_all_of_its_time(desk: Desk) -> None:
    """SES-039, SES-040, TAR-063, TAR-064, TAR-067: an hour at 9.00 and 4.00, however late anybody looks."""
    held = await desk.hold()
    await desk.pass_by(AN_HOUR)
    assert (await desk.now(held)).state is State.HELD  # a start of the last moment may still be told
    await desk.pass_by(AN_HOUR)
    session = await desk.session(held)
    assert ((await desk.now(held)).state, session.status) == (State.EXPIRED, Status.COMPLETED)
    assert session.ended_at == held.until and await desk.evse() is EvseStatus.AVAILABLE
    assert await desk.cdrs() == [(Decimal("13.00"), Decimal("13.00"))]
    assert session.cost is not None and session.cost.before_taxes == 13


async def test_a_reservation_that_costs_nothing_needs_no_cdr(desk: Desk) -> None:
    """SES-039, SES-040."""
    async with desk.database.unit() as unit:
        await tariffs.keep(unit, US, tariff(last_updated=unit.now + AN_HOUR))
    held = await desk.hold()
    await desk.pass_by(2 * AN_HOUR)
    assert (await desk.session(held)).status is Status.COMPLETED and await desk.cdrs() == []


async def test_a_cancelled_reservation_costs_the_time_until_then(desk: Desk) -> None:
    """CMD-039, CDR-069: twenty minutes of it, as one that nobody used."""
    held = await desk.hold()
    desk.clock.advance(timedelta(minutes=20))
    await desk.cancel(held)
    assert (await desk.now(held)).state is State.CANCELED and await desk.evse() is EvseStatus.AVAILABLE
    assert await desk.cdrs() == [(Decimal("7.00"), Decimal("7.00"))]
    with pytest.raises(UnknownReservation):
        await desk.cancel(held)


async def test_what_the_station_has_forgotten_is_over_and_what_it_will_not_free_is_not(desk: Desk) -> None:
    """CMD-040."""
    held = await desk.hold()
    await desk.cancel(held, "TIMEOUT")
    assert (await desk.now(held)).state is State.HELD
    await desk.cancel(held, "UNKNOWN_RESERVATION")
    assert (await desk.now(held)).state is State.CANCELED


async def test_what_we_take_back_costs_nothing_and_only_once(desk: Desk) -> None:
    """CMD-041."""
    held = await desk.hold()
    async with desk.database.unit() as unit:
        await reservations.withdraw(unit, held.ref)
    await drain(desk.database)
    assert ((await desk.now(held)).state, (await desk.session(held)).status) == (State.WITHDRAWN, Status.INVALID)
    async with desk.database.unit() as unit:
        with pytest.raises(ReservationOver):
            await reservations.withdraw(unit, held.ref)
    assert await desk.cdrs() == [] and await desk.announced(CancellationRequested) == 1


def _where() -> EvseRef:
    return EvseRef("LOC1", "EVSE1")
