"""A clock that is set by hours amid a charge bills none of them; one that is always wrong, or a line, holds nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import kwh
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.metering.model import DoubtKind
from laddnav.meters import actions as meters
from laddnav.readings import actions as readings
from laddnav.sessions.events import SessionAmended, SessionEnded
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from tests.clock import SetClock
from tests.ocpp.managed import PACKAGES
from tests.ocpp.stations import all_sessions
from tests.ocpp.teller import Teller
from tests.things import US, component, tariff

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
BY_TIME = Element(components=(component(TariffDimension.TIME, "30.00"),))
BY_ENERGY = Element(components=(component(TariffDimension.ENERGY, "2.50"), component(TariffDimension.FLAT, "5.00")))


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {SessionEnded: [cdrs.close], SessionAmended: [cdrs.correct]}


@pytest.fixture(params=list(PACKAGES))
async def teller(
    request: pytest.FixtureRequest, url: str, database: Database, clock: SetClock
) -> AsyncIterator[Teller]:
    """On the line since yesterday; 30.00 an hour are to be paid where it is."""
    async with database.unit() as unit:
        await tariffs.keep(unit, US, tariff(elements=(BY_TIME,), last_updated=unit.now))
        await locations.provision(unit, "ST1", Provisioning(protocols=tuple(PACKAGES), on_connect="none"))
    async with Teller(url, request.param, clock) as one:
        clock.advance(24 * HOUR)
        yield one


async def for_(teller: Teller, length: timedelta, *, every: timedelta = QUARTER) -> None:
    for _ in range(length // every):
        teller.clock.advance(every)
        await teller.read()


async def billed(database: Database) -> tuple[Cdr | None, tuple[str, ...]]:
    """The CDR of the only charge, and why there is none."""
    await drain(database)
    (session,) = await all_sessions(database)
    async with database.unit() as unit:
        proof = await meters.proof_of(unit, US, session.id)
        found = [one for one in await readings.doubts_of(unit, US, session.id) if one.kind is DoubtKind.IMPOSSIBLE]
        assert [one.detail for one in found] == list(() if proof is None else proof.reasons)
        return await cdrs.of_session(unit, US, US, session.id), () if proof is None else proof.reasons


def why_not(said: str, here: str) -> tuple[str, ...]:
    return (f"By the station's clock this charge {said}, and {here} passed here: the clock was set meanwhile",)


# ---- Set meanwhile


@pytest.mark.parametrize(("before", "after"), [(-5, 0), (0, 5), (-2, 3)])
async def test_a_clock_that_is_set_ahead_amid_a_charge_adds_no_hours_to_it(
    teller: Teller, database: Database, before: int, after: int
) -> None:
    teller.off = before * HOUR
    await teller.begin()
    await for_(teller, HOUR)
    teller.off = after * HOUR
    await for_(teller, HOUR)
    await teller.end()
    assert await billed(database) == (None, why_not("lasted 7 h 0 min", "2 h 0 min"))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [(0, -1, "lasted 1 h 0 min"), (-1, -2, "lasted 1 h 0 min"), (5, 0, "ended 2 h 59 min before it began")],
)
async def test_a_clock_that_is_set_back_amid_a_charge_takes_no_hours_from_it(
    teller: Teller, database: Database, before: int, after: int, said: str
) -> None:
    teller.off = before * HOUR
    await teller.begin()
    await for_(teller, HOUR)
    teller.off = after * HOUR + 20 * SECOND  # or it would say the same instants once more
    await for_(teller, HOUR)
    await teller.end()
    assert await billed(database) == (None, why_not(said, "2 h 0 min"))


async def test_a_clock_that_a_new_start_sets_right_is_found_by_what_was_told_before(
    teller: Teller, database: Database
) -> None:
    teller.off = -5 * HOUR
    await teller.begin()
    await for_(teller, HOUR)
    await teller.go()
    teller.off = timedelta()
    teller.clock.advance(MINUTE)
    await teller.come()
    await for_(teller, HOUR)
    await teller.end()
    assert await billed(database) == (None, why_not("lasted 7 h 1 min", "2 h 1 min"))


async def test_an_end_that_is_still_to_come_needs_no_readings_beside_a_start_that_was_right(
    teller: Teller, database: Database
) -> None:
    await teller.begin()
    teller.clock.advance(HOUR)
    teller.off = 5 * HOUR
    await teller.end()
    assert await billed(database) == (None, why_not("lasted 6 h 0 min", "1 h 0 min"))


async def test_a_start_by_the_old_clock_alone_is_told_from_a_late_one_by_what_was_read_before_it(
    teller: Teller, database: Database
) -> None:
    teller.off = -5 * HOUR
    for _ in range(4):
        teller.clock.advance(QUARTER)
        await teller.read_beside()
    teller.clock.advance(10 * MINUTE)
    await teller.begin()
    teller.off = timedelta()
    await for_(teller, HOUR)
    await teller.end()
    assert await billed(database) == (None, why_not("lasted 6 h 0 min", "1 h 0 min"))


async def test_a_stop_by_the_new_clock_alone_is_told_from_a_late_one_by_what_another_evse_read(
    teller: Teller, database: Database
) -> None:
    await teller.begin()
    await for_(teller, HOUR)
    teller.off = -HOUR
    teller.clock.advance(QUARTER)
    await teller.read_beside(2)
    teller.clock.advance(QUARTER)
    await teller.end()
    assert await billed(database) == (None, why_not("lasted 0 h 30 min", "1 h 30 min"))


async def test_where_time_costs_nothing_a_clock_holds_no_charge(
    teller: Teller, database: Database, clock: SetClock
) -> None:
    async with database.unit() as unit:
        await tariffs.keep(unit, US, tariff(elements=(BY_ENERGY,), last_updated=unit.now))
    await teller.begin()
    await for_(teller, HOUR)
    teller.off = 5 * HOUR
    await for_(teller, HOUR)
    await teller.end()
    cdr, why = await billed(database)
    assert cdr is not None and cdr.energy == kwh(10) and why == ()


# ---- Honest


@pytest.mark.parametrize("off", [-5, 0, 5])
@pytest.mark.parametrize("away", ["never", "as it begins", "meanwhile", "as it ends", "all along"])
async def test_a_clock_that_is_always_off_and_a_line_that_comes_back_hold_no_charge(
    teller: Teller, database: Database, off: int, away: str
) -> None:
    teller.off = off * HOUR
    if away in ("as it begins", "all along"):
        await teller.go()
    await teller.begin()
    await for_(teller, 2 * HOUR)
    if away == "as it begins":
        await teller.come()
    if away in ("meanwhile", "as it ends"):
        await teller.go()
    await for_(teller, 2 * HOUR)
    if away == "meanwhile":
        await teller.come()
    await for_(teller, 2 * HOUR)
    await teller.end()
    if away in ("as it ends", "all along"):
        teller.clock.advance(3 * HOUR)
        await teller.come()
    cdr, why = await billed(database)
    assert cdr is not None and cdr.ended_at - cdr.started_at == 6 * HOUR and why == ()


@pytest.mark.parametrize("late", ["start", "stop"])
async def test_what_a_station_on_the_line_tells_hours_late_and_all_at_once_holds_no_charge(
    teller: Teller, database: Database, late: str
) -> None:
    """It was answered with an error perhaps, and tries again for hours: late is not wrong."""
    teller.stuck = late == "start"
    await teller.begin()
    await for_(teller, 2 * HOUR)
    teller.stuck = late == "stop"
    await for_(teller, 2 * HOUR)
    await teller.end()
    teller.stuck = False
    teller.clock.advance(2 * HOUR)
    await teller.read()
    cdr, why = await billed(database)
    assert cdr is not None and cdr.ended_at - cdr.started_at == 4 * HOUR and why == ()


@pytest.mark.parametrize("stuck", ["an end alone", "all of it"])
@pytest.mark.parametrize("late", ["start", "stop"])
async def test_what_was_read_beside_a_charge_holds_none_of_which_an_end_came_late(
    teller: Teller, database: Database, late: str, stuck: str
) -> None:
    """By a clock that is right, or that is off by hours all along and was before."""
    teller.off = -2 * HOUR

    async def beside(length: timedelta) -> None:
        for _ in range(length // QUARTER):
            teller.clock.advance(QUARTER)
            if stuck == "all of it":
                await teller.read_beside(2)
                continue
            waits, teller.kept, teller.stuck = (teller.kept, teller.stuck), [], False
            await teller.read_beside(2)
            teller.kept, teller.stuck = waits

    await beside(HOUR)
    teller.stuck = late == "start"
    await teller.begin()
    await beside(2 * HOUR)
    if late == "start":
        teller.stuck = False
        await teller.tell()
    await for_(teller, HOUR)
    teller.stuck = late == "stop"
    await teller.end()
    await beside(2 * HOUR)
    teller.stuck = False
    await teller.tell()
    cdr, why = await billed(database)
    assert cdr is not None and cdr.ended_at - cdr.started_at == 3 * HOUR and why == ()


async def test_what_is_told_of_a_charge_that_is_billed_holds_it_no_more(
    teller: Teller, database: Database, clock: SetClock
) -> None:
    """An hour of readings that a station lets out as slowly as it read them, on a line that came after the end."""
    await teller.go()
    await teller.begin()
    await for_(teller, 2 * HOUR)
    await teller.come()
    teller.stuck = True
    await for_(teller, HOUR, every=5 * MINUTE)
    late, teller.kept = teller.kept, []
    teller.stuck = False
    await teller.end()
    assert (await billed(database))[1] == ()
    await teller.go()
    clock.advance(4 * HOUR)
    await teller.come()
    for one in late:
        await teller.tell(one)
        clock.advance(5 * MINUTE)
    cdr, why = await billed(database)
    assert cdr is not None and cdr.ended_at - cdr.started_at == 3 * HOUR and why == ()
