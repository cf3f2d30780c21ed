"""The VAT of an invoice: of which category it is, what decided that, and where it is due."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


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
