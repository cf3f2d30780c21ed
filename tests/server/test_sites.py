"""Sites by the operator API: set up, looked at, measured and limited by whoever holds them, and by nobody else."""

from __future__ import annotations

from typing import Any

from tests.server.conftest import Client

GARAGE: dict[str, Any] = {
    "holder": "SE*LAD",
    "id": "garage",
    "name": "The garage",
    "amps": [63, 63, 63],
    "building": [20, 20, 20],
    "panels": [{"name": "B", "amps": [32, 32, 32]}],
    "unsaid": {"energy_kwh": 15, "stay_hours": 9, "wish": "CHEAP"},
}


async def stations_of(lad: Client) -> list[dict[str, Any]]:
    found = (await lad.get("/stations"))["items"]
    return [one for one in found if one["evses"]]


async def test_a_site_is_set_up_and_looked_at(lad: Client) -> None:
    """Its stations count with all they can draw until they have acknowledged what they fall back to."""
    (one, *_) = await stations_of(lad)
    members = [{"station_id": one["id"], "evse_no": 1, "panel": "B", "amps_max": 32}]
    status, made = await lad.ask("POST", "/sites", GARAGE | {"members": members})
    assert status == 200, made
    assert (made["time_zone"], made["currency"], made["reaction_seconds"]) == ("Europe/Stockholm", "EUR", 60)
    path = f"/sites/{made['ref']}"
    assert await lad.get(path) == made and (await lad.get("/sites"))["items"] == [made]
    live = await lad.get(f"{path}/live")
    assert [one["panel"] for one in live["gauges"]] == ["", "B"]
    assert (live["members"][0]["fallback_known"], live["members"][0]["committed_amps"]) == (False, 32.0)
    status, plan = await lad.ask("POST", f"{path}/plan")
    assert status == 200 and plan["cars"] == [] and len(plan["prices"]) == len(plan["grid"]) >= 96
    assert (await lad.get(f"{path}/plan"))["number"] >= plan["number"]
    why = {"kind": "ASKED_FOR", "values": {"name": "operator SE*LAD"}, "text": "operator SE*LAD asked for it"}
    assert plan["why"] == why
    assert len(await lad.get(f"{path}/history")) == 1
    savings = await lad.get(f"{path}/savings")
    assert (savings["cars"], savings["energy_kwh"], savings["missed_kwh"]) == (0, 0, 0)
    again = GARAGE | {"members": members, "id": "GARAGE", "name": "Another name"}
    status, changed = await lad.ask("POST", "/sites", again)
    assert (status, changed["ref"], changed["name"]) == (200, made["ref"], "Another name")
    assert (await lad.ask("DELETE", path))[0] == 204 and (await lad.ask("GET", path))[0] == 404


async def test_what_is_measured_and_allowed_is_told(lad: Client) -> None:
    _, made = await lad.ask("POST", "/sites", GARAGE)
    path = f"/sites/{made['ref']}"
    told = {"measurements": [{"kw": 6.9}, {"place": "SOLAR", "amps": [1, 2, 3]}]}
    assert (await lad.ask("POST", f"{path}/measurements", told))[0] == 204
    live = await lad.get(f"{path}/live")
    assert (live["grid_kw"], live["solar_kw"]) == (6.9, 1.38)
    limit = {"id": "evening", "by": "the grid", "kw": 12}
    over = {"begin_at": "2026-11-23T18:00:00Z", "end_at": "2026-11-23T18:00:00Z"}
    for absurd in ({"kw": -1}, over):
        status, problem = await lad.ask("POST", f"{path}/limits", limit | absurd)
        assert status == 422 and "zero or more" in problem["detail"], absurd
    assert await lad.get(f"{path}/limits") == []
    status, said = await lad.ask("POST", f"{path}/limits", limit)
    assert (status, said["covers"], said["end_at"] if "end_at" in said else None) == (200, "SITE", None)
    assert [one["id"] for one in await lad.get(f"{path}/limits")] == ["evening"]
    assert (await lad.ask("DELETE", f"{path}/limits/the%20grid/evening"))[0] == 204
    assert await lad.get(f"{path}/limits") == []


async def test_what_is_foretold_of_roof_and_building_is_planned_with(lad: Client) -> None:
    """From the next quarter on: 4 kW of sun for half an hour, then 2; 6.9 kW of the building."""
    _, made = await lad.ask("POST", "/sites", GARAGE)
    path = f"/sites/{made['ref']}"
    before = await lad.ask("POST", f"{path}/plan")
    begin_at = before[1]["start_at"]
    sun = {"place": "SOLAR", "begin_at": begin_at, "minutes": 30, "kw": [4, 2]}
    for absurd in (
        {"place": "GRID"},
        {"minutes": 20},
        {"kw": [-1]},
        {"kw": [9999]},
        {"begin_at": "2026-11-23T18:07:00Z"},
    ):
        status, problem = await lad.ask("POST", f"{path}/forecasts", sun | absurd)
        assert status == 422 and next(iter(absurd)) in problem["detail"], absurd
    assert (await lad.ask("POST", f"{path}/forecasts", sun))[0] == 204
    house = {"place": "BUILDING", "begin_at": begin_at, "kw": [6.9]}
    assert (await lad.ask("POST", f"{path}/forecasts", house))[0] == 204
    _, plan = await lad.ask("POST", f"{path}/plan")
    assert plan["solar"][:5] == [4, 4, 2, 2, 0] and plan["building"][:4] == [6.9] * 4


async def test_bad_input_is_refused_with_what_is_wrong(lad: Client) -> None:
    (one, *_) = await stations_of(lad)
    many = [{"station_id": one["id"], "evse_no": number, "amps_max": 32} for number in range(1, 9)]
    status, said = await lad.ask("POST", "/sites", GARAGE | {"members": many})
    assert status == 422 and "the grid connection L1 by 5.0 A" in said["detail"]
    status, said = await lad.ask("POST", "/sites", GARAGE | {"time_zone": "Mars/Olympus"})
    assert status == 422 and "Mars/Olympus" in said["detail"]
    status, said = await lad.ask("POST", "/sites", GARAGE | {"members": [many[0] | {"station_id": "NOBODY"}]})
    assert status == 404 and "NOBODY" in said["detail"]
    assert (await lad.get("/sites"))["items"] == []
    _, made = await lad.ask("POST", "/sites", GARAGE)
    path = f"/sites/{made['ref']}"
    for wrong in ({"amps": [1, 2, 3], "kw": 1}, {}, {"amps": [9999, 0, 0]}, {"kw": 1, "at": "2040-01-01T00:00:00Z"}):
        assert (await lad.ask("POST", f"{path}/measurements", {"measurements": [wrong]}))[0] == 422, wrong
    span = "begin_at=2026-01-01T00:00:00Z&end_at=2026-06-01T00:00:00Z"
    assert (await lad.ask("GET", f"{path}/history?{span}"))[0] == 422
    assert (await lad.ask("POST", f"{path}/bring-back", {"station_id": "NOBODY", "evse_no": 1}))[0] == 404


async def test_another_party_sees_and_changes_nothing(lad: Client, tnm: Client) -> None:
    _, made = await lad.ask("POST", "/sites", GARAGE)
    path = f"/sites/{made['ref']}"
    assert (await tnm.get("/sites"))["items"] == []
    for way in ("", "/plan", "/live", "/history", "/savings", "/limits"):
        assert (await tnm.ask("GET", path + way))[0] == 404, way
    told = {"measurements": [{"kw": 1}]}
    limit = {"id": "theirs", "by": "them", "kw": 0}
    sun = {"place": "SOLAR", "begin_at": "2026-11-23T18:00:00Z", "kw": [1]}
    for way, body in (("/measurements", told), ("/limits", limit), ("/plan", None), ("/forecasts", sun)):
        assert (await tnm.ask("POST", path + way, body))[0] == 404, way
    assert (await tnm.ask("POST", f"{path}/bring-back", {"station_id": "X", "evse_no": 1}))[0] == 404
    assert (await tnm.ask("DELETE", f"{path}/limits/them/theirs"))[0] == 404
    assert (await tnm.ask("DELETE", path))[0] == 404
    assert (await tnm.ask("POST", "/sites", GARAGE | {"id": "another"}))[0] == 404
    assert await lad.get(path) == made and await lad.get(f"{path}/limits") == []
    assert (await lad.get(f"{path}/live"))["measured_at"] is None


async def test_whoever_may_only_look_changes_nothing(lad: Client, viewer: Client) -> None:
    _, made = await lad.ask("POST", "/sites", GARAGE)
    path = f"/sites/{made['ref']}"
    assert (await viewer.ask("GET", f"{path}/live"))[0] == 200
    assert (await viewer.ask("POST", "/sites", GARAGE))[0] == 403
    assert (await viewer.ask("POST", f"{path}/limits", {"id": "x", "by": "y", "kw": 0}))[0] == 403
    assert (await viewer.ask("DELETE", path))[0] == 403
