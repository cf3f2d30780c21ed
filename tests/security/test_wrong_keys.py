"""Every operation of the operator API, asked with a key of another party and with one that may less."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import aiohttp
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from msgspec import Struct
from msgspec.structs import replace
from schemathesis.core.result import Ok

from laddnav.billing.actions import banking
from laddnav.customers import actions as customers
from laddnav.customers.actions import giving, subscribing
from laddnav.customers.rules import CustomerSaid
from laddnav.ledger import actions as ledger
from laddnav.payments.actions import paying
from laddnav.payments.book import Book
from laddnav.payments.payment import Purpose
from laddnav.payments.store import books
from laddnav.people.model import Role
from laddnav.people.rules import opens
from laddnav.server.http import Serving
from laddnav.settlement.actions import hosting
from laddnav.settlement.sharing import Host
from tests.billing.statements import moved, statement
from tests.customers.test_subscribed import plan
from tests.customers.test_vouchers import BATCH
from tests.payments.conftest import an_account
from tests.security.contents import every_row
from tests.server.conftest import LAD, TNM, a_key, served

__all__ = ["served"]

# What a request leaves behind, whatever becomes of it, and what the installation does of itself.
OWN_COURSE = {"api_key": "true", "audit": "true", "job": "true", "ocpi_count": "true", "process": "true"}
MONEY = ("/bank-movements", "/customers", "/hosts", "/payment-accounts", "/payments", "/plans")
OPEN = ("/events", "/market/zones")  # the second are the same for everybody


class Ours(Struct, frozen=True):
    """Where it is asked, with one request for each operation, and by the path of each list what SE*LAD has on it."""

    url: str
    cases: Sequence[schemathesis.Case[Any]]
    ids: Mapping[str, Sequence[str]]

    def ask(
        self, key: str, *, wanted: Callable[[Sequence[Role]], bool] = lambda _: True
    ) -> Iterator[tuple[str, schemathesis.Response]]:
        """What the operations that are for roles as wanted are answered, each asked about all of SE*LAD's."""
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {key}"
            for case in self.cases:
                operation = case.operation
                if wanted([Role(role) for one in operation.definition.raw["security"] for role in one["key"]]):
                    for id in self.ids.get(operation.path.partition("/{")[0], ()) or [""]:
                        for name in list(case.path_parameters)[:1] if id else ():
                            case.path_parameters[name] = id
                        yield operation.label, case.call(base_url=self.url, session=session, timeout=30)


@cache
def drawn(description: str) -> Sequence[schemathesis.Case[Any]]:
    """For each operation what it may be asked by its description; drawing takes longer than asking."""
    cases: list[schemathesis.Case[Any]] = []
    for found in schemathesis.openapi.from_dict(json.loads(description)).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(max_examples=1, database=None, deadline=None, suppress_health_check=list(HealthCheck))
        def draw(case: Any) -> None:
            cases.append(case)

        if operation.path not in OPEN:
            draw()
    return cases


async def sell(served: Serving) -> None:
    """SE*LAD has a customer with a contract, a plan and a voucher."""
    async with served.database.unit() as unit:
        anna = await customers.add(unit, LAD, CustomerSaid(name="Anna Ek"), by="a test")
        await customers.keep_contract(unit, anna.ref, "SE-LAD-C0815", by="a test")
        offered = await subscribing.offer(unit, plan(holder=LAD), by="a test")
        await subscribing.subscribe(unit, anna.ref, offered.ref, by="a test")
        made = await giving.make(unit, replace(BATCH, holder=LAD), by="a test")
        await giving.redeem(unit, anna.ref, made.codes[0], by="a test")
        await banking.read(unit, LAD, "nov.xml", statement(moved("80")), by="a test")
        host = Host(holder=LAD, ref="", id="kajen", name="Kajen AB", country="SE", said_at=unit.now, said_by="")
        await hosting.save_host(unit, host, by="a test")
    account = await an_account(served.database, holder=LAD)
    async with served.database.unit() as unit:
        await paying.begin(
            unit,
            account.ref,
            purpose=Purpose.TOP_UP,
            about="wallet",
            credits="wallet:anna",
            currency="SEK",
            amount=Decimal(80),
            charge=True,
            by="a test",
        )
        await unit.execute("update payment set next_at = null")  # nobody asks its provider, which is not there
        book = Book(holder=LAD, account=account.ref, provider=account.provider, read_to=unit.now)
        books.put(unit, book, unit.now + timedelta(days=365))
    await ledger.sum_up(served.database)  # as it does of itself, now rather than meanwhile


@pytest.fixture
async def ours(served: Serving) -> Ours:
    await sell(served)
    url = f"{served.url}/api/v1"
    headers = {"Authorization": f"Bearer {await a_key(served.database, Role.ADMIN, LAD)}"}
    async with aiohttp.ClientSession(headers=headers) as web:
        async with web.get(f"{url}/openapi.json") as answer:
            description = await answer.json()
        ids: dict[str, list[str]] = {}
        for path, methods in description["paths"].items():
            if "get" in methods and "{" not in path and path not in OPEN:
                async with web.get(f"{url}{path}") as answer:
                    words = await answer.json()
                items = words.get("items", ()) if isinstance(words, dict) else ()
                ids[path] = [str(one[name]) for one in items[:1] for name in ("ref", "id", "uid") if one.get(name)]
    assert sum(map(len, ids.values())) > 5
    assert [path for path in MONEY if not ids[path]] == []
    return Ours(url, drawn(json.dumps(description | {"servers": []})), ids)


def is_its_own(answer: schemathesis.Response) -> bool:
    """A no, nothing, or what the other party made itself under the same name."""
    if answer.status_code >= 400:
        return True
    return str(LAD) not in answer.text and (str(TNM) in answer.text or '"items":[]' in answer.text or not answer.text)


async def of_ours(served: Serving) -> set[str]:
    """All that is kept for SE*LAD."""
    mentioned = re.compile(r'SE\*LAD|SE\\*", \\*"party\\*": \\*"LAD')
    return {row for row in await every_row(served.database, but=OWN_COURSE) if mentioned.search(row)}


async def test_a_key_of_another_party_sees_and_changes_nothing_of_ours(served: Serving, ours: Ours) -> None:
    key = await a_key(served.database, Role.ADMIN, TNM)
    before = await of_ours(served)

    def seen() -> list[str]:
        return [
            f"{label} {answer.status_code} {answer.text[:200]}"
            for label, answer in ours.ask(key)
            if answer.status_code >= 500 or not is_its_own(answer)
        ]

    assert await asyncio.to_thread(seen) == []
    assert await of_ours(served) == before


async def test_a_key_that_may_less_is_refused_whatever_it_says(served: Serving, ours: Ours) -> None:
    for role, holder in ((Role.SUPPORT, LAD), (Role.FINANCE, None)):
        key = await a_key(served.database, role, holder)
        before = await every_row(served.database, but=OWN_COURSE)

        def let_in(key: str = key, role: Role = role) -> list[str]:
            return [
                f"{role} {label} {answer.status_code}"
                for label, answer in ours.ask(key, wanted=lambda roles: not opens(role, *roles))
                if answer.status_code != 403
            ]

        assert await asyncio.to_thread(let_in) == []
        assert await every_row(served.database, but=OWN_COURSE) == before
