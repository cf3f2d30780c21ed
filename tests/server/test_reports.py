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
