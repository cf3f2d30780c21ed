"""MeterValue and SampledValue, which MeterValues and StopTransaction share (OCPP 1.6 §7.33, §7.43)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.json import Unreadable
from laddnav.metering.model import Measurand, Reading
from laddnav.ocpp.wire.v1_6.fields import instant


class WireSampledValue(Struct, frozen=True):
    value: Any  # text by the table; bare numbers are seen
    context: str | None = None
    format: str | None = None
    measurand: str | None = None
    phase: str | None = None
    location: str | None = None
    unit: str | None = None


class WireMeterValue(Struct, frozen=True):
    timestamp: str
    sampledValue: tuple[WireSampledValue, ...]


# A record is a reading of its own: the plain number beside it may have come before without it, and is kept once.
SIGNED_RECORD = "SignedData"

# What a sample is that does not say (OCPP 1.6 §7.43).
MEASURAND = Measurand.ENERGY_IMPORT_REGISTER.value
CONTEXT = "Sample.Periodic"
LOCATION = "Outlet"

_LONGEST_NUMBER = 64  # characters; what is longer was not meant as a number
_PLAIN = 30  # digits of a number that surely can be calculated with


def _as_it_is(value: Decimal) -> Decimal:
    return value


def _thousandfold(value: Decimal) -> Decimal:
    return value * 1000


# Each unit into the one that a Reading has. Stations write kwh and KWh, so case does not matter.
INTO_OURS: dict[str, Callable[[Decimal], Decimal]] = {
    **dict.fromkeys(("wh", "w", "varh", "var", "vah", "va", "a", "v", "percent", "%", "hertz", "hz"), _as_it_is),
    **dict.fromkeys(("kwh", "kw", "kvarh", "kvar", "kvah", "kva"), _thousandfold),
    "mhz": lambda value: value / 1000,  # of what is on a grid, milli
    # What else there is has one unit of its own (OCPP 2.1 part 2 appendices 2).
    **dict.fromkeys(("asu", "b", "db", "dbm", "deg", "kpa", "lx", "m", "ms2", "n", "ohm", "rh", "rpm", "s"), _as_it_is),
    **dict.fromkeys(("celsius", "celcius"), _as_it_is),  # the schema has both spellings (OCPP-J 1.6 errata §2.2)
    "k": lambda value: value - Decimal("273.15"),
    "fahrenheit": lambda value: (value - 32) * 5 / 9,
}


_OURS = frozenset({"Wh", "W", "A", "V", "Percent"})  # as they are spelt, so that most need not be folded


def readings(values: Sequence[WireMeterValue]) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
    """What can be read, and what cannot, as the station put it: one bad sample must not cost the others."""
    read: list[Reading] = []
    unread: list[str] = []
    for value in values:
        try:
            at = instant(value.timestamp)
        except Unreadable as error:
            unread.append(str(error))
            continue
        _read(at, value.sampledValue, read, unread)
    return tuple(read), tuple(unread)


def _read(at: datetime, samples: Sequence[WireSampledValue], read: list[Reading], unread: list[str]) -> None:
    for sample in samples:
        if sample.format == "SignedData":
            read.append(_reading(at, sample, SIGNED_RECORD, Decimal(0), signed=_as_sent(sample.value)))
            continue
        number = _number(sample)
        if number is None:
            unread.append(f"{sample.measurand or MEASURAND}: {sample.value!r} {sample.unit or ''}"[:100])
            continue
        read.append(_reading(at, sample, sample.measurand or MEASURAND, number))


def _reading(
    at: datetime, sample: WireSampledValue, measurand: str, value: Decimal, signed: str | None = None
) -> Reading:
    return Reading(
        at=at,
        measurand=measurand,
        value=value,
        phase=sample.phase,
        context=sample.context or CONTEXT,
        location=sample.location or LOCATION,
        signed=signed,
    )


def _as_sent(value: Any) -> str:
    """The record itself, or a SignedMeterValueType as text (Signed Meter Values in OCPP 1.0 §3.2.1) or, seen, bare."""
    return value if isinstance(value, str) else json.encode(value).decode()


def _number(sample: WireSampledValue) -> Decimal | None:
    """The value in the unit of a Reading; None where value or unit make no sense."""
    said = sample.value
    if type(said) is str and len(said) < _PLAIN and said.isascii() and said.replace(".", "", 1).isdigit():
        value = Decimal(said)  # as nearly all are: digits, and perhaps a point
    elif not isinstance(said, (str, int, Decimal)) or isinstance(said, bool) or len(str(said)) > _LONGEST_NUMBER:
        return None
    else:
        try:
            value = json.sane(Decimal(said))
        except (ValueError, InvalidOperation):
            return None
    if sample.unit is None or sample.unit in _OURS:
        return value
    into_ours = INTO_OURS.get(sample.unit.casefold())
    return None if into_ours is None else into_ours(value)
