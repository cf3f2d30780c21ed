"""The finance desk: a day's money, what needs somebody with the cure beside it, and who owes whom."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import aiohttp
from msgspec.structs import replace

from laddnav.billing.actions import banking
from laddnav.payments.actions import paying
from laddnav.payments.book import LASTS, Book, Owed
from laddnav.payments.payment import Step
from laddnav.payments.store import books
from laddnav.payments.store import payments as store
from laddnav.people.model import Role
from tests.billing.statements import moved, statement
from tests.clock import SetClock
from tests.things import US, settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read
from tests.web.test_payments import paid

__all__ = ["client"]


async def test_each_figure_of_a_day_leads_down_and_another_day_is_another(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    await settled(site.database)
    await sign_in(client, site, Role.VIEWER)
    assert "Nothing was taken on this day" in await read(client, f"{site.url}/today")
    payment = await paid(site)
    async with site.database.unit() as unit:
        await banking.read(unit, US, "nov.xml", statement(moved("50", day=f"{clock.now():%Y-%m-%d}")), by="ulf")
    text = await read(client, f"{site.url}/today")
    assert "Came by the bank" in text and "1 movement to decide" in text
    assert "clearing:bank" not in text, "no provider has taken what nobody has said yet whose it is"
    assert all(
        words in text for words in ("212.50", "1 payment", "Stripe", f"account=clearing%3Astripe%3A{payment.account}")
    )
    async with client.get(f"{site.url}/today.csv") as answer:
        table = await answer.text()
    assert answer.content_type == "text/csv"
    assert all(
        row in table for row in ("SESSION captured,SEK,212.50,1", "bank,came,,SEK,50,1", "bank,to decide,,SEK,50,1")
    )
    before = f"{clock.now() - timedelta(days=1):%Y-%m-%d}"
    assert "Nothing was taken on this day" in await read(client, f"{site.url}/today?day={before}")
    assert "There is no such day" in await read(client, f"{site.url}/today?day=soon", status=422)


async def test_what_needs_somebody_stands_first_with_its_cure_for_who_may(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    payment = await paid(site)
    async with site.database.unit() as unit:
        await paying.refund(unit, payment.ref, Decimal(150), "stopped by itself", by="ulf")
        stuck = replace(await paying.by_ref(unit, payment.ref), trouble="The card is closed", blocked=Step.REFUND)
        store.update(unit, stuck, unit.now)
        owed = Owed(currency="SEK", there=Decimal(10), here=Decimal("212.50"), apart_since=unit.now - LASTS)
        account = payment.account
        book = Book(holder=US, account=account, provider=payment.provider, read_to=unit.now, owed=(owed,))
        books.put(unit, book, unit.now)
    await sign_in(client, site, Role.SUPPORT)
    text = await read(client, f"{site.url}/today")
    assert all(words in text for words in ("The card is closed", "stopped by itself", "202.50"))
    assert f"/payments/{payment.ref}/retry" not in text and "/decide" not in text, "support agrees to nothing"
    client.cookie_jar.clear()
    csrf = await sign_in(client, site, Role.FINANCE)
    text = await read(client, f"{site.url}/today")
    assert f"/payments/{payment.ref}/retry" in text and "Agree" in text
    async with site.database.unit() as unit:
        (waiting,) = await paying.refunds_waiting(unit, payment.holder)
    form = {"csrf": csrf, "grant": "yes", "back": "/today"}
    async with client.post(f"{site.url}/refunds/{waiting.ref}/decide", data=form, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/today"
    assert "stopped by itself" not in await read(client, f"{site.url}/today")
