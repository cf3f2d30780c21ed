"""A Tariff as OCPP 2.1 spells it, and what of ours a station that counts money by itself cannot be told (I07, I12)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from laddnav.kit.time import rfc3339
from laddnav.ocpp.wire.dialect import Asks
from laddnav.ocpp.wire.prices import ChangeTariff, SetTariff
from laddnav.ocpp.wire.requests import Verdict
from laddnav.pricing.plain.rates import of_one
from laddnav.tariffs.model import Element, Limit, PriceComponent, Restriction, Tariff, TariffDimension

_ID_MAX = 60
_MINUTES = 60
_RESERVED = "RESERVATION"
_MICRO = Decimal("0.000001")  # what of a price a minute a station is told

_FIELD = {
    TariffDimension.ENERGY: ("energy", "priceKwh"),
    TariffDimension.TIME: ("chargingTime", "priceMinute"),
    TariffDimension.PARKING_TIME: ("idleTime", "priceMinute"),
    TariffDimension.FLAT: ("fixedFee", "priceFixed"),
}
_RESERVED_FIELD = {
    TariffDimension.TIME: ("reservationTime", "priceMinute"),
    TariffDimension.FLAT: ("reservationFixed", "priceFixed"),
}


def write(tariff: Tariff) -> dict[str, Any]:
    """I07.FR.04: another revision is another tariff. As in ours, the first Element that applies wins."""
    revision = f"@{rfc3339(tariff.last_updated)}"
    said: dict[str, Any] = {"tariffId": tariff.id[: _ID_MAX - len(revision)] + revision, "currency": tariff.currency}
    if tariff.texts:
        said["description"] = [
            {"format": "UTF8", "language": text.language[:8], "content": text.text[:1024]} for text in tariff.texts[:10]
        ]
    if tariff.starts_at is not None:
        said["validFrom"] = rfc3339(tariff.starts_at)
    for element, component in _components(tariff):
        place = _place(element, component)
        price = of_one(tariff, component).excl
        if place is None or price is None:
            continue
        field, name = place
        priced = {name: _minute(price) if name == "priceMinute" else price} | _conditions(
            element.restriction, component
        )
        listed = said.setdefault(field, {"prices": []})
        listed["prices"].append(priced)
        if component.vat is not None:
            listed.setdefault("taxRates", [{"type": "VAT", "tax": component.vat}])
    for field, limit in (("minCost", tariff.price_min), ("maxCost", tariff.price_max)):
        if limit is not None:
            said[field] = _limit(limit)
    return said


def lost(tariff: Tariff) -> tuple[str, ...]:
    """The fields of ours that do not survive, each once."""
    return tuple(dict.fromkeys(_lost(tariff)))


def _lost(tariff: Tariff) -> Iterator[str]:
    if tariff.ends_at is not None:
        yield "ends_at"
    if tariff.type is not None:
        yield "type"
    rates: dict[str, Decimal | None] = {}
    for element, component in _components(tariff):
        place, restriction = _place(element, component), element.restriction
        price = of_one(tariff, component).excl
        if place is None:
            yield f"{component.type} for {restriction.booking or restriction.reservation}"
        elif price is None:
            yield f"{component.type} without the price before taxes"
        else:
            if rates.setdefault(place[0], component.vat) != component.vat:
                yield f"{component.type} vat that differs"
            if component.step_size > 1 and component.type is not TariffDimension.FLAT:
                yield f"{component.type} step_size"
            if place[1] == "priceMinute" and _minute(price) * _MINUTES != price:
                yield f"{component.type} price of an hour that is none of a minute"
            if component.type is TariffDimension.FLAT:
                yield from (f"FLAT {name}" for name in _MEASURED if getattr(restriction, name) is not None)


def _components(tariff: Tariff) -> Iterator[tuple[Element, PriceComponent]]:
    return ((element, component) for element in tariff.elements for component in element.components)


def _place(element: Element, component: PriceComponent) -> tuple[str, str] | None:
    """None: nothing there speaks of bookings, or of reservations that expire."""
    if element.restriction.booking is not None:
        return None
    if element.restriction.reservation is None:
        return _FIELD[component.type]
    return _RESERVED_FIELD.get(component.type) if element.restriction.reservation == _RESERVED else None


def _minute(per_hour: Decimal) -> Decimal:
    return (per_hour / _MINUTES).quantize(_MICRO).normalize()


# What a price that is due once cannot depend on.
_MEASURED = (
    "energy_min",
    "energy_max",
    "power_min",
    "power_max",
    "current_min",
    "current_max",
    "duration_min",
    "duration_max",
)


def _conditions(restriction: Restriction, component: PriceComponent) -> dict[str, Any]:
    r = restriction
    said: dict[str, Any] = {
        "startTimeOfDay": r.start_time and f"{r.start_time:%H:%M}",
        "endTimeOfDay": r.end_time and f"{r.end_time:%H:%M}",
        "dayOfWeek": [day.capitalize() for day in r.weekdays] or None,
        "validFromDate": r.start_date and r.start_date.isoformat(),
        "validToDate": r.end_date and r.end_date.isoformat(),
    }
    if component.type is not TariffDimension.FLAT:
        said |= {
            "minEnergy": r.energy_min and r.energy_min.wh,
            "maxEnergy": r.energy_max and r.energy_max.wh,
            "minPower": r.power_min and r.power_min.kw * 1000,
            "maxPower": r.power_max and r.power_max.kw * 1000,
            "minCurrent": r.current_min,
            "maxCurrent": r.current_max,
            "minTime": r.duration_min and round(r.duration_min.total_seconds()),
            "maxTime": r.duration_max and round(r.duration_max.total_seconds()),
        }
    holds = {name: value for name, value in said.items() if value is not None}
    return {"conditions": holds} if holds else {}


def _limit(limit: Limit) -> dict[str, Any]:
    return {"exclTax": limit.excl} | ({} if limit.incl is None else {"inclTax": limit.incl})


def _set(request: SetTariff) -> dict[str, Any]:
    """I07.FR.12: 0 is every Evse."""
    return {"evseId": request.evse_no, "tariff": write(request.tariff)}


def _change(request: ChangeTariff) -> dict[str, Any]:
    return {"transactionId": request.charge, "tariff": write(request.tariff)}


def _read(payload: dict[str, Any]) -> Verdict:
    return Verdict.ACCEPTED if payload.get("status") == "Accepted" else Verdict.REJECTED


set_default = Asks("SetDefaultTariff", _set, _read)
change = Asks("ChangeTransactionTariff", _change, _read)
