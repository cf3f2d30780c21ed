"""Whatever gets lost, comes twice or dies half-way: a charge is paid as its CDR says, or nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random  # noqa: TID251 - seeded dice: what gets lost, and when

import pytest
from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.db.events import Event
from laddnav.db.outbox import Deliverer, drain
from laddnav.db.unit import Listener
from laddnav.kit.energy import wh
from laddnav.kit.refusal import Refusal
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.locations.model import Station
from laddnav.mail import actions as mail
from laddnav.metering.model import Measurand, Reading
from laddnav.payments.actions import paying, selling, tickets
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Account, Payment, ProviderKind, State
from laddnav.payments.rules import TooManyPay
from laddnav.payments.ticket import Ticket, TicketState, Why
from laddnav.people.rules import FREE_FAILURES
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.events import SessionAmended, SessionEnded, SessionFailed, SessionStarted
from laddnav.sessions.model import Session, Status, StopReason
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.payments.bank import Bank, Kept, Killed
from tests.payments.conftest import SEAL, an_account, nowhere
from tests.payments.test_agreement import Mortal
from tests.things import US, WHERE, component, settle_in, tariff

LISTENERS: Mapping[type[Event], Sequence[Listener]] = {
    PaymentChanged: [tickets.payment_went_on],
    SessionStarted: [tickets.charge_went_on],
    SessionFailed: [tickets.charge_went_on],
    SessionEnded: [cdrs.close],
    SessionAmended: [cdrs.correct],
    CdrClosed: [billing.bill, tickets.pay_charge],
}
STEPS = 30  # things that happen to each ticket before everything behaves again
TEN_MINUTES = timedelta(minutes=10)
URL = "https://lad.example/charge/ticket"


class Shop:
    """A charging point with a bank behind it, and what drivers, cars, stations and time do there."""

    def __init__(self, database: Mortal, clock: SetClock, station: Station, account: Account, bank: Bank) -> None:
        self.database, self.clock, self.station, self.account, self.bank = database, clock, station, account, bank
        opener = {ProviderKind.STRIPE: bank.open}
        self.collector = Collector(database, nowhere, SEAL, "https://lad.example", opener)
        self.link = self.paid_by = ""

    async def sells(self, **said: str) -> Ticket:
        async with self.database.unit() as unit:
            ticket = await selling.sell(
                unit,
                US,
                WHERE,
                connector_id=None,
                provider=ProviderKind.STRIPE,
                page=URL,
                **({"address": "192.0.2.1"} | said),
            )
        self.link, self.paid_by = ticket.link, ticket.payment
        return ticket

    async def ticket(self) -> Ticket:
        async with self.database.unit() as unit:
            return await tickets.by_link(unit, self.link)

    async def payment(self) -> Payment:
        async with self.database.unit() as unit:
            return await paying.by_ref(unit, self.paid_by)

    async def session(self) -> Session | None:
        async with self.database.unit() as unit:
            return await tickets.session_of(unit, await tickets.by_link(unit, self.link))

    async def goes_on(self) -> None:
        """Everything that waits is done: the provider is asked, events are heard, jobs look, until nothing changes."""
        before: object = None
        while (stands := await self._stands()) != before:
            before = stands
            await self.collector.go_on(self.paid_by)
            await drain(self.database)
            await tickets.look_after(self.database)

    async def _stands(self) -> object:
        async with self.database.unit() as unit:
            payment, ticket = await paying.by_ref(unit, self.paid_by), await tickets.by_link(unit, self.link)
            return replace(payment, looks=0), ticket, await unit.value("select count(*) from job")

    async def pays(self) -> None:
        await self.goes_on()
        self.bank.confirm(self.bank.kept[self.paid_by])
        await self.goes_on_at_provider()

    async def goes_on_at_provider(self) -> None:
        async with self.database.unit() as unit:
            await paying.try_again(unit, self.paid_by, by="a test")
        await self.goes_on()

    async def plugs_in(self, register: int = 1000) -> None:
        uid = (await self.ticket()).code
        async with self.database.unit() as unit:
            await sessions.begin(
                unit,
                station=self.station,
                evse_no=1,
                uid=uid,
                given=Authorization(allowed=Allowed.ALLOWED),
                at=unit.now,
                register=wh(register),
            )

    async def measures(self, register: int) -> None:
        session = await self.session()
        assert session is not None
        said = Reading(at=self.clock.now(), measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))
        async with self.database.unit() as unit:
            one = Measurement(station=self.station, evse_no=1, session_id=session.id, readings=(said,))
            await sessions.measure(unit, [one])

    async def unplugs(self, register: int) -> None:
        session = await self.session()
        assert session is not None
        async with self.database.unit() as unit:
            await sessions.stop(
                unit,
                holder=US,
                session_id=session.id,
                at=unit.now,
                register=wh(register),
                reason=StopReason.DRIVER,
            )

    async def owed(self) -> Decimal:
        async with self.database.unit() as unit:
            account = LedgerAccount.parse(f"receivable:driver:{(await tickets.by_link(unit, self.link)).code}")
            return await ledger.balance(unit, US, account, "SEK")


async def opened(database_url: str, clock: SetClock, dice: Random, *, direct: bool = False) -> Shop:
    database = await Mortal.connect(database_url, clock=clock, hears=LISTENERS)
    assert isinstance(database, Mortal)
    async with database.unit() as unit:
        station = await settle_in(unit)
    bank = Bank(dice, faults=False, direct=direct)
    return Shop(database, clock, station, await an_account(database), bank)


@pytest.fixture
async def shop(database_url: str, clock: SetClock):  # type: ignore[no-untyped-def]  # a Shop
    shop = await opened(database_url, clock, Calm(1))
    yield shop
    await shop.database.close()


# ---- The road


async def test_a_charge_begins_once_it_is_held_and_costs_what_its_cdr_says(shop: Shop, clock: SetClock) -> None:
    ticket = await shop.sells(email="anna@example.com", language="sv")
    assert (ticket.state, ticket.hold) == (TicketState.PAYING, Decimal(80))
    await shop.goes_on()
    assert await shop.session() is None, "nobody is asked to begin before it is held"
    await shop.pays()
    session = await shop.session()
    assert session is not None and session.status is Status.PENDING
    await shop.plugs_in()
    clock.advance(TEN_MINUTES)
    await shop.measures(3000)
    await shop.goes_on()
    running = await shop.session()
    clock.advance(TEN_MINUTES)
    await shop.unplugs(5000)
    await shop.goes_on()
    ticket, payment = await shop.ticket(), await shop.payment()
    # 4 kWh × 2.50 + 5 are 15, and 25 % of it are 3.75.
    assert running is not None and running.cost is not None and running.cost.after_taxes == Decimal("12.5")
    assert (ticket.state, ticket.due, payment.state) == (TicketState.PAID, Decimal("18.75"), State.CAPTURED)
    assert (payment.net, payment.held) == (Decimal("18.75"), Decimal(0)), "the rest is released"
    assert await shop.owed() == Decimal(15) - Decimal("18.75"), "its VAT comes with the invoice"
    async with shop.database.unit() as unit:
        (sent,) = await mail.page(unit, US)
    assert sent.to == "anna@example.com" and "18,75" in sent.subject and ticket.link in sent.text
    assert ticket.email is None, "it is not needed any more"


@pytest.mark.parametrize(("direct", "state"), [(False, State.RELEASED), (True, State.CAPTURED)])
async def test_where_no_car_comes_nothing_is_kept(
    database_url: str, clock: SetClock, direct: bool, state: State
) -> None:
    shop = await opened(database_url, clock, Calm(1), direct=direct)
    await shop.sells()
    await shop.pays()
    clock.advance(timedelta(minutes=11))
    await sessions.settle_overdue(shop.database)
    await shop.goes_on()
    ticket, payment = await shop.ticket(), await shop.payment()
    assert (ticket.state, ticket.why) == (TicketState.GIVEN_UP, Why.NO_CAR)
    assert (payment.state, payment.net, payment.held) == (state, Decimal(0), Decimal(0))
    await shop.database.close()


async def test_who_does_not_pay_starts_nothing_and_who_pays_too_late_gets_it_back(shop: Shop, clock: SetClock) -> None:
    await shop.sells()
    await shop.goes_on()
    clock.advance(timedelta(minutes=16))
    await shop.goes_on()
    assert ((await shop.ticket()).state, (await shop.ticket()).why) == (TicketState.GIVEN_UP, Why.NOT_PAID)
    one = shop.bank.kept[(await shop.ticket()).payment]
    one.state, one.held = State.HELD, one.asked
    await shop.goes_on_at_provider()
    assert (one.state, one.held) == (State.RELEASED, Decimal(0))


async def test_who_begins_to_pay_again_and_again_keeps_nobody_else_from_it(shop: Shop, clock: SetClock) -> None:
    for _ in range(FREE_FAILURES + 1):
        await shop.sells()
    with pytest.raises(TooManyPay) as refused:
        await shop.sells()
    await shop.sells(address="198.51.100.7")
    clock.advance(refused.value.wait)
    await shop.sells()


async def test_a_price_that_changed_meanwhile_is_not_charged(shop: Shop, clock: SetClock) -> None:
    await shop.sells()
    async with shop.database.unit() as unit:
        dearer = Element(components=(component(TariffDimension.ENERGY, "9"),))
        await tariffs.keep(unit, US, tariff(elements=(dearer,), last_updated=clock.now()))
    await shop.pays()
    assert (await shop.ticket()).why is Why.PRICE_CHANGED
    assert (await shop.payment()).state is State.RELEASED


async def test_more_is_held_as_it_goes_on_and_a_charge_that_nobody_holds_more_for_ends(
    shop: Shop, clock: SetClock
) -> None:
    await shop.sells()
    await shop.pays()
    await shop.plugs_in()
    await shop.goes_on()
    register = 1000
    for _ in range(12):
        clock.advance(TEN_MINUTES)
        register += 3600  # at 21.6 kW, 13.50 with taxes in ten minutes
        await shop.measures(register)
        await shop.goes_on()
    assert (await shop.payment()).held == 160 == (await shop.ticket()).wanted
    assert (await shop.ticket()).stop_asked_at is None
    shop.bank.raises = False
    while (await shop.ticket()).stop_asked_at is None:
        clock.advance(timedelta(minutes=1))
        register += 360
        await shop.measures(register)
        await shop.goes_on()
    clock.advance(timedelta(minutes=1))
    await shop.unplugs(register + 360)
    await shop.goes_on()
    ticket, payment = await shop.ticket(), await shop.payment()
    assert ticket.due is not None and 150 < ticket.due <= 160
    assert (payment.net, payment.trouble) == (ticket.due, None)


async def test_a_register_that_leaps_has_nothing_more_held_for_it_and_ends_no_charge(
    shop: Shop, clock: SetClock
) -> None:
    """Before it is billed a person looks; until then it costs at most what its EVSE can have given."""
    await shop.sells()
    await shop.pays()
    await shop.plugs_in()
    await shop.goes_on()
    before = await shop.ticket()
    for register in (12_345_000, 12_346_000):
        clock.advance(TEN_MINUTES)
        await shop.measures(register)
        await shop.goes_on()
    after, payment = await shop.ticket(), await shop.payment()
    assert (after.wanted, payment.held, after.stop_asked_at) == (before.wanted, before.hold, None)


class Calm(Random):
    """Nobody confirms by chance, and what was not captured of a hold is still held."""

    def random(self) -> float:
        return 0.9


async def test_a_credited_charge_is_given_back_also_before_it_was_captured(shop: Shop, clock: SetClock) -> None:
    await shop.sells()
    await shop.pays()
    await shop.plugs_in()
    clock.advance(TEN_MINUTES)
    await shop.unplugs(3000)
    await drain(shop.database)
    assert (await shop.payment()).captured == 0, "the provider was not asked yet"
    async with shop.database.unit() as unit:
        cdr = await tickets.cdr_of(unit, await tickets.by_link(unit, shop.link))
        assert cdr is not None
        await cdrs.credit(unit, cdr.ref, by="anna", why="The cable was broken")
    await drain(shop.database)
    await shop.goes_on_at_provider()
    payment = await shop.payment()
    assert ((await shop.ticket()).due, payment.net, payment.held) == (Decimal(0), Decimal(0), Decimal(0))
    assert await shop.owed() == 0


# ---- Stories


class Story(Shop):
    """What happens to one ticket, by its seed."""

    def begin(self, seed: int) -> None:
        self.seed, self.dice, self.register, self.deep = seed, Random(seed), 1000, False
        self.bank.dice, self.bank.faults, self.bank.direct = self.dice, True, self.dice.random() < 0.3
        self.bank.meanwhile = self._meanwhile
        self.bank.hooks.clear()

    async def told(self, seed: int) -> None:
        self.begin(seed)
        await self.sells()
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
            opener = {ProviderKind.STRIPE: self.bank.open}
            self.collector = Collector(self.database, nowhere, SEAL, "https://lad.example", opener)

    async def _one(self) -> None:
        happening = self.dice.choices(
            (self._provider, self._events, self._jobs, self._hook, self._payer, self._car, self._time, self._people),
            (5, 6, 3, 2, 4, 5, 3, 1),
        )[0]
        await happening()

    async def _provider(self) -> None:
        await self.collector.go_on(self.paid_by)

    async def _events(self) -> None:
        await Deliverer(self.database, f"{self.seed} {self.dice.random()}").once()

    async def _jobs(self) -> None:
        await self.dice.choice((tickets.look_after, sessions.settle_overdue))(self.database)

    async def _hook(self) -> None:
        if self.bank.hooks:
            body = self.bank.hooks.pop(self.dice.randrange(len(self.bank.hooks)))
            async with self.database.unit() as unit:
                await paying.hear(unit, self.collector, self.account.ref, "", {"signed": "yes"}, body)

    async def _payer(self) -> None:
        one = self._kept()
        if one.id:
            self.dice.choice((self.bank.confirm,) * 4 + (self.bank.give_up, self.bank.run_out))(one)

    async def _car(self) -> None:
        """It is plugged in, draws, and is unplugged; a station that was asked to stop does."""
        session, ticket = await self.session(), await self.ticket()
        if session is None:
            return
        if session.status is Status.PENDING:
            await self.plugs_in(self.register)
        elif session.status is Status.ACTIVE:
            self.register += self.dice.randrange(0, 4000)
            if ticket.stop_asked_at is not None or self.dice.random() < 0.3:
                await self.unplugs(self.register)
            else:
                await self.measures(self.register)

    async def _time(self) -> None:
        self.clock.advance(timedelta(minutes=self.dice.choice((1, 1, 3, 5, 10, 40))))

    async def _people(self) -> None:
        ticket = await self.ticket()
        async with self.database.unit() as unit:
            match self.dice.randrange(4):
                case 0:
                    await tickets.cancel(unit, self.link)
                case 1:
                    await tickets.stop(unit, self.link)
                case 2:
                    await tickets.wish_receipt(unit, self.link, "anna@example.com")
                case _:
                    cdr = await tickets.cdr_of(unit, ticket)
                    if cdr is not None:
                        await cdrs.credit(unit, cdr.ref, by="anna", why="The cable was broken")

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
            session = await self.session()
            if session is not None and session.status is Status.ACTIVE:
                await self.unplugs(self.register + 100)
            await sessions.settle_overdue(self.database)
            await self.goes_on()

    def _kept(self) -> Kept:
        return self.bank.kept.get(self.paid_by) or Kept(id="", ref=self.paid_by)

    async def agree(self) -> Ticket:
        ticket, payment, say = await self.ticket(), await self.payment(), f"seed {self.seed}"
        one = self._kept()
        assert one.captures <= 1, f"{say}: money was taken twice"
        assert (one.held, one.captured, one.refunded) == (payment.held, payment.captured, payment.refunded), say
        # What the bank says no to, and what a hold that ran out leaves, a person is told.
        assert not one.held or payment.blocked, f"{say}: money is held for nobody"
        assert ticket.state in (TicketState.PAID, TicketState.GIVEN_UP), f"{say}: it is not over: {ticket}"
        async with self.database.unit() as unit:
            cdr = await tickets.cdr_of(unit, ticket)
            standing = cdr is not None and await cdrs.credit_of(unit, cdr) is None
            waits = await unit.value("select count(*) from job")
        assert waits == 0, f"{say}: somebody has not heard"
        due = cdr.costs.total.after_taxes or Decimal(0) if cdr is not None and standing else Decimal(0)
        net = cdr.costs.total.before_taxes if cdr is not None and standing else Decimal(0)
        assert (ticket.due or Decimal(0)) == due, f"{say}: {ticket.due} is due of {due}"
        assert payment.net == due or payment.trouble, f"{say}: {payment.net} of {due}, and nobody is told"
        assert payment.net <= due or payment.blocked, f"{say}: {payment.net} of {due}"
        assert await self.owed() == net - payment.net, f"{say}: the ledger differs"
        return replace(ticket, due=due)


async def _nothing() -> None:
    return None


async def tell(database_url: str, clock: SetClock, seeds: range) -> list[Ticket]:
    shop = await opened(database_url, clock, Random(0))
    story = Story(shop.database, clock, shop.station, shop.account, shop.bank)
    told = []
    try:
        for seed in seeds:
            await story.told(seed)
            told.append(await story.agree())
        async with shop.database.unit() as unit:
            assert sum(one.amount for one in await ledger.trial_balance(unit, US)) == 0
    finally:
        await shop.database.close()
    return told


async def test_driver_provider_and_ledger_agree_whatever_is_lost_or_dies(database_url: str, clock: SetClock) -> None:
    told = await tell(database_url, clock, range(20))
    assert {one.state for one in told} == {TicketState.PAID, TicketState.GIVEN_UP}
    assert sum(bool(one.due) for one in told) > 5


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1_000, 11_000, 500))
async def test_they_agree_in_ten_thousand_charges(database_url: str, clock: SetClock, first: int) -> None:
    await tell(database_url, clock, range(first, first + 500))
