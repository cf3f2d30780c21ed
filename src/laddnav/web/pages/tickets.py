"""Charging without an account: what it costs in AFIR's order, how to pay, the charge as it goes, and its receipt."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import quote

from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from laddnav.cdrs.model import Cdr
from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef
from laddnav.kit.money import Price
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.locations.model import Connector, Location
from laddnav.meters import actions as meters
from laddnav.parties import actions as parties
from laddnav.payments.actions import paying, selling, shortfalls, tickets
from laddnav.payments.bounds import held_for
from laddnav.payments.payment import Payment, ProviderKind, State
from laddnav.payments.receipts import NAMES, paid_with
from laddnav.payments.rules import NotSold
from laddnav.payments.ticket import Ticket, TicketState, Why
from laddnav.pricing.plain.rates import of_one
from laddnav.sessions.choices import drawn
from laddnav.sessions.model import Session
from laddnav.sessions.model import Status as Charge
from laddnav.sessions.rules import START_WITHIN
from laddnav.tariffs.model import PriceComponent, Tariff, TariffDimension
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.codes import qr_code
from laddnav.web.pages.foreseen import BillLine, bill_line
from laddnav.web.refusals import sentence
from laddnav.web.words import N_

# What is paid for how, in the order that AFIR asks for (Regulation (EU) 2023/1804, Article 5(4)).
ORDER = (TariffDimension.ENERGY, TariffDimension.TIME, TariffDimension.FLAT, TariffDimension.PARKING_TIME)
A_MINUTE = (TariffDimension.TIME, TariffDimension.PARKING_TIME)
WAYS = {
    ProviderKind.STRIPE: N_("Pay by card"),
    ProviderKind.SWISH: N_("Pay by Swish"),
    ProviderKind.VIPPS: N_("Pay by Vipps MobilePay"),
}
WHYS = {
    Why.NOT_PAID: N_("It was not paid."),
    Why.CANCELLED: N_("You have cancelled it."),
    Why.BUSY: N_("Somebody else was quicker at this charging point."),
    Why.AWAY: N_("The charging point does not answer."),
    Why.PRICE_CHANGED: N_("The price changed while you paid."),
    Why.NO_CAR: N_("No car was plugged in within ten minutes, or the charging point could not begin."),
    Why.NOT_BILLED: N_("The meter could not prove what was charged."),
}


class Asking(Struct, frozen=True, kw_only=True):
    """A price that holds: of one kWh, one minute or one charge, taxes included; `when` it is not always so."""

    what: TariffDimension
    amounts: Sequence[Decimal]


class Sold(Struct, frozen=True, kw_only=True):
    """What can be bought at a charging point."""

    currency: str
    hold: Decimal
    prices: Sequence[Asking]
    ways: Sequence[tuple[ProviderKind, str]]


class Receipt(Struct, frozen=True, kw_only=True):
    """What was paid, with the reason for every price; `back` is what was given back of it."""

    cdr: Cdr
    lines: Sequence[BillLine]
    total: Price
    gross: Decimal
    back: Decimal
    paid_with: str
    proof: str | None  # where what the meter signed is shown and verified; None: it signs nothing


async def sold(unit: Unit, asked: Asked, location: Location, connector: Connector | None) -> Sold | None:
    """None: nobody pays there without an account."""
    offered = None if connector is None else await selling.offer(unit, location, connector)
    if offered is None:
        return None
    return Sold(
        currency=offered.tariff.currency,
        hold=offered.hold,
        prices=prices(offered.tariff),
        ways=[(one.provider, asked.say(WAYS[one.provider])) for one in offered.through],
    )


def prices(tariff: Tariff) -> list[Asking]:
    """Every price there is of each kind, the lowest first; when which holds is said below, in words."""
    by_kind: dict[TariffDimension, set[Decimal]] = {}
    for element in tariff.elements:
        if element.restriction.reservation is None:
            for one in element.components:
                by_kind.setdefault(one.type, set()).add(_paid(tariff, one))
    # What is free costs nothing, but for energy: of that everybody wants to read it.
    shown = (TariffDimension.ENERGY, *(kind for kind in ORDER[1:] if any(by_kind.get(kind, ()))))
    return [Asking(what=kind, amounts=sorted(by_kind.get(kind, {Decimal(0)}))) for kind in shown]


def _paid(tariff: Tariff, one: PriceComponent) -> Decimal:
    cost = of_one(tariff, one)
    known = cost.excl if cost.incl is None else cost.incl
    assert known is not None, "one side of a price is always known"
    return (known / 60).quantize(Decimal("0.0001")).normalize() + 0 if one.type in A_MINUTE else known


async def pay(asked: Asked) -> Response:
    """A driver wants to charge here, and pays as said; what cannot be is said on the page where they stand."""
    try:
        ticket = await _sold(asked)
    except Refusal as error:
        path = f"/charge/{quote(asked.part('number'), safe='*')}"
        return asked.done(path, sentence(error, asked.language), "bad")
    asked.console.database.wake()
    return RedirectResponse(_path(ticket), status_code=303)


async def _sold(asked: Asked) -> Ticket:
    """Raises what `sell` raises."""
    said = asked.said("way")
    async with asked.unit() as unit:
        location, evse = await locations.printed_evse(unit, asked.part("number"))
        if said not in set(ProviderKind):
            raise NotSold(evse.evse_id or evse.uid)
        return await selling.sell(
            unit,
            location.owner,
            EvseRef(location.id, evse.uid),
            connector_id=asked.said("connector") or None,
            provider=ProviderKind(said),
            page=f"{asked.console.url}/charge/ticket",
            address=asked.origin,
            email=asked.said("email"),
            language=asked.language,
        )


async def one(asked: Asked) -> Response:
    """Whoever knows its address is its driver. Raises UnknownTicket."""
    async with asked.unit() as unit:
        ticket = await tickets.by_link(unit, asked.part("link"))
        payment = await paying.by_ref(unit, ticket.payment)
        if asked.query("back") is not None:
            await tickets.came_back(unit, ticket)
        later = None
        if ticket.short is not None and ticket.short.later is not None:
            later = await paying.by_ref(unit, ticket.short.later)
        session = await tickets.session_of(unit, ticket)
        seller = await parties.fetch(unit, ticket.holder)
        location = await locations.find(unit, ticket.holder, ticket.holder, ticket.where.location_id)
        receipt = await _receipt(unit, asked, ticket, payment)
        now = unit.now
    course = _course(ticket, session)
    answer = asked.page(
        "ticket.html",
        ticket=ticket,
        payment=payment,
        session=session,
        seller=seller,
        location=location,
        receipt=receipt,
        course=course,
        now=now,
        waits_until=None if session is None else session.started_at + START_WITHIN,
        cost=None if session is None or session.cost is None else _gross(session.cost),
        draws=None if session is None or course != "charging" else drawn(session.tab),
        held=held_for(payment),
        way=NAMES[ticket.provider],
        short=ticket.short if ticket.short is not None and ticket.short.open else None,
        pay_way=asked.say(WAYS[ticket.provider]),
        later=later,
        leads=_leads(asked, payment if course == "paying" else later),
        opens=_opens(payment if course == "paying" else later),
        code=qr_code(f"{asked.console.url}{_path(ticket)}"),
        why=asked.say(WHYS[ticket.why]) if ticket.why is not None else None,
        back_to=f"/charge/{quote(ticket.evse_id, safe='*')}",
        here=_path(ticket),
    )
    asked.console.database.wake()
    return answer


async def stop(asked: Asked) -> Response:
    async with asked.unit() as unit:
        ticket = await tickets.stop(unit, asked.part("link"))
    asked.console.database.wake()
    return asked.done(_path(ticket), asked.say("The charging point is asked to stop. Then unplug."))


async def pay_rest(asked: Asked) -> Response:
    """What a corrected charge asks for besides. Raises UnknownTicket, NothingOpen, UnfitPayment."""
    async with asked.unit() as unit:
        ticket = await shortfalls.pay(unit, asked.part("link"), f"{asked.console.url}/charge/ticket")
    asked.console.database.wake()
    return asked.done(_path(ticket))


async def cancel(asked: Asked) -> Response:
    async with asked.unit() as unit:
        ticket = await tickets.cancel(unit, asked.part("link"))
    asked.console.database.wake()
    return asked.done(_path(ticket))


async def mail_receipt(asked: Asked) -> Response:
    async with asked.unit() as unit:
        ticket = await tickets.wish_receipt(unit, asked.part("link"), asked.said("email"))
    asked.console.database.wake()
    return asked.done(_path(ticket), asked.say("The receipt is sent by e-mail."))


def _path(ticket: Ticket) -> str:
    return f"/charge/ticket/{ticket.link}"


def _course(ticket: Ticket, session: Session | None) -> str:
    """Which of its pages a ticket shows."""
    if ticket.state is TicketState.PAYING:
        return "paying"
    if ticket.state is TicketState.GIVEN_UP:
        return "given up"
    if ticket.state is TicketState.PAID:
        return "paid"
    if session is not None and session.status is Charge.ACTIVE:
        return "charging"
    return "ending" if session is not None and session.ended_at is not None else "starting"


def _opens(payment: Payment | None) -> str | None:
    """The app of the provider."""
    action = "" if payment is None else payment.action or ""
    return action if action.startswith("swish://") else None


def _leads(asked: Asked, payment: Payment | None) -> str | None:
    """The provider's own page, unless that is where the driver comes from."""
    action = "" if payment is None else payment.action or ""
    if payment is None or payment.state is not State.WAITING or asked.query("back") is not None:
        return None
    return action if action.startswith(("https://", "http://127.0.0.1:")) else None


def _gross(price: Price) -> Decimal:
    return price.before_taxes if price.after_taxes is None else price.after_taxes


async def _receipt(unit: Unit, asked: Asked, ticket: Ticket, payment: Payment) -> Receipt | None:
    cdr = await tickets.cdr_of(unit, ticket) if ticket.state is TicketState.PAID else None
    if cdr is None:
        return None
    proof = None if cdr.session_id is None else await meters.proof_of(unit, ticket.holder, cdr.session_id)
    gross = _gross(cdr.costs.total)
    return Receipt(
        cdr=cdr,
        lines=[bill_line(cdr.tariffs[0], line, asked.language, after_taxes=True) for line in cdr.lines],
        total=cdr.costs.total,
        gross=gross,
        back=max(gross - (ticket.due or Decimal(0)), payment.back),
        paid_with=paid_with(payment),
        proof=f"/charge/signed/{proof.ref}" if proof is not None and proof.records else None,
    )


DOORS: tuple[Door, ...] = (
    do("/charge/{number}/pay", pay, role=None),
    see("/charge/ticket/{link}", one, role=None),
    do("/charge/ticket/{link}/stop", stop, role=None),
    do("/charge/ticket/{link}/cancel", cancel, role=None),
    do("/charge/ticket/{link}/rest", pay_rest, role=None),
    do("/charge/ticket/{link}/receipt", mail_receipt, role=None),
)
