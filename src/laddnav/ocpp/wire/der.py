"""What stations that feed into the grid are to do for it (DER control), in words for every version of OCPP."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.kit.refusal import Refusal


class ControlType(StrEnum):
    ENTER_SERVICE = "EnterService"
    FREQ_DROOP = "FreqDroop"
    FREQ_WATT = "FreqWatt"
    FIXED_PF_ABSORB = "FixedPFAbsorb"
    FIXED_PF_INJECT = "FixedPFInject"
    FIXED_VAR = "FixedVar"
    GRADIENTS = "Gradients"
    HF_MUST_TRIP = "HFMustTrip"
    HF_MAY_TRIP = "HFMayTrip"
    HV_MUST_TRIP = "HVMustTrip"
    HV_MOM_CESS = "HVMomCess"
    HV_MAY_TRIP = "HVMayTrip"
    LIMIT_MAX_DISCHARGE = "LimitMaxDischarge"
    LF_MUST_TRIP = "LFMustTrip"
    LV_MUST_TRIP = "LVMustTrip"
    LV_MOM_CESS = "LVMomCess"
    LV_MAY_TRIP = "LVMayTrip"
    POWER_MONITORING_MUST_TRIP = "PowerMonitoringMustTrip"
    VOLT_VAR = "VoltVar"
    VOLT_WATT = "VoltWatt"
    WATT_PF = "WattPF"
    WATT_VAR = "WattVar"


class ControlUnit(StrEnum):
    """Percent of what the inverter can, or of what it can now."""

    NOT_APPLICABLE = "Not_Applicable"
    PCT_MAX_W = "PctMaxW"
    PCT_MAX_VAR = "PctMaxVar"
    PCT_W_AVAIL = "PctWAvail"
    PCT_VAR_AVAIL = "PctVarAvail"
    PCT_EFFECTIVE_V = "PctEffectiveV"


class Cessation(StrEnum):
    ACTIVE = "Active"
    REACTIVE = "Reactive"


Priority = Annotated[int, Meta(ge=0)]
Seconds = Decimal  # what is negative is refused by the schema of the message


class Point(Struct, frozen=True, kw_only=True):
    """`x` in the unit of what is measured (V, Hz, %), `y` in that of the curve."""

    x: Decimal
    y: Decimal


class Hysteresis(Struct, frozen=True, kw_only=True):
    hysteresis_high: Decimal | None = None
    hysteresis_low: Decimal | None = None
    hysteresis_delay: Seconds | None = None
    hysteresis_gradient: Decimal | None = None


class ReactivePowerParams(Struct, frozen=True, kw_only=True):
    v_ref: Decimal | None = None
    autonomous_v_ref_enable: bool | None = None
    autonomous_v_ref_time_constant: Seconds | None = None


class VoltageParams(Struct, frozen=True, kw_only=True):
    hv_10_min_mean_value: Decimal | None = None
    hv_10_min_mean_trip_delay: Seconds | None = None
    power_during_cessation: Cessation | None = None


class Curve(Struct, frozen=True, kw_only=True):
    """What to do depending on what is measured. The lowest `priority` wins; the times are those of a scheduled one."""

    priority: Priority
    y_unit: ControlUnit
    curve_data: Annotated[tuple[Point, ...], Meta(min_length=1, max_length=10)]
    hysteresis: Hysteresis | None = None
    reactive_power_params: ReactivePowerParams | None = None
    voltage_params: VoltageParams | None = None
    response_time: Seconds | None = None
    start_time: datetime | None = None
    duration: Seconds | None = None


class EnterService(Struct, frozen=True, kw_only=True):
    """Between which voltages (V) and frequencies (Hz) it may come back to the grid."""

    priority: Priority
    high_voltage: Decimal
    low_voltage: Decimal
    high_freq: Decimal
    low_freq: Decimal
    delay: Seconds | None = None
    random_delay: Seconds | None = None
    ramp_rate: Decimal | None = None


class FixedPowerFactor(Struct, frozen=True, kw_only=True):
    """`excitation`: over-excited."""

    priority: Priority
    displacement: Decimal
    excitation: bool
    start_time: datetime | None = None
    duration: Seconds | None = None


class FixedVar(Struct, frozen=True, kw_only=True):
    priority: Priority
    setpoint: Decimal
    unit: ControlUnit
    start_time: datetime | None = None
    duration: Seconds | None = None


class FreqDroop(Struct, frozen=True, kw_only=True):
    """Frequencies in Hz."""

    priority: Priority
    over_freq: Decimal
    under_freq: Decimal
    over_droop: Decimal
    under_droop: Decimal
    response_time: Seconds
    start_time: datetime | None = None
    duration: Seconds | None = None


class Gradient(Struct, frozen=True, kw_only=True):
    """Percent of the greatest power a second."""

    priority: Priority
    gradient: Decimal
    soft_gradient: Decimal


class LimitMaxDischarge(Struct, frozen=True, kw_only=True):
    priority: Priority
    pct_max_discharge_power: Decimal | None = None
    power_monitoring_must_trip: Curve | None = None
    start_time: datetime | None = None
    duration: Seconds | None = None


Setting = Curve | EnterService | FixedPowerFactor | FixedVar | FreqDroop | Gradient | LimitMaxDischarge

# Every other kind is set by a curve.
_FIELD = {
    ControlType.ENTER_SERVICE: "enter_service",
    ControlType.FREQ_DROOP: "freq_droop",
    ControlType.FIXED_PF_ABSORB: "fixed_pf_absorb",
    ControlType.FIXED_PF_INJECT: "fixed_pf_inject",
    ControlType.FIXED_VAR: "fixed_var",
    ControlType.GRADIENTS: "gradient",
    ControlType.LIMIT_MAX_DISCHARGE: "limit_max_discharge",
}


class UnfitSetting(Refusal):
    """A control of one kind is set by what belongs to another, by several, or by nothing."""

    def __init__(self, type: ControlType, field: str) -> None:
        super().__init__(f"A control {type} is set by {field!r}, and by nothing else")
        self.field = field


class DerControl(Struct, frozen=True, kw_only=True):
    """A default one holds until another is scheduled for that time; exactly one of the settings is said."""

    type: ControlType
    default: bool
    curve: Curve | None = None
    enter_service: EnterService | None = None
    fixed_pf_absorb: FixedPowerFactor | None = None
    fixed_pf_inject: FixedPowerFactor | None = None
    fixed_var: FixedVar | None = None
    freq_droop: FreqDroop | None = None
    gradient: Gradient | None = None
    limit_max_discharge: LimitMaxDischarge | None = None

    @property
    def field(self) -> str:
        return _FIELD.get(self.type, "curve")

    @property
    def setting(self) -> Setting:
        """Raises UnfitSetting."""
        said = {name: value for name in _SETTINGS if (value := getattr(self, name)) is not None}
        if said.keys() != {self.field}:
            raise UnfitSetting(self.type, self.field)
        setting: Setting = said[self.field]
        return setting


_SETTINGS = ("curve", *_FIELD.values())


class SetDerControl(Struct, frozen=True, kw_only=True):
    id: str
    control: DerControl


class ReportDerControls(Struct, frozen=True, kw_only=True):
    """Report the controls of a kind, under this number; None: of all."""

    number: int
    type: ControlType | None = None
    default: bool | None = None


class ClearDerControl(Struct, frozen=True, kw_only=True):
    """One by its id, or all defaults, or all that are scheduled: of a kind, or of any."""

    default: bool
    id: str | None = None
    type: ControlType | None = None


DerRequest = SetDerControl | ReportDerControls | ClearDerControl
