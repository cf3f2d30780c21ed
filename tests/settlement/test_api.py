"""Settling by the operator API: done by finance of its party, and another party sees and changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import aiohttp

from laddnav.cdrs.events import CdrClosed
from laddnav.cdrs.model import Costs
from laddnav.kit.money import Price
from laddnav.people.model import Role
from laddnav.server.http import Serving
from laddnav.settlement.actions import earning
from tests.billing.charges import cdr, keep
from tests.server.conftest import LAD, TNM, Client, a_key, served, web

__all__ = ["served", "web"]

OCTOBER = datetime(2026, 10, 12, 9, tzinfo=UTC)
AGREED: dict[str, Any] = {"places": ["LOC1"], "since": "2026-10-01", "currency": "SEK", "percent": 10}


async def test_what_one_party_settles_and_shares_is_nothing_to_another(
    served: Serving, web: aiohttp.ClientSession
) -> None:
    one = cdr(id="C1", holder=LAD, token_owner=TNM, costs=Costs(total=Price(Decimal(100))), ended_at=OCTOBER)
    await keep(served.database, [one])
    keys = [
        await a_key(served.database, role, holder)
        for role, holder in ((Role.FINANCE, LAD), (Role.OPERATOR, LAD), (Role.ADMIN, TNM))
    ]
    ours, operator, theirs = (Client(web, served.url, key) for key in keys)
    terms = {"holder": str(LAD), "partner": str(TNM), "since": "2026-10", "netting": "NET"}
    assert (await operator.ask("POST", "/settlement-terms", terms))[0] == 403
    assert (await theirs.ask("POST", "/settlement-terms", terms))[0] == 404
    assert (await ours.ask("POST", "/settlement-terms", terms))[0] == 201
    assert (await ours.ask("POST", "/settlement-terms", terms | {"partner": str(LAD)}))[0] == 422
    (settlement,) = (await ours.get("/settlements"))["items"]
    host = {"holder": str(LAD), "id": "garage", "name": "Garaget", "country": "SE"}
    assert (await theirs.ask("POST", "/hosts", host))[0] == 404
    _, kept = await ours.ask("POST", "/hosts", host)
    _, agreed = await ours.ask("POST", f"/hosts/{kept['ref']}/agreements", AGREED)
    await earning.account_for(served.database, CdrClosed(holder=LAD, owner=str(LAD), cdr_id="C1"))
    table = {"holder": str(LAD), "partner": str(TNM), "about": "OURS", "month": "2026-10", "currency": "SEK"}
    status, compared = await ours.ask("POST", "/compared-tables", table | {"table": "id,amount\nC1,125\n"})
    assert (status, compared["phase"], compared["rows"], compared["equal"]) == (201, "DONE", 1, 0)

    for path in ("/settlements", "/settlement-terms", "/hosts", "/compared-tables", "/margins?since=2026-10"):
        assert len((await ours.get(path))["items"]) == 1, path
        assert (await theirs.get(path))["items"] == [], path
    ref, file = settlement["ref"], compared["ref"]
    for path in (
        f"/settlements/{ref}",
        f"/settlements/{ref}/items",
        f"/hosts/{kept['ref']}",
        f"/compared-tables/{file}",
        f"/compared-tables/{file}/differences",
    ):
        assert await ours.get(path), path
        assert (await theirs.ask("GET", path))[0] == 404, path
    why = {"why": "no reason of ours"}
    invoice = {"number": "1", "vat": 0, "rate": ""}
    for method, path, body in (
        *(
            ("POST", f"/settlements/{ref}/{move}", why)
            for move in ("propose", "agree", "dispute", "settle", "reopen", "mail")
        ),
        ("POST", f"/settlements/{ref}/put-off", why | {"cdr_owner": str(LAD), "cdr_id": "C1"}),
        ("PUT", f"/settlements/{ref}/invoice", invoice),
        ("POST", f"/hosts/{kept['ref']}/agreements", AGREED),
        ("POST", f"/share-agreements/{agreed['ref']}/end", {"last": "2026-10-31"}),
        ("POST", "/compared-tables", table | {"table": "id,amount\nC1,1\n"}),
    ):
        assert (await theirs.ask(method, path, body))[0] in (404, 409), path
    assert (await ours.get(f"/settlements/{ref}"))["state"] == "OPEN"
    assert [one["until"] for one in (await ours.get(f"/hosts/{kept['ref']}"))["agreements"]] == [None]
    assert len((await ours.get("/compared-tables"))["items"]) == 1
