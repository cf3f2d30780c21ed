"""The list of whom to look after first, asked for by page, place and ill."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.kit import json
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpp.attention_routes import cursor_of, rank_of
from laddnav.ocpp.ills import Ill
from laddnav.ocpp.security import noticing
from laddnav.ocpp.wire.security import SecurityNoticed
from laddnav.people import actions as people
from laddnav.server.http import Serving
from tests.cdrs.test_checking import theirs
from tests.meters.signing import SigningMeter
from tests.server.conftest import LAD, Client
from tests.server.test_meters import held

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


async def test_all_of_a_place_are_cured_by_one_request(
    served: Serving, lad: Client, tnm: Client, viewer: Client
) -> None:
    """Each station is asked once, however often somebody asks for it; whoever may not, changes nothing."""
    place, _ = await fault(served)
    every = {"location_id": place, "ill": "FAULTED"}
    for client, body, status in ((viewer, every, 403), (tnm, every, 404), (tnm, every | {"holder": "SE*LAD"}, 404)):
        assert (await client.ask("POST", "/cures/together", body))[0] == status
    assert (await lad.get("/cures"))["items"] == []
    status, cured = await lad.ask("POST", "/cures/together", every | {"location_id": place.lower()})
    tried = {one["station_id"]: one for one in (await lad.get("/cures"))["items"]}
    assert (status, cured) == (
        200,
        every
        | {
            "holder": "SE*LAD",
            "cure": "RESET",
            "stations": [
                {"station_id": id, "outcome": "ASKED", "cure_ref": tried[id]["ref"]} for id in ("ST-1", "ST-2")
            ],
        },
    )
    assert {(one["state"], one["by_rule"], one["asked_by"]) for one in tried.values()} == {
        ("ASKED", False, "operator SE*LAD")
    }
    _, again = await lad.ask("POST", "/cures/together", every)
    assert again["stations"] == [one | {"outcome": "UNDER_WAY"} for one in cured["stations"]]
    assert len((await lad.get("/cures"))["items"]) == 2
    async with served.database.unit() as unit:
        deeds = [deed for deed in await people.deeds(unit, limit=100) if deed.who == "operator SE*LAD"]
    assert {deed.about for deed in deeds if deed.deed == "cure by RESET"} == {"station ST-1", "station ST-2"}
    assert "/cures/together" in {deed.detail for deed in deeds}


async def test_who_asks_at_the_same_time_has_each_station_asked_once(served: Serving, lad: Client) -> None:
    place, _ = await fault(served)
    every = {"location_id": place, "ill": "FAULTED"}
    answers = await asyncio.gather(*(lad.ask("POST", "/cures/together", every) for _ in range(6)))
    assert {status for status, _ in answers} == {200}
    came = sorted(one["outcome"] for _, cured in answers for one in cured["stations"])
    assert came == ["ASKED"] * 2 + ["UNDER_WAY"] * 10
    refs = {one["cure_ref"] for _, cured in answers for one in cured["stations"]}
    assert refs == {one["ref"] for one in (await lad.get("/cures"))["items"]} and len(refs) == 2


async def test_only_what_began_when_it_was_seen_is_cured(served: Serving, lad: Client) -> None:
    place, _ = await fault(served)
    (since,) = {one["since"] for one in (await lad.get("/attention"))["items"]}
    every = {"location_id": place, "ill": "FAULTED"}
    later = (datetime.fromisoformat(since) + timedelta(seconds=1)).isoformat()
    for bound in ({"since": later}, {"until": "2020-01-01T00:00:00Z"}):
        assert (await lad.ask("POST", "/cures/together", every | bound))[1]["stations"] == []
    _, cured = await lad.ask("POST", "/cures/together", every | {"since": since, "until": since})
    assert [one["outcome"] for one in cured["stations"]] == ["ASKED", "ASKED"]


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"ill": "SILENT"}, 422, "Nothing helps against SILENT"),
        ({"ill": "STUCK"}, 422, "one by one"),
        ({"ill": "TIRED"}, 400, "ill"),
        ({"location_id": "elsewhere"}, 404, "elsewhere"),
        ({"since": "2026-11-23T12:00:00"}, 400, "since"),
        ({"holder": "SE*"}, 422, "SE*"),
        ({"holder": "SE*NOR"}, 404, "SE*NOR"),
    ],
)
async def test_what_cannot_be_asked_of_all_is_refused(
    served: Serving, lad: Client, change: dict[str, str], status: int, says: str
) -> None:
    place, _ = await fault(served)
    answered, problem = await lad.ask("POST", "/cures/together", {"location_id": place, "ill": "FAULTED"} | change)
    assert answered == status and says in problem["detail"], problem
    assert (await lad.get("/cures"))["items"] == []


async def test_what_stations_of_a_place_noticed_is_marked_as_seen_up_to_what_was_shown(
    served: Serving, lad: Client
) -> None:
    place, _ = await fault(served)
    for kind in ("TamperDetectionActivated", "StartupOfTheDevice"):
        for id in ("ST-1", "ST-2"):
            await notice(served, id, kind)
    shown = [one for one in (await lad.get("/attention"))["items"] if one["ill"] == "ATTACKED"]
    until = max(one["last_id"] for one in shown)
    await notice(served, "ST-1", "TamperDetectionActivated")
    every = {"location_id": place, "ill": "ATTACKED", "last_id": until}
    _, seen = await lad.ask("POST", "/cures/together", every)
    assert (seen["cure"], seen["stations"]) == (
        "SEE",
        [{"station_id": id, "outcome": "SEEN", "cure_ref": None} for id in ("ST-1", "ST-2")],
    )
    left = [one for one in (await lad.get("/attention"))["items"] if one["ill"] == "ATTACKED"]
    assert [one["station_id"] for one in left] == ["ST-1"]
    await lad.ask("POST", "/cures/together", {"location_id": place, "ill": "ATTACKED"})
    assert not [one for one in (await lad.get("/attention"))["items"] if one["ill"] == "ATTACKED"]
    assert (await lad.ask("POST", "/cures/together", every))[1]["stations"] == []


async def notice(served: Serving, station_id: str, kind: str) -> None:
    async with served.database.unit() as unit:
        station = await locations.station(unit, station_id)
        await noticing.hear(unit, station, SecurityNoticed(kind=kind, at=unit.now))


async def test_money_that_waits_for_a_person_is_listed_until_somebody_decides(
    served: Serving, lad: Client, tnm: Client
) -> None:
    """By place what is charged here, by partner what is told: each is ranked by who waits, and is gone when decided."""
    ref, station_id, number = await held(served, SigningMeter())
    async with served.database.unit() as unit:
        place = dict((await locations.station(unit, station_id)).evses)[number].location_id
        await unit.execute("update session set cost_excl = 12.5")
        for id in ("A", "B"):
            cdr = theirs(id, total="45.00", session=f"of {id}", ref=unit.new_id())
            await cdrs.receive(unit, cdr, json.encode(cdr))
    async with asyncio.timeout(20):
        while sum(one["many"] for one in (await lad.get("/attention"))["items"]) < 3:
            continue
    found = (await lad.get("/attention"))["items"]
    assert [(one["ill"], one["many"], one["drivers"], one["money"]) for one in found] == [
        ("HELD_CDRS", 2, 1, 90),
        ("HELD_CHARGES", 1, 1, 12.5),
    ]
    assert {one["station_id"] for one in found} == {None} and [one["cure"] for one in found] == [None, None]
    assert [(one["owner"], one["location_id"]) for one in found] == [("SE*NOR", None), (None, place)]
    assert (await lad.get(f"/attention?location_id={place}"))["items"] == [found[1]]
    assert (await lad.get("/attention?ill=HELD_CDRS"))["items"] == [found[0]]
    first = await lad.get("/attention?limit=1")
    assert (await lad.get(f"/attention?cursor={first['next']}"))["items"] == [found[1]]
    assert (await tnm.get("/attention"))["items"] == []
    assert (await lad.ask("POST", "/cures/together", {"location_id": place, "ill": "HELD_CHARGES"}))[0] == 422
    await lad.ask("POST", f"/signed-records/{ref}/reject", {"why": "nobody knows this meter"})
    for dispute in (await lad.get("/disputes"))["items"]:
        await lad.ask("POST", f"/disputes/{dispute['ref']}/reject", {"why": "not our price"})
    assert (await lad.get("/attention"))["items"] == []
