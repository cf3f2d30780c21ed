"""A charging point, a customer whose card is held for each charge, and its bank, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random  # noqa: TID251 - seeded dice: what gets lost, and when

from laddnav.billing import actions as billing
from laddnav.billing.actions import by_card, settling, wallets
from laddnav.billing.events import InvoiceIssued, InvoiceSettled
from laddnav.billing.model import Invoice
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.customers import actions as customers
from laddnav.customers.actions import allowing
from laddnav.customers.events import CustomerChanged
from laddnav.customers.model import Customer, Hold, PaysBy
from laddnav.customers.rules import CustomerSaid
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Listener, Unit
from laddnav.kit.energy import wh
from laddnav.locations.model import Station
from laddnav.mail import actions as mail
from laddnav.metering.model import Measurand, Reading
from laddnav.payments.actions import cards, holding, paying
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.actions.vault import Vault
from laddnav.payments.card_hold import CardHold
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Payment, ProviderKind
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.actions.entitling import entitled
from laddnav.sessions.events import SessionAmended, SessionEnded, SessionFailed, SessionStarted
from laddnav.sessions.model import Session, StopReason
from laddnav.tokens import actions as tokens
from laddnav.tokens import rules as cards_to_charge
from laddnav.tokens.model import Allowed, Authorization, Token
from tests.clock import SetClock
from tests.customers.test_by_card import Drawer
from tests.payments.bank import Bank
from tests.payments.conftest import SEAL, an_account, nowhere
from tests.payments.test_agreement import Mortal
from tests.things import US, settle_in, token

LISTENERS: Mapping[type[Event], Sequence[Listener]] = {
    PaymentChanged: [billing.settle_payment, by_card.went_on, holding.held_payment_went_on],
    SessionStarted: [holding.held_charge_went_on],
    SessionFailed: [holding.held_charge_went_on],
    SessionEnded: [cdrs.close],
    SessionAmended: [cdrs.correct],
    CdrClosed: [billing.bill],
    InvoiceIssued: [wallets.pay],
    InvoiceSettled: [by_card.settled],
    CustomerChanged: [allowing.look_at],
}
TEN_MINUTES = timedelta(minutes=10)
ZERO = Decimal(0)


class Place:
    """A charging point, a customer with a card and its bank, and what cars, stations and time do there."""

    def __init__(self, database: Mortal, clock: SetClock, station: Station, bank: Bank, customer: Customer) -> None:
        self.database, self.clock, self.station, self.bank, self.customer = database, clock, station, bank, customer
        self.collector = self.collecting()
        self.session_id = ""
        self.before = set[str]()  # payments of other charges
        self.card = token()

    def collecting(self) -> Collector:
        return Collector(self.database, nowhere, SEAL, "https://lad.example", {ProviderKind.STRIPE: self.bank.open})

    async def wants(self, hold: Hold) -> None:
        async with self.database.unit() as unit:
            await customers.change(unit, self.customer.ref, CustomerSaid(hold=hold), by="test")

    async def plugs_in(self, register: int = 1000) -> None:
        async with self.database.unit() as unit:
            known = await self._token(unit)
            session = await sessions.begin(
                unit,
                station=self.station,
                evse_no=1,
                uid=self.card.uid,
                given=Authorization(allowed=Allowed.ALLOWED, token=known),
                at=unit.now,
                register=wh(register),
            )
        self.session_id = session.id

    async def _token(self, unit: Unit) -> Token:
        return await tokens.fetch(unit, US, cards_to_charge.key_of(self.card))

    async def measures(self, register: int) -> None:
        said = Reading(at=self.clock.now(), measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
        async with self.database.unit() as unit:
            one = Measurement(station=self.station, evse_no=1, session_id=self.session_id, readings=(said,))
            await sessions.measure(unit, [one])

    async def unplugs(self, register: int) -> None:
        async with self.database.unit() as unit:
            await sessions.stop(
                unit,
                holder=US,
                session_id=self.session_id,
                at=unit.now,
                register=wh(register),
                reason=StopReason.DRIVER,
            )

    async def goes_on(self) -> None:
        """Everything that waits is done: the bank is asked, events are heard, jobs look, until nothing changes."""
        before: object = None
        while (stands := await self._stands()) != before:
            before = stands
            for one in await self.payments():
                if one.ref not in self.before:
                    await self.collector.go_on(one.ref)
            await drain(self.database)
            await holding.look_after(self.database)

    async def _stands(self) -> object:
        async with self.database.unit() as unit:
            jobs = await unit.value("select count(*) from job")
        return [(one.ref, one.version, one.keep) for one in await self.payments()], await self.hold(), jobs

    async def payments(self) -> Sequence[Payment]:
        """The oldest first."""
        async with self.database.unit() as unit:
            return (await paying.of_debtors(unit, US, [self.customer.debtor_id]))[::-1]

    async def hold(self) -> CardHold | None:
        async with self.database.unit() as unit:
            return await holding.of_session(unit, US, self.session_id)

    async def held(self) -> CardHold:
        hold = await self.hold()
        assert hold is not None, "it is held for"
        return hold

    async def session(self) -> Session:
        async with self.database.unit() as unit:
            return await sessions.fetch(unit, US, US, self.session_id)

    async def issued(self) -> list[Invoice]:
        """All that is open is issued; all invoices, the newest first."""
        async with self.database.unit() as unit:
            for heading in await billing.invoices(unit, US):
                if heading.number is None:
                    await billing.issue(unit, US, heading.ref)
        await self.goes_on()
        async with self.database.unit() as unit:
            return [await billing.invoice(unit, each.ref) for each in await billing.invoices(unit, US)]

    async def open(self) -> Decimal:
        async with self.database.unit() as unit:
            return sum((one.open for one in await settling.open_of(unit, US, self.customer.debtor_id)), Decimal(0))

    async def mails(self) -> list[str]:
        async with self.database.unit() as unit:
            return [one.subject for one in await mail.page(unit, US)][::-1]

    async def may_charge(self) -> Allowed:
        async with self.database.unit() as unit:
            known = await self._token(unit)
            return (await entitled(unit, US, cards_to_charge.decided(known, unit.now, None))).allowed


async def opened(database_url: str, clock: SetClock, dice: Random) -> Place:
    database = await Mortal.connect(database_url, clock=clock, hears=LISTENERS)
    assert isinstance(database, Mortal)
    async with database.unit() as unit:
        station = await settle_in(unit)
        said = CustomerSaid(name="Anna", email="anna@example.org", language="en")
        one = await customers.add(unit, US, said, by="test")
        await customers.keep_contract(unit, one.ref, token().contract_id, by="test")
    await an_account(database)
    async with database.unit() as unit:
        asked = await cards.store_one(unit, one, url="", by="test")
    vault = Vault(database, nowhere, SEAL, {ProviderKind.STRIPE: Drawer("pm_1").open})
    await vault.go_on_due()
    async with database.unit() as unit:
        await cards.came_back(unit, asked)
    await vault.go_on_due()
    async with database.unit() as unit:
        said = CustomerSaid(pays_by=PaysBy.CARD, hold=Hold.REQUIRED)
        one = await customers.change(unit, one.ref, said, by="test")
    return Place(database, clock, station, Bank(dice, faults=False), one)
