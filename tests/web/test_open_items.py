"""The pages of what is open: a bank's file settles, what it does not say is asked, an invoice is taken back."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta
from decimal import Decimal

import aiohttp

from laddnav.billing import actions as billing
from laddnav.billing.actions import banking, buyers, items, settling
from laddnav.billing.actions.issuing import issue
from laddnav.billing.model import DebtorKind, Invoice
from laddnav.billing.references import reference
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.customers import actions as customers
from laddnav.customers.model import Kind
from laddnav.customers.rules import CustomerSaid
from laddnav.kit.json import encode
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.ledger.model import Entry, Head, Posting
from laddnav.people.model import Role
from tests.billing.charges import cdr, energy, item
from tests.billing.statements import moved, statement
from tests.clock import SetClock
from tests.things import US, settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read

__all__ = ["client"]


async def invoiced(site: Site, *amounts: str) -> list[Invoice]:
    """To a customer, an invoice for each."""
    async with site.database.unit() as unit:
        await buyers.known(unit, US, DebtorKind.CUSTOMER, "customer:anna", "Anna Andersson", "SE")
    found = []
    for number, amount in enumerate(amounts):
        async with site.database.unit() as unit:
            ref = await items.add(unit, US, "customer:anna", item(amount, key=f"I{number}"))
            found.append(await issue(unit, US, ref))
    return found


async def test_a_banks_file_settles_what_it_cites_and_somebody_decides_the_rest(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    csrf = await sign_in(client, site, Role.FINANCE)
    assert "Everything is settled" in await read(client, f"{site.url}/open-items")
    assert "Nothing to decide" in await read(client, f"{site.url}/bank")
    first, second = await invoiced(site, "80", "40")
    listed = await read(client, f"{site.url}/open-items")
    assert all(words in listed for words in (str(first.number), str(second.number), "Waits for payment", "Anna"))
    body = statement(moved("100", cites=reference(first.number or "", "SE")), moved("50", ref="B2"))
    said = {"csrf": csrf, "holder": str(US), "files": json.dumps({"nov.xml": body.decode()})}
    async with client.post(f"{site.url}/bank", data=said) as answer:
        text = await answer.text()
    assert "2 movements are new, 1 of them settled what they cite." in text
    assert f"Yes, it pays {second.number}" in text and "its debtor the payer’s name" in text
    for wrong in ("<!DOCTYPE a><a/>", "data:text/xml;base64,%%%"):
        async with client.post(f"{site.url}/bank", data={**said, "files": json.dumps({"x": wrong})}) as answer:
            assert "This is no bank statement" in await answer.text()
    assert "Paid, citing it" in await read(client, f"{site.url}/invoices/{first.ref}")
    async with site.database.unit() as unit:
        (asked,) = await banking.entries(unit, US, to_decide=True)
    async with site.database.unit() as unit:
        debt = Posting(LedgerAccount(Head.REVENUE, "charging"), -Decimal(54), "SEK")
        owing = Posting(LedgerAccount(Head.CLEARING, "swish:S1"), Decimal(54), "SEK")
        await ledger.post(unit, US, Entry(key="swish", what="", cites="", postings=(owing, debt)))
    page = await read(client, f"{site.url}/bank")
    assert "It paid this out" in page, "a provider that owes us may have"
    assert 'name="fee" type="text" value=""' in page, "nobody here knows what it kept"
    assert "of it are left: on the way still, or kept" in page
    async with client.post(f"{site.url}/bank/{asked.ref}", data={"csrf": csrf, "fee": "much"}) as answer:
        assert "in whole coins" in await answer.text()
    async with client.post(f"{site.url}/bank/{asked.ref}", data={"csrf": csrf}) as answer:
        assert "Say of which debtor it is" in await answer.text()
    decided = {"csrf": csrf, "debtor_id": "customer:anna", "numbers": str(second.number)}
    async with client.post(f"{site.url}/bank/{asked.ref}", data=decided) as answer:
        assert "Nothing to decide" in await answer.text()
    assert "Everything is settled" in await read(client, f"{site.url}/open-items")
    latin = statement(moved("7", ref="B3", payer="Åsa Öberg")).decode().replace("UTF-8", "ISO-8859-1").encode("latin-1")
    as_bytes = f"data:text/xml;base64,{b64encode(latin).decode()}"
    async with client.post(f"{site.url}/bank", data={**said, "files": json.dumps({"old.xml": as_bytes})}) as answer:
        assert "Åsa Öberg" in await answer.text(), "a file's letters are read as the file declares them"


async def test_an_invoice_is_credited_reminded_and_mailed_by_finance_alone(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    (invoice,) = await invoiced(site, "80")
    await sign_in(client, site, Role.VIEWER)
    there = f"{site.url}/invoices/{invoice.ref}"
    assert "Credit it" not in await read(client, there)
    csrf = await sign_in(client, site, Role.FINANCE)
    assert "Subscription Plus" in await read(client, there)
    for deed, form, expected in (
        ("mail", {}, "give it one first"),
        ("remind", {}, "Nobody has to be reminded"),
        ("apply", {}, "Nothing is on account."),
        ("pay-back", {}, "Say why it is paid back"),
        ("pay-back", {"reason": "Paid twice"}, "0 SEK can be given back here"),
        ("reminders", {"why": "Disputed"}, "Disputed"),
        ("write-off", {"why": "Bankrupt"}, "Nothing of this invoice is overdue"),
        ("credit", {"line-1": "yes"}, "Say why"),
        ("credit", {"line-9": "yes", "why": "x"}, "Nothing of this invoice is left"),
        ("credit", {"line-1": "yes", "why": "Wrong customer"}, "Credit of invoice"),
    ):
        async with client.post(f"{there}/{deed}", data={"csrf": csrf, **form}) as answer:
            assert expected in await answer.text(), deed
    async with site.database.unit() as unit:
        (standing,) = await settling.standings(unit, US, "customer:anna")
    assert standing.items == ()
    assert standing.balance == 0


async def test_what_is_overdue_is_written_off_and_owed_again_by_finance_alone(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    await settled(site.database)
    (invoice,) = await invoiced(site, "80")
    clock.advance(timedelta(days=40))
    there = f"{site.url}/invoices/{invoice.ref}"
    await sign_in(client, site, Role.VIEWER)
    assert "Write it off" not in await read(client, there)
    csrf = await sign_in(client, site, Role.FINANCE)
    text = await read(client, there)
    assert "Write it off" in text and "are a loss, and nobody is asked" in text and "Its VAT is had back" in text
    for form, expected in (
        ({"why": ""}, "Say why, in three letters or more."),
        ({"why": "Bankrupt", "vat_back": "yes"}, "It is written off."),
        ({"why": "Bankrupt"}, "Nothing of this invoice is overdue."),
        ({"why": "The estate pays", "back": "yes"}, "It is owed again."),
        ({"why": "The estate pays", "back": "yes"}, "Nothing of this invoice is written off."),
    ):
        async with client.post(f"{there}/write-off", data={"csrf": csrf, **form}) as answer:
            text = await answer.text()
        assert expected in text, form
        if expected.startswith("It is"):
            is_lost = expected == "It is written off."
            assert ("Take the write-off back" in text, "Bankrupt" in text) == (is_lost, is_lost)


async def test_a_companys_invoice_says_what_each_of_its_cost_centres_stands_for(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    async with site.database.unit() as unit:
        company = await customers.add(unit, US, CustomerSaid(name="Bageriet AB", kind=Kind.BUSINESS), by="test")
        await customers.keep_contract(unit, company.ref, "SE-C1", driver="Bo", cost_centre="OVEN", by="test")
        one = cdr(energy("20", "4"), holder=US, token_owner=US)
        await cdrs.receive(unit, one, encode(one))
    await billing.bill(site.database, CdrClosed(holder=US, owner=str(US), cdr_id=one.id))
    async with site.database.unit() as unit:
        (heading,) = await billing.invoices(unit, US)
        (part,) = await buyers.parts_of(unit, await billing.invoice(unit, heading.ref))
    assert (part.cost_centre, part.driver, part.charges, part.amount) == ("OVEN", "Bo", 1, Decimal(80))
    await sign_in(client, site, Role.VIEWER)
    text = await read(client, f"{site.url}/invoices/{heading.ref}")
    assert "Cost centres" in text and "OVEN" in text


async def test_a_rate_of_interest_is_entered_by_finance_and_shown_with_what_it_comes_to(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    csrf = await sign_in(client, site, Role.FINANCE)
    assert "No rate is entered: nobody owes interest." in await read(client, f"{site.url}/open-items")
    rate = {"csrf": csrf, "holder": str(US), "currency": "SEK", "business": "no", "since": "2026-07-01", "points": "8"}
    async with client.post(f"{site.url}/open-items/rates", data={**rate, "reference": "much"}) as answer:
        assert "percent a year, as 2.5" in await answer.text()
    async with client.post(f"{site.url}/open-items/rates", data={**rate, "reference": "2,5"}) as answer:
        text = await answer.text()
    assert "10.5" in text and "Others" in text and "2026-07-01" in text
