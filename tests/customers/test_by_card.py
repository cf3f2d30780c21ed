"""Invoices of who pays by card are taken from it once, when they are issued; a bank that asks or refuses is told of."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.actions import by_card, mailing, reminders, settling, wallets
from laddnav.billing.card_bounds import least
from laddnav.billing.events import InvoiceIssued, InvoicePaidInPart, InvoiceSettled
from laddnav.billing.model import PaidFrom
from laddnav.billing.postings import receivable
from laddnav.customers import actions as customers
from laddnav.customers import wallet
from laddnav.customers.actions import allowing
from laddnav.customers.events import WalletShort
from laddnav.customers.model import Customer, PaysBy
from laddnav.customers.rules import CustomerSaid
from laddnav.customers.wallet import Refill
from laddnav.db.unit import Database
from laddnav.kit.outside import Exchange
from laddnav.ledger import model as ledger
from laddnav.ledger.actions import post
from laddnav.ledger.model import Entry, Head, Posting
from laddnav.mail import actions as mail
from laddnav.payments.actions import accounts, cards, paying
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.actions.vault import Vault
from laddnav.payments.card import Seen, StoredCard
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Account, Payment, ProviderKind, Secrets, State
from laddnav.payments.providers.port import Page
from tests.billing.charges import LADDNAV, cdr, energy, keep, party
from tests.billing.test_billing import announced, bill, headings
from tests.billing.test_crediting import credit
from tests.clock import SetClock
from tests.payments.conftest import SEAL, an_account, nowhere
from tests.payments.counterparts import StripeServer, served
from tests.payments.till import line


class Drawer:
    """Keeps a card of every customer at once. Satisfies CardKeeper."""

    def __init__(self, method: str) -> None:
        self.method = method

    def open(self, account: Account, secrets: Secrets, exchange: Exchange) -> Drawer:
        return self

    async def payer(self, card: StoredCard) -> str:
        return "cus_1"

    async def ask(self, card: StoredCard) -> Page:
        return Page(id="page", url="https://stripe.example/page")

    async def asked(self, card: StoredCard) -> Seen:
        return await self.shown(card)

    async def shown(self, card: StoredCard) -> Seen:
        return Seen(method=self.method, payer="cus_1", brand="Visa", last_digits="4242", expires_on=date(2031, 1, 1))

    async def forget(self, card: StoredCard) -> None:
        return None


async def anna(database: Database, method: str) -> Customer:
    """Who has a card stored, and pays by it."""
    async with database.unit() as unit:
        one = await customers.add(unit, LADDNAV, CustomerSaid(name="Anna", email="anna@example.org"), by="test")
        await customers.keep_contract(unit, one.ref, "SE-C1", by="test")
        asked = await cards.store_one(unit, one, url="", by="test")
    vault = Vault(database, nowhere, SEAL, {ProviderKind.STRIPE: Drawer(method).open})
    await vault.go_on_due()
    async with database.unit() as unit:
        await cards.came_back(unit, asked)
    await vault.go_on_due()
    async with database.unit() as unit:
        return await customers.change(unit, one.ref, CustomerSaid(pays_by=PaysBy.CARD), by="test")


async def issued(database: Database, kwh: str = "20") -> str:
    """Its number, told twice; of 5 SEK a kWh with VAT."""
    one = cdr(energy(kwh, "4"), token_owner=LADDNAV)
    await keep(database, [one])
    await bill(database, one)
    (heading,) = [each for each in await headings(database) if each.number is None]
    async with database.unit() as unit:
        await billing.issue(unit, LADDNAV, heading.ref)
        invoice = await billing.invoice(unit, heading.ref)
        number = invoice.number
    assert (invoice.paid_from is PaidFrom.CARD) == (invoice.to_pay >= least("SEK"))  # and so it asks for nothing
    for _ in range(2):
        await wallets.pay(database, InvoiceIssued(holder=LADDNAV, ref=heading.ref))
    assert number is not None
    return number


@pytest.mark.parametrize(
    ("method", "state", "mails", "open"),
    [
        ("pm_card_visa", State.CAPTURED, [], "0"),
        ("pm_card_authenticationRequired", State.WAITING, ["Bekräfta din betalning av faktura"], "100"),
        ("pm_card_chargeDeclined", State.REFUSED, ["Ditt kort betalade inte faktura"], "100"),
    ],
)
async def test_an_invoice_is_taken_from_the_card_once_or_its_customer_is_written_to(
    database: Database, method: str, state: State, mails: list[str], open: str
) -> None:
    one = cdr(energy("20", "4"), token_owner=LADDNAV)
    await keep(database, [one], ours=[party()])
    server = StripeServer()
    async with served(server.routes) as url, line() as there:
        await an_account(database, holder=LADDNAV, url=url)
        customer = await anna(database, method)
        number = await issued(database)
        collector = Collector(database, there, SEAL, "https://lad.example")
        (payment,) = await _payments(database, number)
        await collector.go_on(payment.ref)
        for _ in range(2):
            told = PaymentChanged(holder=LADDNAV, ref=payment.ref)
            await billing.settle_payment(database, told)
            await by_card.went_on(database, told)
    (payment,) = await _payments(database, number)
    async with database.unit() as unit:
        sent = await mail.page(unit, LADDNAV)
        left = (await settling.item_named(unit, LADDNAV, number)).open
        invoice = await billing.invoice(unit, (await billing.invoices(unit, LADDNAV))[0].ref)
        shown = await by_card.as_it_stands(unit, invoice, begun=True)
        payer = await by_card.of(unit, payment)
    assert (payment.state, [one.subject for one in sent], left) == (
        state,
        [f"{each} {number}" for each in mails],
        Decimal(open),
    )
    assert payer is not None and payer.ref == customer.ref
    assert all(f"/my/payments/{payment.ref}" in one.text for one in sent if state is State.WAITING)
    refused = state is State.REFUSED  # its invoice names no account, until it is looked at again
    assert (invoice.asks, shown.asks) == (False, refused)
    if refused:
        again = await mailing.send_again(database, invoice.ref, key="again")
        assert "till Bankgiro 123-4567 med referensen 2026" in again.text
    assert all(("till Bankgiro 123-4567 med referensen 2026" in one.text) is refused for one in sent)


async def pays(database: Database, customer: Customer, amount: str, *cites: str) -> None:
    """Into the bank; what cites nothing waits on account."""
    money, key = Decimal(amount), f"paid {amount}"
    async with database.unit() as unit:
        postings = (
            Posting(ledger.Account(Head.BANK, "giro"), money, "SEK"),
            Posting(receivable(customer.debtor_id), -money, "SEK"),
        )
        await post(unit, LADDNAV, Entry(key=key, what="Paid", cites="bank", postings=postings))
        await settling.settle(
            unit, LADDNAV, customer.debtor_id, money if cites else Decimal(0), "SEK", source=key, cites=cites
        )


async def test_what_we_owe_a_customer_is_not_taken_from_their_card(database: Database) -> None:
    first = cdr(energy("4", "4"), id="C4", token_owner=LADDNAV)
    await keep(database, [first], ours=[party()])
    await an_account(database, holder=LADDNAV)
    customer = await anna(database, "pm_card_visa")
    await bill(database, first)
    (heading,) = await headings(database)
    async with database.unit() as unit:
        paid = await billing.issue(unit, LADDNAV, heading.ref)
    await pays(database, customer, "20", paid.number or "")
    await credit(database, heading.ref)  # 20 SEK are open the other way
    await pays(database, customer, "30")
    number = await issued(database)
    (payment,) = await _payments(database, number)
    assert payment.hold == Decimal(50)


@pytest.mark.parametrize(("paid", "holds", "mails"), [("100", [100], 1), ("40", [60, 100], 2), ("98", [100], 1)])
async def test_what_is_paid_otherwise_while_the_bank_asks_is_not_taken_from_the_card(
    database: Database, paid: str, holds: list[int], mails: int
) -> None:
    await keep(database, [], ours=[party()])
    async with served(StripeServer().routes) as url, line() as there:
        await an_account(database, holder=LADDNAV, url=url)
        customer = await anna(database, "pm_card_authenticationRequired")
        number = await issued(database)
        collector = Collector(database, there, SEAL, "https://lad.example")

        async def told() -> None:
            for one in await _payments(database, number):
                await collector.go_on(one.ref)
                for _ in range(2):
                    await by_card.went_on(database, PaymentChanged(holder=LADDNAV, ref=one.ref))

        await told()
        await pays(database, customer, paid, number)
        invoice = next(one for one in await headings(database) if one.number == number)
        event = InvoiceSettled if paid == "100" else InvoicePaidInPart
        assert await announced(database, event) == 1
        await by_card.settled(database, event(holder=LADDNAV, ref=invoice.ref))
        assert [one.keep for one in await _payments(database, number)] == [0], "at once, and not when it is confirmed"
        for _ in range(3):
            await told()
    found = await _payments(database, number)
    assert [one.hold for one in found] == [Decimal(one) for one in holds]
    assert found[-1].state is State.RELEASED
    async with database.unit() as unit:
        sent = await mail.page(unit, LADDNAV)
    assert [one.subject.split()[0] for one in sent] == ["Bekräfta"] * mails, "nobody's card was refused"


@pytest.mark.parametrize("typed", [True, False])
async def test_whose_card_cannot_be_asked_is_written_to_and_the_invoice_stands_open(
    database: Database, typed: bool
) -> None:
    """A card that the desk typed of old is kept nowhere; and an account may be closed for a while."""
    await keep(database, [], ours=[party()])
    account = await an_account(database, holder=LADDNAV)
    if typed:
        async with database.unit() as unit:
            one = await customers.add(unit, LADDNAV, CustomerSaid(name="Anna", email="anna@example.org"), by="test")
            await customers.keep_contract(unit, one.ref, "SE-C1", by="test")
            await customers.keep_card(unit, one.ref, "cus_1/pm_1", by="test")
            await customers.change(unit, one.ref, CustomerSaid(pays_by=PaysBy.CARD), by="test")
    else:
        await anna(database, "pm_card_visa")
        async with database.unit() as unit:
            await accounts.change(unit, replace(account, enabled=False), Secrets(), seal=SEAL)
    number = await issued(database)
    async with database.unit() as unit:
        (letter,) = await mail.page(unit, LADDNAV)
    assert letter.subject == f"Ditt kort betalade inte faktura {number}"
    assert "100.00 SEK" in letter.text and "/my/cards" in letter.text
    assert await _payments(database, number) == []


@pytest.mark.parametrize(("kwh", "taken", "reminded"), [("0.4", 0, 0), ("0.8", 1, 1)])
async def test_of_what_is_too_little_for_a_card_nobody_is_reminded(
    database: Database, clock: SetClock, kwh: str, taken: int, reminded: int
) -> None:
    await keep(database, [], ours=[party()])
    await an_account(database, holder=LADDNAV)
    await anna(database, "pm_card_visa")
    number = await issued(database, kwh)
    assert len(await _payments(database, number)) == taken
    async with database.unit() as unit:
        await reminders.turn(unit, LADDNAV, on=True, by="test")
    clock.advance(timedelta(days=36))
    assert await reminders.remind_all(database) == reminded


def test_each_currency_has_its_own_least() -> None:
    of = {"SEK": "3", "EUR": "0.5", "DKK": "2.5", "GBP": "0.3", "HUF": "175", "CZK": "15", "XXX": "0.5"}
    assert {currency: least(currency) for currency in of} == {one: Decimal(many) for one, many in of.items()}


@pytest.mark.parametrize(
    ("method", "state"),
    [("pm_card_chargeDeclined", State.REFUSED), ("pm_card_authenticationRequired", State.RELEASED)],
)
async def test_a_wallet_whose_card_paid_nothing_asks_it_no_more_until_somebody_comes_between(
    database: Database, clock: SetClock, method: str, state: State
) -> None:
    await keep(database, [], ours=[party()])
    server = StripeServer()
    async with served(server.routes) as url, line() as there:
        account = await an_account(database, holder=LADDNAV, url=url)
        customer = await anna(database, method)
        async with database.unit() as unit:
            await customers.change(unit, customer.ref, CustomerSaid(pays_by=PaysBy.WALLET), by="test")
            fills = Refill(below=Decimal(50), amount=Decimal(100), account=account.ref)
            await allowing.refill(unit, customer.ref, fills, by="test")
        collector = Collector(database, there, SEAL, "https://lad.example")
        for begun in (1, 0, 0):
            if begun and state is State.RELEASED:
                await wallets.refill_short(database, WalletShort(holder=LADDNAV, customer=customer.ref))
            else:
                assert await wallets.refill_due(database) == begun
            await collector.go_on_due()
            clock.advance(timedelta(minutes=16))
            await collector.go_on_due()
        await wallets.refill_short(database, WalletShort(holder=LADDNAV, customer=customer.ref))
        (payment,) = await _payments(database, wallet.about(customer.ref))
        assert payment.state is state
        assert server.intents[payment.provider_id or "pi_0"]["away"], "it is told that nobody is there to be asked"


async def _payments(database: Database, number: str) -> list[Payment]:
    async with database.unit() as unit:
        return list(await paying.page(unit, LADDNAV, about=number))
