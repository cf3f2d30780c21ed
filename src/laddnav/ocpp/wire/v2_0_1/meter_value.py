"""MeterValue and SampledValue, which MeterValues and TransactionEvent share (OCPP 2.0.1 part 2 MeterValueType)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.json import Unreadable
from laddnav.metering.model import Reading
from laddnav.ocpp.wire.v1_6.fields import instant, number
from laddnav.ocpp.wire.v1_6.meter_value import CONTEXT, INTO_OURS, LOCATION, MEASURAND, SIGNED_RECORD


class WireUnitOfMeasure(Struct, frozen=True):
    unit: str | None = None
    multiplier: int = 0


class WireSampledValue(Struct, frozen=True):
    value: Decimal
    context: str | None = None
    measurand: str | None = None
    phase: str | None = None
    location: str | None = None
    signedMeterValue: dict[str, Any] | None = None
    unitOfMeasure: WireUnitOfMeasure = WireUnitOfMeasure()


class WireMeterValue(Struct, frozen=True):
    timestamp: str
    sampledValue: tuple[WireSampledValue, ...]


_MULTIPLIER_MAX = 24  # a power of ten beyond every prefix that there is


def readings(values: Sequence[WireMeterValue]) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
    """What can be read, and what cannot, as the station put it: one bad sample must not cost the others."""
    read, unread = list[Reading](), list[str]()
    for value in values:
        try:
            at = instant(value.timestamp)
        except Unreadable as error:
            unread.append(str(error))
            continue
        for sample in value.sampledValue:
            try:
                read.append(_reading(at, sample, sample.measurand or MEASURAND, _value(sample)))
            except Unreadable as error:
                unread.append(f"{sample.measurand or MEASURAND}: {error}"[:100])
            if sample.signedMeterValue is not None:
                as_sent = json.encode(sample.signedMeterValue).decode()
                read.append(_reading(at, sample, SIGNED_RECORD, Decimal(0), signed=as_sent))
    return tuple(read), tuple(unread)


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


def _value(sample: WireSampledValue) -> Decimal:
    """In the unit of a Reading. Raises Unreadable."""
    measure = sample.unitOfMeasure
    value = number(sample.value)
    if abs(measure.multiplier) > _MULTIPLIER_MAX:
        raise Unreadable(f"ten to the power of {measure.multiplier} is no multiplier")
    if measure.multiplier:
        value = number(value.scaleb(measure.multiplier))
    if measure.unit is None:
        return value
    into_ours = INTO_OURS.get(measure.unit.casefold())
    if into_ours is None:
        raise Unreadable(f"{measure.unit[:20]!r} is no unit of it")
    return into_ours(value)
