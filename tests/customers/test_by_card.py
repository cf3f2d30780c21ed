"""Invoices of who pays by card are taken from it once, when they are issued; a bank that asks or refuses is told of."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from laddnav.billing import actions as billing
from laddnav.billing.actions import by_card, settling, wallets
from laddnav.billing.events import InvoiceIssued
from laddnav.customers import actions as customers
from laddnav.customers import wallet
from laddnav.customers.actions import allowing
from laddnav.customers.model import Customer, PaysBy
from laddnav.customers.rules import CustomerSaid
from laddnav.customers.wallet import Refill
from laddnav.db.unit import Database
from laddnav.kit.outside import Exchange
from laddnav.mail import actions as mail
from laddnav.payments.actions import cards, paying
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.actions.vault import Vault
from laddnav.payments.card import Seen, StoredCard
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Account, Payment, ProviderKind, Secrets, State
from laddnav.payments.providers.port import Page
from tests.billing.charges import LADDNAV, cdr, energy, keep, party
from tests.billing.test_billing import bill, headings
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


async def issued(database: Database) -> str:
    """Its number, told twice."""
    one = cdr(energy("20", "4"), token_owner=LADDNAV)
    await bill(database, one)
    (heading,) = await headings(database)
    async with database.unit() as unit:
        await billing.issue(unit, LADDNAV, heading.ref)
        number = (await billing.invoice(unit, heading.ref)).number
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
        payer = await by_card.of(unit, payment)
    assert (payment.state, [one.subject for one in sent], left) == (
        state,
        [f"{each} {number}" for each in mails],
        Decimal(open),
    )
    assert payer is not None and payer.ref == customer.ref
    assert all(f"/my/payments/{payment.ref}" in one.text for one in sent if state is State.WAITING)


@pytest.mark.parametrize(
    ("method", "state"),
    [("pm_card_chargeDeclined", State.REFUSED), ("pm_card_authenticationRequired", State.RELEASED)],
)
async def test_a_wallet_whose_card_paid_nothing_asks_it_no_more_until_somebody_comes_between(
    database: Database, clock: SetClock, method: str, state: State
) -> None:
    await keep(database, [], ours=[party()])
    async with served(StripeServer().routes) as url, line() as there:
        account = await an_account(database, holder=LADDNAV, url=url)
        customer = await anna(database, method)
        async with database.unit() as unit:
            await customers.change(unit, customer.ref, CustomerSaid(pays_by=PaysBy.WALLET), by="test")
            fills = Refill(below=Decimal(50), amount=Decimal(100), account=account.ref)
            await allowing.refill(unit, customer.ref, fills, by="test")
        collector = Collector(database, there, SEAL, "https://lad.example")
        for begun in (1, 0, 0):
            assert await wallets.refill_due(database) == begun
            await collector.go_on_due()
            clock.advance(timedelta(minutes=16))
            await collector.go_on_due()
        (payment,) = await _payments(database, wallet.about(customer.ref))
        assert payment.state is state


async def _payments(database: Database, number: str) -> list[Payment]:
    async with database.unit() as unit:
        return list(await paying.page(unit, LADDNAV, about=number))
