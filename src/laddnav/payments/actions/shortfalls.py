"""Verbs about what a corrected CDR asks for beyond what was taken: see it, waive it, ask for it, pay it later."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.mail import actions as mail
from laddnav.mail.rules import address as mail_address
from laddnav.parties import actions as parties
from laddnav.payments import short_letters, shortfall
from laddnav.payments.actions import paying
from laddnav.payments.events import PaymentChanged, TicketChanged
from laddnav.payments.payment import Payment, Purpose, State
from laddnav.payments.rules import UnknownTicket
from laddnav.payments.shortfall import ZERO, BeingPaid, NoAddress, NothingOpen, Shortfall
from laddnav.payments.store import tickets as store
from laddnav.payments.ticket import Ticket
from laddnav.people import actions as people


async def corrected(unit: Unit, ticket: Ticket, payment: Payment, due: Decimal) -> Ticket:
    """Its CDRs come to something else than was taken of it: less goes back, of what was paid last first; more is open.

    What is held for the rest already is taken, as far as it is asked for still. What people gave back out of goodwill
    stays given, and is not asked for.
    """
    ticket = await _with_what_came(unit, ticket)
    laters = [] if ticket.short is None else [await paying.locked(unit, ref) for ref in ticket.short.paid]
    payment = await paying.locked(unit, payment.ref)  # what somebody gives back meanwhile is not given back once more
    assert payment.keep is not None, "it is known what was taken"
    # Tickets of before do not say it: never more than was kept once, nor than their CDRs came to.
    charged = min(ticket.due or ZERO, payment.keep) if ticket.charged is None else ticket.charged
    paid = [*reversed(laters), payment]
    left = max(sum((one.wanted for one in paid), ZERO) - due, ZERO)
    for one in paid:
        back = min(left, one.wanted)
        if back:
            await paying.give_back(unit, one.ref, back)
            left, charged = left - back, charged - back
    before = ticket.short
    later = None if before is None or before.later is None else await paying.give_up(unit, before.later)
    if later is not None and _comes_to_nothing(later):
        later = None
    after = shortfall.corrected(before, due - charged, unit.now, later=None if later is None else later.ref)
    if after is not None:
        if later is not None and later.wanted > after.open:
            await paying.give_back(unit, later.ref, later.wanted - after.open)
        await _post(unit, ticket, payment, before, after)
    return replace(ticket, charged=charged, short=after)


async def _post(unit: Unit, ticket: Ticket, payment: Payment, before: Shortfall | None, after: Shortfall) -> None:
    entry = shortfall.posted(ticket.ref, payment.ref, payment.credits, ticket.currency, before, after)
    if entry is not None:
        await ledger.post(unit, ticket.holder, entry)
        unit.announce(PaymentChanged(holder=ticket.holder, ref=payment.ref))  # it settles, or opens, what is billed


async def waive(unit: Unit, ref: str, why: str, *, by: str) -> Ticket:
    """All that is open is a loss of ours from now on.

    Raises UnknownTicket, NothingOpen, BeingPaid, WaivedWithoutReason.
    """
    ticket, short = await _open(unit, ref)
    payment = await paying.by_ref(unit, ticket.payment)
    if short.later is not None and not _comes_to_nothing(await paying.give_up(unit, short.later)):
        raise BeingPaid
    after = shortfall.waived(short, why, by, unit.now)
    await _post(unit, ticket, payment, short, after)
    people.note(unit, by, "waive", f"payment {payment.ref}", f"{short.open} {ticket.currency}: {after.why}")
    return _kept(unit, replace(ticket, short=after))


async def demand(unit: Unit, ref: str, email: str, *, by: str) -> Ticket:
    """By mail, with the page on which it is paid: to this address, or else where the receipt went.

    Raises UnknownTicket, NothingOpen, NoAddress, UnfitMail.
    """
    ticket, short = await _open(unit, ref)
    known = email.strip() or await address_of(unit, ticket)
    if not known:
        raise NoAddress
    to, base = mail_address(known), await parties.reached_at(unit)
    seller = await parties.fetch(unit, ticket.holder)
    url = f"{base or ''}/charge/ticket/{ticket.link}"
    subject, text = short_letters.written(ticket, short, seller, url)
    after = replace(short, mailed_to=to, mailed_at=unit.now, asks=short.asks + 1)
    await mail.send(
        unit, holder=ticket.holder, key=f"asked {ticket.ref} {after.asks}", to=to, subject=subject, text=text
    )
    people.note(unit, by, "ask for more", f"payment {ticket.payment}", f"{short.open} {ticket.currency}")
    return _kept(unit, replace(ticket, short=after))


async def address_of(unit: Unit, ticket: Ticket) -> str | None:
    """Where its receipt was mailed, as long as that is remembered."""
    if ticket.short is not None and ticket.short.mailed_to:
        return ticket.short.mailed_to
    if ticket.email is not None:
        return ticket.email
    sent = await mail.last_of_key(unit, ticket.holder, f"receipt {ticket.ref} ")
    return None if sent is None else sent.to or None


async def pay(unit: Unit, link: str, page: str) -> Ticket:
    """Its driver pays what is open, the way they paid before; again while that is under way is nothing.

    Raises UnknownTicket, NothingOpen, UnfitPayment.
    """
    found = await store.by_link(unit, link)
    if found is None:
        raise UnknownTicket
    ticket, short = await _open(unit, found.ref)
    if short.later is not None:
        return ticket
    first = await paying.by_ref(unit, ticket.payment)
    payment = await paying.begin(
        unit,
        first.account,
        purpose=Purpose.SESSION,
        about=first.about,
        credits=first.credits,
        currency=ticket.currency,
        amount=short.open,
        charge=True,
        by="driver",
        return_url=f"{page}/{link}?back=yes",
    )
    return _kept(unit, replace(ticket, short=replace(short, later=payment.ref)))


async def later_went_on(unit: Unit, holder: PartyId, payment_ref: str) -> None:
    """What is paid later is paid, or will not be."""
    ref = await store.of_later(unit, holder, payment_ref)
    before = None if ref is None else await store.lock(unit, ref)
    if before is None:
        return
    ticket = await _with_what_came(unit, before)
    if ticket != before:
        _kept(unit, ticket)


async def _with_what_came(unit: Unit, ticket: Ticket) -> Ticket:
    """As the payment that was under way makes it."""
    short = ticket.short
    if short is None or short.later is None:
        return ticket
    payment = await paying.by_ref(unit, short.later)
    if payment.state is State.CAPTURED and payment.wanted:
        charged = (ticket.charged or ZERO) + payment.wanted
        asked = max((ticket.due or ZERO) - charged, ZERO)
        return replace(
            ticket, charged=charged, short=replace(short, asked=asked, paid=(*short.paid, payment.ref), later=None)
        )
    return replace(ticket, short=replace(short, later=None)) if _comes_to_nothing(payment) else ticket


def _comes_to_nothing(payment: Payment) -> bool:
    """What was held or paid by it, if anything, goes back."""
    return payment.state in (State.REFUSED, State.RELEASED) or payment.wanted <= ZERO


def _kept(unit: Unit, ticket: Ticket) -> Ticket:
    ticket = replace(ticket, changed_at=unit.now)
    store.update(unit, ticket, None)  # it is over: nobody looks at it by the clock
    unit.announce(TicketChanged(holder=ticket.holder, ref=ticket.ref))
    return ticket


async def _open(unit: Unit, ref: str) -> tuple[Ticket, Shortfall]:
    """Raises UnknownTicket, NothingOpen."""
    ticket = await store.lock(unit, ref)
    if ticket is None:
        raise UnknownTicket
    ticket = await _with_what_came(unit, ticket)
    if ticket.short is None or not ticket.short.open:
        raise NothingOpen
    return ticket, ticket.short


# ---- Reads


async def by_ref(unit: Unit, ref: str) -> Ticket:
    """Raises UnknownTicket."""
    ticket = await store.lock(unit, ref)
    if ticket is None:
        raise UnknownTicket
    return ticket


async def of_payment(unit: Unit, payment: Payment) -> Ticket | None:
    """The charge that it was made for, if nobody there had an account."""
    if payment.purpose is not Purpose.SESSION:
        return None
    return await store.of_payment(unit, payment.holder, payment.ref)


async def page(unit: Unit, holder: PartyId | None, *, after: str | None = None, limit: int = 50) -> Sequence[Ticket]:
    """Charges of which something is open, the oldest first."""
    return await store.short(unit, holder, after, limit)
