"""Price as OCPI 2.2.1 spells it: before VAT and, where it is known, with it (OCPI 2.2.1 types_price_class)."""

from msgspec import Struct

from laddnav.kit.money import Price, TaxAmount
from laddnav.ocpi.wire.shared.scalars import Number, maybe_number


class WirePrice(Struct, kw_only=True, omit_defaults=True):
    excl_vat: Number
    incl_vat: Number | None = None


def read_price(wire: WirePrice) -> Price:
    if wire.incl_vat is None:
        return Price(wire.excl_vat.value)
    tax = wire.incl_vat.value - wire.excl_vat.value
    return Price(wire.excl_vat.value, (TaxAmount("VAT", tax),) if tax else ())


def write_price(price: Price) -> WirePrice:
    return WirePrice(excl_vat=Number(price.before_taxes), incl_vat=maybe_number(price.after_taxes))
