"""Verbs about tickets that were sold: look how far each has come and do what is next, stop its charge, give receipts.

A look takes its payment, its Session and its CDRs as they stand, so it does not matter which event or job asked for it,
how often, or what was lost before: whatever died half-way is done by the next look.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import structlog
from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.locations.rules import connector_of, evse_of
from laddnav.mail import actions as mail
from laddnav.mail.rules import address as mail_address
from laddnav.meters import actions as meters
from laddnav.meters.impossible import believable
from laddnav.parties import actions as parties
from laddnav.payments import bounds, receipts
from laddnav.payments.actions import paying, shortfalls, watching
from laddnav.payments.actions.selling import FIRST_LOOK
from laddnav.payments.events import PaymentChanged, TicketChanged
from laddnav.payments.payment import Payment, State
from laddnav.payments.rules import EnoughReceipts, UnknownTicket
from laddnav.payments.store import tickets as store
from laddnav.payments.ticket import Ticket, TicketState, Why, moved
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionFailed, SessionStarted
from laddnav.sessions.model import CdrToken, Session, Status
from laddnav.sessions.rules import EvseBusy
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Tariff, TariffType
from laddnav.tokens.model import TokenType

log = structlog.get_logger()

# What goes on is looked at this often, of the wall; what waits for something else, this often, should nobody tell.
WATCH, WAIT = watching.WATCH, FIRST_LOOK
RECEIPTS = 3  # by mail: nobody is to send ours to the world


# ---- A look, and what is next


async def look(unit: Unit, ref: str) -> Ticket:
    """Raises UnknownTicket."""
    ticket = await store.lock(unit, ref)
    if ticket is None:
        raise UnknownTicket
    before, payment = ticket, await paying.by_ref(unit, ticket.payment)
    if ticket.state is TicketState.PAYING:
        ticket = await _paying(unit, ticket, payment)
    if ticket.state is not TicketState.PAYING and ticket.session_id is not None:
        ticket = await _charged(unit, ticket, await _session(unit, ticket))
    if ticket.state is TicketState.PAID and ticket.email is not None:
        ticket = await _mail_receipt(unit, ticket)
    if ticket == before:
        store.later(unit, ticket, await _next(unit, ticket))
        return ticket
    ticket = replace(ticket, changed_at=unit.now)
    store.update(unit, ticket, await _next(unit, ticket))
    unit.announce(TicketChanged(holder=ticket.holder, ref=ticket.ref))
    return ticket


async def _paying(unit: Unit, ticket: Ticket, payment: Payment) -> Ticket:
    if payment.state in (State.RELEASED, State.REFUSED) or payment.keep is not None:
        return await _given_up(unit, ticket, Why.NOT_PAID)
    if not bounds.is_there(payment):
        return ticket
    tariff = await _tariff(unit, ticket)
    if tariff is None or (tariff.id, tariff.last_updated) != (ticket.tariff_id, ticket.agreed_at):
        return await _given_up(unit, ticket, Why.PRICE_CHANGED)
    token = CdrToken(owner=ticket.holder, uid=ticket.code, type=TokenType.AD_HOC_USER, contract_id=ticket.code)
    try:
        session = await sessions.request_start(
            unit,
            holder=ticket.holder,
            token=token,
            evse=ticket.where,
            connector_id=ticket.connector_id,
            reference=ticket.ref,
        )
    except EvseBusy:
        return await _given_up(unit, ticket, Why.BUSY)
    except Refusal:
        return await _given_up(unit, ticket, Why.AWAY)
    return _to(ticket, TicketState.STARTED, session_id=session.id)


async def _charged(unit: Unit, ticket: Ticket, session: Session) -> Ticket:
    due = await _due(unit, ticket)
    if due is not None:
        return await _owes(unit, ticket, due)
    if ticket.state is not TicketState.STARTED:
        return ticket
    if session.status is Status.INVALID:
        return await _given_up(unit, ticket, Why.NO_CAR)
    if session.status is Status.ACTIVE and session.tab is not None:
        return await _watched(unit, ticket, session)
    if session.status is Status.COMPLETED and await meters.is_rejected(unit, session):
        return await _given_up(unit, ticket, Why.NOT_BILLED)
    return ticket


async def _owes(unit: Unit, ticket: Ticket, due: Decimal) -> Ticket:
    """What its CDRs come to is what is kept. Less is given back; more than was kept once is not taken again, it is
    `short`.
    """
    if ticket.due == due:
        return ticket
    payment = await paying.by_ref(unit, ticket.payment)
    if payment.keep is None:
        await paying.keep(unit, payment.ref, due)
        ticket = replace(ticket, charged=due)
    else:
        ticket = await shortfalls.corrected(unit, ticket, payment, due)
    state = ticket.state if ticket.state is TicketState.PAID else moved(ticket.state, TicketState.PAID)
    return replace(ticket, state=state, due=due, why=None)


async def _watched(unit: Unit, ticket: Ticket, session: Session) -> Ticket:
    session = believable(session, unit.now)
    assert session.tab is not None, "a charge with a price"
    payment, power = await paying.by_ref(unit, ticket.payment), watching.power_of(session)
    seen = bounds.looked_at(
        session.tab, unit.now, power, held=bounds.held_for(payment), first=ticket.hold, wanted=ticket.wanted
    )
    if seen.raise_to is not None and payment.keep is None:
        await paying.hold(unit, payment.ref, seen.raise_to)
        ticket = replace(ticket, wanted=seen.raise_to)
    if not seen.ends:
        return ticket
    return replace(ticket, stop_asked_at=await watching.stopped(unit, session, ticket.stop_asked_at))


async def _given_up(unit: Unit, ticket: Ticket, why: Why) -> Ticket:
    """Nothing of its payment is kept, whether it is there or yet to come."""
    payment = await paying.by_ref(unit, ticket.payment)
    if payment.keep is None:
        await paying.keep(unit, payment.ref, Decimal(0))
    return _to(ticket, TicketState.GIVEN_UP, why=why)


def _to(ticket: Ticket, state: TicketState, **said: object) -> Ticket:
    return replace(ticket, state=moved(ticket.state, state), **said)


async def _next(unit: Unit, ticket: Ticket) -> datetime | None:
    match ticket.state:
        case TicketState.PAYING:
            return unit.now + unit.clock.wall(WAIT)
        case TicketState.STARTED:
            goes_on = (await _session(unit, ticket)).status is Status.ACTIVE
            return unit.now + unit.clock.wall(WATCH if goes_on else WAIT)
        case _:
            return None


async def _session(unit: Unit, ticket: Ticket) -> Session:
    assert ticket.session_id is not None, "it was begun"
    return await sessions.fetch(unit, ticket.holder, ticket.holder, ticket.session_id)


async def _tariff(unit: Unit, ticket: Ticket) -> Tariff | None:
    try:
        location = await locations.fetch(unit, ticket.holder, ticket.holder, ticket.where.location_id)
        connector = connector_of(evse_of(location, ticket.where.evse_uid), ticket.connector_id)
    except Refusal:
        return None
    ids, kind = connector.tariff_ids, TariffType.AD_HOC_PAYMENT
    return await tariffs.offered(unit, ticket.holder, ticket.holder, ids, unit.now, kind)


async def _due(unit: Unit, ticket: Ticket) -> Decimal | None:
    """What its CDRs come to, taxes included: nothing once they are credited. None: there is none."""
    cdr = await cdr_of(unit, ticket)
    if cdr is None:
        return None
    if await cdrs.credit_of(unit, cdr) is not None:
        return Decimal(0)
    total = cdr.costs.total
    return max(total.before_taxes if total.after_taxes is None else total.after_taxes, Decimal(0))


# ---- Who asks for a look


async def payment_went_on(database: Database, event: PaymentChanged) -> None:
    """Hears PaymentChanged: it is there, or will not be."""
    async with database.unit() as unit:
        found = await store.of_payment(unit, event.holder, event.ref)
        if found is not None:
            await look(unit, found.ref)
        else:
            await shortfalls.later_went_on(unit, event.holder, event.ref)


async def charge_went_on(database: Database, event: SessionStarted | SessionFailed) -> None:
    """Hears SessionStarted, from when on it is watched, and SessionFailed: no car came."""
    async with database.unit() as unit:
        found = await store.of_session(unit, event.holder, event.session_id)
        if found is not None:
            await look(unit, found.ref)


async def pay_charge(database: Database, event: CdrClosed) -> None:
    """Hears CdrClosed, of credits too: its total is what is kept."""
    async with database.unit() as unit:
        cdr = await cdrs.find(unit, event.holder, PartyId.parse(event.owner), event.cdr_id)
        session_id = None if cdr is None or cdr.owner != cdr.holder else cdr.session_id
        found = None if session_id is None else await store.of_session(unit, event.holder, session_id)
        if found is not None:
            await look(unit, found.ref)


async def look_after(database: Database) -> int:
    return await watching.look_at_due(database, store.due, look, _later)


async def _later(unit: Unit, ref: str) -> None:
    ticket = await store.lock(unit, ref)
    assert ticket is not None, "it was due a moment ago"
    store.later(unit, ticket, unit.now + unit.clock.wall(WAIT))


# ---- What its driver does


async def cancel(unit: Unit, link: str) -> Ticket:
    """Before it is paid. Raises UnknownTicket."""
    ticket = await store.lock(unit, (await by_link(unit, link)).ref)
    assert ticket is not None, "it was found a statement ago"
    if ticket.state is not TicketState.PAYING:
        return ticket
    ticket = replace(await _given_up(unit, ticket, Why.CANCELLED), changed_at=unit.now)
    store.update(unit, ticket, None)
    unit.announce(TicketChanged(holder=ticket.holder, ref=ticket.ref))
    return ticket


async def came_back(unit: Unit, ticket: Ticket) -> None:
    """From the provider's page: it is asked at once how that ended, and not when its webhook comes."""
    later = None if ticket.short is None else ticket.short.later
    ref = ticket.payment if ticket.state is TicketState.PAYING else later
    if ref is not None and (await paying.by_ref(unit, ref)).state in (State.ASKED, State.WAITING):
        paying.look_now(unit, ref)


async def stop(unit: Unit, link: str) -> Ticket:
    """The driver wants to go. Raises UnknownTicket, NoStation, AlreadyEnded."""
    ticket = await by_link(unit, link)
    if ticket.session_id is not None:
        await sessions.request_stop(unit, ticket.holder, ticket.session_id)
    return ticket


async def wish_receipt(unit: Unit, link: str, email: str) -> Ticket:
    """It is sent once there is one, and to each address once. Raises UnknownTicket, UnfitMail, EnoughReceipts."""
    ticket = await store.lock(unit, (await by_link(unit, link)).ref)
    assert ticket is not None, "it was found a statement ago"
    if ticket.receipts >= RECEIPTS:
        raise EnoughReceipts
    ticket = replace(ticket, email=mail_address(email))
    if ticket.state is TicketState.PAID:
        ticket = await _mail_receipt(unit, ticket)
    store.update(unit, ticket, await _next(unit, ticket))
    return ticket


async def _mail_receipt(unit: Unit, ticket: Ticket) -> Ticket:
    cdr, base = await cdr_of(unit, ticket), await parties.reached_at(unit)
    assert cdr is not None and ticket.email is not None, "what is paid has a CDR, and somebody wants to know"
    seller = await parties.fetch(unit, ticket.holder)
    payment = await paying.by_ref(unit, ticket.payment)
    written = receipts.written(ticket, cdr, seller, payment, f"{base or ''}/charge/ticket/{ticket.link}")
    await mail.send(
        unit,
        holder=ticket.holder,
        key=f"receipt {ticket.ref} {cdr.id} {fold(ticket.email)}",
        to=ticket.email,
        subject=written.subject,
        text=written.text,
    )
    return replace(ticket, email=None, receipts=ticket.receipts + 1)


# ---- Reads


async def by_link(unit: Unit, link: str) -> Ticket:
    """Raises UnknownTicket."""
    ticket = await store.by_link(unit, link)
    if ticket is None:
        raise UnknownTicket
    return ticket


async def cdr_of(unit: Unit, ticket: Ticket) -> Cdr | None:
    """The one that stands, or else the one that was credited last."""
    found = await cdrs.of_authorization(unit, ticket.holder, ticket.ref)
    return found if found is not None and found.session_id == ticket.session_id else None


async def session_of(unit: Unit, ticket: Ticket) -> Session | None:
    return None if ticket.session_id is None else await _session(unit, ticket)
