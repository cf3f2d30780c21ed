"""Tariff as OCPI 2.2.1 spells it (OCPI 2.2.1 mod_tariffs_tariff_object)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared import elements
from laddnav.ocpi.wire.shared.elements import before_taxes, restriction_words
from laddnav.ocpi.wire.shared.scalars import (
    CiString2,
    CiString3,
    CiString36,
    DateTime,
    Number,
    String3,
    Url,
    Word,
    clipped,
    instant_of,
    many,
    maybe_instant,
    maybe_number,
    value_of,
)
from laddnav.ocpi.wire.shared.texts import WireDisplayText
from laddnav.ocpi.wire.v2_2_1.energy_mix import WireEnergyMix
from laddnav.ocpi.wire.v2_2_1.price import WirePrice
from laddnav.tariffs.model import (
    Element,
    Limit,
    PriceComponent,
    Restriction,
    Tariff,
    TariffDimension,
    TariffText,
)

L = TypeVar("L", bound=Struct)


class WirePriceComponent(Struct, kw_only=True, omit_defaults=True):
    type: TariffDimension
    price: Number
    vat: Number | None = None
    step_size: Annotated[int, Meta(ge=0)]


class WireRestrictions(elements.WireRestrictions, kw_only=True, omit_defaults=True):
    """`booking` is of the bookings module of 2.3.0; an Element of it that was heard here must not look like a price."""

    min_current: Number | None = None
    max_current: Number | None = None
    reservation: Word | None = None
    booking: Word | None = None


class WireElement(Struct, kw_only=True, omit_defaults=True):
    price_components: Annotated[tuple[WirePriceComponent, ...], Meta(min_length=1)]
    restrictions: WireRestrictions | None = None


class WireTariffOf(Struct, Generic[L], kw_only=True, omit_defaults=True):
    """A Tariff whose limits are spelt as an L."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    currency: String3
    type: Word | None = None
    tariff_alt_text: tuple[WireDisplayText, ...] | None = None
    tariff_alt_url: Url | None = None
    min_price: L | None = None
    max_price: L | None = None
    elements: Annotated[tuple[WireElement, ...], Meta(min_length=1)]
    start_date_time: DateTime | None = None
    end_date_time: DateTime | None = None
    energy_mix: WireEnergyMix | None = None
    last_updated: DateTime


class WireTariff(WireTariffOf[WirePrice], kw_only=True, omit_defaults=True):
    pass


def read_tariff_of(wire: WireTariffOf[L], read_limit: Callable[[L], Limit], **more: Any) -> Tariff:
    """`more` is what a later version says besides."""
    return Tariff(
        owner=PartyId.of(wire.country_code, wire.party_id),
        id=wire.id,
        currency=wire.currency.upper(),
        type=wire.type,
        elements=tuple(
            Element(
                components=tuple(
                    PriceComponent(type=one.type, price=one.price.value, vat=value_of(one.vat), step_size=one.step_size)
                    for one in element.price_components
                ),
                restriction=_read_restriction(element.restrictions),
            )
            for element in wire.elements
        ),
        texts=tuple(TariffText(one.language, one.text) for one in wire.tariff_alt_text or ()),
        url=wire.tariff_alt_url,
        price_min=None if wire.min_price is None else read_limit(wire.min_price),
        price_max=None if wire.max_price is None else read_limit(wire.max_price),
        starts_at=instant_of(wire.start_date_time),
        ends_at=instant_of(wire.end_date_time),
        is_green_energy=None if wire.energy_mix is None else wire.energy_mix.is_green_energy,
        last_updated=wire.last_updated.at,
        **more,
    )


def tariff_words(tariff: Tariff, write_limit: Callable[[Limit], L]) -> dict[str, Any]:
    """The fields of WireTariffOf, its prices as they are."""
    green = tariff.is_green_energy
    return {
        "country_code": tariff.owner.country,
        "party_id": tariff.owner.party,
        "id": tariff.id,
        "currency": tariff.currency,
        "type": tariff.type,
        "tariff_alt_text": many(
            WireDisplayText(language=one.language, text=clipped(one.text, 512)) for one in tariff.texts
        ),
        "tariff_alt_url": tariff.url,
        "min_price": None if tariff.price_min is None else write_limit(tariff.price_min),
        "max_price": None if tariff.price_max is None else write_limit(tariff.price_max),
        "elements": tuple(
            WireElement(
                price_components=tuple(
                    WirePriceComponent(
                        type=one.type, price=Number(one.price), vat=maybe_number(one.vat), step_size=one.step_size
                    )
                    for one in element.components
                ),
                restrictions=_write_restriction(element.restriction),
            )
            for element in tariff.elements
        ),
        "start_date_time": maybe_instant(tariff.starts_at),
        "end_date_time": maybe_instant(tariff.ends_at),
        "energy_mix": None if green is None else WireEnergyMix(is_green_energy=green),
        "last_updated": DateTime(tariff.last_updated),
    }


def read_tariff(wire: WireTariff) -> Tariff:
    return read_tariff_of(wire, _read_limit)


def write_tariff(tariff: Tariff) -> WireTariff:
    return WireTariff(**tariff_words(before_taxes(tariff), _write_limit))


def _read_restriction(wire: WireRestrictions | None) -> Restriction:
    if wire is None:
        return Restriction()
    return elements.read_restriction(
        wire,
        current_min=value_of(wire.min_current),
        current_max=value_of(wire.max_current),
        reservation=wire.reservation,
        booking=wire.booking,
    )


def _write_restriction(restriction: Restriction) -> WireRestrictions | None:
    if restriction == Restriction():
        return None
    return WireRestrictions(
        **restriction_words(restriction),
        min_current=maybe_number(restriction.current_min),
        max_current=maybe_number(restriction.current_max),
        reservation=restriction.reservation,
        booking=restriction.booking,
    )


def _read_limit(wire: WirePrice) -> Limit:
    return Limit(wire.excl_vat.value, value_of(wire.incl_vat))


def _write_limit(limit: Limit) -> WirePrice:
    return WirePrice(excl_vat=Number(limit.excl), incl_vat=maybe_number(limit.incl))


def read(wire: WireTariff, hearing: Hearing) -> Tariff:
    return read_tariff(wire)


codec = Codec(WireTariff, read, write_tariff)
