"""Charge > InvoiceLine: what one CDR puts on an invoice."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.billing.model.vat import VatCategory
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.pricing.reasons import Reason


class Basis(StrEnum):
    """What the amount of a line rests on."""

    PRICED = "PRICED"  # our own Tariff, by its Element and component
    AT_COST = "AT_COST"  # what the CPO asks of us, passed on as it is
    ROUNDING = "ROUNDING"  # what lines, each rounded, and the CDR, rounded once, are apart


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
