"""The operator API about what Stations are, how they should be set up, and the work on many of them."""

from __future__ import annotations

import asyncio
from typing import Any

from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.ocpp import store
from laddnav.ocpp.wire.variables import Variable, VariableName
from laddnav.server.http import Serving
from tests.server.conftest import Client

INTERVAL = VariableName(component="OCPPCommCtrlr", name="HeartbeatInterval")
PASSWORD = {"component": "SecurityCtrlr", "name": "BasicAuthPassword"}


async def test_a_template_is_kept_checked_and_applied_as_a_task(
    served: Serving, database: Database, lad: Client
) -> None:
    """B05.FR.13, and what stations told is what is compared."""
    async with database.unit() as unit:
        station = await locations.station(unit, "ST-1")
        store.variables.keep(unit, station, [Variable(name=INTERVAL, value="300")], None)
    status, told = await lad.ask("GET", "/stations/ST-1/variables")
    assert (status, told["variables"][0]["called"]) == (200, "OCPPCommCtrlr.HeartbeatInterval")
    assert (await lad.ask("POST", "/stations/ST-1/variables"))[0] == 409
    wanted: list[dict[str, Any]] = [
        {"name": {"component": "OCPPCommCtrlr", "name": "HeartbeatInterval"}, "value": "60"}
    ]
    body = {"name": "Ours", "wanted": wanted, "at": {"station_ids": ["ST-1"]}}
    assert (await lad.ask("POST", "/templates", {**body, "wanted": [{"name": PASSWORD, "value": "x"}]}))[0] == 422
    status, template = await lad.ask("POST", "/templates", body)
    assert status == 201
    assert (await lad.ask("POST", "/templates", body))[0] == 409
    status, drift = await lad.ask("GET", f"/templates/{template['ref']}/drift")
    assert [(one["wanted"], one["value"]) for one in drift["stations"][0]["differs"]] == [("60", "300")]
    status, task = await lad.ask("POST", f"/templates/{template['ref']}/tasks", {"wave": 5})
    assert (status, task["kind"], [one["station_id"] for one in task["steps"]]) == (201, "CONFIGURE", ["ST-1"])
    status, changed = await lad.ask("PUT", f"/templates/{template['ref']}", {**body, "name": "Theirs"})
    assert (status, changed["name"]) == (200, "Theirs")
    assert [one["name"] for one in (await lad.ask("GET", "/templates"))[1]["items"]] == ["Theirs"]
    assert (await lad.ask("DELETE", f"/templates/{template['ref']}"))[0] == 200
    assert (await lad.ask("GET", f"/templates/{template['ref']}/drift"))[0] == 404


async def test_two_who_add_the_same_template_at_once_add_one(lad: Client) -> None:
    body = {"name": "Ours", "wanted": [{"name": {"name": "HeartbeatInterval"}, "value": "60"}]}
    answers = await asyncio.gather(*(lad.ask("POST", "/templates", body) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [201, 409, 409, 409, 409]


async def test_a_key_of_another_party_hears_nothing_of_a_template(lad: Client, tnm: Client) -> None:
    wanted = [{"name": {"name": "HeartbeatInterval"}, "value": "60"}]
    status, ours = await lad.ask("POST", "/templates", {"name": "Ours", "wanted": wanted, "at": {"vendor": "Nobody"}})
    assert (status, (await lad.ask("POST", f"/templates/{ours['ref']}/tasks", {}))[0]) == (201, 422)
    for method, path, body in (
        ("POST", "/templates/{}/tasks", {}),
        ("PUT", "/templates/{}", {"name": "Theirs", "wanted": [wanted[0], wanted[0]]}),
    ):
        theirs, nothing = [(await tnm.ask(method, path.format(ref), body))[0] for ref in (ours["ref"], "none")]
        assert (theirs, nothing) == (404, 404), path


async def test_a_task_is_begun_stopped_and_resumed(served: Serving, lad: Client) -> None:
    body = {"kind": "RESET", "at": {"station_ids": ["ST-1"]}, "settings": {"at_once": True}}
    assert (await lad.ask("POST", "/tasks", {**body, "at": {"vendor": "Nobody"}}))[0] == 422
    assert (await lad.ask("POST", "/tasks", {**body, "settings": {"at_once": "yes"}}))[0] == 400
    status, task = await lad.ask("POST", "/tasks", body)
    assert (status, task["state"], task["steps"][0]["state"]) == (201, "RUNNING", "WAITING")
    for verb, state in (("stop", "STOPPED"), ("resume", "RUNNING"), ("resume?again=true", "RUNNING")):
        status, told = await lad.ask("POST", f"/tasks/{task['ref']}/{verb}")
        assert (status, told["state"]) == (200, state)
    status, listed = await lad.ask("GET", "/tasks")
    assert [one["progress"] for one in listed["items"]] == [[{"state": "WAITING", "stations": 1}]]
    assert (await lad.ask("GET", "/tasks/none"))[0] == 404


async def test_a_slip_deep_in_a_body_is_no_task_for_all_stations(served: Serving, lad: Client) -> None:
    """`station_id` for `station_ids` would mean every Station, and `at_onc` another reset than was asked for."""
    body = {"kind": "RESET", "at": {"station_ids": ["ST-1"]}, "settings": {"at_once": True}}
    for slip, named in (
        ({"at": {"station_id": ["ST-1"]}}, "at.station_id"),
        ({"settings": {"at_onc": True}}, "settings.at_onc"),
    ):
        status, problem = await lad.ask("POST", "/tasks", {**body, **slip})
        assert (status, problem["type"].rpartition(":")[2]) == (422, "unknown-field")
        assert f"{named!r} that means nothing here; there are " in problem["detail"]
    wanted = [{"name": {"compnent": "OCPPCommCtrlr", "name": "HeartbeatInterval"}, "value": "60"}]
    status, problem = await lad.ask("POST", "/templates", {"name": "Ours", "wanted": wanted})
    assert (status, "'wanted[0].name.compnent'" in problem["detail"]) == (422, True)
    status, problem = await lad.ask("POST", "/tasks", {**body, "at": {"station_ids": ["ST-1", "ST-NONE"]}})
    assert (status, problem["type"].rpartition(":")[2]) == (404, "unknown-station")
    assert (await lad.ask("GET", "/tasks"))[1]["items"] == []
