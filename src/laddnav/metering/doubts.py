"""What does not fit is a doubt: its kind, and the words in which a person reads it."""

from __future__ import annotations

from datetime import datetime

from laddnav.kit.energy import Energy
from laddnav.metering.model import Doubt, DoubtKind, Fact, Meter, Reading
from laddnav.metering.plausible import LARGEST_POWER, at_most


def after_stop(fact: Fact) -> tuple[Doubt, ...]:
    if not isinstance(fact, Reading) or fact.register is None:
        return ()
    return (named(DoubtKind.READING_AFTER_STOP, fact.at, f"{spelt(fact.register)} after the session stopped"),)


_BACKWARD = {
    DoubtKind.BACKWARD_REGISTER: "",
    DoubtKind.ROLLOVER: ": the meter seems to have counted to its end and on",
    DoubtKind.METER_EXCHANGED: ", and counts on from there: another meter, or one that was set back",
}


def backward(kind: DoubtKind, before: Energy, register: Energy, at: datetime) -> Doubt:
    """Of a register that is lower than the one before."""
    return named(kind, at, f"{spelt(register)} after {spelt(before)}{_BACKWARD[kind]}")


_COUNTED_ON = {
    DoubtKind.ROLLOVER: "the meter counted to its end and on, and is billed across it",
    DoubtKind.METER_EXCHANGED: "another meter counts from there on",
}


def counted_on(kind: DoubtKind, before: Energy, register: Energy, at: datetime, energy: Energy) -> Doubt:
    """The register is billed across where it began anew; `energy` is by how much it moved there without any."""
    detail = f"{spelt(register)} after {spelt(before)}: {_COUNTED_ON[kind]}"
    return Doubt(kind=kind, at=at, detail=detail, energy=energy)


def too_much(meter: Meter, before: Energy, register: Energy, at: datetime) -> Doubt:
    """More than any Evse gives is no question of power, but of the meter."""
    jumped = register - before > at_most(meter, at, LARGEST_POWER)
    most = LARGEST_POWER if jumped else meter.power_max or LARGEST_POWER
    kind = DoubtKind.JUMP if jumped else DoubtKind.POWER_IMPLAUSIBLE
    return named(kind, at, f"{spelt(register)} after {spelt(before)} is more than {most.kw} kW give")


def no_stop(at: datetime) -> Doubt:
    return named(DoubtKind.STOP_UNKNOWN, at, "energy after the last register is not known and not billed")


def named(kind: DoubtKind, at: datetime, detail: str) -> Doubt:
    return Doubt(kind=kind, at=at, detail=detail)


def spelt(register: Energy) -> str:
    return f"register {register.wh.normalize():f} Wh"
