"""The operator API about payments, refunds, stored cards, and our accounts at providers."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from laddnav.customers import actions as customers
from laddnav.customers.rules import UnknownCustomer
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.seal import Seal
from laddnav.parties import actions as parties
from laddnav.payments.actions import accounts, books, cards, paying
from laddnav.payments.book import Book
from laddnav.payments.card import StoredCard
from laddnav.payments.payment import Account, Payment, ProviderKind, Purpose, Refund, Secrets, Timeline
from laddnav.payments.rules import UnfitPayment
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.people.rules import allows

Word = Annotated[str, Meta(min_length=1, max_length=128)]
Url = Annotated[str, Meta(min_length=8, max_length=500)]
Secret = Annotated[str, Meta(max_length=20_000)]
Reason = Annotated[str, Meta(min_length=3, max_length=500)]


class AccountSaid(Struct, frozen=True, kw_only=True):
    """What opens it is never shown again; left out in a change, it stays what it was."""

    provider: ProviderKind
    name: Word
    url: Url
    merchant: Annotated[str, Meta(max_length=64)] = ""
    alone_up_to: Decimal | None = None
    support_up_to: Decimal | None = None
    enabled: bool = True
    key: Secret = ""
    hook: Secret = ""
    client_id: Secret = ""
    subscription: Secret = ""
    certificate: Secret = ""
    private_key: Secret = ""
    holder: str | None = None


class PaymentSaid(Struct, frozen=True, kw_only=True):
    """`credits` is the account of the ledger that the money settles; `charge`: all is kept as soon as it is there.

    `customer` is the ref of one of ours, whose stored card pays; without one, whoever pays goes on at its `action`.
    """

    account: Word
    purpose: Purpose
    about: Word
    credits: Annotated[str, Meta(min_length=3, max_length=200)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    amount: Decimal
    charge: bool = False
    customer: Word | None = None
    return_url: Url | None = None


class AmountSaid(Struct, frozen=True, kw_only=True):
    amount: Decimal


class RefundSaid(Struct, frozen=True, kw_only=True):
    amount: Decimal
    reason: Reason


class RefundDecision(Struct, frozen=True, kw_only=True):
    grant: bool


async def list_payments(
    unit: Unit,
    by: Visitor,
    *,
    limit: Limit = 50,
    cursor: str | None = None,
    about: str | None = None,
    troubled: bool = False,
) -> Page[Payment]:
    """Payments, newest first; `troubled`: those alone that a person has to look at."""
    found = await paying.page(unit, by.holder, about=about, troubled=troubled, before=cursor, limit=limit + 1)
    return page([_told(one) for one in found], limit, lambda one: one.ref)


async def fetch_payment(unit: Unit, ref: str) -> Timeline:
    """One payment with every call that was made for it, its refunds, and what its provider told."""
    found = await paying.timeline(unit, ref)
    return replace(found, payment=_told(found.payment))


def _told(payment: Payment) -> Payment:
    """Without the page of whoever pays for one charge: its address is all that lets them stop it."""
    return replace(payment, return_url=None) if payment.purpose is Purpose.SESSION else payment


async def ask_for_payment(unit: Unit, by: Visitor, body: PaymentSaid) -> Payment:
    """Have it held, or paid; it is asked of the provider within a second."""
    holder = yours(by, (await accounts.by_ref(unit, body.account)).holder)
    payer, card = None, None
    if body.customer is not None:
        payer, card = await _stored(unit, holder, body.customer)
    return await paying.begin(
        unit,
        body.account,
        purpose=body.purpose,
        about=body.about,
        credits=body.credits,
        currency=body.currency,
        amount=body.amount,
        charge=body.charge,
        by=by.name,
        method=card,
        customer=payer,
        return_url=body.return_url,
    )


async def _stored(unit: Unit, holder: PartyId, ref: str) -> tuple[str | None, str]:
    """Raises UnknownCustomer, UnfitPayment."""
    customer = await customers.by_ref(unit, ref)
    payer, card = customer.at_provider
    if customer.holder != holder:
        raise UnknownCustomer(ref)
    if card is None:
        raise UnfitPayment("The customer has stored no card")
    return payer, card


async def raise_hold(unit: Unit, ref: str, body: AmountSaid) -> Payment:
    """Have more held, which is the new total."""
    return await paying.hold(unit, ref, body.amount)


async def capture_payment(unit: Unit, ref: str, body: AmountSaid) -> Payment:
    """Keep so much of what is held; the rest is released. Zero: all of it is."""
    return await paying.keep(unit, ref, body.amount)


async def refund_payment(unit: Unit, ref: str, by: Visitor, body: RefundSaid) -> Refund:
    """Give back, at once or when a second person has agreed; support asks, and somebody of finance agrees."""
    yours(by, (await paying.by_ref(unit, ref)).holder)
    return await paying.refund(unit, ref, body.amount, body.reason, by=by.name, support=not allows(by, Role.FINANCE))


async def decide_refund(unit: Unit, ref: str, by: Visitor, body: RefundDecision) -> Refund:
    """As the second person, agree to a refund or not."""
    yours(by, (await paying.refund_by_ref(unit, ref)).holder)
    return await paying.decide(unit, ref, grant=body.grant, by=by.name)


async def retry_payment(unit: Unit, ref: str, by: Visitor) -> Payment:
    """Ask the provider once more for what it refused."""
    return await paying.try_again(unit, ref, by=by.name)


async def accept_payment(unit: Unit, ref: str, by: Visitor) -> Payment:
    """Leave it at what the provider shows, though that is less than was wanted."""
    return await paying.accept(unit, ref, by=by.name)


async def list_stored_cards(unit: Unit, by: Visitor, ref: str) -> Page[StoredCard]:
    """The cards that a customer has stored, by brand, last digits and expiry; `default` is what pays."""
    customer = await customers.by_ref(unit, ref)
    yours(by, customer.holder)
    found = await cards.of_customer(unit, customer)
    return Page(items=tuple(replace(one, page=None, url=None) for one in found), next=None)


async def list_provider_books(unit: Unit, by: Visitor) -> Page[Book]:
    """What each provider owes us by its own word, beside what our ledger says, as it was read last."""
    return Page(items=tuple(await books.page(unit, by.holder)), next=None)


async def list_payment_accounts(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None
) -> Page[Account]:
    """Our accounts at payment providers, without what opens them."""
    found = await accounts.page(unit, by.holder, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def open_payment_account(unit: Unit, by: Visitor, seal: Seal, body: AccountSaid) -> Account:
    """Take payments through a provider from now on."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    account = _account(unit, yours(by, party.holder), unit.new_id(), body, by.name)
    return await accounts.open_account(unit, account, _secrets(body), seal=seal)


async def change_payment_account(unit: Unit, ref: str, by: Visitor, seal: Seal, body: AccountSaid) -> Account:
    """All that is said of it is this now; what opens it stays where it is left out."""
    known = await accounts.by_ref(unit, ref)
    account = _account(unit, yours(by, known.holder), ref, body, by.name)
    return await accounts.change(unit, account, _secrets(body), seal=seal)


def _account(unit: Unit, holder: PartyId, ref: str, body: AccountSaid, by: str) -> Account:
    return Account(
        holder=holder,
        ref=ref,
        provider=body.provider,
        name=body.name,
        url=body.url.rstrip("/"),
        merchant=body.merchant,
        alone_up_to=body.alone_up_to,
        support_up_to=body.support_up_to,
        enabled=body.enabled,
        changed_at=unit.now,
        changed_by=by,
    )


def _secrets(body: AccountSaid) -> Secrets:
    return Secrets(**{name: getattr(body, name) for name in Secrets.__struct_fields__})


ROUTES = (
    Route(method="GET", path="/payments", does=list_payments),
    Route(method="GET", path="/payments/{ref}", does=fetch_payment),
    Route(method="POST", path="/payments", does=ask_for_payment, needs=Role.FINANCE, status=201),
    Route(method="POST", path="/payments/{ref}/hold", does=raise_hold, needs=Role.FINANCE),
    Route(method="POST", path="/payments/{ref}/capture", does=capture_payment, needs=Role.FINANCE),
    Route(
        method="POST",
        path="/payments/{ref}/refunds",
        does=refund_payment,
        needs=Role.SUPPORT,
        also=(Role.FINANCE,),
        status=201,
    ),
    Route(method="POST", path="/payments/{ref}/retry", does=retry_payment, needs=Role.FINANCE),
    Route(method="POST", path="/payments/{ref}/accept", does=accept_payment, needs=Role.FINANCE),
    Route(method="POST", path="/refunds/{ref}/decision", does=decide_refund, needs=Role.FINANCE),
    Route(method="GET", path="/customers/{ref}/cards", does=list_stored_cards),
    Route(method="GET", path="/payment-accounts", does=list_payment_accounts),
    Route(method="GET", path="/payment-books", does=list_provider_books),
    Route(method="POST", path="/payment-accounts", does=open_payment_account, needs=Role.ADMIN, status=201),
    Route(method="PUT", path="/payment-accounts/{ref}", does=change_payment_account, needs=Role.ADMIN),
)
