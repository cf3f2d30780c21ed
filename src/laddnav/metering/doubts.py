"""What does not fit is a doubt: its kind, and what is said of it to a person."""

from __future__ import annotations

from datetime import datetime

from laddnav.kit.energy import Energy
from laddnav.kit.notes import Note
from laddnav.metering.model import Doubt, DoubtKind, Fact, Meter, Reading
from laddnav.metering.notes import NoteKind, noted, watt_hours
from laddnav.metering.plausible import LARGEST_POWER, at_most


def after_stop(fact: Fact) -> tuple[Doubt, ...]:
    if not isinstance(fact, Reading) or fact.register is None:
        return ()
    said = noted(NoteKind.AFTER_STOP, register_wh=watt_hours(fact.register))
    return (named(DoubtKind.READING_AFTER_STOP, fact.at, said),)


_BACKWARD = {
    DoubtKind.BACKWARD_REGISTER: NoteKind.LOWER,
    DoubtKind.ROLLOVER: NoteKind.LOWER_AT_ITS_END,
    DoubtKind.METER_EXCHANGED: NoteKind.LOWER_AS_ANOTHER,
}


def backward(kind: DoubtKind, before: Energy, register: Energy, at: datetime) -> Doubt:
    """Of a register that is lower than the one before."""
    return named(kind, at, _beside(_BACKWARD[kind], before, register))


_COUNTED_ON = {
    DoubtKind.ROLLOVER: NoteKind.COUNTED_ON_AT_ITS_END,
    DoubtKind.METER_EXCHANGED: NoteKind.COUNTED_ON_BY_ANOTHER,
}


def counted_on(kind: DoubtKind, before: Energy, register: Energy, at: datetime, energy: Energy) -> Doubt:
    """The register is billed across where it began anew; `energy` is by how much it moved there without any."""
    return Doubt(kind=kind, at=at, note=_beside(_COUNTED_ON[kind], before, register), energy=energy)


def too_much(meter: Meter, before: Energy, register: Energy, at: datetime) -> Doubt:
    """More than any Evse gives is no question of power, but of the meter."""
    jumped = register - before > at_most(meter, at, LARGEST_POWER)
    most = LARGEST_POWER if jumped else meter.power_max or LARGEST_POWER
    kind = DoubtKind.JUMP if jumped else DoubtKind.POWER_IMPLAUSIBLE
    return named(kind, at, _beside(NoteKind.TOO_MUCH, before, register, most_kw=str(most.kw)))


def no_stop(at: datetime) -> Doubt:
    return named(DoubtKind.STOP_UNKNOWN, at, noted(NoteKind.NO_STOP_REGISTER))


def named(kind: DoubtKind, at: datetime, note: Note) -> Doubt:
    return Doubt(kind=kind, at=at, note=note)


def _beside(kind: NoteKind, before: Energy, register: Energy, **more: str) -> Note:
    return noted(kind, register_wh=watt_hours(register), before_wh=watt_hours(before), **more)
