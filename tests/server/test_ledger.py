"""The operator API about the ledger: read by its party alone, changed by its admins alone, and told what cannot be."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.people.model import Role
from laddnav.server.http import Serving
from tests.server.conftest import LAD, TNM, Client, a_key

LONG_AGO = datetime(2026, 10, 5, 12, tzinfo=UTC)


@pytest.fixture
async def boss(served: Serving, web: aiohttp.ClientSession) -> Client:
    """The admin's key of SE*LAD, in whose ledger are two entries of October, of which it alone knows."""
    async with served.database.unit() as unit:
        for key, amount in (("1", "43.09"), ("2", "10")):
            postings = (
                Posting(Account(Head.RECEIVABLE, "partner:NL*TNM"), Decimal(amount), "SEK"),
                Posting(Account(Head.REVENUE, "charging"), -Decimal(amount), "SEK"),
            )
            entry = Entry(key=key, what="Ended", cites=f"vouchers {key}", postings=postings)
            await ledger.post(unit, LAD, entry, booked_at=LONG_AGO)
    return Client(web, served.url, await a_key(served.database, Role.ADMIN, LAD))


STATEMENT = "/ledger/postings?account=receivable:partner:NL*TNM&currency=SEK&month=2026-10"


async def test_balances_postings_and_entries_are_read_a_page_at_a_time(boss: Client) -> None:
    first = await boss.get("/ledger/balances?limit=1")
    rest = await boss.get(f"/ledger/balances?limit=1&cursor={first['next']}")
    found = [(one["account"], one["kind"], one["amount"]) for one in (*first["items"], *rest["items"])]
    assert found == [("receivable:partner:NL*TNM", "asset", 53.09), ("revenue:charging", "income", -53.09)]
    assert rest["next"] is None
    assert (await boss.get("/ledger/balances?head=tax"))["items"] == []
    assert (await boss.get("/ledger/balances?at=2026-10-05T11:59:59Z"))["items"] == []
    page = await boss.get(f"{STATEMENT}&limit=1")
    after = await boss.get(f"{STATEMENT}&limit=1&cursor={page['next'].replace('+', '%2B')}")
    assert [line["balance"] for line in (*page["items"], *after["items"])] == [43.09, 53.09]
    entries = await boss.get("/ledger/entries?account=revenue:charging&cites=vouchers%201")
    assert [one["key"] for one in entries["items"]] == ["1"]
    assert await boss.get(f"/ledger/entries/{entries['items'][0]['id']}") == entries["items"][0]


async def test_an_entry_is_taken_back_and_a_month_closed_by_who_is_named(boss: Client) -> None:
    _, first = (await boss.get("/ledger/entries"))["items"]
    way = f"/ledger/entries/{first['id']}/reversal"
    status, back = await boss.ask("POST", way, {"why": "Billed twice"})
    assert (status, back["reverses"], back["by"]) == (200, first["id"], "admin SE*LAD")
    assert await boss.ask("POST", way, {"why": "Billed twice"}) == (200, back)
    assert (await boss.get(f"/ledger/entries/{first['id']}"))["reversed_by"] == back["id"]
    status, closed = await boss.ask("POST", "/ledger/closes", {"month": "2026-10"})
    assert (status, closed["month"], closed["by"]) == (200, "2026-10", "admin SE*LAD")
    assert (await boss.get("/ledger/closes"))["items"] == [closed]
    kept = (await boss.get("/ledger/closes/2026-10"))["items"]
    assert [one["amount"] for one in kept] == [53.09, -53.09]


async def elsewhere(served: Serving) -> str:
    """The id of what a charge posted, which its Credit CDR takes back."""
    postings = (
        Posting(Account(Head.RECEIVABLE, "partner:NL*TNM"), Decimal(5), "SEK"),
        Posting(Account(Head.REVENUE, "charging"), Decimal(-5), "SEK"),
    )
    async with served.database.unit() as unit:
        await ledger.post(unit, LAD, Entry(key="3", what="A charge", cites="cdr SE*LAD/3", postings=postings))
        return (await ledger.by_key(unit, LAD, "3")).id


async def test_what_cannot_be_is_told_by_its_name(boss: Client, served: Serving) -> None:
    _, first = (await boss.get("/ledger/entries"))["items"]
    way = f"/ledger/entries/{first['id']}/reversal"
    _, back = await boss.ask("POST", way, {"why": "Billed twice"})
    charge = await elsewhere(served)
    for method, path, body, told in (
        ("POST", way, {"why": "Another"}, (409, "already-reversed")),
        ("POST", way, {"why": " "}, (422, "reversal-without-reason")),
        ("POST", f"/ledger/entries/{back['id']}/reversal", {"why": "Back"}, (409, "reversal-is-final")),
        ("POST", f"/ledger/entries/{charge}/reversal", {"why": "Wrong"}, (409, "undone-elsewhere")),
        ("POST", "/ledger/entries/none/reversal", {"why": "Back"}, (404, "unknown-entry")),
        ("POST", "/ledger/closes", {"month": "2026-13"}, (400, "not-a-month")),
        ("POST", "/ledger/closes", {"month": "9998-01"}, (409, "month-not-over")),
        ("GET", "/ledger/entries?account=nonsense", None, (422, "not-an-account")),
        ("GET", f"{STATEMENT}&cursor=x", None, (400, "unreadable")),
        ("PUT", "/ledger/numbers", {"account": "revenue", "number": "x", "name": "Sales"}, (422, "unfit-number")),
    ):
        status, problem = await boss.ask(method, path, body)
        assert (status, problem["type"].rpartition(":")[2]) == told


async def test_accounts_are_numbered_as_a_party_s_own_bookkeeping_does(boss: Client) -> None:
    body = {"account": "revenue:charging", "number": "3055", "name": "Sales of charging"}
    assert (await boss.ask("PUT", "/ledger/numbers", body))[0] == 200
    numbers = {one["account"]: one for one in (await boss.get("/ledger/numbers"))["items"]}
    assert numbers["revenue:charging"]["number"] == "3055"
    assert (numbers["revenue"]["number"], numbers["revenue"]["own"]) == ("3001", False)


async def test_another_party_sees_and_changes_nothing(
    boss: Client, served: Serving, web: aiohttp.ClientSession
) -> None:
    theirs = Client(web, served.url, await a_key(served.database, Role.ADMIN, TNM))
    first = (await boss.get("/ledger/entries"))["items"][0]
    before = await everything_of(served, LAD)
    for path in ("balances", "entries", "closes", "postings?account=revenue:charging&currency=SEK&month=2026-10"):
        assert (await theirs.get(f"/ledger/{path}"))["items"] == []
    for method, path, body in (
        ("GET", f"entries/{first['id']}", None),
        ("GET", f"entries/{first['id']}?party=SE*LAD", None),
        ("GET", "balances?party=SE*LAD", None),
        ("GET", "closes/2026-10?party=SE*LAD", None),
        ("POST", f"entries/{first['id']}/reversal", {"why": "Mine"}),
        ("POST", f"entries/{first['id']}/reversal?party=SE*LAD", {"why": "Mine"}),
        ("POST", "closes?party=SE*LAD", {"month": "2026-10"}),
        ("PUT", "numbers?party=SE*LAD", {"account": "revenue", "number": "1", "name": "Mine"}),
    ):
        assert (await theirs.ask(method, f"/ledger/{path}", body))[0] == 404
    assert await everything_of(served, LAD) == before


async def everything_of(served: Serving, holder: PartyId) -> tuple[Any, ...]:
    async with served.database.unit() as unit:
        return (
            await ledger.entries(unit, holder),
            await ledger.closes(unit, holder),
            await ledger.numbers(unit, holder),
        )


async def test_an_operator_looks_and_changes_nothing(boss: Client, lad: Client) -> None:
    first = (await lad.get("/ledger/entries"))["items"][0]
    for method, path, body in (
        ("POST", f"entries/{first['id']}/reversal", {"why": "Mine"}),
        ("POST", "closes", {"month": "2026-10"}),
        ("PUT", "numbers", {"account": "revenue", "number": "1", "name": "Mine"}),
    ):
        assert (await lad.ask(method, f"/ledger/{path}", body))[0] == 403
    assert len((await boss.get("/ledger/entries"))["items"]) == 2
    assert (await boss.get("/ledger/closes"))["items"] == []
