"""The cards that a driver pays with, on the driver's own pages: stored at Stripe's, chosen, removed, nobody else's."""

from __future__ import annotations

from decimal import Decimal

import aiohttp
import pytest

from laddnav.billing.actions import buyers, by_card, items, settling
from laddnav.billing.actions.issuing import issue
from laddnav.billing.model import DebtorKind
from laddnav.billing.postings import receivable
from laddnav.customers import actions as customers
from laddnav.customers.actions import allowing
from laddnav.customers.model import Customer, Hold, PaysBy
from laddnav.customers.rules import CustomerSaid
from laddnav.kit.energy import wh
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.locations import actions as locations
from laddnav.payments.actions import cards, holding, paying
from laddnav.payments.actions.vault import Vault
from laddnav.payments.card import StoredCard
from laddnav.payments.payment import Payment, Purpose
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionStarted, about
from laddnav.tokens.model import Allowed, Authorization
from tests.billing.charges import item
from tests.payments.checkout import Checkout
from tests.payments.conftest import SEAL, an_account
from tests.payments.counterparts import served
from tests.payments.started import localstripe
from tests.payments.till import line
from tests.things import US, settled, token
from tests.web.site import Site
from tests.web.test_doors import client
from tests.web.test_hubs import read
from tests.web.test_my import ULF, customer, signed_in

__all__ = ["client"]
EVA = "eva@example.org"


async def form(client: aiohttp.ClientSession, url: str, csrf: str, **said: str) -> tuple[str, str]:
    """(the path where it leads, the page there)"""
    async with client.post(url, data={"csrf": csrf, **said}) as answer:
        return answer.url.path, await answer.text()


async def asked_for_an_invoice(site: Site, eva: Customer, card: StoredCard, paid: Decimal) -> Payment:
    """All of it, 100; meanwhile so much more of it is paid otherwise."""
    async with site.database.unit() as unit:
        await buyers.known(unit, US, DebtorKind.CUSTOMER, eva.debtor_id, eva.name, "SE")
        ref = await items.add(unit, US, eva.debtor_id, item("80"))
        number = (await issue(unit, US, ref)).number or ""
        payment = await paying.begin(
            unit,
            card.account,
            purpose=Purpose.INVOICE,
            about=number,
            credits=str(receivable(eva.debtor_id)),
            currency="SEK",
            amount=Decimal(100),
            charge=True,
            by=by_card.BY,
            method=card.method,
            customer=card.payer,
        )
        if paid:
            debit = Posting(Account(Head.BANK, "giro"), paid, "SEK")
            entry = Entry(
                key=f"paid {paid}",
                what="Paid",
                cites="bank",
                postings=(debit, Posting(receivable(eva.debtor_id), -paid, "SEK")),
            )
            await ledger.post(unit, US, entry)
            await settling.settle(unit, US, eva.debtor_id, paid, "SEK", source=entry.key, cites=number)
        return payment


async def is_held_for(site: Site, eva: Customer) -> str:
    """She pays by card, whose bank held nothing the last time, and charges; the payment that holds for it."""
    async with site.database.unit() as unit:
        await customers.change(unit, eva.ref, CustomerSaid(pays_by=PaysBy.CARD, hold=Hold.REQUIRED), by="test")
        await allowing.unheld(unit, eva.ref, True, by="test")
        session = await sessions.begin(
            unit,
            station=await locations.station(unit, "ST1"),
            evse_no=1,
            uid="CARD1",
            given=Authorization(allowed=Allowed.ALLOWED, token=token()),
            at=unit.now,
            register=wh(1000),
        )
    begun = about(SessionStarted, session)
    assert isinstance(begun, SessionStarted)
    await holding.held_charge_went_on(site.database, begun)
    async with site.database.unit() as unit:
        (hold,) = await holding.of_customer(unit, eva)
    assert hold.payment is not None
    return hold.payment


@pytest.mark.timeout(120)
async def test_a_driver_stores_a_card_at_stripe_and_removes_it_and_nobody_else_touches_it(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    eva = await customer(site, EVA, "CARD1")
    csrf = await signed_in(client, site)
    assert "To pay with" not in await read(client, f"{site.url}/my/cards"), "nobody keeps cards yet"
    _, refused = await form(client, f"{site.url}/my/cards/new", csrf)
    assert "No cards can be stored here yet." in refused

    async def stored() -> list[StoredCard]:
        async with site.database.unit() as unit:
            return list(await cards.of_customer(unit, await customers.by_ref(unit, eva.ref)))

    with localstripe() as stripe:
        page = Checkout(stripe)
        async with served(page.routes) as page.url, line() as there:
            await an_account(site.database, holder=US, url=page.url)
            vault = Vault(site.database, there, SEAL)
            assert "No card stored" in await read(client, f"{site.url}/my/cards")
            path, waits = await form(client, f"{site.url}/my/cards/new", csrf)
            assert "One moment: Stripe is asked." in waits
            await vault.go_on_due()
            assert f'content="0; url={page.url}/pay/' in await read(client, site.url + path)
            (id,) = page.pages
            await page.keep(id)
            assert "One moment" in await read(client, f"{site.url}{path}?back=yes")
            await vault.go_on_due()
            assert "Visa •••• 4242 is stored." in await read(client, f"{site.url}{path}?back=yes")
            (one,) = await stored()
            shown = await read(client, f"{site.url}/my/cards")
            assert "•••• 4242" in shown and "2030-12" in shown and (one.method or "?") not in shown

            held = await is_held_for(site, eva)
            shown = await read(client, f"{site.url}/my/cards")
            assert "your bank is asked" in shown and "SE*LAD*EEVSE1" in shown and "no other begins" in shown
            _, answer = await form(client, f"{site.url}/my/cards/default", csrf, ref=one.ref)
            assert "no other begins" not in answer, "the same card is tried again"
            assert "what the charge at SE*LAD*EEVSE1 cost" in await read(client, f"{site.url}/my/payments/{held}")
            async with site.database.unit() as unit:
                await customers.change(unit, eva.ref, CustomerSaid(pays_by=PaysBy.INVOICE), by="test")

            client.cookie_jar.clear()
            await customer(site, ULF, "CARD2")
            ulfs = await signed_in(client, site, ULF)
            await read(client, f"{site.url}/my/payments/{held}", status=404)
            assert "4242" not in await read(client, f"{site.url}/my/cards")
            await read(client, f"{site.url}/my/cards/new/{one.ref}", status=404)
            for deed in ("default", "remove"):
                _, answer = await form(client, f"{site.url}/my/cards/{deed}", ulfs, ref=one.ref)
                assert "There is no such card." in answer
            assert await stored() == [one]

            client.cookie_jar.clear()
            csrf = await signed_in(client, site)
            for paid, words in (("0", "There is nothing to confirm"), ("40", "Less of the invoice"), ("60", "settled")):
                payment = await asked_for_an_invoice(site, eva, one, Decimal(paid))
                assert words in await read(client, f"{site.url}/my/payments/{payment.ref}")
                async with site.database.unit() as unit:
                    after = await paying.by_ref(unit, payment.ref)
                assert after.keep == (Decimal(0) if Decimal(paid) else payment.hold), "else it is given up"
            _, answer = await form(client, f"{site.url}/my/cards/remove", csrf, ref=one.ref)
            assert "The card is removed." in answer and "No card stored" in answer
