"""What stations tell, in words for every version of OCPP."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct

from laddnav.kit.ids import fold
from laddnav.kit.time import rfc3339
from laddnav.locations.model import Status
from laddnav.metering.model import Activity, Reading
from laddnav.ocpp.wire.reports import Reported, ReportEvent
from laddnav.ocpp.wire.security import Check, SecurityEvent
from laddnav.ocpp.wire.upkeep import UpkeepEvent
from laddnav.ocpp.wire.variables import (
    VariablesReported,
)


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
