"""Invoice: who sells what to whom, when it is paid and out of what; and its heading, as a list shows it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from laddnav.billing.model.charge import Charge
from laddnav.billing.model.debtor import Debtor
from laddnav.billing.model.item import Item
from laddnav.billing.model.vat import VatPart, VatSum
from laddnav.kit.ids import PartyId
from laddnav.parties.model import Contact, VatRegistration


class PaidFrom(StrEnum):
    """Who issues an invoice takes the money from here, so that whoever gets it is not to pay it once more."""

    CARD = "CARD"  # that is stored
    WALLET = "WALLET"  # as far as it reaches
    VOUCHERS = "VOUCHERS"  # they pay first, and whoever gets it pays what they leave
    SPOT = "SPOT"  # it was paid where the car charged


class Period(Struct, frozen=True):
    """What falls onto one invoice: a CDR, a day or a month, as `name` says it; from `closes_at` on it can be issued."""

    name: str
    closes_at: datetime


class Seller(Struct, frozen=True, kw_only=True):
    """Our party as it was when the invoice was issued."""

    holder: PartyId
    name: str
    website: str | None
    vat_number: str | None
    address: str | None
    pay_to: str | None
    swish: str | None = None
    time_zone: str
    vat_registrations: tuple[VatRegistration, ...] = ()
    endpoint: str | None = None
    contact: Contact | None = None


class Cited(Struct, frozen=True):
    """An invoice that another one corrects."""

    number: str
    issued_at: datetime


class Invoice(Struct, frozen=True, kw_only=True):
    """`number`, `issued_at` and `due_at` None: still open, and all but its charges and items may yet change.

    Below zero, it is a credit note. `self_billed`: we make it in the name of the debtor, who sold to us (Directive
    2006/112/EC, article 224); what it comes to is owed by us and so below zero here, and above on its paper.
    `corrects` are the invoices of which it takes something back; `rounding` is what
    makes what is to pay a sum that the party rounds to. `paid_from` is where the money is taken from when it is issued,
    None: it is asked for.
    """

    holder: PartyId
    ref: str
    number: str | None = None
    seller: Seller
    debtor: Debtor
    currency: str
    period: Period
    opened_at: datetime
    issued_at: datetime | None = None
    due_at: datetime | None = None
    charges: tuple[Charge, ...]
    items: tuple[Item, ...] = ()
    vat: tuple[VatSum, ...]
    corrects: tuple[Cited, ...] = ()
    rounding: Decimal = Decimal(0)
    paid_from: PaidFrom | None = None
    self_billed: bool = False

    @property
    def asks(self) -> bool:
        """It says where to pay."""
        return self.paid_from is None or self.paid_from is PaidFrom.VOUCHERS

    @property
    def total_excl(self) -> Decimal:
        charged = sum((charge.amount for charge in self.charges), Decimal(0))
        return charged + sum((item.amount for item in self.items), Decimal(0))

    @property
    def total_tax(self) -> Decimal:
        return sum((vat.amount for vat in self.vat), Decimal(0))

    @property
    def total_incl(self) -> Decimal:
        return self.total_excl + self.total_tax

    @property
    def to_pay(self) -> Decimal:
        return self.total_incl + self.rounding

    @property
    def credit_note(self) -> bool:
        return self.total_excl < 0

    def as_sold(self) -> Invoice:
        """As whoever sold sees it: of a self-billed one every amount is turned."""
        return self if not self.self_billed else _turned(self)


def _turned_item(one: Item) -> Item:
    """By its price where that is below zero, else by its quantity."""
    if one.unit_price is not None and one.unit_price >= 0:
        return replace(one, amount=-one.amount, quantity=-one.quantity)
    return replace(one, amount=-one.amount, unit_price=None if one.unit_price is None else -one.unit_price)


def _turned(invoice: Invoice) -> Invoice:
    items = (_turned_item(one) for one in invoice.items)
    vat = (
        VatSum(
            one.category,
            one.percent,
            -one.base,
            -one.amount,
            tuple(VatPart(part.country, part.why, -part.base, -part.amount) for part in one.parts),
        )
        for one in invoice.vat
    )
    return replace(invoice, items=tuple(items), vat=tuple(vat), rounding=-invoice.rounding)


class InvoiceHeading(Struct, frozen=True, kw_only=True):
    """An invoice without what is on it, as a list shows it. Tax and what it makes are known once it is issued."""

    holder: PartyId
    ref: str
    number: str | None
    debtor_id: str
    debtor_name: str
    currency: str
    period: str
    closes_at: datetime
    opened_at: datetime
    issued_at: datetime | None
    due_at: datetime | None
    total_excl: Decimal
    total_tax: Decimal | None
    total_incl: Decimal | None
    charges: int
    items: int = 0
