"""A charge of who pays by a stored card is held for while it goes on, taken as its CDR says, and asked for once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest

from laddnav.billing import actions as billing
from laddnav.billing.actions import settling
from laddnav.customers import actions as customers
from laddnav.customers.model import Hold, PaysBy
from laddnav.customers.rules import CustomerSaid
from laddnav.db.outbox import drain
from laddnav.payments.actions import cards, paying
from laddnav.payments.card_hold import MOVES, CardHold, HoldState, as_the_bank_says
from laddnav.payments.payment import Payment, ProviderKind, Purpose, State
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from laddnav.tokens.model import Allowed
from tests.clock import SetClock
from tests.payments.held import TEN_MINUTES, ZERO, Place, opened
from tests.payments.test_tickets import Calm
from tests.things import LONG_AGO, US, component, tariff, token


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
    assert (payment.back, payment.trouble) == (ZERO, "18.75 SEK were taken back by the payer’s bank"), (
        "somebody has to look"
    )
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


async def test_a_register_that_leaps_has_nothing_held_for_it_and_ends_no_charge(place: Place, clock: SetClock) -> None:
    """Before it is billed a person looks; until then it costs at most what its EVSE can have given."""
    await place.wants(Hold.REQUIRED)
    await place.plugs_in()
    await place.goes_on()
    before = await place.held()
    for register in (12_345_000, 12_346_000):
        clock.advance(TEN_MINUTES)
        await place.measures(register)
        await place.goes_on()
    (payment,) = await place.payments()
    assert ((await place.held()).wanted, payment.held) == (before.wanted, before.first)
    assert (await place.held()).stop_asked_at is None


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
