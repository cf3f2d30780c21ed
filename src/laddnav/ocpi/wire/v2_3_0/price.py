"""Price as OCPI 2.3.0 spells it: before taxes, and each tax by name (OCPI 2.3.0 types_price_class)."""

from __future__ import annotations

from msgspec import Struct

from laddnav.kit.money import Price, TaxAmount
from laddnav.ocpi.wire.shared.scalars import Number, String255, maybe_number, value_of


class WireTaxAmount(Struct, kw_only=True, omit_defaults=True):
    """OCPI 2.3.0 types_tax_amount_class."""

    name: String255
    account_number: String255 | None = None
    percentage: Number | None = None
    amount: Number


class WirePrice(Struct, kw_only=True, omit_defaults=True):
    before_taxes: Number
    taxes: tuple[WireTaxAmount, ...] = ()


def read_price(wire: WirePrice) -> Price:
    """A list that is left out is empty: there are no taxes."""
    taxes = [
        TaxAmount(tax.name, tax.amount.value, value_of(tax.percentage), account_number=tax.account_number)
        for tax in wire.taxes
    ]
    return Price(wire.before_taxes.value, tuple(taxes))


def write_price(price: Price) -> WirePrice:
    """2.3.0 cannot say that nobody knows the taxes: then none are named."""
    return WirePrice(
        before_taxes=Number(price.before_taxes),
        taxes=tuple(
            WireTaxAmount(
                name=tax.name,
                account_number=tax.account_number,
                percentage=maybe_number(tax.percentage),
                amount=Number(tax.amount),
            )
            for tax in price.taxes or ()
        ),
    )
