"""A party of ours: a company in the roles it plays, and what it puts on its invoices."""

from __future__ import annotations

from datetime import datetime
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


class Party(Struct, frozen=True, kw_only=True):
    """`holder` is its own id; everything it holds leads with it. `vat_percent` None: it charges no VAT.

    `address` has lines, as on an envelope. `pay_to` is where its money goes (a giro or an IBAN), as debtors read it.
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
    address: str | None = None
    pay_to: str | None = None
    payment_days: int = 30
    invoice_every: InvoiceEvery = InvoiceEvery.MONTH
    created_at: datetime
