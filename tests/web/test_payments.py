"""The pages of payments: what is held, paid and given back, what needs a look, and accounts that hide their keys."""

from __future__ import annotations

from decimal import Decimal
from random import Random  # noqa: TID251 - the bank in memory wants dice, and throws none

import aiohttp
from msgspec.structs import replace

from laddnav.payments.actions import accounts, paying
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.payment import Account, Payment, ProviderKind, Purpose, Secrets
from laddnav.payments.store import payments as store
from laddnav.people.model import Role
from tests.payments.bank import Bank
from tests.payments.conftest import SEAL, nowhere
from tests.payments.till import URL
from tests.things import US, settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read

__all__ = ["client"]


async def paid(site: Site, *, keep: str = "212.50") -> Payment:
    """Held by a card at an account where one may refund 100 alone, and taken in part."""
    database, bank = site.database, Bank(Random(4), faults=False)
    collector = Collector(database, nowhere, SEAL, URL, {ProviderKind.STRIPE: bank.open})
    async with database.unit() as unit:
        account = Account(
            holder=US,
            ref=unit.new_id(),
            provider=ProviderKind.STRIPE,
            name="Cards",
            url="https://api.stripe.com",
            alone_up_to=Decimal(100),
            changed_at=unit.now,
            changed_by="anna",
        )
        await accounts.open_account(unit, account, Secrets(key="sk_live_never_shown"), seal=SEAL)
        payment = await paying.begin(
            unit,
            account.ref,
            purpose=Purpose.SESSION,
            about="Kungsgatan 1, EVSE1",
            credits="receivable:driver:SE-LAD-C00000001",
            currency="SEK",
            amount=Decimal(300),
            charge=False,
            by="anna",
        )
    await collector.go_on(payment.ref)
    bank.confirm(bank.kept[payment.ref])
    await collector.go_on(payment.ref)
    async with database.unit() as unit:
        await paying.keep(unit, payment.ref, Decimal(keep))
    await collector.go_on(payment.ref)
    async with database.unit() as unit:
        return await paying.by_ref(unit, payment.ref)


async def test_a_payment_is_shown_with_every_call_and_its_postings(site: Site, client: aiohttp.ClientSession) -> None:
    await settled(site.database)
    await sign_in(client, site, Role.VIEWER)
    assert "No payments yet" in await read(client, f"{site.url}/payments")
    payment = await paid(site)
    listed = await read(client, f"{site.url}/payments")
    assert all(words in listed for words in ("Kungsgatan 1, EVSE1", "Paid", "212.50", "Stripe"))
    text = await read(client, f"{site.url}/payments/{payment.ref}")
    assert all(words in text for words in ("On hold", "The driver sees this taken", "300.00", "clearing:stripe:"))
    assert 'name="reason"' not in text, "who only looks gives nothing back"
    assert "Nothing needs a look" in await read(client, f"{site.url}/payments?show=trouble")
    assert "There is no such payment." in await read(client, f"{site.url}/payments/x", status=404)


async def test_a_refund_above_the_limit_takes_two(site: Site, client: aiohttp.ClientSession) -> None:
    await settled(site.database)
    payment = await paid(site)
    csrf = await sign_in(client, site, Role.FINANCE)
    there = f"{site.url}/payments/{payment.ref}"
    said = {"csrf": csrf, "amount": "60", "reason": "The cable was broken"}
    async with client.post(f"{there}/refunds", data=said) as answer:
        assert "It is given back." in await answer.text()
    async with client.post(f"{there}/refunds", data=said) as answer:
        text = await answer.text()
    assert "as soon as somebody else agrees" in text, "twice sixty is more than a hundred"
    assert "a second person has to agree" in await read(client, f"{site.url}/payments")
    async with site.database.unit() as unit:
        (waiting,) = await paying.refunds_waiting(unit, US)
        assert (await paying.by_ref(unit, payment.ref)).back == 60
    decision = {"csrf": csrf, "grant": "yes"}
    async with client.post(f"{site.url}/refunds/{waiting.ref}/decide", data=decision) as answer:
        assert "Somebody else has to agree" in await answer.text()
    csrf = await sign_in(client, site, Role.ADMIN)
    async with client.post(f"{site.url}/refunds/{waiting.ref}/decide", data={**decision, "csrf": csrf}) as answer:
        assert "It is given back." in await answer.text()
    async with site.database.unit() as unit:
        assert (await paying.by_ref(unit, payment.ref)).back == 120
    said = {"csrf": csrf, "amount": "500", "reason": "More than there is"}
    async with client.post(f"{there}/refunds", data=said) as answer:
        assert "92.50 SEK of this payment can be given back" in await answer.text()


async def test_support_asks_for_a_refund_up_to_its_limit_and_agrees_to_none(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    payment = await paid(site)
    async with site.database.unit() as unit:
        account = await accounts.by_ref(unit, payment.account)
        await accounts.change(unit, replace(account, support_up_to=Decimal(80)), Secrets(), seal=SEAL)
    csrf = await sign_in(client, site, Role.SUPPORT)
    there = f"{site.url}/payments/{payment.ref}"
    text = await read(client, there)
    assert "Ask for it back" in text and "It stopped by itself" in text
    async with client.post(f"{there}/refunds", data={"csrf": csrf, "amount": "90", "reason": "Goodwill"}) as answer:
        assert "Support may ask for 80 SEK" in await answer.text()
    async with client.post(f"{there}/refunds", data={"csrf": csrf, "amount": "70", "reason": "Goodwill"}) as answer:
        assert "as soon as somebody else agrees" in await answer.text(), "though one of finance may alone up to 100"
    async with site.database.unit() as unit:
        (waiting,) = await paying.refunds_waiting(unit, US)
        assert (await paying.by_ref(unit, payment.ref)).back == 0
    decision = {"csrf": csrf, "grant": "yes"}
    async with client.post(f"{site.url}/refunds/{waiting.ref}/decide", data=decision) as answer:
        assert answer.status == 403 and "Finance, Administrator" in await answer.text()


async def test_what_lacks_is_left_as_it_is_by_a_person(site: Site, client: aiohttp.ClientSession) -> None:
    await settled(site.database)
    payment = await paid(site)
    async with site.database.unit() as unit:
        store.update(unit, replace(payment, charged_back=Decimal(50), trouble="50.00 SEK could not be taken"), None)
    csrf = await sign_in(client, site, Role.FINANCE)
    assert "50.00 SEK could not be taken" in await read(client, f"{site.url}/payments?show=trouble")
    async with client.post(f"{site.url}/payments/{payment.ref}/accept", data={"csrf": csrf}) as answer:
        assert "It is left as it is." in await answer.text()
    assert "Nothing needs a look" in await read(client, f"{site.url}/payments?show=trouble")


async def test_an_account_is_set_up_changed_and_never_shows_its_key(site: Site, client: aiohttp.ClientSession) -> None:
    await settled(site.database)
    csrf = await sign_in(client, site, Role.ADMIN)
    there = f"{site.url}/payment-accounts"
    assert "No account yet" in await read(client, there)
    said = {
        "csrf": csrf,
        "holder": str(US),
        "provider": "STRIPE",
        "name": "Cards",
        "key": "sk_live_1",
        "hook": "whsec_1",
    }
    async with client.post(there, data={**said, "url": "https://evil.example"}) as answer:
        assert "https://api.stripe.com" in await answer.text()
    async with client.post(there, data=said) as answer:
        text = await answer.text()
    assert "Payments can be taken through it now." in text and "/hooks/payments/" in text and "sk_live_1" not in text
    async with site.database.unit() as unit:
        (account,) = await accounts.page(unit, US)
    change = {"csrf": csrf, "provider": "STRIPE", "name": "Cards, tried", "enabled": "no"}
    async with client.post(f"{there}/{account.ref}", data=change) as answer:
        text = await answer.text()
    assert "Cards, tried" in text and "Not in use" in text and "sk_live_1" not in text
