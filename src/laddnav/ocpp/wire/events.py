"""What stations tell, what they are asked, and what either side answers, in words for every version of OCPP."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct

from laddnav.kit.ids import fold
from laddnav.kit.time import rfc3339
from laddnav.locations.model import Status
from laddnav.metering.model import Activity, Reading
from laddnav.ocpp.wire.der import DerRequest
from laddnav.ocpp.wire.display import DisplayRequest
from laddnav.ocpp.wire.monitoring import MonitoringRequest
from laddnav.ocpp.wire.prices import PriceRequest
from laddnav.ocpp.wire.reports import ReportAnswer, Reported, ReportEvent
from laddnav.ocpp.wire.security import Check, ContractState, RootsTold, SecurityAnswer, SecurityEvent, SecurityRequest
from laddnav.ocpp.wire.steering import SteeringRequest
from laddnav.ocpp.wire.upkeep import ListVersionTold, UpkeepEvent, UpkeepRequest
from laddnav.ocpp.wire.variables import (
    ReadVariables,
    ReportVariables,
    SetVariables,
    VariablesReported,
    VariablesSet,
    VariablesTold,
)
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, RateUnit
from laddnav.tokens.model import Allowed

# What a station tells ------------------------------------------------------------------------------------------------


class Booted(Struct, frozen=True, kw_only=True):
    """It came up, and says what it is."""

    vendor: str
    model: str
    serial_number: str | None = None
    firmware: str | None = None


class Beat(Struct, frozen=True, kw_only=True):
    """It lives, and wants to know the time."""


class StatusReported(Struct, frozen=True, kw_only=True):
    """How an Evse does; `evse_no` 0 is the station as a whole. `said` is the station's own word for it.

    `activity` None: no car is being charged. `error_code` None: no error. `at` None: now.
    """

    evse_no: int
    status: Status
    activity: Activity | None
    said: str
    error_code: str | None = None
    info: str | None = None
    at: datetime | None = None


class ConnectorStatus(Struct, frozen=True, kw_only=True):
    """How one Connector of an Evse does; `said` is the station's own word for it. `at` None: now."""

    evse_no: int
    connector_no: int
    status: Status
    said: str
    at: datetime | None = None


class ConnectorsReported(Struct, frozen=True, kw_only=True):
    """How some Connectors do; whether a car charges there is told with its charge. Empty: it was about other things.

    `alerts` are those of monitors that were told along with it.
    """

    connectors: tuple[ConnectorStatus, ...]
    alerts: Reported | None = None


class TokenShown(Struct, frozen=True, kw_only=True):
    """`checks` are the certificates behind a contract of a car; `chain` is there where the station cannot judge it."""

    uid: str
    checks: tuple[Check, ...] = ()
    chain: str | None = None


class ChargeStarted(Struct, frozen=True, kw_only=True):
    """A charge began; perhaps long ago, for a station tells it again until it is answered. `register` in Wh."""

    evse_no: int
    uid: str
    at: datetime
    register: Decimal
    reservation_no: int | None = None

    @property
    def natural_key(self) -> str:
        """The fact itself: whatever else a repetition changes (message id, socket, boot), this it does not."""
        return f"{self.evse_no}/{fold(self.uid)}/{rfc3339(self.at)}/{self.register.normalize():f}"


class Measured(Struct, frozen=True, kw_only=True):
    """Readings of one Evse, 0 being the main meter. `charge` None: the station names none, or was never told its name.

    `unread` are the samples that make no sense, in the station's own words; the others are not lost for their sake.
    """

    evse_no: int
    charge: str | None
    readings: tuple[Reading, ...]
    unread: tuple[str, ...] = ()


class ChargeStopped(Struct, frozen=True, kw_only=True):
    """A charge ended. `charge` None: the station was never told its name. `register` in Wh; `uid` of who stopped it."""

    charge: str | None
    at: datetime
    register: Decimal
    reason: str
    uid: str | None = None
    readings: tuple[Reading, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def natural_key(self) -> str:
        return f"{self.charge or ''}/{rfc3339(self.at)}/{self.register.normalize():f}"


class Stage(StrEnum):
    """Where in the story of a charge an event stands."""

    STARTED = "STARTED"
    UPDATED = "UPDATED"
    ENDED = "ENDED"


class ChargeTold(Struct, frozen=True, kw_only=True):
    """One of the numbered events in which a station tells a charge, by a name of its own (`charge`).

    None is what this event does not say. `uid`: of who is let in, or ends it. `reason` only at its end.
    """

    charge: str
    number: int
    stage: Stage
    at: datetime
    evse_no: int | None = None
    uid: str | None = None
    reservation_no: int | None = None
    activity: Activity | None = None
    reason: str | None = None
    readings: tuple[Reading, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def registers(self) -> list[Reading]:
        """What says how much was imported in all, oldest first."""
        return sorted((one for one in self.readings if one.register is not None), key=lambda one: one.at)


class Remarked(Struct, frozen=True, kw_only=True):
    """Something for the record, on which nothing depends."""


class DataReceived(Struct, frozen=True, kw_only=True):
    """Something that only its vendor understands."""

    vendor: str
    message: str | None = None
    data: Any = None


StationEvent = (
    Booted
    | Beat
    | StatusReported
    | ConnectorsReported
    | TokenShown
    | ChargeStarted
    | Measured
    | ChargeStopped
    | ChargeTold
    | Remarked
    | DataReceived
    | ReportEvent
    | SecurityEvent
    | VariablesReported
    | UpkeepEvent
)

# What we answer ------------------------------------------------------------------------------------------------------


class Registration(StrEnum):
    """Whether a station may work with us. PENDING: it may be set up, not charge. REJECTED: not even that."""

    ACCEPTED = "ACCEPTED"
    PENDING = "PENDING"
    REJECTED = "REJECTED"


class Registered(Struct, frozen=True, kw_only=True):
    """To Booted. `interval` in seconds: of heartbeats when accepted, until the next attempt otherwise."""

    registration: Registration
    now: datetime
    interval: int


class TimeTold(Struct, frozen=True, kw_only=True):
    """To Beat."""

    now: datetime


class Noted(Struct, frozen=True, kw_only=True):
    """To whatever expects no more than to be heard."""


class TokenJudged(Struct, frozen=True, kw_only=True):
    """To TokenShown, and in the answers to ChargeStarted and ChargeStopped; `expires_at` ends its stay in a cache.

    `message` is for the driver: what charging costs. `contract`: a car showed one by its certificate.
    """

    allowed: Allowed
    message: str | None = None
    group_id: str | None = None
    expires_at: datetime | None = None
    contract: ContractState | None = None


class ChargeNamed(Struct, frozen=True, kw_only=True):
    """To ChargeStarted: the name by which the station will speak of this charge."""

    charge: str
    token: TokenJudged


class ChargeClosed(Struct, frozen=True, kw_only=True):
    """To ChargeStopped; no verdict where nobody showed a token."""

    token: TokenJudged | None = None


class StoryHeard(Struct, frozen=True, kw_only=True):
    """To ChargeTold; no verdict where nobody showed a token.

    `cost` is that of the charge so far, and in the end all of it, taxes included; None: nobody knows. It may cost no
    more than `cost_max`. `message` is for the driver: what charging costs here.
    """

    token: TokenJudged | None = None
    cost: Decimal | None = None
    cost_max: Decimal | None = None
    message: str | None = None


class DataJudged(Struct, frozen=True, kw_only=True):
    """To DataReceived: nobody here understands this vendor, or this message of it."""

    vendor_known: bool = False


Answer = (
    Registered
    | TimeTold
    | Noted
    | TokenJudged
    | ChargeNamed
    | ChargeClosed
    | StoryHeard
    | DataJudged
    | ReportAnswer
    | SecurityAnswer
)

# What we ask of a station --------------------------------------------------------------------------------------------


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
