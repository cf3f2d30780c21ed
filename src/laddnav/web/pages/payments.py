"""Payments: the list with what needs a look, one with all that happened to it, and our accounts at providers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger import actions as ledger
from laddnav.payments.actions import accounts, paying, shortfalls
from laddnav.payments.payment import Account, Payment, ProviderKind, Secrets
from laddnav.payments.rules import HOSTS, UnfitAccount, UnfitPayment
from laddnav.payments.steps import lacking
from laddnav.payments.ticket import Ticket
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.people.rules import allows
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages.payment_story import story
from laddnav.web.words import N_

PAGE = 50
# Why money goes back, most often first; each is a button, and any other is written.
REASONS = (
    N_("It stopped by itself"),
    N_("It never began"),
    N_("It cost more than was shown"),
    N_("It was paid twice"),
    N_("Goodwill"),
)
# Why a charge that asks for more than was taken is let be.
WAIVES = (N_("Our mistake"), N_("Too little to ask for"), N_("The driver was shown the lower price"))
NAMES = {ProviderKind.STRIPE: "Stripe", ProviderKind.SWISH: "Swish", ProviderKind.VIPPS: "Vipps MobilePay"}


async def list_all(asked: Asked) -> Response:
    cursor, troubled, held = asked.query("cursor"), asked.query("show") == "trouble", asked.query("show") == "held"
    holder = asked.visitor.holder
    async with asked.unit() as unit:
        found = await paying.page(unit, holder, troubled=troubled, held=held, before=cursor, limit=PAGE + 1)
        waiting = await paying.refunds_waiting(unit, holder)
        known = await accounts.page(unit, holder, limit=1)
    return asked.page(
        "payments.html",
        rows=found[:PAGE],
        names=NAMES,
        waiting=waiting,
        show="trouble" if troubled else "held" if held else "all",
        has_account=bool(known),
        next=found[PAGE - 1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
    )


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        payment = await _mine(asked, unit)
        timeline = await paying.timeline(unit, payment.ref)
        account = await accounts.by_ref(unit, payment.account)
        posted = await ledger.entries(unit, payment.holder, cites=f"payment {payment.ref}")
        ticket = await shortfalls.of_payment(unit, payment)
        address = None if ticket is None or ticket.short is None else await shortfalls.address_of(unit, ticket)
    return asked.page(
        "payment.html",
        payment=payment,
        timeline=timeline,
        story=story(asked, timeline, posted, NAMES[payment.provider]),
        account=account,
        name=NAMES[payment.provider],
        lacking=lacking(payment),
        by_the_bank=payment.charged_back > payment.let_go,
        left=left(payment),
        refund_reasons=REASONS,
        ticket=ticket,
        asks_at=address,
        waive_reasons=WAIVES,
    )


def left(payment: Payment) -> Decimal:
    """What of it can be given back."""
    return max(min(payment.net, payment.wanted), Decimal(0)) if payment.captured else Decimal(0)


async def refund(asked: Asked) -> Response:
    amount, reason = _amount(asked, "amount"), asked.said("words") or asked.said("reason")
    if len(reason) < 3:
        raise UnfitPayment("reason: say why the money is given back")
    async with asked.unit() as unit:
        payment = await _mine(asked, unit)
        made = await paying.refund(
            unit,
            payment.ref,
            amount,
            reason[:500],
            by=asked.visitor.name,
            support=not allows(asked.visitor, Role.FINANCE),
        )
    asked.console.database.wake()
    done = made.decided_at is not None
    text = asked.say("It is given back.") if done else asked.say("It is given back as soon as somebody else agrees.")
    return asked.done(asked.said("back") or f"/payments/{payment.ref}", text)


async def decide(asked: Asked) -> Response:
    async with asked.unit() as unit:
        known = await paying.refund_by_ref(unit, asked.part("ref"))
        yours(asked.visitor, known.holder)
        grant = asked.said("grant") == "yes"
        await paying.decide(unit, known.ref, grant=grant, by=asked.visitor.name)
    asked.console.database.wake()
    text = asked.say("It is given back.") if grant else asked.say("It is not given back.")
    return asked.done(asked.said("back") or f"/payments/{known.payment}", text)


async def retry(asked: Asked) -> Response:
    async with asked.unit() as unit:
        payment = await _mine(asked, unit)
        await paying.try_again(unit, payment.ref, by=asked.visitor.name)
    return asked.done(f"/payments/{payment.ref}", asked.say("The provider is asked once more."))


async def accept(asked: Asked) -> Response:
    async with asked.unit() as unit:
        payment = await _mine(asked, unit)
        await paying.accept(unit, payment.ref, by=asked.visitor.name)
    return asked.done(f"/payments/{payment.ref}", asked.say("It is left as it is."))


async def waive(asked: Asked) -> Response:
    """Raises UnknownTicket, NothingOpen, BeingPaid, WaivedWithoutReason."""
    async with asked.unit() as unit:
        ticket = await _short(asked, unit)
        await shortfalls.waive(unit, ticket.ref, asked.said("words") or asked.said("reason"), by=asked.visitor.name)
    asked.console.database.wake()
    return asked.done(asked.said("back") or f"/payments/{ticket.payment}", asked.say("It is waived."))


async def ask(asked: Asked) -> Response:
    """Raises UnknownTicket, NothingOpen, NoAddress, UnfitMail."""
    async with asked.unit() as unit:
        ticket = await _short(asked, unit)
        ticket = await shortfalls.demand(unit, ticket.ref, asked.said("email"), by=asked.visitor.name)
    asked.console.database.wake()
    assert ticket.short is not None, "it was asked for"
    said = asked.say("A mail to %(address)s asks for it.", address=ticket.short.mailed_to)
    return asked.done(asked.said("back") or f"/payments/{ticket.payment}", said)


async def _short(asked: Asked, unit: Unit) -> Ticket:
    """Raises UnknownTicket, NotYours."""
    ticket = await shortfalls.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, ticket.holder)
    return ticket


async def list_accounts(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await accounts.page(unit, asked.visitor.holder, limit=500)
    mine = asked.visitor.holder
    return asked.page(
        "payment_accounts.html",
        found=found,
        names=NAMES,
        url=asked.console.url,
        hosts={kind: f"https://{hosts[0]}" for kind, hosts in HOSTS.items()},
        providers=[(kind.value, NAMES[kind]) for kind in ProviderKind],
        holders=[
            (str(one.holder), f"{one.holder} · {one.name}") for one in asked.parties if mine in (None, one.holder)
        ],
    )


async def open_account(asked: Asked) -> Response:
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    async with asked.unit() as unit:
        account = _account(asked, unit, holder, unit.new_id())
        await accounts.open_account(unit, account, _secrets(asked), seal=asked.console.clients.seal)
    return asked.done("/payment-accounts", asked.say("Payments can be taken through it now."))


async def change_account(asked: Asked) -> Response:
    async with asked.unit() as unit:
        known = await accounts.by_ref(unit, asked.part("ref"))
        account = _account(asked, unit, yours(asked.visitor, known.holder), known.ref)
        await accounts.change(unit, account, _secrets(asked), seal=asked.console.clients.seal)
    return asked.done("/payment-accounts", asked.say("The account is changed."))


async def _mine(asked: Asked, unit: Unit) -> Payment:
    """Raises UnknownPayment, NotYours."""
    payment = await paying.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, payment.holder)
    return payment


def _account(asked: Asked, unit: Unit, holder: PartyId, ref: str) -> Account:
    said = asked.said("provider")
    if said not in set(ProviderKind):
        raise UnfitAccount("provider: there is none of this name")
    provider, name = ProviderKind(said), asked.said("name")
    if not 1 <= len(name) <= 128 or not name.isprintable():
        raise UnfitAccount("name: 1 to 128 characters")
    return Account(
        holder=holder,
        ref=ref,
        provider=provider,
        name=name,
        url=(asked.said("url") or f"https://{HOSTS[provider][0]}").rstrip("/")[:500],
        merchant=asked.said("merchant")[:64],
        alone_up_to=_limit(asked, "alone_up_to"),
        support_up_to=_limit(asked, "support_up_to"),
        enabled=asked.said("enabled") != "no",
        changed_at=unit.now,
        changed_by=asked.visitor.name,
    )


def _secrets(asked: Asked) -> Secrets:
    return Secrets(**{name: asked.secret(name).strip() for name in Secrets.__struct_fields__})


def _limit(asked: Asked, name: str) -> Decimal | None:
    return _amount(asked, name) if asked.said(name) else None


def _amount(asked: Asked, name: str) -> Decimal:
    """Raises UnfitPayment."""
    try:
        amount = Decimal(asked.said(name).replace(",", "."))
    except InvalidOperation as error:
        raise UnfitPayment(f"{name}: an amount is meant") from error
    if not amount.is_finite() or abs(amount) > 10_000_000:
        raise UnfitPayment(f"{name}: an amount is meant")
    return amount


DOORS: tuple[Door, ...] = (
    see("/payments", list_all),
    see("/payments/{ref}", one),
    do("/payments/{ref}/refunds", refund, Role.SUPPORT, also=(Role.FINANCE,)),
    do("/payments/{ref}/retry", retry, Role.FINANCE),
    do("/payments/{ref}/accept", accept, Role.FINANCE),
    do("/refunds/{ref}/decide", decide, Role.FINANCE),
    do("/short-charges/{ref}/waive", waive, Role.FINANCE),
    do("/short-charges/{ref}/ask", ask, Role.FINANCE),
    see("/payment-accounts", list_accounts, Role.FINANCE),
    do("/payment-accounts", open_account, Role.ADMIN),
    do("/payment-accounts/{ref}", change_account, Role.ADMIN),
)
