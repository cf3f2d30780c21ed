"""A start in kWh before samples in Wh is known by what it is, and holds nothing that can have been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import kwh
from laddnav.metering.model import DoubtKind
from laddnav.meters import actions as meters
from laddnav.sessions.events import SessionAmended, SessionEnded
from tests.clock import SetClock
from tests.ocpp.stations import all_sessions, doubts
from tests.ocpp.teller import Teller
from tests.things import US

QUARTER = timedelta(minutes=15)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {SessionEnded: [cdrs.close], SessionAmended: [cdrs.correct]}


async def charged(
    url: str, database: Database, clock: SetClock, *, start: int | None, at_first: int, then: int
) -> tuple[object, tuple[str, ...]]:
    """(what was billed, why nothing was) of two hours at 5 kW; what the first sample says beside the others."""
    async with Teller(url, "ocpp1.6", clock) as teller:
        teller.leapt = then
        await teller.begin(register=start)
        for number in range(8):
            teller.leapt = then if number else at_first
            clock.advance(QUARTER)
            await teller.read()
        await teller.end()
    await drain(database)
    (session,) = await all_sessions(database)
    async with database.unit() as unit:
        cdr, proof = (
            await cdrs.of_session(unit, US, US, session.id),
            await meters.proof_of(unit, US, session.id),
        )
    return None if cdr is None else cdr.energy, () if proof is None else proof.reasons


async def test_a_start_in_kilowatt_hours_is_not_billed_for_what_it_leaves_out(
    url: str, database: Database, clock: SetClock
) -> None:
    why = "A register of 30 Wh is followed by one of 31250 Wh, some thousand times as much: one of them is in kWh"
    assert await charged(url, database, clock, start=30, at_first=29_000, then=29_000) == (None, (why,))


@pytest.mark.parametrize(
    ("start", "at_first", "then"),
    [
        (None, 0, 0),
        (30_000, 29_997_750, 29_000),  # the first sample alone, which nothing confirms, is a thousand times as much
        (30_000, 29_000 // 1000, 29_000),
    ],
)
async def test_what_a_start_and_its_samples_can_both_have_said_is_billed(
    url: str, database: Database, clock: SetClock, start: int | None, at_first: int, then: int
) -> None:
    assert await charged(url, database, clock, start=start, at_first=at_first, then=then) == (kwh(10), ())


async def test_a_new_meter_at_an_evse_that_gives_more_than_it_is_said_to_is_billed(
    url: str, database: Database, clock: SetClock
) -> None:
    """From 10 Wh on, and 40 kW where 22 are known of: doubtful, and not a thousand times anything."""
    energy, why = await charged(url, database, clock, start=10, at_first=9000, then=9000)
    assert energy is not None and why == ()


async def test_a_leap_that_is_no_thousand_times_anything_is_a_doubt_and_billed_as_before(
    url: str, database: Database, clock: SetClock
) -> None:
    found = await charged(url, database, clock, start=12_000, at_first=50_000, then=50_000)
    assert found == (kwh(49), ())
    assert await doubts(database) == [DoubtKind.POWER_IMPLAUSIBLE]
