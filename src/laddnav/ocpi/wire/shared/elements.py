"""What the Elements of a Tariff say alike in every version: when they hold, and what a price before taxes is."""

from __future__ import annotations

from datetime import date, time
from decimal import Context, Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import Energy, kwh
from laddnav.kit.power import Power, kw
from laddnav.ocpi.wire.shared.scalars import ClockTime, Number, many
from laddnav.ocpi.wire.shared.seconds import read_seconds, write_seconds
from laddnav.tariffs.model import PriceComponent, Restriction, Tariff, TaxIncluded, Weekday

_EXACT = Context(prec=80)
_MILLIONTH = Decimal("1e-6")


class WireRestrictions(Struct, kw_only=True, omit_defaults=True):
    """All that OCPI 2.1.1 has; later versions add to it (OCPI 2.1.1 mod_tariffs §4.5)."""

    start_time: ClockTime | None = None
    end_time: ClockTime | None = None
    start_date: date | None = None
    end_date: date | None = None
    min_kwh: Number | None = None
    max_kwh: Number | None = None
    min_power: Number | None = None
    max_power: Number | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    day_of_week: tuple[Weekday, ...] | None = None


def read_restriction(wire: WireRestrictions | None, **more: Any) -> Restriction:
    """`more` is what a later version says besides."""
    if wire is None:
        return Restriction()
    return Restriction(
        start_time=None if wire.start_time is None else time.fromisoformat(wire.start_time),
        end_time=None if wire.end_time is None else time.fromisoformat(wire.end_time),
        start_date=wire.start_date,
        end_date=wire.end_date,
        energy_min=_read_energy(wire.min_kwh),
        energy_max=_read_energy(wire.max_kwh),
        power_min=_read_power(wire.min_power),
        power_max=_read_power(wire.max_power),
        duration_min=read_seconds(wire.min_duration),
        duration_max=read_seconds(wire.max_duration),
        weekdays=wire.day_of_week or (),
        **more,
    )


def restriction_words(restriction: Restriction) -> dict[str, Any]:
    """The fields of WireRestrictions."""
    return {
        "start_time": _write_clock(restriction.start_time),
        "end_time": _write_clock(restriction.end_time),
        "start_date": restriction.start_date,
        "end_date": restriction.end_date,
        "min_kwh": None if restriction.energy_min is None else Number(restriction.energy_min.kwh),
        "max_kwh": None if restriction.energy_max is None else Number(restriction.energy_max.kwh),
        "min_power": None if restriction.power_min is None else Number(restriction.power_min.kw),
        "max_power": None if restriction.power_max is None else Number(restriction.power_max.kw),
        "min_duration": write_seconds(restriction.duration_min),
        "max_duration": write_seconds(restriction.duration_max),
        "day_of_week": many(restriction.weekdays),
    }


def before_taxes(tariff: Tariff) -> Tariff:
    """For a version whose prices exclude VAT (OCPI 2.2.1 mod_tariffs_pricecomponent_class).

    A VAT that is in a price and named is taken out of it, to six decimals; one that is not named stays in, for nobody
    knows how much it is; one that is not applicable is left out.
    """
    if tariff.tax_included not in (TaxIncluded.YES, TaxIncluded.NOT_APPLICABLE):
        return tariff
    included = tariff.tax_included is TaxIncluded.YES
    component = _net if included else _untaxed
    return replace(
        tariff,
        elements=tuple(
            replace(element, components=tuple(component(one) for one in element.components))
            for element in tariff.elements
        ),
    )


def _net(component: PriceComponent) -> PriceComponent:
    if component.vat is None or component.vat <= -100:
        return component
    net = _EXACT.divide(component.price * 100, component.vat + 100).quantize(_MILLIONTH, context=_EXACT)
    return replace(component, price=net.normalize(_EXACT))


def _untaxed(component: PriceComponent) -> PriceComponent:
    return replace(component, vat=None)


def _write_clock(clock: time | None) -> str | None:
    return None if clock is None else f"{clock:%H:%M}"


def _read_energy(said: Number | None) -> Energy | None:
    return None if said is None else kwh(said.value)


def _read_power(said: Number | None) -> Power | None:
    return None if said is None else kw(said.value)
