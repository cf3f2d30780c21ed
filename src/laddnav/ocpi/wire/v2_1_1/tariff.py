"""Tariff as OCPI 2.1.1 spells it: without an owner, a type, limits, validity and VAT (OCPI 2.1.1 mod_tariffs §3.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.elements import WireRestrictions, before_taxes, read_restriction, restriction_words
from laddnav.ocpi.wire.shared.scalars import CiString36, DateTime, Number, String3, Url, clipped, many
from laddnav.ocpi.wire.shared.texts import WireDisplayText
from laddnav.ocpi.wire.v2_1_1.instants import second
from laddnav.ocpi.wire.v2_1_1.plain import plainly
from laddnav.tariffs.model import (
    Element,
    PriceComponent,
    Restriction,
    Tariff,
    TariffDimension,
    TariffText,
    TaxIncluded,
)

FREE = Element(components=(PriceComponent(type=TariffDimension.FLAT, price=Decimal(0), step_size=0),))


class WirePriceComponent(Struct, kw_only=True):
    type: TariffDimension
    price: Number
    step_size: Annotated[int, Meta(ge=0)]


class WireElement(Struct, kw_only=True, omit_defaults=True):
    price_components: Annotated[tuple[WirePriceComponent, ...], Meta(min_length=1)]
    restrictions: WireRestrictions | None = None


class WireEnergyMix(Struct, kw_only=True):
    """Of what energy a Tariff sells we know only whether it is green (OCPI 2.1.1 mod_locations §4.5)."""

    is_green_energy: bool


class WireTariff(Struct, kw_only=True, omit_defaults=True):
    id: CiString36
    currency: String3
    tariff_alt_text: tuple[WireDisplayText, ...] | None = None
    tariff_alt_url: Url | None = None
    elements: Annotated[tuple[WireElement, ...], Meta(min_length=1)]
    energy_mix: WireEnergyMix | None = None
    last_updated: DateTime


def read_tariff(wire: WireTariff, owner: PartyId) -> Tariff:
    return Tariff(
        owner=owner,
        id=wire.id,
        currency=wire.currency.upper(),
        elements=tuple(
            Element(
                components=tuple(
                    PriceComponent(type=one.type, price=one.price.value, step_size=one.step_size)
                    for one in element.price_components
                ),
                restriction=read_restriction(element.restrictions),
            )
            for element in wire.elements
        ),
        texts=tuple(TariffText(one.language, one.text) for one in wire.tariff_alt_text or ()),
        url=wire.tariff_alt_url,
        tax_included=TaxIncluded.UNSAID,
        is_green_energy=None if wire.energy_mix is None else wire.energy_mix.is_green_energy,
        last_updated=wire.last_updated.at,
    )


def write_tariff(tariff: Tariff) -> WireTariff:
    green = tariff.is_green_energy
    return WireTariff(
        id=tariff.id,
        currency=tariff.currency,
        tariff_alt_text=many(
            WireDisplayText(language=one.language, text=clipped(one.text, 512)) for one in tariff.texts
        ),
        tariff_alt_url=tariff.url,
        elements=tuple(
            WireElement(
                price_components=tuple(
                    WirePriceComponent(type=one.type, price=Number(one.price), step_size=one.step_size)
                    for one in element.components
                ),
                restrictions=_write_restriction(element.restriction),
            )
            for element in _sayable(before_taxes(tariff).elements)
        ),
        energy_mix=None if green is None else WireEnergyMix(is_green_energy=green),
        last_updated=second(tariff.last_updated),
    )


def _sayable(elements: tuple[Element, ...]) -> tuple[Element, ...]:
    """Without those whose condition 2.1.1 has no words for: said without it, their price would always hold.

    Where none remains nothing is priced, which 2.1.1 says with a fee of nothing (OCPI 2.1.1 mod_tariffs §3.1).
    """
    return tuple(one for one in elements if not _beyond_words(one.restriction)) or (FREE,)


def _beyond_words(restriction: Restriction) -> bool:
    conditions = (restriction.current_min, restriction.current_max, restriction.reservation, restriction.booking)
    return any(one is not None for one in conditions)


def _write_restriction(restriction: Restriction) -> WireRestrictions | None:
    return None if restriction == Restriction() else WireRestrictions(**restriction_words(restriction))


def read(wire: WireTariff, hearing: Hearing) -> Tariff:
    """It belongs to whom we hear it from: 2.1.1 names its owner in the URL only."""
    return read_tariff(wire, hearing.sender)


codec = Codec(WireTariff, read, plainly(write_tariff))
