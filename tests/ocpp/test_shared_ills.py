"""What many of a place have had since about the same time is one row, and is looked after as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.locations.model import Station, Status
from laddnav.ocpp import attention, calls, store
from laddnav.ocpp.cures import actions as cures
from laddnav.ocpp.cures import together
from laddnav.ocpp.cures.model import Outcome, State
from laddnav.ocpp.ills import Attention, Cure, Ill
from laddnav.ocpp.shared_ills import NEAR, SharedIll, crowds, rows
from laddnav.sessions import actions as sessions
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.ocpp.conftest import until
from tests.ocpp.managed import managed
from tests.things import THEM, US, spread, token

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ONE = Attention(
    holder=US,
    location_id="LOC1",
    station_id="ST1",
    evse_no=1,
    evse_uid="EVSE1",
    ill=Ill.SILENT,
    since=NOW,
    cure=None,
    drivers=2,
    money=Decimal(10),
    currency="SEK",
)


def of(*changes: dict[str, Any]) -> list[Attention]:
    """As many as there are changes, each at its own Evse."""
    return [replace(ONE, **{"evse_no": number} | some) for number, some in enumerate(changes, start=1)]


@pytest.mark.parametrize(
    ("found", "sizes"),
    [
        ([], []),
        (of({}, {}), []),  # two may be one Station
        (of({}, {}, {}), [3]),
        (of({}, {}, {}, {"location_id": "loc1"}), [4]),  # an id is the same however it is written
        (of({}, {}, {"location_id": "LOC2"}), []),
        (of({}, {}, {"location_id": None}), []),
        (of(*[{"location_id": None}] * 3), []),  # Stations that stand nowhere that we know of
        (of({}, {}, {"holder": THEM}), []),
        (of({}, {}, {"ill": Ill.FAULTED}), []),
        (of({}, {"since": NOW + NEAR}, {"since": NOW + 2 * NEAR}), [3]),
        (of({}, {"since": NOW + NEAR}, {"since": NOW + 2 * NEAR + SECOND}), []),
        (of({}, {}, {}, *[{"since": NOW - HOUR}] * 3), [3, 3]),  # what was so before is another thing
        (of({}, {}, {"since": NOW - HOUR}, {}), [3]),
        # What can wait is not hidden among what cannot, nor raised by it.
        (of(*[{"ill": Ill.ALERTING, "severity": each} for each in (2, 2, 2, 8, 8)]), [3]),
    ],
)
def test_three_of_a_place_that_began_within_minutes_of_each_other_are_one(
    found: list[Attention], sizes: list[int]
) -> None:
    assert sorted(len(crowd) for crowd in crowds(found)) == sizes
    assert crowds(reversed(found)) == crowds(found)


def test_what_is_shared_is_ranked_by_all_who_miss_it_together() -> None:
    shared = of({}, {"drivers": 3, "since": NOW - SECOND}, {"currency": None, "money": Decimal(0)})
    many = replace(ONE, station_id="MANY", drivers=6)
    few = replace(ONE, station_id="FEW", drivers=4)
    (crowd,) = crowds([*shared, many, few][:3])
    first, row, last = rows([many, *shared, few], [(crowd, 5)])
    assert (first, last) == (many, few) and isinstance(row, SharedIll)
    assert (row.drivers, row.money, row.currency) == (5, Decimal(20), "SEK")
    assert (row.since, row.until) == (NOW - SECOND, NOW)
    assert [one.evse_no for one in row.all] == [2, 1, 3]


@pytest.mark.parametrize(
    ("ill", "cure"),
    [
        (Ill.SILENT, None),
        (Ill.FAULTED, Cure.RESET),
        (Ill.ENDLESS, Cure.CLOSE),
        (Ill.MUTE, Cure.BEAT),
        (Ill.STUCK, None),
    ],
)
def test_what_only_one_driver_needs_is_not_asked_of_all(ill: Ill, cure: Cure | None) -> None:
    (crowd,) = crowds(of(*[{"ill": ill}] * 3))
    (row,) = rows(crowd, [(crowd, 1)])
    assert isinstance(row, SharedIll) and row.cure is cure


async def test_a_driver_of_a_place_is_counted_once_wherever_he_charged(
    database: Database, station: Station, clock: SetClock
) -> None:
    await spread(database, 3)
    async with database.unit() as unit:
        await tokens.keep(unit, US, token("CARD2"))
    for number, uid in ((1, "CARD1"), (2, "CARD1"), (2, "CARD2")):
        async with database.unit() as unit:
            begun = await sessions.begin(
                unit,
                station=station,
                evse_no=number,
                uid=uid,
                given=Authorization(allowed=Allowed.ALLOWED, token=token(uid)),
                at=clock.now(),
                register=None,
            )
            await sessions.close_lost(unit, US, begun.id, by="a test", why="it is over")
        clock.advance(SECOND)
    async with database.unit() as unit:
        for name in ("ST1", "X1"):
            locations.disconnected(unit, await locations.station(unit, name), process="test")
    clock.advance(HOUR)
    async with database.unit() as unit:
        found = await attention.wanted(unit, US)
        (row,) = await attention.rows(unit, found)
        whole = [[replace(one, evse_no=None) for one in found]]  # as what a Station noticed
        assert await store.attention.drivers(unit, whole, clock.now() - 2 * HOUR) == [2]
        assert await store.attention.drivers(unit, whole, clock.now()) == [0]
    assert [(one.location_id, one.drivers) for one in found] == [("LOC1", 2), ("LOC1", 1), ("LOC1", 0)]
    assert isinstance(row, SharedIll) and (row.ill, row.drivers, len(row.all)) == (Ill.SILENT, 2, 3)


async def test_all_are_cured_each_station_once_but_where_a_car_charges(
    url: str, database: Database, station: Station, clock: SetClock
) -> None:
    """X1 and X2 have a faulted Evse each, ST1 two; X2 is away, and at ST1 nobody charges yet."""
    await spread(database, 4)
    async with managed(url, "ocpp1.6", {"Reset": {"status": "Accepted"}}) as wire:
        await wire.boot()
        async with database.unit() as unit:
            for number in (1, 2, 3, 4):
                await locations.report_status(unit, US, US, "LOC1", f"EVSE{number}", Status.OUTOFORDER, unit.now)
            locations.disconnected(unit, await locations.station(unit, "X2"), process="test")
        start = {"connector_id": 1, "id_tag": "CARD1", "meter_start": 0}
        assert await cured(database) == {"ST1": Outcome.ASKED, "X1": Outcome.ASKED}
        assert await cured(database) == {"ST1": Outcome.UNDER_WAY, "X1": Outcome.UNDER_WAY}
        async with database.unit() as unit:
            assert {(one.station_id, one.evse_no) for one in await cures.page(unit, US)} == {("ST1", 1), ("X1", 1)}
        database.wake()
        await until(lambda: asked(wire))
        assert wire.asked_for("Reset") == [{"type": "Soft"}]
        async with database.unit() as unit:
            (open_now,) = [one for one in await cures.page(unit, US) if one.station_id == "ST1"]
        assert open_now.state in (State.ASKED, State.TAKEN)
        clock.advance(HOUR)
        await wire.boot()
        await calls.give_up_overdue(database)  # what X1 was to be asked, whose line nobody holds
        await cures.look_after(database)
        async with database.unit() as unit:
            locations.seen(unit, "X1")
            for number, status in ((1, Status.AVAILABLE), (2, Status.OUTOFORDER), (3, Status.OUTOFORDER)):
                await locations.report_status(unit, US, US, "LOC1", f"EVSE{number}", status, unit.now)
        await wire.say("StartTransaction", **start, timestamp=clock.now().isoformat())
        assert await cured(database) == {"ST1": Outcome.CHARGING, "X1": Outcome.ASKED}
        assert len(wire.asked_for("Reset")) == 1


async def cured(database: Database) -> dict[str, Outcome]:
    async with database.unit() as unit:
        done = await together.cure(unit, US, "LOC1", Ill.FAULTED, by="ada")
    return {one.station_id: one.outcome for one in done.stations}


async def asked(wire: Any) -> bool:
    return bool(wire.asked_for("Reset"))
