"""A party of ours: a company in the roles it plays, and what it puts on its invoices."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId


class Role(StrEnum):
    """What a party does in the network (OCPI 2.2.1 types_role_enum)."""

    CPO = "CPO"
    EMSP = "EMSP"
    HUB = "HUB"
    NAP = "NAP"
    NSP = "NSP"
    OTHER = "OTHER"
    SCSP = "SCSP"
    PTP = "PTP"


class InvoiceEvery(StrEnum):
    """What one invoice gathers: a charge, or all that ended in a day or a month on the calendar of the party's zone."""

    SESSION = "session"
    DAY = "day"
    MONTH = "month"


class VatRegistration(Struct, frozen=True, kw_only=True):
    """A VAT number beside the one at home: in `country`, or of the one-stop shop; `until` is the last day, if any."""

    country: str
    number: str
    one_stop_shop: bool = False
    since: date
    until: date | None = None

    def holds(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


class Contact(Struct, frozen=True):
    """Whom to call about an invoice, or what they are called together."""

    name: str
    telephone: str
    email: str


class Party(Struct, frozen=True, kw_only=True):
    """`holder` is its own id; everything it holds leads with it. `vat_percent` None: it charges no VAT.

    `address` has lines, as on an envelope. `pay_to` is where its money goes (a giro or an IBAN), as debtors read it.
    `swish` is the number at which it takes Swish that nobody asked for, as a code on its invoices says it.
    `endpoint` is where it is found in networks of electronic invoices, its scheme first (`0007:5560001234`). `round_to`
    is what sums to pay are rounded to (1 for whole crowns); None: they stay as they add up.
    """

    holder: PartyId
    ref: str
    name: str
    website: str | None = None
    roles: tuple[Role, ...]
    currency: str
    time_zone: str
    vat_percent: Decimal | None = None
    vat_number: str | None = None
    vat_registrations: tuple[VatRegistration, ...] = ()
    endpoint: str | None = None
    address: str | None = None
    pay_to: str | None = None
    swish: str | None = None
    payment_days: int = 30
    invoice_every: InvoiceEvery = InvoiceEvery.MONTH
    round_to: Decimal | None = None
    contact: Contact | None = None
    created_at: datetime
