"""Tariff as OCPI 2.3.0 spells it: as 2.2.1, but it says whether taxes are in its prices.

OCPI 2.3.0 mod_tariffs_tariff_object, mod_tariffs_pricelimit_class, and the payments module's preauthorize_amount.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

from laddnav.ocpi.wire.codec import Codec, Hearing, Unsayable
from laddnav.ocpi.wire.shared.scalars import Number, maybe_number, value_of
from laddnav.ocpi.wire.v2_2_1 import tariff as v2_2_1
from laddnav.ocpi.wire.v2_2_1.tariff import WireTariffOf, read_tariff_of, tariff_words
from laddnav.ocpi.wire.v2_3_0.energy_mix import WireEnergyMix
from laddnav.tariffs.model import Limit, Tariff, TariffType, TaxIncluded

Reserved = Literal["RESERVATION", "RESERVATION_EXPIRES"]  # OCPI 2.3.0 mod_tariffs_reservation_restriction_type


class WirePriceLimit(Struct, kw_only=True, omit_defaults=True):
    before_taxes: Number
    after_taxes: Number | None = None


class WireRestrictions(v2_2_1.WireRestrictions, kw_only=True, omit_defaults=True):
    reservation: Reserved | None = None


class WireElement(v2_2_1.WireElement, kw_only=True, omit_defaults=True):
    restrictions: WireRestrictions | None = None


class WireTariff(WireTariffOf[WirePriceLimit], kw_only=True, omit_defaults=True):
    elements: Annotated[tuple[WireElement, ...], Meta(min_length=1)]
    type: TariffType | None = None
    energy_mix: WireEnergyMix | None = None
    tax_included: Literal["YES", "NO", "N/A"]
    preauthorize_amount: Number | None = None


def read_tariff(wire: WireTariff) -> Tariff:
    return read_tariff_of(
        wire,
        read_limit,
        tax_included=TaxIncluded(wire.tax_included),
        preauthorize_amount=value_of(wire.preauthorize_amount),
    )


def write_tariff(tariff: Tariff) -> WireTariff:
    """Raises Unsayable: without its type it would be for everybody, and an Element of reservations for any charge."""
    unknown = {tariff.type} - {None, *TariffType}
    unknown |= {element.restriction.reservation for element in tariff.elements} - {None, *get_args(Reserved)}
    if unknown:
        raise Unsayable(f"OCPI 2.3.0 has no words for Tariff {tariff.id!r}: {', '.join(map(str, unknown))}")
    return WireTariff(
        **tariff_words(tariff, _write_limit),
        tax_included=_taxes_of(tariff),
        preauthorize_amount=maybe_number(tariff.preauthorize_amount),
    )


def read_limit(wire: WirePriceLimit) -> Limit:
    return Limit(wire.before_taxes.value, value_of(wire.after_taxes))


def _write_limit(limit: Limit) -> WirePriceLimit:
    return WirePriceLimit(before_taxes=Number(limit.excl), after_taxes=maybe_number(limit.incl))


def _taxes_of(tariff: Tariff) -> Literal["YES", "NO", "N/A"]:
    """The prices of older versions exclude taxes and cannot say so (OCPI 2.3.0 mod_tariffs_taxincluded_enum)."""
    match tariff.tax_included:
        case TaxIncluded.YES:
            return "YES"
        case TaxIncluded.NOT_APPLICABLE:
            return "N/A"
        case _:
            return "NO"


def read(wire: WireTariff, hearing: Hearing) -> Tariff:
    return read_tariff(wire)


codec = Codec(WireTariff, read, write_tariff)
