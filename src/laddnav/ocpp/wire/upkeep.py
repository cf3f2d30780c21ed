"""Looking after stations: resets, availability, firmware, logs and the list of cards, in words for every version."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

# What we ask; answered by a Verdict unless said otherwise -------------------------------------------------------------


class Reset(Struct, frozen=True, kw_only=True):
    """Begin anew: `at_once`, or (where a version can) once no charge is under way. `evse_no` None: all of it."""

    at_once: bool
    evse_no: int | None = None


class ChangeAvailability(Struct, frozen=True, kw_only=True):
    """May an Evse be used? `evse_no` 0: all of them. Accepted also where it will be so once a charge is over."""

    operative: bool
    evse_no: int = 0


class ClearCache(Struct, frozen=True, kw_only=True):
    """Forget which cards were good before."""


class UpdateFirmware(Struct, frozen=True, kw_only=True):
    """Fetch this file and become it; how that goes is told as FirmwareTold, with this number where a version can."""

    number: int
    location: str
    retrieve_at: datetime
    install_at: datetime | None = None
    retries: int | None = None
    retry_interval: int | None = None  # seconds


class UpdateSignedFirmware(UpdateFirmware, frozen=True, kw_only=True):
    """Only if its signature fits this certificate of its maker."""

    certificate: str
    signature: str


class FetchDiagnostics(Struct, frozen=True, kw_only=True):
    """Send the log of these times to this address; how that goes is told as LogTold."""

    number: int
    location: str
    since: datetime | None = None
    until: datetime | None = None


class FetchSecurityLog(FetchDiagnostics, frozen=True, kw_only=True):
    """The log of who came and what was tried."""


class TellListVersion(Struct, frozen=True, kw_only=True):
    """Which list of cards do you have? Answered by ListVersionTold, or a Verdict where it holds none."""


class Listed(Struct, frozen=True, kw_only=True):
    """A card that may charge though nobody can be asked."""

    uid: str
    token_type: str
    group_id: str | None = None
    expires_at: datetime | None = None


class Unlisted(Struct, frozen=True, kw_only=True):
    """A card that is on the list no more."""

    uid: str
    token_type: str


class SendList(Struct, frozen=True, kw_only=True):
    """`full`: this is the list; else these join it, or leave it. It is the list of this version then."""

    version: int
    full: bool
    put: tuple[Listed, ...] = ()
    gone: tuple[Unlisted, ...] = ()


UpkeepRequest = (
    Reset
    | ChangeAvailability
    | ClearCache
    | UpdateFirmware
    | UpdateSignedFirmware
    | FetchDiagnostics
    | FetchSecurityLog
    | TellListVersion
    | SendList
)

# What a station says -------------------------------------------------------------------------------------------------


class ListVersionTold(Struct, frozen=True, kw_only=True):
    """0: its list is empty."""

    version: int


class Progress(StrEnum):
    """How far a longer work is. IDLE: there is none."""

    IDLE = "IDLE"
    UNDER_WAY = "UNDER_WAY"
    DONE = "DONE"
    FAILED = "FAILED"


class FirmwareTold(Struct, frozen=True, kw_only=True):
    """How an update goes; `said` is the station's own word for it. `number` None: it names none."""

    progress: Progress
    said: str
    number: int | None = None


class LogTold(Struct, frozen=True, kw_only=True):
    """How the sending of a log goes; as FirmwareTold."""

    progress: Progress
    said: str
    number: int | None = None


UpkeepEvent = FirmwareTold | LogTold
