"""A charge of who pays by a stored card is held for while it goes on, taken as its CDR says, and asked for once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import product
from random import Random  # noqa: TID251 - seeded dice: what gets lost, and when

import pytest

from laddnav.billing import actions as billing
from laddnav.billing.actions import by_card, settling, wallets
from laddnav.billing.events import InvoiceIssued, InvoiceSettled
from laddnav.billing.model import Invoice
from laddnav.billing.rules import receivable
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.customers import actions as customers
from laddnav.customers.actions import allowing
from laddnav.customers.events import CustomerChanged
from laddnav.customers.model import Customer, Hold, PaysBy
from laddnav.customers.rules import CustomerSaid
from laddnav.db.events import Event
from laddnav.db.outbox import Deliverer, drain
from laddnav.db.unit import Listener, Unit
from laddnav.kit.energy import wh
from laddnav.kit.refusal import Refusal
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.locations.model import Station
from laddnav.mail import actions as mail
from laddnav.metering.model import Measurand, Reading
from laddnav.payments.actions import cards, holding, paying
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.actions.vault import Vault
from laddnav.payments.card_hold import MOVES, OVER, CardHold, HoldState, as_the_bank_says
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Payment, ProviderKind, Purpose, State
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.actions.entitling import entitled
from laddnav.sessions.events import SessionAmended, SessionEnded, SessionFailed, SessionStarted
from laddnav.sessions.model import Session, Status, StopReason
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from laddnav.tokens import actions as tokens
from laddnav.tokens import rules as cards_to_charge
from laddnav.tokens.model import Allowed, Authorization, Token
from tests.clock import SetClock
from tests.customers.test_by_card import Drawer
from tests.payments.bank import Bank, Kept, Killed
from tests.payments.conftest import SEAL, an_account, nowhere
from tests.payments.test_agreement import Mortal
from tests.payments.test_tickets import Calm
from tests.things import LONG_AGO, US, component, settle_in, tariff, token

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
STEPS = 30  # things that happen to each charge before everything behaves again


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


class Nods(Calm):
    """The bank holds without asking anybody."""

    def random(self) -> float:
        return 0.5


@pytest.fixture
async def place(database_url: str, clock: SetClock) -> AsyncIterator[Place]:
    place = await opened(database_url, clock, Nods(1))
    yield place
    await place.database.close()


# ---- The road


async def test_a_charge_is_held_for_as_it_begins_taken_as_it_is_billed_and_asked_for_once(
    place: Place, clock: SetClock
) -> None:
    await place.plugs_in()
    await place.goes_on()
    (payment,) = await place.payments()
    # 2.5 SEK × 44 kWh and 5 with 25 % are 143.75, in twenties.
    assert (payment.state, payment.held, (await place.held()).state) == (State.HELD, Decimal(160), HoldState.HELD)
    assert (payment.method, payment.purpose) == ("pm_1", Purpose.SESSION)
    clock.advance(TEN_MINUTES)
    await place.unplugs(5000)
    await place.goes_on()
    (payment,) = await place.payments()
    assert (payment.state, payment.net, payment.held) == (State.CAPTURED, Decimal("18.75"), ZERO), (
        "the rest is released"
    )
    (invoice,) = await place.issued()
    assert (invoice.to_pay, await place.open()) == (Decimal("18.75"), ZERO)
    assert invoice.charges[0].eft_data == ("Stripe: 18.75 SEK",), "it says what paid it"
    assert len(await place.payments()) == 1, "nothing is asked for twice"
    assert await place.mails() == []


async def refunds(place: Place, payment: Payment) -> None:
    async with place.database.unit() as unit:
        await paying.refund(unit, payment.ref, payment.net, "The cable was broken", by="fia")


async def disputes(place: Place, payment: Payment) -> None:
    place.bank.take_back(place.bank.kept[payment.ref], payment.net)


@pytest.mark.parametrize("goes_back", [refunds, disputes])
async def test_what_went_back_of_a_hold_is_not_taken_of_the_same_card_again(
    place: Place, clock: SetClock, goes_back: Callable[[Place, Payment], Awaitable[None]]
) -> None:
    for register, is_issued in ((5000, True), (9000, False)):
        await place.plugs_in(register - 4000)
        await place.goes_on()
        clock.advance(TEN_MINUTES)
        await place.unplugs(register)
        await place.goes_on()
        if is_issued:
            await place.issued()
        *_, payment = await place.payments()
        assert payment.net == Decimal("18.75")
        await goes_back(place, payment)
        await place.goes_on()
        await place.issued()
    assert [one.net for one in await place.payments()] == [ZERO, ZERO], "nothing was asked for besides"
    assert await place.open() == 2 * Decimal("18.75"), "a person decides what becomes of it"


async def test_a_dispute_of_a_hold_is_left_to_a_person_and_its_money_stays_with_us_where_we_win(
    place: Place, clock: SetClock
) -> None:
    await place.plugs_in()
    await place.goes_on()
    clock.advance(TEN_MINUTES)
    await place.unplugs(5000)
    await place.goes_on()
    await place.issued()
    (payment,) = await place.payments()
    await disputes(place, payment)
    await place.goes_on()
    (payment,) = await place.payments()
    assert (payment.back, payment.trouble) == (ZERO, "18.75 SEK could not be taken"), "somebody has to look"
    place.bank.kept[payment.ref].charged_back = ZERO
    await place.goes_on()
    (payment,) = await place.payments()
    assert (payment.net, payment.trouble, await place.open()) == (Decimal("18.75"), None, ZERO)


async def test_where_the_bank_holds_nothing_a_charge_that_must_be_held_for_is_ended_and_no_other_begins(
    place: Place, clock: SetClock
) -> None:
    place.bank.refuses = True
    await place.plugs_in()
    await place.goes_on()
    hold = await place.held()
    assert (hold.state, hold.stop_asked_at) == (HoldState.WITHOUT, clock.now())
    assert await place.mails() == ["Your charge at SE*LAD*EEVSE1 was ended: your bank held nothing"]
    assert await place.may_charge() is Allowed.NO_CREDIT
    clock.advance(timedelta(minutes=1))
    await place.unplugs(1400)
    await place.goes_on()
    (invoice,) = await place.issued()
    assert [one.about for one in await place.payments()][1:] == [invoice.number], "its cost is taken with its invoice"
    place.bank.refuses = False
    async with place.database.unit() as unit:
        card = await cards.default_of(unit, place.customer)
        assert card is not None
        await cards.make_default(unit, place.customer, card.ref, by="anna")
    await place.goes_on()
    assert await place.may_charge() is Allowed.ALLOWED


async def test_where_a_hold_is_only_wished_the_charge_goes_on_and_its_invoice_is_taken(
    place: Place, clock: SetClock
) -> None:
    await place.wants(Hold.WISHED)
    place.bank.refuses = True
    await place.plugs_in()
    await place.goes_on()
    clock.advance(TEN_MINUTES)
    await place.measures(3000)
    await place.goes_on()
    assert ((await place.held()).state, (await place.held()).stop_asked_at) == (HoldState.WITHOUT, None)
    assert await place.mails() == ["Your bank held nothing for your charge at SE*LAD*EEVSE1"]
    assert await place.may_charge() is Allowed.ALLOWED
    place.bank.refuses = False
    await place.unplugs(5000)
    await place.goes_on()
    (invoice,) = await place.issued()
    assert [(one.about, one.net) for one in await place.payments()][1:] == [(invoice.number, Decimal("18.75"))]
    assert await place.open() == 0


async def test_a_bank_that_wants_to_see_its_customer_is_waited_for_five_minutes(place: Place, clock: SetClock) -> None:
    place.bank.dice = Calm(1)
    await place.plugs_in()
    await place.goes_on()
    (payment,) = await place.payments()
    assert (payment.state, await place.mails()) == (
        State.WAITING,
        ["Confirm with your bank that you charge at SE*LAD*EEVSE1"],
    )
    clock.advance(timedelta(minutes=4))
    await place.measures(2000)
    await place.goes_on()
    assert (await place.held()).stop_asked_at is None
    clock.advance(timedelta(minutes=1))
    await place.goes_on()
    assert ((await place.held()).state, (await place.held()).stop_asked_at) == (HoldState.WITHOUT, clock.now())
    assert len(await place.mails()) == 2


async def test_more_is_held_as_it_goes_on_and_what_nobody_holds_ends_it_or_is_asked_for_by_its_invoice(
    place: Place, clock: SetClock
) -> None:
    await place.wants(Hold.WISHED)
    await place.plugs_in()
    await place.goes_on()
    register = 1000
    for _ in range(18):
        clock.advance(TEN_MINUTES)
        register += 3600
        await place.measures(register)
        await place.goes_on()
    (payment,) = await place.payments()
    assert payment.held == 320 == (await place.held()).wanted
    place.bank.raises = False
    for _ in range(14):
        clock.advance(TEN_MINUTES)
        register += 3600
        await place.measures(register)
        await place.goes_on()
    assert (await place.held()).stop_asked_at is None
    await place.unplugs(register)
    await place.goes_on()
    (payment,) = await place.payments()
    assert (payment.net, payment.trouble) == (Decimal(320), None), "a person has nothing to look at"
    (invoice,) = await place.issued()
    first, rest = await place.payments()
    assert (first.net, rest.about, first.net + rest.net) == (Decimal(320), invoice.number, invoice.to_pay)
    assert await place.open() == 0


async def test_an_invoice_that_is_issued_before_the_hold_is_taken_waits_for_it(place: Place, clock: SetClock) -> None:
    await place.plugs_in()
    await place.goes_on()
    clock.advance(TEN_MINUTES)
    await place.unplugs(5000)
    await drain(place.database)
    async with place.database.unit() as unit:
        (heading,) = await billing.invoices(unit, US)
        await billing.issue(unit, US, heading.ref)
    await drain(place.database)
    (payment,) = await place.payments()
    assert (payment.state, await place.open()) == (State.HELD, Decimal("18.75"))
    await place.goes_on()
    assert (len(await place.payments()), await place.open()) == (1, ZERO)


async def test_what_was_taken_for_a_charge_pays_no_other_invoice(place: Place, clock: SetClock) -> None:
    """An earlier one that nobody could be asked for is open beside it."""
    await place.wants(Hold.NONE)
    for register, hold in ((5000, Hold.NONE), (9000, Hold.REQUIRED)):
        await place.wants(hold)
        await place.plugs_in(register - 4000)
        await place.goes_on()
        clock.advance(TEN_MINUTES)
        await place.unplugs(register)
        await place.goes_on()
        if hold is Hold.NONE:
            place.bank.refuses = True
            (first,) = await place.issued()
            place.bank.refuses = False
    assert await place.open() == Decimal("18.75"), "what was refused is open still"
    second, first = await place.issued()
    async with place.database.unit() as unit:
        opens = [(await settling.item_named(unit, US, one.number or "")).open for one in (first, second)]
    assert opens == [Decimal("18.75"), 0]


async def test_a_charge_whose_begin_is_heard_when_it_is_over_is_not_held_for(place: Place, clock: SetClock) -> None:
    await place.plugs_in()
    clock.advance(TEN_MINUTES)
    await place.unplugs(5000)
    await place.goes_on()
    assert (await place.hold(), await place.payments()) == (None, [])
    (invoice,) = await place.issued()
    assert [one.about for one in await place.payments()] == [invoice.number]


@pytest.mark.parametrize("register", [1000, 5000])
async def test_where_a_charge_costs_nothing_or_is_somebody_elses_to_pay_nothing_is_kept(
    place: Place, clock: SetClock, register: int
) -> None:
    async with place.database.unit() as unit:
        energy = Element(components=(component(TariffDimension.ENERGY, "2.50"),))
        await tariffs.keep(unit, US, tariff(elements=(energy,), last_updated=clock.now()))
    await place.plugs_in()
    await place.goes_on()
    clock.advance(TEN_MINUTES)
    if register > 1000:
        async with place.database.unit() as unit:
            await customers.release_contract(unit, place.customer.ref, token().contract_id, by="test")
    await place.unplugs(register)
    await place.goes_on()
    (payment,) = await place.payments()
    assert ((await place.held()).state, payment.state, payment.held) == (HoldState.BILLED, State.RELEASED, ZERO)


async def test_a_charge_that_is_free_goes_on_whatever_a_bank_would_say(place: Place, clock: SetClock) -> None:
    async with place.database.unit() as unit:
        free = Element(components=(component(TariffDimension.ENERGY, "0"),))
        await tariffs.keep(unit, US, tariff(elements=(free,), last_updated=clock.now()))
    place.bank.refuses = True
    await place.plugs_in()
    await place.goes_on()
    clock.advance(TEN_MINUTES)
    await place.unplugs(5000)
    await place.goes_on()
    assert (await place.hold(), await place.payments(), await place.mails()) == (None, [], [])
    assert await place.may_charge() is Allowed.ALLOWED


@pytest.mark.parametrize("pays_by", [PaysBy.INVOICE, PaysBy.CARD])
async def test_nothing_is_held_for_who_did_not_ask_for_it(place: Place, pays_by: PaysBy) -> None:
    async with place.database.unit() as unit:
        await customers.change(unit, place.customer.ref, CustomerSaid(pays_by=pays_by, hold=Hold.NONE), by="test")
    await place.plugs_in()
    await place.goes_on()
    assert (await place.hold(), await place.payments()) == (None, [])


def test_what_the_bank_says_moves_a_hold_by_its_table() -> None:
    for state, paid, there in product(HoldState, [*State, None], [True, False]):
        _moves(state, paid, there)


def _moves(state: HoldState, paid: State | None, there: bool) -> None:
    hold = CardHold(
        holder=US,
        ref="h",
        customer="c",
        session_id="s",
        contract_id="SE-C1",
        evse_id="E",
        payment="p",
        currency="SEK",
        first=Decimal(80),
        wanted=Decimal(80),
        required=True,
        state=state,
        made_at=LONG_AGO,
        changed_at=LONG_AGO,
    )
    payment = None if paid is None else a_payment(paid)
    after = as_the_bank_says(hold, payment, there=there).state
    assert after is state or after in MOVES[state]
    if state in (HoldState.ASKED, HoldState.HELD):
        gone = paid in (None, State.REFUSED, State.RELEASED)
        kept = state is HoldState.ASKED and there
        assert after is (HoldState.HELD if kept else HoldState.WITHOUT if gone else state)
    else:
        assert after is state, "what is over, or was given up, is not asked of the bank"


def a_payment(state: State) -> Payment:
    return Payment(
        holder=US,
        ref="p",
        account="a",
        provider=ProviderKind.STRIPE,
        purpose=Purpose.SESSION,
        about="E",
        credits="receivable:customer:c",
        currency="SEK",
        hold=Decimal(80),
        state=state,
        made_at=LONG_AGO,
        made_by="card hold",
        expires_at=LONG_AGO,
        changed_at=LONG_AGO,
    )


# ---- Stories


class Story(Place):
    """What happens to one charge, by its seed."""

    def begin(self, seed: int) -> None:
        self.seed, self.dice, self.register, self.deep = seed, Random(seed), 1000, False
        self.bank.dice, self.bank.faults, self.bank.raises = self.dice, True, self.dice.random() < 0.7
        self.bank.meanwhile = self._meanwhile
        self.bank.hooks.clear()

    async def told(self, seed: int) -> None:
        self.begin(seed)
        self.before = {one.ref for one in await self.payments()}
        async with self.database.unit() as unit:
            # Whoever is left waiting for a card tries it again; invoices of before are over.
            said = CustomerSaid(hold=self.dice.choice((Hold.WISHED, Hold.REQUIRED)))
            await customers.change(unit, self.customer.ref, said, by="test")
        await self.plugs_in(self.register)
        self.database.dice = self.dice
        for _ in range(STEPS):
            await self._perhaps()
        self.database.dice, self.bank.faults, self.bank.meanwhile = None, False, _nothing
        await self._behaves()

    async def _perhaps(self) -> None:
        try:
            await self._one()
        except Refusal:
            pass  # the station is not asked to stop what is over, nor a CDR credited twice
        except Killed:
            self.collector = self.collecting()

    async def _one(self) -> None:
        happening = self.dice.choices(
            (self._provider, self._events, self._jobs, self._hook, self._payer, self._car, self._time, self._issue),
            (6, 7, 3, 2, 3, 5, 3, 1),
        )[0]
        await happening()

    async def _provider(self) -> None:
        for one in await self._theirs():
            await self.collector.go_on(one.ref)

    async def _events(self) -> None:
        await Deliverer(self.database, f"{self.seed} {self.dice.random()}").once()

    async def _jobs(self) -> None:
        await self.dice.choice((holding.look_after, sessions.settle_overdue))(self.database)

    async def _hook(self) -> None:
        if self.bank.hooks:
            body = self.bank.hooks.pop(self.dice.randrange(len(self.bank.hooks)))
            async with self.database.unit() as unit:
                account = (await paying.by_ref(unit, (await self.payments())[-1].ref)).account
                await paying.hear(unit, self.collector, account, "", {"signed": "yes"}, body)

    async def _payer(self) -> None:
        for one in await self._theirs():
            kept = self.bank.kept.get(one.ref)
            if kept is not None:
                self.dice.choice((self.bank.confirm,) * 4 + (self.bank.give_up, self.bank.run_out))(kept)

    async def _car(self) -> None:
        if (await self.session()).status is Status.ACTIVE:
            self.register += self.dice.randrange(0, 9000)
            hold = await self.hold()
            if (hold is not None and hold.stop_asked_at is not None) or self.dice.random() < 0.3:
                await self.unplugs(self.register)
            else:
                await self.measures(self.register)

    async def _time(self) -> None:
        self.clock.advance(timedelta(minutes=self.dice.choice((1, 1, 3, 5, 10, 40))))

    async def _issue(self) -> None:
        async with self.database.unit() as unit:
            for heading in await billing.invoices(unit, US, limit=3):
                if heading.number is None:
                    await billing.issue(unit, US, heading.ref)

    async def _meanwhile(self) -> None:
        if not self.deep and self.dice.random() < 0.2:
            self.deep = True
            try:
                await self._one()
            except Refusal:
                pass
            finally:
                self.deep = False

    async def _behaves(self) -> None:
        """Everybody answers, nothing dies, time passes until that changes nothing any more; the car leaves."""
        before: object = None
        while (stands := await self._stands()) != before:
            before = stands
            self.clock.advance(timedelta(hours=2))
            if (await self.session()).status is Status.ACTIVE:
                await self.unplugs(self.register + 100)
            await sessions.settle_overdue(self.database)
            async with self.database.unit() as unit:
                for one in await self._theirs():
                    await paying.try_again(unit, one.ref, by="a test")
            await self.goes_on()
            await self._issue()
            await self.goes_on()

    async def _theirs(self) -> list[Payment]:
        """Of this charge and its invoice."""
        return [one for one in await self.payments() if one.ref not in self.before]

    async def agree(self) -> CardHold | None:
        """None: its begin was heard when it was over."""
        say, hold = f"seed {self.seed}", await self.hold()
        assert hold is None or hold.state in OVER, f"{say}: it is not over: {hold}"
        async with self.database.unit() as unit:
            waits = await unit.value("select count(*) from job")
            (heading,) = await billing.invoices(unit, US, limit=1)
            invoice = await billing.invoice(unit, heading.ref)
            left = (await settling.item_named(unit, US, invoice.number or "")).open
            account = await ledger.balance(unit, US, receivable(self.customer.debtor_id), "SEK")
        assert waits == 0, f"{say}: somebody has not heard"
        theirs = await self._theirs()
        for one in theirs:
            kept = self.bank.kept.get(one.ref) or Kept(id="", ref=one.ref)
            assert kept.captures <= 1, f"{say}: money was taken twice"
            assert (kept.held, kept.captured) == (one.held, one.captured), say
            assert not kept.held, f"{say}: money is held for nobody"
        paid = sum((one.net for one in theirs), Decimal(0))
        assert paid + left == invoice.to_pay, f"{say}: {paid} of {invoice.to_pay} are paid, and {left} open"
        assert account == left, f"{say}: the ledger says {account}"
        asked = [one for one in theirs if one.purpose is Purpose.INVOICE]
        assert sum(bool(one.net) for one in asked) <= 1, f"{say}: it was taken twice from the card"
        assert not left or asked, f"{say}: nobody was asked for {left}"
        if left:  # somebody pays it otherwise, before the next story
            await self.pays_otherwise(invoice, left)
        return hold

    async def pays_otherwise(self, invoice: Invoice, amount: Decimal) -> None:
        key = f"giro {invoice.number}"
        async with self.database.unit() as unit:
            postings = (
                Posting(Account(Head.BANK, "giro"), amount, "SEK"),
                Posting(receivable(self.customer.debtor_id), -amount, "SEK"),
            )
            await ledger.post(unit, US, Entry(key=key, what="Paid", cites="bank", postings=postings))
            debtor = self.customer.debtor_id
            await settling.settle(unit, US, debtor, amount, "SEK", source=key, cites=invoice.number)
        await drain(self.database)


async def _nothing() -> None:
    return None


async def tell(database_url: str, clock: SetClock, seeds: range) -> list[CardHold | None]:
    place = await opened(database_url, clock, Random(0))
    story = Story(place.database, clock, place.station, place.bank, place.customer)
    told = []
    try:
        for seed in seeds:
            await story.told(seed)
            told.append(await story.agree())
        async with place.database.unit() as unit:
            assert sum(one.amount for one in await ledger.trial_balance(unit, US)) == 0
    finally:
        await place.database.close()
    return told


async def test_card_invoice_and_ledger_agree_whatever_is_lost_or_dies(database_url: str, clock: SetClock) -> None:
    told = await tell(database_url, clock, range(8))
    assert sum(one is not None and bool(one.due) for one in told) > 2


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1_000, 1_200, 50))
async def test_they_agree_in_two_hundred_charges(database_url: str, clock: SetClock, first: int) -> None:
    await tell(database_url, clock, range(first, first + 50))
