"""The list of whom to look after first, asked for by page, place and ill."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from laddnav.kit import json
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpp.attention_routes import cursor_of, rank_of
from laddnav.ocpp.ills import Ill
from laddnav.server.http import Serving
from tests.server.conftest import LAD, Client

AT = datetime(2026, 11, 23, 12, 0, 0, 5, tzinfo=UTC)


def test_a_cursor_is_the_rank_of_the_last() -> None:
    rank = (True, -12, Decimal("-87.30"), AT, "A|B", 3, Ill.STUCK)
    assert rank_of(cursor_of(rank)) == rank


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "ST-1",
        "0|1|NaN|2026-11-23T12:00:00+00:00|1|SILENT|ST1",
        "0|1|1e999999999|2026-11-23T12:00:00+00:00|1|SILENT|ST1",
        "0|1|1|2026-11-23T12:00:00|1|SILENT|ST1",
        "0|one|1|2026-11-23T12:00:00+00:00|1|SILENT|ST1",
        "0|1|1|2026-11-23T12:00:00+00:00|1|TIRED|ST1",
    ],
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(json.Unreadable):
        rank_of(cursor)


async def test_the_list_comes_in_pages_by_place_and_by_ill(served: Serving, lad: Client, tnm: Client) -> None:
    place, evses = await fault(served)
    seen, cursor = [], ""
    while True:
        page = await lad.get(f"/attention?limit=1{cursor}")
        seen += [(one["station_id"], one["evse_no"]) for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    whole = (await lad.get("/attention"))["items"]
    assert seen == [(one["station_id"], one["evse_no"]) for one in whole] and len(seen) == evses
    assert {one["location_id"] for one in whole} == {place}
    for asked, many in {
        f"location_id={place.lower()}": evses,
        "location_id=elsewhere": 0,
        "ill=FAULTED": evses,
        "ill=SILENT": 0,
        "station_id=ST-1": 1,
        f"location_id={place}&ill=FAULTED&station_id=ST-2": evses - 1,
    }.items():
        assert len((await lad.get(f"/attention?{asked}"))["items"]) == many, asked
    assert (await tnm.get("/attention"))["items"] == []
    assert (await lad.ask("GET", "/attention?cursor=yesterday"))[0] == 400
    assert (await lad.ask("GET", "/attention?ill=TIRED"))[0] == 422


async def fault(served: Serving) -> tuple[str, int]:
    """(the id of the place, how many Evses of it are faulted): the first is of ST-1, all others of ST-2."""
    async with served.database.unit() as unit:
        first = (await locations.station(unit, "ST-1")).holder
        place = next(one for _, _, one in await locations.page(unit, first) if len(one.evses) > 1)
        await locations.add_station(unit, LAD, "ST-2")
        for number, evse in enumerate(place.evses):
            where = EvseRef(place.id, evse.uid)
            if await locations.station_at(unit, LAD, where) is None:
                await locations.attach(unit, "ST-2", number, where)
        for id in ("ST-1", "ST-2"):
            locations.connected(unit, await locations.station(unit, id), process="test", protocol="ocpp1.6")
        for evse in place.evses:
            await locations.report_status(unit, LAD, LAD, place.id, evse.uid, Status.OUTOFORDER, unit.now)
    return place.id, len(place.evses)
