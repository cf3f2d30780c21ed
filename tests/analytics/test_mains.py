"""What came in by the mains of a place less what went out to cars, of each month that readings of the mains enclose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from laddnav.analytics import actions as analytics
from laddnav.analytics import store, tables
from laddnav.analytics.model import MainsCourse, MainsDoubt, MainsDoubtKind
from laddnav.analytics.rules import Taken, taken_in
from laddnav.db.unit import Database
from laddnav.kit.energy import Energy, kwh, wh
from laddnav.locations import actions as locations
from laddnav.locations.rules import UnknownLocation
from laddnav.metering.model import Measurand, Reading
from laddnav.readings import actions as readings
from laddnav.readings.model import Said
from laddnav.readings.rules import NoMainsExchange, UnknownMainsExchange, UnreadableReadings, mains_of
from tests.clock import SetClock
from tests.things import US, location, settled

HOUR = timedelta(hours=1)

TABLE = """location_id;meter;at;kwh
LOC1;GRID1;2026-10-31T12:00+01:00;1000
LOC1;GRID1;2026-11-01T12:00+01:00;1010
LOC1;GRID1;2026-12-01T00:00+01:00;1100.5

"""


def course(meter: str, *shown: tuple[int, int], exchanged: tuple[tuple[int, int, int], ...] = ()) -> MainsCourse:
    """(day, Wh); another came in its place on which day, and what both showed."""
    return MainsCourse(
        holder=US,
        location_id="LOC1",
        time_zone="UTC",
        meter=meter,
        shown=tuple((day(at), Decimal(register)) for at, register in shown),
        exchanged=tuple((day(at), Decimal(before), Decimal(after)) for at, before, after in exchanged),
    )


def day(number: int) -> datetime:
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number)


@pytest.mark.parametrize(
    ("meters", "taken"),
    [
        ((), None),
        ((course("A", (0, 100), (30, 700)),), wh(600)),
        ((course("A", (-10, 0), (10, 200), (40, 800)),), wh(500)),  # straight lines between readings
        ((course("A", (0, 100), (20, 300)), course("B", (20, 7), (30, 57))), wh(250)),
        ((course("A", (0, 100), (19, 300)), course("B", (20, 7), (30, 57))), None),  # a day of which nobody knows
        ((course("A", (1, 100), (30, 700)),), None),
        ((course("A", (0, 100), (29, 700)),), None),
        ((course("A", (-9, 0), (30, 700)), course("B", (0, 0), (40, 400))), wh(838)),  # both, all the month
        ((course("A", (0, 0), (30, 700)), course("B", (0, 0), (9, 1)), course("C", (9, 5), (30, 9))), wh(705)),
        ((course("A", (-20, 9), (-10, 5)), course("B", (0, 100), (30, 700))), wh(600)),  # it fell before, and is gone
        ((course("A", (0, 100), (30, 50), exchanged=((10, 300, 0),)),), wh(250)),  # another counts on
        ((course("A", (0, 100), (10, 0), (30, 50), exchanged=((10, 300, 7),)),), wh(243)),
        ((course("A", (0, 100), (30, 5), exchanged=((10, 300, 0), (20, 80, 2))),), wh(283)),
        ((course("A", (-5, 90), (-1, 20), (40, 420), exchanged=((-2, 95, 19),)),), wh(292)),
        ((course("A", (0, 9), (1, 9), (31, 9)), course("B", (0, 9), (1, 9), (30, 50))), wh(41)),  # stood alike
        ((course("A", (0, 0), (9, 5), (30, 7)), course("B", (0, 0), (9, 5), (30, 8))), wh(15)),  # no longer alike
    ],
)
def test_a_place_took_what_its_mains_say_if_they_say_all_of_it(
    meters: tuple[MainsCourse, ...], taken: Energy | None
) -> None:
    assert taken_in(meters, day(0), day(30)) == (taken and Taken(taken))


@pytest.mark.parametrize(
    ("meters", "taken", "kind", "at"),
    [
        ((course("A", (0, 7), (30, 700)), course("B", (0, 100), (15, 50), (30, 700))), None, "BACKWARD", 15),
        ((course("A", (0, 100), (30, 700), (60, 650)), course("B", (0, 7), (30, 57))), None, "BACKWARD", 60),
        ((course("A", (0, 100), (30, 700)), course("B", (-5, 0), (20, 50))), wh(600), "SIDE_BY_SIDE", 0),
        ((course("A", (0, 100), (30, 700)), course("B", (7, 0), (40, 50))), wh(600), "SIDE_BY_SIDE", 7),
        ((course("A", (0, 0), (20, 200)), course("B", (15, 0), (30, 150))), wh(300), "SIDE_BY_SIDE", 15),
        ((course("A", (0, 0), (30, 0)), course("B", (40, 0), (50, 9))), wh(0), None, 0),
        ((course("A", (0, 100), (30, 700)), course("B", (0, 100), (30, 700))), wh(600), "TWICE", 0),
        ((course("A", (-5, 0), (15, 20), (20, 23)), course("B", (15, 20), (20, 23), (30, 26))), wh(21), "TWICE", 15),
        ((course("B", (0, 100), (30, 50), exchanged=((10, 90, 0),)),), None, "BACKWARD", 10),
    ],
)
def test_what_a_meter_shows_and_is_not_counted_is_told_by_its_name(
    meters: tuple[MainsCourse, ...], taken: Energy | None, kind: str | None, at: int
) -> None:
    found = taken_in(meters, day(0), day(30))
    assert found is not None
    doubtful = "A" if at == 60 else "B"
    doubts = () if kind is None else (MainsDoubt(kind=MainsDoubtKind(kind), meter=doubtful, at=day(at)),)
    assert (found.energy, found.doubts) == (taken, doubts)


def test_a_table_of_readings_is_read_or_says_where_it_cannot_be() -> None:
    first, *_, last = mains_of(TABLE, US)
    assert (first.at, first.register) == (datetime(2026, 10, 31, 11, tzinfo=UTC), kwh(1000))
    assert (last.location_id, last.meter, last.register) == ("LOC1", "GRID1", wh(1_100_500))
    assert mains_of("at,kwh,meter,location_id\n2026-11-01,1,,LOC1\n", US)[0].at == day(0)
    for wrong in ("", "a;b\n", TABLE.replace("1010", "-1"), TABLE.replace("1010", "NaN"), TABLE.replace("1010", "")):
        with pytest.raises(UnreadableReadings):
            mains_of(wrong, US)


async def test_a_month_is_counted_across_a_mains_meter_that_was_exchanged(database: Database, clock: SetClock) -> None:
    """Under the same name; what was noted by mistake is withdrawn, and of two at one instant the later word counts."""
    await settled(database)
    clock.set(day(32))
    anew = "location_id;meter;at;kwh\nLOC1;GRID1;2026-11-20T00:00Z;2\nLOC1;GRID1;2026-12-01T00:00+01:00;13"

    async def told() -> Energy | None:
        async with database.unit() as unit:
            (row,) = await analytics.location_losses(unit, US, "2026-11", "2026-11")
        assert [one.kind for one in row.doubts] == ([] if row.mains else [MainsDoubtKind.BACKWARD])
        return row.mains

    async def exchange(before: int, *, place: str = "LOC1", meter: str = "GRID1", on: int = 18) -> str:
        async with database.unit() as unit:
            noted = await readings.exchange_mains(
                unit, US, place, meter, at=day(on), before=kwh(before), after=kwh(1), by="ada"
            )
        return noted.ref

    async with database.unit() as unit:
        await readings.keep_mains(unit, mains_of(TABLE, US))
        await readings.keep_mains(unit, mains_of(anew, US))
    assert await told() is None
    for slip in ({"meter": "GRID2"}, {"on": 33}):
        with pytest.raises(NoMainsExchange):
            await exchange(1050, **slip)
    with pytest.raises(UnknownLocation):
        await exchange(1050, place="LOC9")
    await exchange(1040)
    ref = await exchange(1050, place="loc1")
    assert await told() == wh(57_000)  # 1,005 at the beginning, 1,050 when it was exchanged, then from 1 to 13
    async with database.unit() as unit:
        (noted,) = await readings.mains_exchanges(unit, US)
        assert (noted.ref, noted.location_id, noted.before, noted.noted_by) == (ref, "LOC1", kwh(1050), "ada")
        readings.withdraw_exchange(unit, await readings.mains_exchange(unit, ref))
    assert await told() is None
    async with database.unit() as unit:
        with pytest.raises(UnknownMainsExchange):
            await readings.mains_exchange(unit, ref)


async def test_what_a_station_gave_stays_where_it_was_given(database: Database, clock: SetClock) -> None:
    """It goes to another place, away, and comes back with a register that rose elsewhere."""
    station = await settled(database)

    async def shown(at: datetime, *registers: int) -> None:
        clock.set(at + timedelta(hours=4))
        said = [
            Reading(at=at + hour * HOUR, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
            for hour, register in enumerate(registers)
        ]
        async with database.unit() as unit:
            one = Said(holder=US, station_id=station.id, evse_no=1, session_id="", readings=tuple(said))
            readings.append(unit, [one])
        await readings.sum_up(database)

    await shown(day(1), 0, 5_000)
    async with database.unit() as unit:
        await locations.keep(unit, US, location("LOC2", evses=()))
        await locations.relocate(unit, station.id, "LOC2")
    await shown(day(2), 5_000, 5_700)
    async with database.unit() as unit:
        await locations.leave(unit, station.id, "")
    clock.set(day(4))
    async with database.unit() as unit:
        await locations.add_station(unit, US, station.id, location_id="LOC1")
    await shown(day(5), 90_000, 90_030)
    async with database.unit() as unit:
        rows = await store.counted(unit, US, day(0), day(6), "2026-11", "2026-11")
    assert {row.location_id: row.energy for row in rows} == {"LOC1": wh(5_030), "LOC2": wh(700)}


async def test_months_add_up_to_what_they_are_together(database: Database, clock: SetClock) -> None:
    """A Station that is silent over the end of a month counts where it is heard again, however months are asked for."""
    station = await settled(database)
    clock.set(day(20))
    for at, register in ((day(-9), 1_000), (day(-8), 3_000), (day(12), 7_500), (day(13), 8_000)):
        said = Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
        async with database.unit() as unit:
            one = Said(holder=US, station_id=station.id, evse_no=1, session_id="", readings=(said,))
            readings.append(unit, [one])
    await readings.sum_up(database)
    told = dict[str, list[Energy]]()
    async with database.unit() as unit:
        for first, last in (("2026-10", "2026-10"), ("2026-11", "2026-11"), ("2026-10", "2026-11")):
            since, until = day(-31) if first == "2026-10" else day(-1), day(0) if last == "2026-10" else day(31)
            rows = await store.counted(unit, US, since, until, first, last)
            told[f"{first} {last}"] = [row.energy for row in sorted(rows, key=lambda row: row.month)]
    assert told["2026-10 2026-10"] + told["2026-11 2026-11"] == told["2026-10 2026-11"] == [wh(2_000), wh(5_000)]


async def test_the_losses_of_a_location_are_told_by_its_month(database: Database, clock: SetClock) -> None:
    """In its own time zone: October ends at 23 o'clock UTC, and its mains had shown 1,005 kWh by then."""
    station = await settled(database)
    said = [
        Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
        for at, register in ((day(1), 1_000), (day(2), 90_000))
    ]
    clock.set(day(3))
    async with database.unit() as unit:
        one = Said(holder=US, station_id=station.id, evse_no=1, session_id="", readings=tuple(said))
        readings.append(unit, [one])
        await readings.keep_mains(unit, mains_of(TABLE, US))
        with pytest.raises(UnknownLocation):
            await readings.keep_mains(unit, mains_of(TABLE.replace("LOC1", "LOC9"), US))
    await readings.sum_up(database)
    async with database.unit() as unit:
        (row,) = await analytics.location_losses(unit, US, "2026-10", "2026-12")
    assert (row.month, row.location_id) == ("2026-11", "LOC1")
    assert (row.mains, row.outlets, row.lost) == (wh(95_500), wh(89_000), wh(6_500))
    assert tables.of_location_losses([row]).splitlines()[1] == "SE*LAD,2026-11,LOC1,95500,89000,6500,"
