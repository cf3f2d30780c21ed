"""Tariff as OCPI 2.2.1 spells it (OCPI 2.2.1 mod_tariffs_tariff_object)."""

from datetime import date, time
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.kit.energy import Energy, kwh
from laddnav.kit.ids import PartyId
from laddnav.kit.power import Power, kw
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import (
    CiString2,
    CiString3,
    CiString36,
    ClockTime,
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
from laddnav.ocpi.wire.shared.seconds import read_seconds, write_seconds
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
    Weekday,
)


class WirePriceComponent(Struct, kw_only=True, omit_defaults=True):
    type: TariffDimension
    price: Number
    vat: Number | None = None
    step_size: Annotated[int, Meta(ge=0)]


class WireRestrictions(Struct, kw_only=True, omit_defaults=True):
    start_time: ClockTime | None = None
    end_time: ClockTime | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Number | None = None
    max_kwh: Number | None = None
    min_current: Number | None = None
    max_current: Number | None = None
    min_power: Number | None = None
    max_power: Number | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: tuple[Weekday, ...] | None = None
    reservation: Word | None = None


class WireElement(Struct, kw_only=True, omit_defaults=True):
    price_components: Annotated[tuple[WirePriceComponent, ...], Meta(min_length=1)]
    restrictions: WireRestrictions | None = None


class WireTariff(Struct, kw_only=True, omit_defaults=True):
    country_code: CiString2
    party_id: CiString3
    id: CiString36
    currency: String3
    type: Word | None = None
    tariff_alt_text: tuple[WireDisplayText, ...] | None = None
    tariff_alt_url: Url | None = None
    min_price: WirePrice | None = None
    max_price: WirePrice | None = None
    elements: Annotated[tuple[WireElement, ...], Meta(min_length=1)]
    start_date_time: DateTime | None = None
    end_date_time: DateTime | None = None
    energy_mix: WireEnergyMix | None = None
    last_updated: DateTime


def read_tariff(wire: WireTariff) -> Tariff:
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
        price_min=_read_limit(wire.min_price),
        price_max=_read_limit(wire.max_price),
        starts_at=instant_of(wire.start_date_time),
        ends_at=instant_of(wire.end_date_time),
        is_green_energy=None if wire.energy_mix is None else wire.energy_mix.is_green_energy,
        last_updated=wire.last_updated.at,
    )


def write_tariff(tariff: Tariff) -> WireTariff:
    green = tariff.is_green_energy
    return WireTariff(
        country_code=tariff.owner.country,
        party_id=tariff.owner.party,
        id=tariff.id,
        currency=tariff.currency,
        type=tariff.type,
        tariff_alt_text=many(
            WireDisplayText(language=one.language, text=clipped(one.text, 512)) for one in tariff.texts
        ),
        tariff_alt_url=tariff.url,
        min_price=_write_limit(tariff.price_min),
        max_price=_write_limit(tariff.price_max),
        elements=tuple(
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
        start_date_time=maybe_instant(tariff.starts_at),
        end_date_time=maybe_instant(tariff.ends_at),
        energy_mix=None if green is None else WireEnergyMix(is_green_energy=green),
        last_updated=DateTime(tariff.last_updated),
    )


def _read_restriction(wire: WireRestrictions | None) -> Restriction:
    if wire is None:
        return Restriction()
    return Restriction(
        start_time=_read_clock(wire.start_time),
        end_time=_read_clock(wire.end_time),
        start_date=wire.start_date,
        end_date=wire.end_date,
        energy_min=_read_energy(wire.min_kwh),
        energy_max=_read_energy(wire.max_kwh),
        current_min=value_of(wire.min_current),
        current_max=value_of(wire.max_current),
        power_min=_read_power(wire.min_power),
        power_max=_read_power(wire.max_power),
        duration_min=read_seconds(wire.min_duration),
        duration_max=read_seconds(wire.max_duration),
        weekdays=wire.day_of_week or (),
        reservation=wire.reservation,
    )


def _write_restriction(restriction: Restriction) -> WireRestrictions | None:
    if restriction == Restriction():
        return None
    return WireRestrictions(
        start_time=_write_clock(restriction.start_time),
        end_time=_write_clock(restriction.end_time),
        start_date=restriction.start_date,
        end_date=restriction.end_date,
        min_kwh=None if restriction.energy_min is None else Number(restriction.energy_min.kwh),
        max_kwh=None if restriction.energy_max is None else Number(restriction.energy_max.kwh),
        min_current=maybe_number(restriction.current_min),
        max_current=maybe_number(restriction.current_max),
        min_power=None if restriction.power_min is None else Number(restriction.power_min.kw),
        max_power=None if restriction.power_max is None else Number(restriction.power_max.kw),
        min_duration=write_seconds(restriction.duration_min),
        max_duration=write_seconds(restriction.duration_max),
        day_of_week=many(restriction.weekdays),
        reservation=restriction.reservation,
    )


def _read_limit(wire: WirePrice | None) -> Limit | None:
    return None if wire is None else Limit(wire.excl_vat.value, value_of(wire.incl_vat))


def _write_limit(limit: Limit | None) -> WirePrice | None:
    return None if limit is None else WirePrice(excl_vat=Number(limit.excl), incl_vat=maybe_number(limit.incl))


def _read_clock(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)


def _write_clock(clock: time | None) -> str | None:
    return None if clock is None else f"{clock:%H:%M}"


def _read_energy(said: Number | None) -> Energy | None:
    return None if said is None else kwh(said.value)


def _read_power(said: Number | None) -> Power | None:
    return None if said is None else kw(said.value)


def read(wire: WireTariff, hearing: Hearing) -> Tariff:
    return read_tariff(wire)


codec = Codec(WireTariff, read, write_tariff)
