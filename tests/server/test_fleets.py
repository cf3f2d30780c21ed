"""Fleets by the operator API: what each key may see and change, and that everybody else is refused."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from laddnav.fleets import actions as fleets
from laddnav.fleets.routes import ROUTES
from laddnav.kit.ids import PartyId
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.people.rules import WhichFleet
from laddnav.server.http import Serving
from tests.server.conftest import LAD, TNM, Client

VAN = {"id": "V1", "battery_kwh": 60, "ac_amps": 16, "kwh_per_100_km": 20}
DEPARTURE = {"id": "D1", "vehicle": "V1", "days": "daily", "at": "06:00", "need": "150 km"}


@pytest.fixture
async def ours(lad: Client) -> str:
    """A fleet of SE*LAD with one van and its departure."""
    status, fleet = await lad.ask("POST", "/fleets", {"name": "Nordpost", "customer": "Nordpost AB"})
    assert status == 201
    path = f"/fleets/{fleet['ref']}"
    (place, *_) = (await lad.get("/locations"))["items"]
    assert (await lad.ask("PUT", f"{path}/depots", {"id": "GBG", "location_id": place["id"]}))[0] == 200
    assert (await lad.ask("PUT", f"{path}/cost-centres", {"code": "4010", "name": "Post"}))[0] == 200
    assert (await lad.ask("PUT", f"{path}/vehicles", VAN | {"cost_centre": "4010", "cards": "A B"}))[0] == 200
    assert (await lad.ask("PUT", f"{path}/departures", DEPARTURE))[0] == 200
    return path


async def of_fleet(served: Serving, web: aiohttp.ClientSession, path: str, holder: PartyId = LAD) -> Client:
    """A key of one fleet."""
    async with served.database.unit() as unit:
        key = await people.create_key(
            unit, name="a fleet's", role=Role.FLEET, holder=holder, fleet=path.rpartition("/")[2], by="a test"
        )
    return Client(web, served.url, key.secret)


async def other_fleet(served: Serving, holder: PartyId) -> str:
    async with served.database.unit() as unit:
        one = await fleets.found(unit, holder, name="Sydbud", customer="Sydbud AB", by="a test")
    return f"/fleets/{one.ref}"


async def test_a_fleet_is_kept_and_its_board_is_told(lad: Client, ours: str) -> None:
    fleet = await lad.get(ours)
    assert [one["code"] for one in fleet["cost_centres"]] == ["4010"]
    (van,) = (await lad.get(f"{ours}/vehicles"))["items"]
    assert (van["battery_wh"], van["signs"]) == (
        60000,
        [{"kind": "CARD", "value": "A"}, {"kind": "CARD", "value": "B"}],
    )
    status, content = await lad.ask("POST", f"{ours}/vehicles/{van['ref']}/state", {"percent": 90})
    assert (status, content["how"], content["energy_wh"]) == (200, "TOLD", 54000)
    board = await lad.get(f"{ours}/board")
    assert board["departures"][0]["readiness"]["light"] == "READY"
    assert (await lad.get(f"{ours}/costs?month=2026-11"))["spent"] == []
    assert await lad.get(f"{ours}/alerts") == {"items": [], "next": None}
    (departure,) = (await lad.get(f"{ours}/departures"))["items"]
    day = board["departures"][0]["trip"]["on"]
    assert (await lad.ask("POST", f"{ours}/departures/{departure['ref']}/call-off", {"on": day}))[0] == 200
    assert (await lad.ask("DELETE", f"{ours}/departures/{departure['ref']}"))[0] == 200
    assert (await lad.ask("DELETE", f"{ours}/vehicles/{van['ref']}"))[0] == 200
    assert (await lad.ask("GET", f"{ours}/vehicles/{van['ref']}"))[0] == 404


async def test_a_table_goes_out_and_comes_back_and_its_faults_are_told(lad: Client, ours: str) -> None:
    table = (await lad.get(f"{ours}/tables/vehicles"))["text"]
    status, taken = await lad.ask("PUT", f"{ours}/tables/vehicles", {"text": table.replace("V1", "V2", 1)})
    assert (status, taken["type"]) == (422, "urn:laddnav:problem:faults")
    assert "line 2, cards: 'A' is vehicle 'V1' already" in taken["detail"]
    status, taken = await lad.ask("PUT", f"{ours}/tables/vehicles", {"text": table.replace("60", "75", 1)})
    assert (status, taken["changed"]) == (200, 1)
    assert (await lad.ask("PUT", f"{ours}/vehicles", VAN | {"battery_kwh": 0}))[1]["detail"].startswith("battery_kwh: ")


async def test_whoever_is_of_one_fleet_sees_and_changes_that_one_alone(
    served: Serving, web: aiohttp.ClientSession, everything: Client, ours: str
) -> None:
    manager, theirs = await of_fleet(served, web, ours), await other_fleet(served, LAD)
    assert [f"/fleets/{one['ref']}" for one in (await manager.get("/fleets"))["items"]] == [ours]
    assert (await manager.ask("PUT", f"{ours}/vehicles", VAN | {"name": "Ida"}))[0] == 200
    assert (await manager.ask("PUT", f"{ours}/cost-centres", {"code": "4020"}))[0] == 200
    for method, path, body in (*asked(theirs), ("POST", "/fleets", {"name": "X", "customer": "X"})):
        assert (await manager.ask(method, path, body))[0] in (403, 404), path
    place = (await everything.get("/locations"))["items"][0]["id"]
    assert (await manager.ask("PUT", f"{ours}/depots", {"id": "X", "location_id": place}))[0] == 403
    assert (await everything.get(f"{theirs}/vehicles"))["items"] == []


async def test_whoever_is_of_one_fleet_is_refused_everything_else(
    served: Serving, web: aiohttp.ClientSession, ours: str
) -> None:
    """Deny by default: a path that is not of fleets does not have to know of this role."""
    manager = await of_fleet(served, web, ours)
    async with web.get(f"{served.url}/api/v1/openapi.json") as answer:
        paths: dict[str, Any] = (await answer.json())["paths"]
    tried = 0
    for path, methods in paths.items():
        if path.startswith("/fleets"):
            continue
        for method in methods:
            url = f"{served.url}/api/v1{path}".replace("{", "").replace("}", "")
            async with web.request(method, url, headers=manager.headers, data=b"{}") as answer:
                assert answer.status == 403, f"{method} {path}"
            tried += 1
    assert tried > 100


async def test_a_key_of_another_party_and_one_of_no_fleet_see_and_change_nothing(
    served: Serving, web: aiohttp.ClientSession, tnm: Client, lad: Client, ours: str
) -> None:
    before = await lad.get(f"{ours}/tables/vehicles")
    stranger = await of_fleet(served, web, "/fleets/none", TNM)
    borrowed = await of_fleet(served, web, ours, TNM)
    for client in (tnm, stranger, borrowed):
        assert await client.get("/fleets") == {"items": [], "next": None}
        for method, path, body in asked(ours):
            assert (await client.ask(method, path, body))[0] in (403, 404), path
    assert await lad.get(f"{ours}/tables/vehicles") == before
    async with served.database.unit() as unit:
        with pytest.raises(WhichFleet):
            await people.create_key(unit, name="x", role=Role.FLEET, holder=LAD, by="a test")
        with pytest.raises(WhichFleet):
            await people.create_key(unit, name="x", role=Role.VIEWER, holder=LAD, fleet="x", by="a test")


async def test_a_viewer_looks_and_changes_nothing(viewer: Client, lad: Client, ours: str) -> None:
    before = await lad.get(f"{ours}/tables/vehicles")
    for method, path, body in asked(ours):
        status, _ = await viewer.ask(method, path, body)
        assert status == (200 if method == "GET" and not path.endswith("/x") else 403) or path.endswith("/vehicles/x")
    assert await lad.get(f"{ours}/tables/vehicles") == before


def asked(path: str) -> list[tuple[str, str, Any]]:
    """Every question about a fleet, with a body that is in order."""
    bodies = {
        "keep_depot": {"id": "X", "location_id": "X"},
        "keep_cost_centre": {"code": "X"},
        "keep_vehicle": VAN,
        "tell_vehicle": {"percent": 50},
        "change_cost_centre": {"code": ""},
        "keep_departure": DEPARTURE,
        "call_off_departure": {"on": "2026-11-24"},
        "swap_vehicle": {"on": "2026-11-24", "vehicle": "x"},
        "take_swap_back": {"on": "2026-11-24"},
        "give_table": {"text": "id\n"},
    }
    found = []
    for route in ROUTES:
        if "{ref}" in route.path:
            url = route.path.replace("/fleets/{ref}", path).replace("{vehicle}", "x").replace("{departure}", "x")
            url = url.replace("{kind}", "vehicles") + ("?month=2026-11" if route.path.endswith("/costs") else "")
            found.append((route.method, url, bodies.get(route.does.__name__)))
    return found
