"""Over the operator API a station goes and comes back: while somebody charges it stays, and one PUT brings it back."""

from __future__ import annotations

from laddnav.kit.energy import wh
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.server.http import Serving
from laddnav.sessions import actions as sessions
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization
from tests.server.conftest import LAD, Client


async def test_a_station_is_put_back_with_its_history(lad: Client, tnm: Client, served: Serving) -> None:
    async with served.database.unit() as unit:
        station = await locations.station(unit, "ST-1")
        for _, where in station.evses:
            await locations.report_status(unit, LAD, LAD, where.location_id, where.evse_uid, Status.AVAILABLE, unit.now)
        (card,) = await tokens.by_uid(unit, LAD, "04A1B2C3D4E5F6")
        charge = await sessions.begin(
            unit,
            station=station,
            evse_no=1,
            uid=card.uid,
            given=Authorization(allowed=Allowed.ALLOWED, token=card),
            at=unit.now,
            register=wh(1000),
        )
    status, problem = await lad.ask("DELETE", "/stations/ST-1")
    assert (status, "close the charge first" in problem["detail"]) == (409, True)
    place = (await lad.get("/stations/ST-1"))["location_id"]
    assert (await lad.ask("POST", "/stations/ST-1/relocate", {"location_id": place}))[0] == 200  # it is there
    async with served.database.unit() as unit:
        await sessions.stop(unit, holder=LAD, session_id=charge.id, at=unit.now, register=wh(1250), reason="Local")
    assert (await lad.ask("DELETE", "/stations/ST-1"))[0] == 200
    assert (await lad.ask("PATCH", "/stations/ST-1", {"heartbeat_interval": 60}))[0] == 404
    assert (await tnm.ask("PUT", "/stations/ST-1", {"heartbeat_interval": 60}))[0] == 404
    status, back = await lad.ask("PUT", "/stations/ST-1", {"location_id": place, "heartbeat_interval": 60})
    assert (status, back["location_id"], back["moved_at"]) == (200, place, None)
    assert back["heartbeat_interval"] == 60
    assert [one["id"] for one in (await lad.get("/sessions"))["items"]] == [charge.id]
    status, again = await lad.ask("PUT", "/stations/ST-1", {"heartbeat_interval": 90})
    assert (status, again["location_id"]) == (200, place)
