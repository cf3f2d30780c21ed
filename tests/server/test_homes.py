"""The operator API about homes and grid companies: set up by its party, and another party sees and changes nothing."""

from __future__ import annotations

from typing import Any

from laddnav.server.http import Serving
from tests.server.conftest import LAD, Client

BROKER = {"holder": str(LAD), "name": "Home", "url": "mqtt://127.0.0.1:1", "user": "us", "password": "of-the-home"}
SITE = {
    **{"holder": str(LAD), "id": "home", "name": "Home", "amps": [20, 20, 20]},
    "members": [{"station_id": "ST-1", "evse_no": 1, "amps_max": 16}],
}
VTN = {"holder": str(LAD), "name": "Grid", "url": "https://vtn.example", "client_id": "us", "ven_name": "laddnav"}


async def refused(client: Client, method: str, path: str, body: object = None) -> int:
    return (await client.ask(method, path, body))[0]


async def test_homes_are_set_up_by_their_party_alone(
    everything: Client, lad: Client, tnm: Client, viewer: Client, served: Serving
) -> None:
    assert await refused(lad, "POST", "/homes", BROKER) == 403, "who connects is an admin"
    status, wrong = await everything.ask("POST", "/homes", BROKER | {"url": "http://127.0.0.1"})
    assert status == 422 and "mqtt://host" in wrong["detail"]
    status, home = await everything.ask("POST", "/homes", BROKER)
    assert status == 201 and "of-the-home" not in str(home) and home["broker"]["inward"]
    point, there = {"amps_max": 16, "phases": [1, 3]}, f"/homes/{home['ref']}"
    path = f"{there}/charge-points/ST-1/1"
    assert await refused(viewer, "PUT", path, point) == 403
    assert await refused(tnm, "PUT", path, point) == 404
    assert await refused(tnm, "PUT", f"{there}/meters", {"topic": "t", "what": "GRID"}) == 404
    assert (await tnm.get("/homes"))["items"] == []
    for wrong_point in ({"amps_max": 200}, {"phases": [2]}, {"key": "a/b"}):
        assert await refused(lad, "PUT", path, point | wrong_point) == 422
    assert await refused(lad, "PUT", f"{there}/charge-points/ST-1/2", point) == 404
    status, home = await lad.ask("PUT", path, point)
    assert status == 200 and [one["key"] for one in home["charge_points"]] == ["ST-1"]
    assert await refused(lad, "PUT", f"{there}/meters", {"topic": "#", "what": "GRID"}) == 422
    assert await refused(lad, "PUT", f"{there}/meters", {"topic": "t", "what": "GRID", "site_id": "nowhere"}) == 404
    assert await refused(lad, "PUT", f"{there}/meters", {"topic": "t", "what": "GRID", "factor": -1}) == 200
    assert await refused(tnm, "DELETE", path) == 404
    assert await refused(lad, "DELETE", f"{there}/meters?topic=t") == 204
    assert await refused(lad, "DELETE", path) == 204
    assert await refused(everything, "DELETE", there) == 204
    assert (await lad.get("/homes"))["items"] == []

    assert await refused(lad, "POST", "/vtns", VTN | {"client_secret": "hush"}) == 403
    assert await refused(everything, "POST", "/vtns", VTN) == 422, "without a secret"
    assert await refused(everything, "POST", "/vtns", VTN | {"client_secret": "hush", "ven_name": "a b"}) == 422
    status, known = await everything.ask("POST", "/vtns", VTN | {"client_secret": "hush", "enabled": False})
    assert status == 201 and "hush" not in str(known)
    assert await refused(lad, "POST", "/sites", SITE) in (200, 201)
    resource: dict[str, Any] = {"name": "home", "covers": "CARS", "full_kw": 11}
    path = f"/vtns/{known['ref']}/resources/home"
    assert await refused(tnm, "PUT", path, resource) == 404
    assert await refused(lad, "PUT", f"/vtns/{known['ref']}/resources/nowhere", resource) == 404
    assert await refused(lad, "PUT", path, resource | {"full_kw": -1}) == 422
    status, known = await lad.ask("PUT", path, resource)
    assert status == 200 and known["resources"][0]["covers"] == "CARS"
    assert (await tnm.get("/vtns"))["items"] == [] == (await tnm.get("/grid-signals"))["items"]
    assert await refused(lad, "DELETE", path) == 204
    assert await refused(everything, "DELETE", f"/vtns/{known['ref']}") == 204
