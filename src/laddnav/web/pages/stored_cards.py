"""The cards that a driver's charges are paid by: stored at the provider's own page, chosen, and removed again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from laddnav.billing.actions import by_card
from laddnav.customers.actions.subscribing import today
from laddnav.customers.model import Customer
from laddnav.db.unit import Unit
from laddnav.payments.actions import cards, holding, paying
from laddnav.payments.card import CardState, StoredCard
from laddnav.payments.card_hold import CardHold, HoldState
from laddnav.payments.payment import Payment, State
from laddnav.payments.rules import UnknownPayment
from laddnav.people.model import Role
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages import mine


class Held(Struct, frozen=True, kw_only=True):
    """What is held for a charge that goes on, or is to be; `confirm`: the page where the bank sees whose card it is."""

    evse_id: str
    amount: Decimal
    currency: str
    kept: bool
    confirm: str | None


class Purse(Struct, frozen=True, kw_only=True):
    """`keeps`: there is a provider that keeps cards for us."""

    cards: Sequence[StoredCard]
    keeps: bool
    today: date
    held: Sequence[Held]


async def purse(unit: Unit, customer: Customer) -> Purse:
    return Purse(
        cards=await cards.of_customer(unit, customer),
        keeps=await cards.keeper(unit, customer) is not None,
        today=await today(unit, customer.holder),
        held=[found for one in await holding.of_customer(unit, customer) if (found := await _held(unit, one))],
    )


async def _held(unit: Unit, hold: CardHold) -> Held | None:
    if hold.state not in (HoldState.ASKED, HoldState.HELD) or hold.payment is None:
        return None
    payment = await paying.by_ref(unit, hold.payment)
    kept = hold.state is HoldState.HELD
    return Held(
        evse_id=hold.evse_id,
        amount=payment.held if kept else hold.first,
        currency=hold.currency,
        kept=kept,
        confirm=f"{holding.CONFIRM}/{payment.ref}" if payment.state is State.WAITING else None,
    )


async def add(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        one = await cards.store_one(unit, customer, url=asked.console.url, by=asked.visitor.name)
    return RedirectResponse(f"/my/cards/new/{quote(one.ref)}", status_code=303)


async def waited_for(asked: Asked) -> Response:
    """On to the provider's page as soon as there is one; back from it, until it is known how that ended."""
    back = asked.query("back") is not None
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        one = await cards.by_ref(unit, customer, asked.part("ref"))
        if back and one.state is CardState.OPEN:
            await cards.came_back(unit, one)
    if one.state in (CardState.STORED, CardState.REMOVED):
        return asked.done("/my/cards", asked.say("%(card)s is stored.", card=one.name))
    if one.state is CardState.GIVEN_UP:
        return asked.done("/my/cards", asked.say("No card was stored."), "bad")
    leads = None if back else one.url
    return asked.page("my_card_new.html", path="/my/cards", me=mine.me(asked, customer), card=one, leads=leads)


async def choose(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        one = await cards.make_default(unit, customer, asked.said("ref"), by=asked.visitor.name)
    return asked.done("/my/cards", asked.say("%(card)s pays from now on.", card=one.name))


async def remove(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        await cards.remove(unit, customer, asked.said("ref"), by=asked.visitor.name)
    return asked.done("/my/cards", asked.say("The card is removed. It pays nothing any more."))


async def confirm(asked: Asked) -> Response:
    """Where the bank wants to see whoever pays an invoice, or charges. Raises UnknownPayment, also where it is somebody
    else's.
    """
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        payment = await paying.by_ref(unit, asked.part("ref"))
        hold = await holding.of_payment(unit, payment)
        if hold is not None and (hold.holder, hold.customer) == (customer.holder, customer.ref):
            return _confirm_hold(asked, hold, payment)
        payer = await by_card.of(unit, payment)
        if payer is None or payer.ref != customer.ref:
            raise UnknownPayment(asked.part("ref"))
        left = await by_card.still_asked(unit, payment)
    if payment.state is State.CAPTURED:
        return asked.done("/my/invoices", asked.say("It is paid."))
    if left <= 0:
        return asked.done("/my/invoices", asked.say("The invoice is settled already; nothing is taken from your card."))
    if left < payment.hold:
        words = asked.say("Less of the invoice is open by now; your card is asked for that alone.")
        return asked.done("/my/invoices", words)
    if payment.state is State.WAITING and payment.action is not None and payment.action.startswith("http"):
        return RedirectResponse(payment.action, status_code=303)
    return asked.done("/my/invoices", asked.say("There is nothing to confirm any more."))


def _confirm_hold(asked: Asked, hold: CardHold, payment: Payment) -> Response:
    if payment.state is State.WAITING and payment.action is not None and payment.action.startswith("http"):
        return RedirectResponse(payment.action, status_code=303)
    if payment.state in (State.HELD, State.CAPTURED):
        return asked.done("/my/cards", asked.say("Your bank has agreed; there is nothing more to do."))
    words = asked.say(
        "There is nothing to confirm any more: what the charge at %(evse)s cost is on its invoice.", evse=hold.evse_id
    )
    return asked.done("/my/cards", words)


DRIVER = Role.DRIVER
DOORS: tuple[Door, ...] = (
    do("/my/cards/new", add, DRIVER),
    see("/my/cards/new/{ref}", waited_for, DRIVER),
    do("/my/cards/default", choose, DRIVER),
    do("/my/cards/remove", remove, DRIVER),
    see("/my/payments/{ref}", confirm, DRIVER),
)
