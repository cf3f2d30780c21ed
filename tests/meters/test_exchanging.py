"""A register that begins anew while a charge goes on is billed across that, once it is known why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.analytics import actions as analytics
from laddnav.analytics.model import Per
from laddnav.cdrs import actions as cdrs
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import NO_ENERGY, Energy, kwh, wh
from laddnav.locations.model import Station
from laddnav.metering.model import DoubtKind, Exchanged, Measurand, Reading
from laddnav.meters import actions as meters
from laddnav.meters.model import KeySource, Meter, MeterExchange
from laddnav.meters.rules import NoExchange, changed_hands
from laddnav.readings import actions as readings
from laddnav.readings.events import DoubtRaised
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.events import SessionAmended, SessionEnded
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.meters.signing import SigningMeter
from tests.things import US, settled, token

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTES = timedelta(minutes=10)
SIX_DIGITS = Meter(
    holder=US,
    ref="meter-1",
    serial="4711",
    public_key=None,
    key_source=KeySource.METER,
    digits=6,
    station_id="ST1",
    evse_no=1,
    registered_at=NOON,
    registered_by="Ada",
)
EXCHANGE = MeterExchange(
    holder=US,
    station_id="ST1",
    evse_no=1,
    at=NOON + 2.5 * MINUTES,
    before=wh(13_000),
    after=wh(20),
    why="calibration was over",
    noted_at=NOON,
    noted_by="Ada",
)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {
        SessionEnded: [cdrs.close],
        SessionAmended: [cdrs.correct],
        DoubtRaised: [meters.count_again],
    }


@pytest.fixture
async def station(database: Database, clock: SetClock) -> Station:
    clock.set(NOON)
    return await settled(database)


async def charged(database: Database, clock: SetClock, station: Station, *registers: int, stops: bool = True) -> str:
    """The id of a charge with these registers, ten minutes between two, the last of them its stop's."""
    first, *between, last = registers
    given = Authorization(allowed=Allowed.ALLOWED, token=token())
    async with database.unit() as unit:
        id = (
            await sessions.begin(
                unit, station=station, evse_no=1, uid="CARD1", given=given, at=clock.now(), register=wh(first)
            )
        ).id
    for register in (*between, last) if not stops else between:
        said = Reading(at=clock.advance(MINUTES), measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
        async with database.unit() as unit:
            one = Measurement(station=station, evse_no=1, session_id=id, readings=(said,))
            await sessions.measure(unit, [one])
    if stops:
        at = clock.advance(MINUTES)
        async with database.unit() as unit:
            await sessions.stop(unit, holder=US, session_id=id, at=at, register=wh(last), reason="Local")
    await drain(database)
    return id


async def billed(database: Database, session_id: str) -> list[Energy]:
    """By its CDRs in their order, less than nothing by one that takes back."""
    async with database.unit() as unit:
        found = [one for one in reversed(await cdrs.page(unit, US)) if one.session_id == session_id]
    return [NO_ENERGY - one.energy if one.credit else one.energy for one in found]


async def named(database: Database, session_id: str) -> list[tuple[DoubtKind, Energy]]:
    async with database.unit() as unit:
        found = await readings.doubts_of(unit, US, session_id)
    return [(one.kind, one.energy) for one in found if one.settled_at is None]


async def test_a_register_that_counts_to_its_end_is_billed_across_it_where_its_digits_are_known(
    database: Database, clock: SetClock, station: Station
) -> None:
    registers = (999_998_000, 999_999_000, 1_000, 2_000)
    unknown = await charged(database, clock, station, *registers)
    assert await billed(database, unknown) == [wh(1_000)]
    async with database.unit() as unit:
        await meters.register(unit, SIX_DIGITS)
    under_way = await charged(database, clock, station, *registers, stops=False)
    async with database.unit() as unit:
        assert (await sessions.fetch(unit, US, US, under_way)).energy == wh(4_000)
        await sessions.close_lost(unit, US, under_way, by="Ada", why="its station is gone")
    at_the_stop = await charged(database, clock, station, 999_998_000, 1_000)
    await drain(database)
    assert [await billed(database, one) for one in (under_way, at_the_stop)] == [[wh(4_000)], [wh(3_000)]]
    assert (DoubtKind.ROLLOVER, kwh(-1_000_000)) in await named(database, under_way)
    async with database.unit() as unit:
        (row,) = await analytics.energy(unit, US, Per.MONTH)
    assert row.delivered - row.billed == row.difference
    assert row.delivered == wh(4_000 + 3_000) + wh(2_000 - 999_998_000)


@pytest.mark.parametrize(
    "slip",
    [
        {"at": datetime(1, 1, 1, tzinfo=UTC)},
        {"at": datetime(9999, 12, 31, tzinfo=UTC)},
        {"evse_no": 99},
    ],
)
async def test_an_exchange_long_ago_or_ahead_or_at_no_evse_is_a_slip(
    database: Database, station: Station, slip: dict[str, object]
) -> None:
    async with database.unit() as unit:
        with pytest.raises(NoExchange):
            await meters.exchange(unit, replace(EXCHANGE, **slip))


async def test_a_meter_that_is_exchanged_is_billed_to_its_last_register_and_from_the_first_of_the_other(
    database: Database, clock: SetClock, station: Station
) -> None:
    """Whether somebody notes it before the charge is closed or months later, and across both if nobody read them."""
    later = await charged(database, clock, station, 10_000, 11_000, 12_000, 1_020, 2_020)
    assert await billed(database, later) == [wh(2_000)]
    async with database.unit() as unit:
        await meters.exchange(unit, EXCHANGE)
    await drain(database)
    assert await billed(database, later) == [wh(2_000), wh(-2_000), wh(5_000)]
    assert await named(database, later) == [(DoubtKind.METER_EXCHANGED, wh(20 - 13_000))]
    began = clock.now()
    async with database.unit() as unit:
        await meters.exchange(unit, replace(EXCHANGE, at=began + 2.5 * MINUTES, before=None, after=None))
    unread = await charged(database, clock, station, 10_000, 11_000, 12_000, 1_020, 2_020)
    assert await billed(database, unread) == [wh(3_000)]
    assert await named(database, unread) == [(DoubtKind.METER_EXCHANGED, wh(1_020 - 12_000))]


def test_another_meter_that_signs_was_put_in_its_place() -> None:
    old, new = SigningMeter("4711"), SigningMeter("4712")
    said = [
        Reading(at=NOON + number * MINUTES, measurand="SignedData", value=Decimal(0), signed=signer.signs(NOON, "1"))
        for number, signer in enumerate((old, old, new, new))
    ]
    broken = replace(said[1], signed="OCMF|")
    assert changed_hands([*reversed(said), broken]) == (Exchanged(at=NOON + 2 * MINUTES),)
