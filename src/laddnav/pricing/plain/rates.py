"""What one of something costs under a Tariff, and the same Tariff as those read it who pay its taxes."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from laddnav.pricing.model import Amount
from laddnav.pricing.policy import OURS
from laddnav.pricing.taxes import taxing
from laddnav.tariffs.model import PriceComponent, Tariff, TaxIncluded


def of_one(tariff: Tariff, component: PriceComponent) -> Amount:
    """One kWh, one hour or one start, before and after taxes."""
    return taxed(tariff, component.price, component.vat)


def taxed(tariff: Tariff, price: Decimal, vat: Decimal | None) -> Amount:
    """A price in the Tariff's own terms, before and after taxes."""
    both_sides, _ = taxing(vat, tariff.tax_included, OURS)
    return both_sides(price)


def taxes_included(tariff: Tariff) -> Tariff:
    """With the price of everything as it is paid; as it stands where any tax is not named. For reading, not billing."""
    components = [component for element in tariff.elements for component in element.components]
    if tariff.tax_included is TaxIncluded.YES or any(component.vat is None for component in components):
        return tariff
    return replace(
        tariff,
        tax_included=TaxIncluded.YES,
        elements=tuple(
            replace(element, components=tuple(_paid(tariff, component) for component in element.components))
            for element in tariff.elements
        ),
    )


def _paid(tariff: Tariff, component: PriceComponent) -> PriceComponent:
    price = of_one(tariff, component).incl
    return component if price is None else replace(component, price=price)
