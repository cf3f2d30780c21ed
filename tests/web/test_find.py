"""Whoever is on the telephone is found by anything that they can say, and all that is known of them is on one page."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
from msgspec.structs import replace

from laddnav.customers import actions as customers
from laddnav.mail import actions as mail
from laddnav.payments.store import payments as store
from laddnav.people.model import Role
from laddnav.tokens import actions as tokens
from tests.clock import SetClock
from tests.things import US, settled, token
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read
from tests.web.test_my import EVA, charged
from tests.web.test_payments import paid

__all__ = ["client"]


async def test_a_person_is_found_by_what_they_can_say(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    ref = await charged(site, clock)
    payment = await paid(site)
    async with site.database.unit() as unit:
        (eva,) = await customers.page(unit, US)
        await tokens.keep(unit, US, token("CARD9"))
        store.update(unit, replace(payment, paid_with="Visa •••• 4242"), None)
    await sign_in(client, site, Role.SUPPORT)
    there = f"{site.url}/find"
    found = {
        "words=eva%40example": f"/customers/{eva.ref}",
        f"words={eva.number}": f"/customers/{eva.ref}",
        "words=CARD1": f"/customers/{eva.ref}",
        "words=CARD9": "/contracts?holder=SE%2ALAD&amp;contract=SE-LAD-CCARD9",
        f"words={payment.ref}": f"/payments/{payment.ref}",
        f"words={payment.provider_id}": f"/payments/{payment.ref}",
        "words=se-lad-c00000001": f"/payments/{payment.ref}",
        "words=4242": f"/payments/{payment.ref}",
        f"words={ref}": f"/cdrs/{ref}",
        "evse=SE*LAD*EEVSE1": f"/cdrs/{ref}",
    }
    for query, link in found.items():
        assert link in await read(client, f"{there}?{query}"), query
    early = (clock.now() - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    assert "Nobody was found" in await read(client, f"{there}?evse=SE*LAD*EEVSE1&at={early}")
    assert "Say at least three characters" in await read(client, f"{there}?words=ev")
    for query in ("words=%25%25%25", "words=a%00bc", "evse=%00", "evse=SE*LAD*EEVSE1&at=soon"):
        async with client.get(f"{there}?{query}") as answer:
            assert answer.status < 500, query


async def test_all_that_is_known_of_a_customer_is_on_one_page(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    ref = await charged(site, clock)
    async with site.database.unit() as unit:
        (eva,) = await customers.page(unit, US)
        await mail.send(unit, holder=US, key="receipt 1", to=EVA, subject="Your receipt", text="18.75 SEK")
    csrf = await sign_in(client, site, Role.SUPPORT)
    there = f"{site.url}/customers/{eva.ref}"
    form = {"csrf": csrf, "text": "She charges at night"}
    async with client.post(f"{there}/notes", data=form) as answer:
        assert "The note is kept." in await answer.text()
    text = await read(client, there)
    assert all(words in text for words in (f"/cdrs/{ref}", "18.75", "Your receipt", "She charges at night", "CARD1"))
    async with client.post(f"{there}/link", data={"csrf": csrf}) as answer:
        assert "on its way" in await answer.text()
    async with site.database.unit() as unit:
        link, receipt = await mail.to_address(unit, US, EVA)
        kept = await unit.value("select body from mail where ref = $1", link.ref)
    assert "/my/come?link=" in kept and link.text == "" and "link=" not in await read(client, there)
    async with client.post(f"{site.url}/mail/{receipt.ref}/again", data={"csrf": csrf, "back": "/mail"}) as answer:
        assert "It is sent once more." in await answer.text()
    async with site.database.unit() as unit:
        assert [one.subject for one in await mail.to_address(unit, US, EVA)].count("Your receipt") == 2


async def test_a_contract_that_is_no_customers_has_a_page_until_it_is_one(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    await sign_in(client, site, Role.SUPPORT)
    there = f"{site.url}/contracts?holder=SE*LAD&contract=SE-LAD-CCARD1"
    assert "No customer has this contract" in await read(client, there)
    await read(client, f"{site.url}/contracts?holder=SE*LAD&contract=x", status=404)
    await read(client, f"{site.url}/contracts?holder=x&contract=x", status=422)
