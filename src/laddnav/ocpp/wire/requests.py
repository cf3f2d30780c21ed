"""What we ask of stations, and what they say to it, in words for every version of OCPP."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct

from laddnav.ocpp.wire.der import DerRequest
from laddnav.ocpp.wire.display import DisplayRequest
from laddnav.ocpp.wire.monitoring import MonitoringRequest
from laddnav.ocpp.wire.prices import PriceRequest
from laddnav.ocpp.wire.security import RootsTold, SecurityRequest
from laddnav.ocpp.wire.steering import SteeringRequest
from laddnav.ocpp.wire.upkeep import ListVersionTold, UpkeepRequest
from laddnav.ocpp.wire.variables import (
    ReadVariables,
    ReportVariables,
    SetVariables,
    VariablesSet,
    VariablesTold,
)
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, RateUnit


class StartCharge(Struct, frozen=True, kw_only=True):
    """`evse_no` None leaves the choice to the station. `token_type` as OCPI has it; `number` names this request."""

    uid: str
    token_type: str
    number: int
    evse_no: int | None = None


class StopCharge(Struct, frozen=True, kw_only=True):
    charge: str


class KeepEvse(Struct, frozen=True, kw_only=True):
    """Keep an Evse for the driver with this uid, or for a group; the same number once more replaces what was kept."""

    number: int
    evse_no: int
    uid: str
    token_type: str
    group_id: str | None = None
    until: datetime


class FreeEvse(Struct, frozen=True, kw_only=True):
    """Nobody comes any more for what is kept under this number."""

    number: int


class Unlock(Struct, frozen=True, kw_only=True):
    """Let go of a plug that is stuck."""

    evse_no: int


class LimitCharge(Struct, frozen=True, kw_only=True):
    """What a charge that is under way may draw; it replaces what was said of this charge, under this number, before.

    `phase`: that of the station's own on which it is to be wherever it is to draw from one alone; None: it chooses.
    """

    charge: str
    number: int
    evse_no: int
    profile: ChargingProfile
    phase: int | None = None
    stack_level: int = 1  # above a default that a station may have at 0


class LimitDefault(Struct, frozen=True, kw_only=True):
    """What any charge at an Evse may draw of which nothing else is said; it replaces what this number said before."""

    number: int
    evse_no: int
    profile: ChargingProfile


class UnlimitDefault(Struct, frozen=True, kw_only=True):
    """Take back what LimitDefault said under this number."""

    number: int


class UnlimitCharge(Struct, frozen=True, kw_only=True):
    """Take back what LimitCharge said under this number."""

    charge: str
    number: int
    evse_no: int


class ReportLimits(Struct, frozen=True, kw_only=True):
    """Say what limits an Evse for so long from now on, whoever set them; answered by LimitsTold, or a Verdict."""

    evse_no: int
    duration: timedelta
    unit: RateUnit | None = None  # in which to say it; None: as it likes


class ReportCharge(Struct, frozen=True, kw_only=True):
    """Say whether there is more to tell of a charge; answered by StoryTold, or a Verdict."""

    charge: str


class Verbatim(Struct, frozen=True, kw_only=True):
    """Any action of the station's own version, in its own words; the answer comes back in them too."""

    action: str
    payload: dict[str, Any]


Request = (
    StartCharge
    | StopCharge
    | KeepEvse
    | FreeEvse
    | Unlock
    | LimitCharge
    | LimitDefault
    | UnlimitCharge
    | UnlimitDefault
    | ReportLimits
    | ReportCharge
    | Verbatim
    | PriceRequest
    | SecurityRequest
    | DisplayRequest
    | MonitoringRequest
    | SteeringRequest
    | DerRequest
    | ReportVariables
    | ReadVariables
    | SetVariables
    | UpkeepRequest
)


class Verdict(StrEnum):
    """What the station says to a request; to StartCharge and StopCharge that it will try, not yet that it did."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    OCCUPIED = "EVSE_OCCUPIED"
    INOPERATIVE = "EVSE_INOPERATIVE"
    UNKNOWN = "UNKNOWN"  # there is nothing of that name


class LimitsTold(Struct, frozen=True, kw_only=True):
    """To ReportLimits; None: nothing limits the Evse."""

    active: ActiveChargingProfile | None


class StoryTold(Struct, frozen=True, kw_only=True):
    """To ReportCharge: whether the charge goes on, and whether events of it are still to come."""

    goes_on: bool
    more: bool


Said = Verdict | LimitsTold | StoryTold | VariablesTold | VariablesSet | ListVersionTold | RootsTold
