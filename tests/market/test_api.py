"""Prices and grid tariffs by the operator API: all see what the market says, and each party its own grid tariffs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from laddnav.kit import json
from laddnav.people.model import Role
from laddnav.server.http import Serving
from tests.market.tariffs import THREE_DAYS
from tests.server.conftest import LAD, TNM, Client, a_key, served, web

__all__ = ["served", "web"]

TARIFF: dict[str, Any] = json.decode(THREE_DAYS.replace('"45"', "45"), dict[str, Any])
CSV = "start,price_per_kwh\n2026-11-23T00:00Z,0.5\n2026-11-23T01:00Z,-0.25\n"


@pytest.fixture
async def clients(served: Serving, web: aiohttp.ClientSession) -> AsyncIterator[tuple[Client, Client, Client]]:
    """An admin of the installation, and an operator of each party."""
    keys = [
        await a_key(served.database, role, holder)
        for role, holder in ((Role.ADMIN, None), (Role.OPERATOR, LAD), (Role.OPERATOR, TNM))
    ]
    yield tuple(Client(web, served.url, key) for key in keys)  # type: ignore[misc]  # there are three


async def test_all_see_prices_and_only_the_installation_brings_them(
    clients: tuple[Client, Client, Client], tmp_path: Path
) -> None:
    admin, lad, tnm = clients
    between = "begin_at=2026-11-23T00:00:00Z&end_at=2026-11-23T02:00:00Z"
    assert (await lad.ask("POST", "/market/SE3/documents", {"text": CSV}))[0] == 404
    assert (await lad.get(f"/market/SE3/prices?{between}"))["steps"] == []
    status, kept = await admin.ask("POST", "/market/se3/documents", {"text": CSV, "name": "by hand"})
    assert (status, kept["items"][0]["new"], kept["items"][0]["source"]) == (201, 2, "table by hand")
    assert (await admin.ask("POST", "/market/SE3/documents", {"text": CSV}))[1]["items"] == []
    found = await tnm.get(f"/market/SE3/prices?{between}")
    assert [(one["begin_at"], one["value"]) for one in found["steps"]] == [
        ("2026-11-23T00:00:00Z", 0.5),
        ("2026-11-23T01:00:00Z", -0.25),
    ]
    assert (found["currency"], len((await tnm.get("/market/SE3/documents"))["items"])) == ("SEK", 1)
    assert (await tnm.ask("GET", "/market/SE9/prices"))[0] == 404
    assert (await tnm.ask("GET", f"/market/SE3/prices?{between.replace('2026-11-23T02', '2027-11-23T02')}"))[0] == 422
    status, problem = await admin.ask("POST", "/market/SE3/documents", {"text": CSV + "soon,1"})
    assert (status, problem["detail"][:6]) == (422, "line 4")


async def test_only_the_installation_says_where_prices_are_fetched_and_no_key_is_told(
    clients: tuple[Client, Client, Client],
) -> None:
    admin, lad, _ = clients
    feed = {"feed": "entsoe", "url": "https://127.0.0.2/api", "key": "very-secret"}
    assert (await lad.ask("PUT", "/market/SE3/feeds/PRICE", feed))[0] in (403, 404)
    status, said = await admin.ask("PUT", "/market/SE3/feeds/PRICE", feed)
    assert (status, said["has_key"], said["feed"]) == (200, True, "entsoe")
    assert "very-secret" not in str(await lad.get("/market/feeds"))
    assert (await lad.ask("DELETE", "/market/SE3/feeds/PRICE"))[0] in (403, 404)
    assert (await admin.ask("DELETE", "/market/SE3/feeds/PRICE"))[0] == 204
    assert (await admin.ask("DELETE", "/market/SE3/feeds/PRICE"))[0] == 404


async def test_a_grid_tariff_is_its_holder_s(clients: tuple[Client, Client, Client]) -> None:
    _, lad, tnm = clients
    body = {"holder": "SE*LAD", "id": "villa", "tariff": TARIFF}
    assert (await tnm.ask("POST", "/grid-tariffs", body))[0] == 404
    status, one = await lad.ask("POST", "/grid-tariffs", body)
    assert (status, one["revision"], one["tariff"]["peaks"][0]["top_n"]) == (201, 1, 3)
    path = f"/grid-tariffs/{one['ref']}"
    use = {"begin_at": "2026-12-01T12:00:00Z", "minutes": 60, "into": 4}
    for method, where, said in (
        ("GET", path, None),
        ("PUT", path, {"tariff": TARIFF | {"vat": 6}}),
        ("DELETE", path, None),
        ("POST", f"{path}/charged", {"drawn": [use]}),
    ):
        assert (await tnm.ask(method, where, said))[0] == 404, method
    assert (await tnm.get("/grid-tariffs"))["items"] == []
    assert await lad.get(path) == one
    assert (await lad.ask("PUT", path, {"tariff": TARIFF | {"vat": 6}}))[1]["revision"] == 2
    status, billed = await lad.ask("POST", f"{path}/charged", {"drawn": [use], "fuse_amps": 20})
    assert (status, billed["before_vat"]) == (200, 4 * 0.61 + 245 + 4 * 45)
    assert {one["because"] for one in billed["charged"]["dues"]} == {"ENERGY", "ENERGY_TAX", "FUSE", "PEAK"}
    status, problem = await lad.ask("PUT", path, {"tariff": TARIFF | {"vat": 600}})
    assert status == 422 and problem["detail"].startswith("vat: 600")
    status, problem = await lad.ask("PUT", path, {"tariff": TARIFF | {"peek": []}})
    assert status == 422 and "tariff.peek" in problem["detail"]
    assert (await lad.ask("DELETE", path))[0] == 204 and (await lad.ask("GET", path))[0] == 404
