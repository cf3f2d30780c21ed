"""Verbs about charges that are held on stored cards while they go on.

The bank is asked once a charge has begun, and not before: a station waits for its answer for seconds only, and begins
by itself where none comes. A look takes the payment and the Session as they stand, so it does not matter which event or
job asked for it, how often, or what was lost before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from decimal import Decimal

import structlog
from msgspec.structs import replace

from laddnav.customers import actions as customers
from laddnav.customers.actions import allowing
from laddnav.customers.model import Customer, Hold, PaysBy
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.model import Account, Head
from laddnav.mail import actions as mail
from laddnav.meters import actions as meters
from laddnav.meters.impossible import believable
from laddnav.parties import actions as parties
from laddnav.payments import bounds, letters, steps
from laddnav.payments.actions import accounts, cards, paying, watching
from laddnav.payments.actions.selling import FIRST_LOOK
from laddnav.payments.card_hold import GONE, OVER, CardHold, HoldState, as_the_bank_says, moved
from laddnav.payments.events import PaymentChanged
from laddnav.payments.payment import Payment, Purpose, State
from laddnav.payments.rules import UnfitPayment
from laddnav.payments.store import holds as store
from laddnav.pricing.model import CannotPrice
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionFailed, SessionStarted
from laddnav.sessions.model import Session, Status

log = structlog.get_logger()

BY = "card hold"  # who begins these payments
CONFIRM = "/my/payments"  # a page of the driver's own, with the ref of a payment
# So long a bank is waited for, and whoever it wants to see: what flows meanwhile is all that nothing is held for.
PATIENCE = timedelta(minutes=5)


# ---- A charge begins


async def held_charge_went_on(database: Database, event: SessionStarted | SessionFailed) -> None:
    """Hears SessionStarted, of a charge that is to be held for, and SessionFailed: nothing was charged."""
    if event.owner != str(event.holder):
        return  # at a partner's place, where nobody could end it: its invoice is taken afterwards
    async with database.unit() as unit:
        found = await store.of_session(unit, event.holder, event.session_id)
        if found is not None:
            await look(unit, found.ref)
        elif isinstance(event, SessionStarted):
            await _begin(unit, await sessions.fetch(unit, event.holder, event.holder, event.session_id))


async def _begin(unit: Unit, session: Session) -> None:
    """Again is nothing. A charge that is over by now, that is free, or whose price nobody can tell, is not held for."""
    if not session.allowed or session.token.owner != session.holder or session.tab is None:
        return
    customer = await customers.of_contract(unit, session.holder, session.token.contract_id)
    if customer is None or customer.pays_by is not PaysBy.CARD or customer.hold is Hold.NONE:
        return
    customer = await customers.lock(unit, customer.ref)
    if await store.of_session(unit, session.holder, session.id) is not None:
        return
    # Held as it is until the hold is kept: else it could be billed meanwhile, and nobody would take or release this.
    session = await sessions.fetch(unit, session.holder, session.owner, session.id, lock=True)
    if session.status is not Status.ACTIVE or session.tab is None or bounds.is_free(session.tab.tariff):
        return
    vat = (await parties.fetch(unit, session.holder)).vat_percent or Decimal(0)
    tab = session.tab
    try:
        first = bounds.part_of(tab.tariff, watching.power_of(session), tab.opened_at, tab.zone, vat)
    except CannotPrice as error:
        log.warning("charge_not_held", session=session.id, why=str(error))
        return
    where = session.evse_uid if session.place is None else session.place.evse_id
    payment = await _asked(unit, customer, first, tab.tariff.currency, f"{where} {session.token.contract_id}")
    one = CardHold(
        holder=session.holder,
        ref=unit.new_id(),
        customer=customer.ref,
        session_id=session.id,
        contract_id=session.token.contract_id,
        evse_id=where,
        payment=None if payment is None else payment.ref,
        currency=tab.tariff.currency,
        first=first,
        wanted=first,
        required=customer.hold is Hold.REQUIRED,
        made_at=unit.now,
        changed_at=unit.now,
    )
    store.insert(unit, one, unit.now)


async def _asked(unit: Unit, customer: Customer, amount: Decimal, currency: str, about: str) -> Payment | None:
    """None: there is no card that could be asked."""
    card = await cards.default_of(unit, customer)
    if card is None or not (await accounts.by_ref(unit, card.account)).enabled:
        return None
    base = await parties.reached_at(unit) or ""
    try:
        return await paying.begin(
            unit,
            card.account,
            purpose=Purpose.SESSION,
            about=about,
            credits=str(Account(Head.RECEIVABLE, customer.debtor_id)),
            currency=currency,
            amount=amount,
            charge=False,
            by=BY,
            method=card.method,
            customer=card.payer,
            return_url=f"{base}/my" if base else None,
            away=True,
            patience=unit.clock.wall(PATIENCE),
        )
    except UnfitPayment as error:
        log.warning("charge_not_held", customer=customer.ref, why=str(error))
        return None


# ---- A look, and what is next


async def look(unit: Unit, ref: str) -> CardHold:
    """Its customer is locked first, as everybody does."""
    before = hold = await _locked(unit, ref)
    payment = None if hold.payment is None else await paying.by_ref(unit, hold.payment)
    if hold.state in OVER:
        if payment is not None and steps.never_taken(payment):
            await paying.accept(unit, payment.ref, by=BY)  # what the hold did not give, the invoice asks for
        return hold
    hold = as_the_bank_says(hold, payment, there=payment is not None and bounds.is_there(payment))
    session = await sessions.fetch(unit, hold.holder, hold.holder, hold.session_id)
    goes_on = session.status is Status.ACTIVE
    if await _is_for_nothing(unit, session):
        hold = await _dropped(unit, hold, payment)
    elif goes_on:
        hold = await _watched(unit, await _told(unit, before, hold, payment), payment, session)
    watched = goes_on and (hold.required or hold.state is not HoldState.WITHOUT)
    next_at = None if hold.state in OVER else unit.now + unit.clock.wall(watching.WATCH if watched else FIRST_LOOK)
    if hold == before:
        store.later(unit, hold, next_at)
        return hold
    hold = replace(hold, changed_at=unit.now)
    store.update(unit, hold, next_at)
    return hold


async def _locked(unit: Unit, ref: str) -> CardHold:
    found = await store.by_ref(unit, ref)
    assert found is not None, "no hold is deleted"
    await customers.lock(unit, found.customer)
    hold = await store.by_ref(unit, ref, lock=True)
    assert hold is not None, "it was found a statement ago"
    return hold


async def _is_for_nothing(unit: Unit, session: Session) -> bool:
    if session.status is Status.INVALID:
        return True
    return session.status is Status.COMPLETED and await meters.is_rejected(unit, session)


async def _dropped(unit: Unit, hold: CardHold, payment: Payment | None) -> CardHold:
    if payment is not None and payment.keep is None:
        await paying.keep(unit, payment.ref, Decimal(0))
    return moved(hold, HoldState.DROPPED)


async def _watched(unit: Unit, hold: CardHold, payment: Payment | None, session: Session) -> CardHold:
    """Until the bank has answered, a charge may cost as much as was asked for."""
    ends, session = True, believable(session, unit.now)
    if payment is not None and session.tab is not None and hold.state is not HoldState.WITHOUT:
        seen = bounds.looked_at(
            session.tab,
            unit.now,
            watching.power_of(session),
            held=hold.first if hold.state is HoldState.ASKED else bounds.held_for(payment),
            first=hold.first,
            wanted=hold.wanted,
            vat=(await parties.fetch(unit, hold.holder)).vat_percent or Decimal(0),
        )
        ends = seen.ends
        if hold.state is HoldState.HELD and seen.raise_to is not None and payment.keep is None:
            await paying.hold(unit, payment.ref, seen.raise_to)
            hold = replace(hold, wanted=seen.raise_to)
    if not hold.required or not ends:
        return hold
    return replace(hold, stop_asked_at=await watching.stopped(unit, session, hold.stop_asked_at))


async def _told(unit: Unit, before: CardHold, hold: CardHold, payment: Payment | None) -> CardHold:
    """Whoever pays is written to where the bank wants to see them, and where it holds nothing; of each once."""
    if hold.state is HoldState.WITHOUT and before.state is not HoldState.WITHOUT:
        if hold.required:
            await allowing.unheld(unit, hold.customer, True, by=BY)
        await _write(unit, hold, letters.Held.ENDED if hold.required else letters.Held.LATER, cards.PAGE)
        return hold
    asks = payment is not None and payment.state is State.WAITING and (payment.action or "").startswith("http")
    if not asks or hold.confirm_asked or hold.state is not HoldState.ASKED:
        return hold
    await _write(unit, hold, letters.Held.ASKS, f"{CONFIRM}/{hold.payment}")
    return replace(hold, confirm_asked=True)


async def _write(unit: Unit, hold: CardHold, what: letters.Held, page: str) -> None:
    customer = await customers.by_ref(unit, hold.customer)
    if customer.email is None:
        return
    operator = (await parties.fetch(unit, hold.holder)).name
    url = f"{await parties.reached_at(unit) or ''}{page}"
    subject, text = letters.held(
        what, customer, evse_id=hold.evse_id, amount=f"{hold.first:.2f} {hold.currency}", operator=operator, url=url
    )
    key = f"card hold {hold.ref} {what}"
    await mail.send(unit, holder=hold.holder, key=key, to=customer.email, subject=subject, text=text)


# ---- It is billed


async def owes(unit: Unit, holder: PartyId, session_id: str, due: Decimal, *, cdr_id: str, invoice: str | None) -> None:
    """What its charge comes to on this invoice, as far as it is the card's: kept of what is held, and the rest of it
    released. Only the first time, for what is corrected later is settled by its invoice. Nothing where none is held.
    """
    hold = await store.of_session(unit, holder, session_id, lock=True)
    if hold is None or hold.state in OVER:
        return
    payment = None if hold.payment is None else await paying.by_ref(unit, hold.payment)
    if payment is None or payment.state in GONE:
        due = Decimal(0)
    if payment is not None and payment.keep is None:
        await paying.keep(unit, payment.ref, due)
    billed = replace(moved(hold, HoldState.BILLED), due=due, cdr_id=cdr_id, invoice=invoice, changed_at=unit.now)
    store.update(unit, billed, None)


# ---- Who asks for a look


async def held_payment_went_on(database: Database, event: PaymentChanged) -> None:
    """Hears PaymentChanged: it is held, or will not be, or less was taken than was wanted."""
    async with database.unit() as unit:
        found = await store.of_payment(unit, event.holder, event.ref)
        if found is not None:
            await look(unit, found.ref)


async def look_after(database: Database) -> int:
    return await watching.look_at_due(database, store.due, look, _later)


async def _later(unit: Unit, ref: str) -> None:
    store.later(unit, await _locked(unit, ref), unit.now + unit.clock.wall(FIRST_LOOK))


# ---- Reads


async def of_session(unit: Unit, holder: PartyId, session_id: str) -> CardHold | None:
    return await store.of_session(unit, holder, session_id)


async def of_payment(unit: Unit, payment: Payment) -> CardHold | None:
    """None: it is not for a charge that is held on a stored card."""
    return await store.of_payment(unit, payment.holder, payment.ref) if payment.made_by == BY else None


async def of_payments(unit: Unit, holder: PartyId, refs: Collection[str]) -> Sequence[CardHold]:
    return await store.of_payments(unit, holder, refs) if refs else ()


async def on_invoices(unit: Unit, holder: PartyId, invoices: Collection[str]) -> Sequence[CardHold]:
    """Of the charges that these invoices bill, by ref; in the order in which they began."""
    return await store.on_invoices(unit, holder, invoices)


async def of_customer(unit: Unit, customer: Customer, *, limit: int = 20) -> Sequence[CardHold]:
    """The newest first."""
    return await store.of_customer(unit, customer.holder, customer.ref, limit)
