"""What stations watch of themselves, and the streams in which they tell it, in words for every version of OCPP."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.ocpp.wire.variables import VariableName


class Base(StrEnum):
    """Which monitors there are to begin with; those that were set here go with either of the last two."""

    ALL = "All"
    FACTORY_DEFAULT = "FactoryDefault"
    HARD_WIRED_ONLY = "HardWiredOnly"


class MonitorType(StrEnum):
    """When a monitor speaks: beyond a value, moved by it, every so many seconds, or that far from what was aimed at."""

    UPPER_THRESHOLD = "UpperThreshold"
    LOWER_THRESHOLD = "LowerThreshold"
    DELTA = "Delta"
    PERIODIC = "Periodic"
    PERIODIC_CLOCK_ALIGNED = "PeriodicClockAligned"
    TARGET_DELTA = "TargetDelta"
    TARGET_DELTA_RELATIVE = "TargetDeltaRelative"


class Criterion(StrEnum):
    """Of which kind the monitors are that a report tells."""

    THRESHOLD = "ThresholdMonitoring"
    DELTA = "DeltaMonitoring"
    PERIODIC = "PeriodicMonitoring"


class Flush(Struct, frozen=True, kw_only=True):
    """How often a stream is sent: after so many seconds, or as soon as it has so many values."""

    interval: int | None = None
    values: int | None = None


class Monitor(Struct, frozen=True, kw_only=True):
    """What to watch. `severity` from 0, the worst, to 9. `number` replaces the monitor that the station has under it.

    `charging`: only while somebody charges. `stream`: what it sees is sent many at once.
    """

    variable: VariableName
    type: MonitorType
    value: Decimal
    severity: int
    charging: bool = False
    number: int | None = None
    stream: Flush | None = None


class SetMonitoringBase(Struct, frozen=True, kw_only=True):
    base: Base


class SetMonitoringLevel(Struct, frozen=True, kw_only=True):
    """Tell of what is that severe, or worse."""

    severity: int


class SetMonitors(Struct, frozen=True, kw_only=True):
    monitors: tuple[Monitor, ...]


class ClearMonitors(Struct, frozen=True, kw_only=True):
    numbers: tuple[int, ...]


class ReportMonitors(Struct, frozen=True, kw_only=True):
    """Report, under this number, the monitors of these kinds and of these variables; empty: of all."""

    number: int
    criteria: tuple[Criterion, ...] = ()
    variables: tuple[VariableName, ...] = ()


class TellStreams(Struct, frozen=True, kw_only=True):
    """Say which streams are open."""


class AdjustStream(Struct, frozen=True, kw_only=True):
    number: int
    flush: Flush


MonitoringRequest = (
    SetMonitoringBase | SetMonitoringLevel | SetMonitors | ClearMonitors | ReportMonitors | TellStreams | AdjustStream
)
