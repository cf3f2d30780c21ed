"""Amperes said between two registers become the mean current of the stretches that the second register ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from laddnav.metering.model import Activity, Drawn, Measurand, Meter, Reading, Stretch

_ALL = ""  # in place of a phase: the sum of them, as the station adds them up itself
_NO_CURRENT = Decimal(0)
_MILLIAMPERE = Decimal("0.001")
# No outlet draws more: the Megawatt Charging System ends at 3,000 A. What says more is no current.
_LARGEST_CURRENT = Decimal(10_000)
_CURRENT = Measurand.CURRENT_IMPORT.value
_CHARGING = Activity.CHARGING  # looked up once
_PHASES = {None: _ALL, "": _ALL} | {f"{phase}{end}": phase for phase in ("L1", "L2", "L3") for end in ("", "-N")}


def tallied(meter: Meter, readings: Iterable[Reading]) -> Meter:
    """Some more readings. What is not a current through the outlet, or came too late to count, changes nothing."""
    drawn = meter.drawn
    for reading in readings:
        phase = phase_of(reading)
        if phase is None or reading.at <= meter.read_at:
            continue
        last = drawn[-1] if drawn else None
        if last is None or (last.at <= reading.at and _parted(meter, last.at, reading.at)):
            drawn = (*drawn, Drawn(reading.at, (phase,), 1, reading.value))
        elif reading.at >= last.at:
            drawn = (*drawn[:-1], _added(last, reading.at, phase, reading.value))
    return meter if drawn is meter.drawn else replace(meter, drawn=drawn)


def with_current(meter: Meter, pieces: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """Each piece with the mean of what was said in it, its end included.

    A piece of charging in which nobody said anything goes on as the one before it; where no energy flows, none does.
    """
    if not meter.drawn and meter.amperes is None:
        return pieces
    found, amperes = list[Stretch](), meter.amperes
    for piece in pieces:
        current = _mean([drawn for drawn in meter.drawn if piece.started_at < drawn.at <= piece.ended_at])
        if piece.activity is _CHARGING:
            current = amperes = amperes if current is None else current
        elif current is None and not piece.energy:
            current = _NO_CURRENT
        found.append(replace(piece, current=current))
    return tuple(found)


def left(meter: Meter, until: datetime, pieces: tuple[Stretch, ...]) -> tuple[tuple[Drawn, ...], Decimal | None]:
    """(`drawn`, `amperes`) of the meter without what these pieces, which end at `until`, have taken up."""
    amperes = meter.amperes
    for piece in pieces:
        if piece.activity is _CHARGING and piece.current is not None:
            amperes = piece.current
    return tuple([drawn for drawn in meter.drawn if drawn.at > until]), amperes


def phase_of(reading: Reading) -> str | None:
    """None where it is no such current, cannot be one, or flows in the neutral, which only takes back the phases'."""
    if reading.measurand != _CURRENT or reading.location != "Outlet":
        return None
    if abs(reading.value) > _LARGEST_CURRENT:
        return None
    return _PHASES.get(reading.phase)


def _parted(meter: Meter, before: datetime, after: datetime) -> bool:
    """Whether a stretch may end between the two, so that they must be told apart."""
    if not meter.marks and meter.held is None:
        return False
    held = () if meter.held is None else (meter.held.at,)
    return any(before <= border < after for border in (*(mark.at for mark in meter.marks), *held))


def _added(last: Drawn, at: datetime, phase: str, amperes: Decimal) -> Drawn:
    """The phases of one instant are summed. Where the station adds them up itself, only its sums count."""
    if (phase == _ALL) != (_ALL in last.phases):
        return Drawn(at, (phase,), 1, amperes) if phase == _ALL else last
    if at > last.at:
        return Drawn(at, (phase,), last.instants + 1, last.total + amperes)
    if phase in last.phases:
        return last
    return Drawn(at, (*last.phases, phase), last.instants, last.total + amperes)


def _mean(said: Sequence[Drawn]) -> Decimal | None:
    if not said:
        return None
    total, instants = said[0].total, said[0].instants
    for one in said[1:]:
        total, instants = total + one.total, instants + one.instants
    return (total / instants).quantize(_MILLIAMPERE).normalize()
