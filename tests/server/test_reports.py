"""The operator API about what the network did."""

from __future__ import annotations

from datetime import timedelta

from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.server.http import Serving
from laddnav.sessions import actions as sessions
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization
from tests.server.conftest import LAD, Client


async def test_energy_is_told_per_month_to_the_key_of_its_holder(lad: Client, tnm: Client, served: Serving) -> None:
    async with served.database.unit() as unit:
        (card,) = await tokens.by_uid(unit, LAD, "04A1B2C3D4E5F6")
        station = await locations.station(unit, "ST-1")
        session = await sessions.begin(
            unit,
            station=station,
            evse_no=1,
            uid=card.uid,
            given=Authorization(allowed=Allowed.ALLOWED, token=card),
            at=unit.now - timedelta(seconds=1),
            register=wh(1000),
        )
        await sessions.stop(unit, holder=LAD, session_id=session.id, at=unit.now, register=wh(1250), reason="Local")
    (row,) = (await lad.get("/reports/energy?per=customer"))["items"]
    assert row["of"] == "SE*LAD SE-LAD-C00000001"
    assert (row["charges"], row["delivered_wh"]) == (1, 250)  # its Cdr may be closed meanwhile
    assert row["difference_wh"] == 250 - row["billed_wh"] == sum(one["energy_wh"] for one in row["differences"])
    assert (await tnm.get("/reports/energy"))["items"] == []
    assert (await lad.get("/reports/losses?since=2026-01&until=2026-02"))["items"] == []
    assert (await lad.ask("GET", "/reports/energy?since=2026-13"))[0] == 400
    assert (await lad.ask("GET", "/reports/energy?per=driver"))[0] == 422


async def test_a_register_that_no_meter_shows_is_not_kept(lad: Client) -> None:
    """Of a register of 10^30 kWh the report of what was lost could not be made any more, for nobody."""
    good = "location_id,meter,at,kwh\nLOC1,M,2026-10-01T00:00:00Z,5\n"
    for slip in ("LOC1,M,2026-12-01T00:00:00Z,1e30", "LOC1,M,0001-01-01T00:00:00Z,5"):
        given = {"holder": str(LAD), "csv": f"{good}{slip}\n"}
        status, problem = await lad.ask("POST", "/mains-readings", given)
        assert (status, problem["detail"].partition(":")[0]) == (422, "Line 3")
    assert (await lad.get("/reports/location-losses?since=2026-10&until=2026-11"))["items"] == []


async def test_a_mains_meter_that_was_exchanged_is_counted_on(lad: Client, tnm: Client) -> None:
    """By who holds it: noted, told, and withdrawn where it was a mistake."""
    place = (await lad.get("/locations?limit=1"))["items"][0]["id"]
    rows = ("2026-01-01T00:00+01:00,500", "2026-01-20T00:00Z,10", "2026-02-01T00:00+01:00,40")
    given = {"holder": str(LAD), "csv": "\n".join(["location_id,meter,at,kwh", *(f"{place},M,{row}" for row in rows)])}
    assert (await lad.ask("POST", "/mains-readings", given))[0] == 204

    async def told() -> tuple[int | None, list[str]]:
        (row,) = (await lad.get("/reports/location-losses?since=2026-01&until=2026-01"))["items"]
        return row["mains_wh"], [one["kind"] for one in row["doubts"]]

    assert await told() == (None, ["BACKWARD"])
    said = {"holder": str(LAD), "location_id": place, "meter": "M", "at": "2026-01-15T12:00:00Z"}
    said |= {"before_kwh": 600, "after_kwh": 0}
    for slip, status in (
        ({"meter": "N"}, 422),
        ({"before_kwh": -1}, 422),
        ({"at": "2099-01-01T00:00:00Z"}, 422),
        ({"location_id": "NOWHERE"}, 404),
    ):
        assert (await lad.ask("POST", "/mains-exchanges", said | slip))[0] == status, slip
    assert (await tnm.ask("POST", "/mains-exchanges", said))[0] == 404
    status, noted = await lad.ask("POST", "/mains-exchanges", said)
    assert status == 201 and noted["location_id"] == place
    assert await told() == (140_000, [])
    assert (await lad.get("/mains-exchanges"))["items"] == [noted]
    assert (await tnm.get("/mains-exchanges"))["items"] == []
    assert (await tnm.ask("DELETE", f"/mains-exchanges/{noted['ref']}"))[0] == 404
    assert (await lad.ask("DELETE", f"/mains-exchanges/{noted['ref']}"))[0] == 204
    assert (await lad.ask("DELETE", f"/mains-exchanges/{noted['ref']}"))[0] == 404
    assert await told() == (None, ["BACKWARD"])


async def test_uptime_is_told_with_what_excuses_an_outage_and_to_nobody_else(
    lad: Client, tnm: Client, served: Serving
) -> None:
    window = {"station_id": "ST-1", "begin_at": "2026-11-01T10:00:00+01:00", "end_at": "2026-11-01T12:00:00+01:00"}
    assert (await tnm.ask("POST", "/maintenance", window | {"reason": "GRID"}))[0] == 404
    status, entered = await lad.ask("POST", "/maintenance", window | {"reason": "GRID", "note": "the cable was dug up"})
    assert status == 201 and entered["begin_at"] == "2026-11-01T09:00:00Z"
    assert (await lad.get("/maintenance"))["items"] == [entered]
    assert (await tnm.get("/maintenance"))["items"] == []
    assert (await tnm.ask("POST", f"/maintenance/{entered['ref']}/end"))[0] == 404
    assert (await lad.ask("POST", "/maintenance/nobody/end"))[0] == 404
    over = await lad.ask("POST", "/maintenance", window | {"reason": "GRID", "end_at": window["begin_at"]})
    assert over[0] == 422
    for slip in ({"begin_at": "0001-01-01T00:00:00Z"}, {"location": "L"}, {"station_id": None}):
        assert (await lad.ask("POST", "/maintenance", window | {"reason": "GRID"} | slip))[0] in (400, 422)
    assert (await lad.get("/maintenance"))["items"] == [entered]
    rows = (await lad.get("/reports/uptime?since=2026-01&per=location"))["items"]
    for row in rows:
        assert row["up"] + row["out"] + row["excluded"] + row["unknown"] == row["minutes"]
    assert {row["holder"] for row in rows} <= {str(LAD)}
    assert (await tnm.get("/reports/uptime"))["items"] == []
    assert (await lad.ask("GET", "/reports/uptime?per=tariff"))[0] == 422
