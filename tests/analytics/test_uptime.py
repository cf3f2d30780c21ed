"""Uptime: minutes up, out, excluded and unknown, from how Evses were told to be and why they were out."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.analytics import actions as analytics
from laddnav.analytics import tables
from laddnav.analytics.model import Place
from laddnav.analytics.uptime import Minutes, Span, between, bounds, minutes
from laddnav.db.unit import Database
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.locations.actions import maintenance
from laddnav.locations.model import OutageReason, Status
from laddnav.locations.rules import MaintenanceOver, NoTime
from laddnav.parties import actions as parties
from tests.clock import SetClock
from tests.things import US, evse, location, party

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
UP, BUSY, OUT, BROKEN = Status.AVAILABLE, Status.CHARGING, Status.INOPERATIVE, Status.OUTOFORDER
AWAY, GONE, PLANNED = Status.UNKNOWN, Status.REMOVED, Status.PLANNED


def at(minute: float) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def counted(changes: Sequence[tuple[float, Status]], excused: Sequence[tuple[float, float]] = ()) -> Minutes:
    """Of the hundred minutes from BEGIN."""
    return minutes([(at(one), status) for one, status in changes], [(at(a), at(b)) for a, b in excused], BEGIN, at(100))


def test_each_minute_is_up_or_out_or_excluded_or_unknown() -> None:
    """23 CFR 680.116 (b): up is online and available or in use; what is excluded was out, and for a reason."""
    cases: tuple[tuple[Sequence[tuple[float, Status]], Sequence[tuple[float, float]], Minutes], ...] = (
        ([], [], Minutes(unknown=100)),
        ([(-5, UP)], [], Minutes(up=100)),
        ([(30, UP)], [], Minutes(up=70, unknown=30)),
        ([(-5, UP), (20, BUSY), (40, Status.RESERVED), (60, Status.BLOCKED)], [], Minutes(up=100)),
        ([(-5, UP), (20, OUT), (30, BROKEN), (60, UP)], [], Minutes(up=60, out=40)),
        ([(-5, UP), (90, AWAY)], [], Minutes(up=90, out=10, silent=10)),
        ([(-5, PLANNED), (10, UP), (80, GONE)], [], Minutes(up=70, unknown=30)),
        ([(-5, OUT)], [(-50, 10)], Minutes(out=90, excluded=10)),
        ([(-5, OUT)], [(50, 500)], Minutes(out=50, excluded=50)),
        ([(-5, OUT)], [(10, 30), (20, 40), (60, 70)], Minutes(out=60, excluded=40)),
        ([(-5, AWAY), (50, UP)], [(10, 90)], Minutes(up=50, out=10, silent=10, excluded=40)),
        ([(-5, UP)], [(0, 100)], Minutes(up=100)),
        ([(-5, UP), (10.2, OUT), (10.8, UP)], [], Minutes(up=100)),
        ([(-5, UP), (10.9, OUT), (20.1, UP)], [], Minutes(up=90, out=10)),
        ([(-500, OUT), (-5, UP), (300, OUT)], [], Minutes(up=100)),
    )
    for changes, excused, expected in cases:
        assert counted(changes, excused) == expected, (changes, excused)


def test_an_outage_for_a_reason_lowers_what_was_available_and_not_the_uptime() -> None:
    """23 CFR 680.116 (b)(3), of the minutes of which anything is known."""
    found = counted([(20, UP), (60, OUT)], [(70, 100)])
    assert (found.uptime, found.available) == (Decimal("87.500"), Decimal("50.000"))
    assert (Minutes(unknown=5).uptime, Minutes(unknown=5).available) == (None, None)
    year = Minutes(up=525_600 - 15_768, out=15_768)
    assert year.uptime == Decimal("97.000")


instants = st.integers(-100_000, 100_000).map(lambda second: BEGIN + timedelta(seconds=second))
courses = st.lists(st.tuples(instants, st.sampled_from(Status)), max_size=12).map(sorted)
spans: st.SearchStrategy[list[Span]] = st.lists(st.tuples(instants, instants).filter(lambda one: one[0] < one[1]))


@given(changes=courses, excused=spans, since=instants, middle=instants, until=instants)
def test_all_minutes_are_counted_once_and_a_time_is_the_sum_of_its_parts(
    changes: list[tuple[datetime, Status]], excused: list[Span], since: datetime, middle: datetime, until: datetime
) -> None:
    since, middle, until = sorted((since, middle, until))
    whole = minutes(changes, excused, since, until)
    parts = minutes(changes, excused, since, middle) + minutes(changes, excused, middle, until)
    asked = until.replace(second=0) - since.replace(second=0)
    assert whole.up + whole.out + whole.excluded + whole.unknown == asked // timedelta(minutes=1)
    assert whole == parts
    assert whole.silent <= whole.out
    assert minutes(changes, [], since, until).out == whole.out + whole.excluded


def test_a_month_is_as_long_as_the_clocks_of_the_place_say() -> None:
    lengths = {
        ("2026-03", "Europe/Stockholm"): timedelta(days=31, hours=-1),
        ("2026-10", "Europe/Stockholm"): timedelta(days=31, hours=1),
        ("2026-12", "UTC"): timedelta(days=31),
    }
    for (month, zone), length in lengths.items():
        since, until = bounds(month, zone)
        assert until - since == length
    assert between("2025-11", "2026-02") == ("2025-11", "2025-12", "2026-01", "2026-02")


async def test_what_evses_were_told_to_be_is_kept_and_added_up_by_evse_and_location(
    database: Database, clock: SetClock
) -> None:
    """EVSE1 is out from two hours to six, and mended from three to five; EVSE2 is taken away after ten."""
    clock.set(datetime(2026, 11, 10, tzinfo=UTC))
    hour = timedelta(hours=1)

    async def told(status: Status) -> None:
        async with database.unit() as unit:
            await locations.report_status(unit, US, US, "LOC1", "EVSE1", status, unit.now)

    async with database.unit() as unit:
        await parties.add(unit, party(ref=unit.new_id()))
        await locations.keep(unit, US, location(evses=(evse("EVSE1"), evse("EVSE2"))))
        station = await locations.add_station(unit, US, "ST1")
        await locations.attach(unit, "ST1", 1, EvseRef("LOC1", "EVSE1"))
    clock.advance(2 * hour)
    await told(Status.OUTOFORDER)
    async with database.unit() as unit:
        station = await locations.station(unit, "ST1")
        with pytest.raises(NoTime):
            await maintenance.enter(
                unit, US, station, begin_at=unit.now, end_at=unit.now, reason=OutageReason.GRID, note="", by="a test"
            )
        one = await maintenance.enter(
            unit,
            US,
            station,
            begin_at=unit.now + hour,
            end_at=unit.now + 8 * hour,
            reason=OutageReason.MAINTENANCE,
            note="new contactor",
            by="a test",
        )
        first, second = (await locations.fetch(unit, US, US, "LOC1")).evses
        assert [each.status for each in first.status_schedule] == [Status.INOPERATIVE] and not second.status_schedule
    clock.advance(3 * hour)
    async with database.unit() as unit:
        assert (await maintenance.end(unit, one.ref)).end_at == unit.now
    async with database.unit() as unit:
        with pytest.raises(MaintenanceOver):
            await maintenance.end(unit, one.ref)
        assert not (await locations.fetch(unit, US, US, "LOC1")).evses[0].status_schedule
    clock.advance(hour)
    await told(Status.AVAILABLE)
    clock.advance(4 * hour)
    async with database.unit() as unit:
        first, _ = (await locations.fetch(unit, US, US, "LOC1")).evses
        await locations.keep(unit, US, location(evses=(first,), last_updated=unit.now))
    clock.advance(10 * hour)
    await told(Status.REMOVED)
    async with database.unit() as unit:
        rows = await analytics.availability(unit, US, Place.EVSE, "2020-01", "2029-12")
        (both,) = await analytics.availability(unit, US, Place.LOCATION)
    assert [(one.month, one.evse_uid, one.up, one.out, one.excluded) for one in rows] == [
        ("2026-11", "EVSE1", 16 * 60, 2 * 60, 2 * 60),
        ("2026-11", "EVSE2", 10 * 60, 0, 0),
    ]
    assert (both.evse_uid, both.up, both.out, both.excluded) == (None, 26 * 60, 120, 120)
    assert both.uptime == Decimal("93.333") and both.available == Decimal("86.667")
    header, told_row, _ = csv.reader(StringIO(tables.of_uptime(rows)))
    assert dict(zip(header, told_row, strict=True))["uptime"] == "90.000"
