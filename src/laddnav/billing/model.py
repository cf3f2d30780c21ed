"""Invoice > Charge > InvoiceLine, Invoice > Item, and the Debtor who pays it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.parties.model import Contact, VatRegistration
from laddnav.pricing.reasons import Reason


class DebtorKind(StrEnum):
    PARTNER = "partner"  # an eMSP whose driver charged at our stations
    DRIVER = "driver"  # a contract of ours that nobody described
    CUSTOMER = "customer"  # somebody with an account of ours, private or a business
    HOST = "host"  # who has the place where our stations stand


class Debtor(Struct, frozen=True, kw_only=True):
    """Who owes us: `partner:NL*TNM`, `driver:` and the contract's id, `customer:` and its ref. `country` is ISO 3166
    alpha-2.

    `endpoint` is where it takes electronic invoices, its scheme first (`0007:5560001234`); `reference` is what it wants
    to find on them. `email` is where invoices are sent, in `language` or else in that of its country.
    """

    holder: PartyId
    id: str
    ref: str
    kind: DebtorKind
    name: str
    country: str
    address: str | None = None
    vat_number: str | None = None
    endpoint: str | None = None
    reference: str | None = None
    email: str | None = None
    language: str | None = None
    created_at: datetime


class PaidFrom(StrEnum):
    """Who issues an invoice takes the money from here, so that whoever gets it is not to pay it once more."""

    CARD = "CARD"  # that is stored
    WALLET = "WALLET"  # as far as it reaches
    VOUCHERS = "VOUCHERS"  # they pay first, and whoever gets it pays what they leave
    SPOT = "SPOT"  # it was paid where the car charged


class Basis(StrEnum):
    """What the amount of a line rests on."""

    PRICED = "PRICED"  # our own Tariff, by its Element and component
    AT_COST = "AT_COST"  # what the CPO asks of us, passed on as it is
    ROUNDING = "ROUNDING"  # what lines, each rounded, and the CDR, rounded once, are apart


class VatCategory(StrEnum):
    """As EN 16931 codes them (UNTDID 5305)."""

    STANDARD = "S"
    ZERO = "Z"
    REVERSE_CHARGE = "AE"  # the buyer accounts for the VAT
    OUTSIDE = "O"  # not subject to the seller's VAT


class VatWhy(StrEnum):
    """What decided the VAT of a line."""

    DOMESTIC = "domestic"
    ZERO_RATED = "zero rated"
    REGISTERED = "registered there"  # due where the seller is registered too
    ONE_STOP_SHOP = "one-stop shop"
    UNREGISTERED = "not registered there"  # due where the seller is not registered: it must declare it there
    REVERSE_CHARGE = "reverse charge"  # across a border inside the Union
    REVERSED_AT_HOME = "reverse charge at home"  # inside one country, where its law says so
    BEYOND = "beyond the border"
    NO_VAT = "no VAT"  # the seller charges none
    NOT_REGISTERED = "seller not registered"  # a host, in whose name we invoice ourselves, that has no VAT number
    SERVICE_REVERSED = "reverse charge of a service"  # across a border inside the Union
    SERVICE_BEYOND = "a service beyond the border"
    NO_SUPPLY = "no supply"  # interest, a reminder's fee, what was laid out: nothing was sold


class InvoiceLine(Struct, frozen=True, kw_only=True):
    """`amount` before VAT, in whole coins; `unit` is kWh, h or x (times).

    `dimension` is a TariffDimension, PRICE_MIN or PRICE_MAX as pricing has them, RESERVATION, or for what a total holds
    beside its parts OTHER, and TOTAL where no part is told. `unit_price` None: the CPO told the amount only.
    `vat_percent` is the rate that the CDR names, None where it names none; on an Invoice, the rate that the line bears,
    in `vat_category` (None on invoices that were issued before it was kept).
    """

    basis: Basis
    dimension: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    quantity: Decimal
    unit: str
    unit_price: Decimal | None = None
    amount: Decimal
    vat_percent: Decimal | None = None
    vat_category: VatCategory | None = None
    tariff_id: str | None = None
    element: int | None = None
    component: int | None = None
    reason: Reason | None = None


class Who(Struct, frozen=True, kw_only=True):
    """Of a company, as the contract names them when the charge is billed; what changes later is for later charges."""

    cost_centre: str | None = None
    driver: str | None = None


class Charge(Struct, frozen=True, kw_only=True):
    """One CDR on an invoice; times are shown in `time_zone`, the place's own. `credits` names the CDR it takes back.

    `country` is the place's, ISO 3166 alpha-2, `who` charged for a company; None on charges that were billed before
    these were kept, and of who has no contract with us.

    `eft_data` are lines of a card payment that the law wants to be there; they may come when the invoice is out already
    (OCPI 2.3.0 mod_payments_transaction_flow).
    """

    cdr_owner: PartyId
    cdr_id: str
    cdr_ref: str
    credits: str | None = None
    contract_id: str
    who: Who | None = None
    authorization_reference: str | None = None
    eft_data: tuple[str, ...] = ()
    place: str
    address: str
    country: str | None = None
    evse_id: str
    started_at: datetime
    ended_at: datetime
    time_zone: str
    energy: Energy
    lines: tuple[InvoiceLine, ...] = ()

    @property
    def cdr(self) -> str:
        return f"{self.cdr_owner}/{self.cdr_id}"

    @property
    def amount(self) -> Decimal:
        """Before VAT."""
        return sum((line.amount for line in self.lines), Decimal(0))


class ItemKind(StrEnum):
    """What stands on an invoice beside charges."""

    SUBSCRIPTION = "SUBSCRIPTION"
    DISCOUNT = "DISCOUNT"
    FEE = "FEE"
    SHARE = "SHARE"  # of what a place earned
    REIMBURSEMENT = "REIMBURSEMENT"  # what somebody laid out for us
    CREDIT = "CREDIT"  # takes back a line of an invoice that was issued
    OTHER = "OTHER"


class Supply(StrEnum):
    """What is sold, as VAT sees it."""

    ELECTRICITY = "ELECTRICITY"  # goods: taxed where the car charged, or where a dealer is established
    SERVICE = "SERVICE"  # supplied electronically: taxed where the buyer is (2006/112/EC, articles 44 and 58)
    NONE = "NONE"  # nothing: interest, a reminder's fee, money laid out


SUPPLIES = {
    ItemKind.SUBSCRIPTION: Supply.SERVICE,
    ItemKind.DISCOUNT: Supply.ELECTRICITY,
    ItemKind.FEE: Supply.SERVICE,
    ItemKind.SHARE: Supply.SERVICE,
    ItemKind.REIMBURSEMENT: Supply.NONE,
    ItemKind.CREDIT: Supply.ELECTRICITY,
    ItemKind.OTHER: Supply.SERVICE,
}


class Words(Struct, frozen=True):
    """The code of a sentence (item_words.py), and what is filled in."""

    code: str
    values: dict[str, str] = {}


class ItemWords(Words, frozen=True):
    """What an item is called; `of` is what it cites."""

    of: Words | None = None


class TakenBack(Struct, frozen=True, kw_only=True):
    """A line of an issued invoice that an item takes back, and the VAT that it bore, which goes back with it.

    `line` counts the lines of that invoice, those of charges first; `cdr` is the one, as `owner/id`, with which that
    line came.
    """

    number: str
    line: int
    cdr: str | None = None
    vat_category: VatCategory
    vat_percent: Decimal
    country: str
    why: VatWhy


class Item(Struct, frozen=True, kw_only=True):
    """A line that is no charge's. `key` names the fact, so that it is billed once. `amount` is before VAT, whole coins.

    `ended_at` is when it is over: midnight after the last day. `account` is the ledger's that earns it (for less than
    nothing: gives it), as `revenue:subscription`. `country` is where it is used, None for the debtor's own; `supply`
    None is what its kind is; `vat_percent` a rate that is told, and on an issued Invoice the one that it bears, in
    `vat_category`. `cdr` is the one, as `owner/id`, with which it came: what a plan takes off a charge, what a Credit
    CDR puts back.
    """

    key: str
    kind: ItemKind
    words: ItemWords
    started_at: datetime
    ended_at: datetime
    quantity: Decimal = Decimal(1)
    unit: str = "x"
    unit_price: Decimal | None = None
    amount: Decimal
    currency: str
    account: str
    country: str | None = None
    supply: Supply | None = None
    vat_percent: Decimal | None = None
    vat_category: VatCategory | None = None
    cdr: str | None = None
    takes_back: TakenBack | None = None

    @property
    def sold(self) -> Supply:
        return self.supply or SUPPLIES[self.kind]

    @property
    def last_at(self) -> datetime:
        """The last instant of it, whose day is its last day."""
        return max(self.started_at, self.ended_at - timedelta(microseconds=1))


class Period(Struct, frozen=True):
    """What falls onto one invoice: a CDR, a day or a month, as `name` says it; from `closes_at` on it can be issued."""

    name: str
    closes_at: datetime


class VatPart(Struct, frozen=True):
    """What of a VatSum is due in one country for one reason."""

    country: str
    why: VatWhy
    base: Decimal
    amount: Decimal


class VatSum(Struct, frozen=True):
    """VAT of one category and rate, on the sum of its lines; its parts, if it has any, make up exactly the whole."""

    category: VatCategory
    percent: Decimal
    base: Decimal
    amount: Decimal
    parts: tuple[VatPart, ...] = ()


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


class Owed(Struct, frozen=True):
    """What a Debtor owes us by the ledger, in one currency: VAT too as far as it is invoiced."""

    debtor: Debtor
    currency: str
    amount: Decimal
