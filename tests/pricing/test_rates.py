"""What one of something costs with its taxes, and the same tariff told to those who pay them."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from msgspec.structs import replace

from laddnav.pricing.ahead.estimate import estimated
from laddnav.pricing.plain.rates import of_one, taxes_included
from laddnav.tariffs.model import PriceComponent, Tariff, TariffDimension, TaxIncluded
from tests.laws.tariffs import tariffs
from tests.laws.test_estimate import energies, powers, starts
from tests.things import tariff


def test_a_price_is_told_on_both_sides_of_its_tax() -> None:
    component = PriceComponent(type=TariffDimension.ENERGY, price=Decimal(4), vat=Decimal(25), step_size=1)
    before = of_one(tariff(), component)
    assert (before.excl, before.incl) == (Decimal(4), Decimal(5))
    inside = of_one(tariff(tax_included=TaxIncluded.YES), component)
    assert (inside.excl, inside.incl) == (Decimal("3.2"), Decimal(4))


def test_where_a_tax_is_not_named_the_tariff_is_told_as_it_stands() -> None:
    untold = replace(tariff(), elements=(*tariff().elements, *_without_vat()))
    assert taxes_included(untold) == untold


@given(tariffs(limited=False), starts(), energies, powers)
def test_a_tariff_told_with_its_taxes_costs_the_same_in_the_end(
    told: Tariff, start: tuple[str, object], energy: object, power: object
) -> None:
    zone, at = start
    asked = {"energy": energy, "start": at, "power": power, "zone": zone}
    plain = estimated(told, **asked).priced.total.incl  # type: ignore[arg-type]  # as the strategies draw them
    paid = estimated(taxes_included(told), **asked).priced.total.incl  # type: ignore[arg-type]  # as above
    assert plain is not None and paid is not None
    assert abs(plain - paid) < Decimal("1e-9")


def _without_vat() -> tuple[object, ...]:
    (element,) = tariff().elements
    return (replace(element, components=tuple(replace(each, vat=None) for each in element.components)),)
