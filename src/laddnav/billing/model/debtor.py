"""Who owes us, and how much."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId


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


class Owed(Struct, frozen=True):
    """What a Debtor owes us by the ledger, in one currency: VAT too as far as it is invoiced."""

    debtor: Debtor
    currency: str
    amount: Decimal
