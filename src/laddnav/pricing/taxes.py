"""What a price says about its taxes: one amount becomes the two sides of it, decided once for each component."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from laddnav.kit.money import TaxAmount
from laddnav.pricing.flags import Flag
from laddnav.pricing.model import Amount
from laddnav.pricing.policy import MissingVat, NotApplicable, Policy, WithoutVat
from laddnav.pricing.rounding import plain, quotient
from laddnav.tariffs.model import TaxIncluded

_HUNDRED = Decimal(100)
TAX_NAME = "VAT"  # what a percentage in a PriceComponent is called; OCPI's tariffs name no other tax

Taxed = Callable[[Decimal], Amount]


def taxing(vat: Decimal | None, included: TaxIncluded | None, policy: Policy) -> tuple[Taxed, tuple[Flag, ...]]:
    """How a cost in the tariff's own terms is taxed, and what should be known of the result.

    OCPI 2.3.0 mod_tariffs_taxincluded_enum; a tariff of 2.2.1 says nothing and means that taxes come on top.
    """
    if included is TaxIncluded.UNSAID:
        return _before_only, (Flag.AFTER_TAXES_UNKNOWN,)
    if included is TaxIncluded.NOT_APPLICABLE and (vat is None or policy.not_applicable is NotApplicable.WINS):
        return _untaxed, () if vat is None else (Flag.VAT_NOT_APPLICABLE,)
    if included is TaxIncluded.YES:
        if vat is not None:
            return _with_tax_inside(vat), ()
        if policy.without_vat is WithoutVat.SAME:
            return _untaxed, ()
        return _after_only, (Flag.BEFORE_TAXES_UNKNOWN,)
    if vat is not None:
        return _with_tax_on_top(vat), ()
    if policy.missing_vat is MissingVat.UNKNOWN:
        return _before_only, (Flag.AFTER_TAXES_UNKNOWN,)
    return _untaxed, (Flag.TAXES_MAY_BE_ADDED,) if included is TaxIncluded.NO else ()


def _with_tax_on_top(vat: Decimal) -> Taxed:
    share = plain(vat / _HUNDRED)

    def added(cost: Decimal) -> Amount:
        tax = cost * share
        return Amount(cost, cost + tax, (TaxAmount(TAX_NAME, tax, vat, cost),))

    return added


def _with_tax_inside(vat: Decimal) -> Taxed:
    """The tax is what remains: before and after taxes differ by it to the last digit."""
    whole = 100 + vat

    def split(cost: Decimal) -> Amount:
        before = quotient(cost * 100, whole)
        return Amount(before, cost, (TaxAmount(TAX_NAME, cost - before, vat, before),))

    return split


def _untaxed(cost: Decimal) -> Amount:
    """A component without `vat` names no tax; that is not the same as a tax of 0 %."""
    return Amount(cost, cost)


def _before_only(cost: Decimal) -> Amount:
    return Amount(cost, None)


def _after_only(cost: Decimal) -> Amount:
    return Amount(None, cost)
