"""What happens to a charge."""

from enum import StrEnum
from typing import ClassVar

from laddnav.db.events import Event
from laddnav.sessions.model import Session


class Limiting(StrEnum):
    """What can be asked of a Station about the limits of a charge."""

    SET = "SET"
    CLEAR = "CLEAR"
    TELL = "TELL"


class SessionEvent(Event, frozen=True, kw_only=True):
    """About one Session; `owner` is the CPO as text."""

    owner: str
    session_id: str

    @property
    def about(self) -> str:
        return f"{self.owner}/{self.session_id}"


class SessionStarted(SessionEvent, frozen=True, kw_only=True):
    """A car charges, or a partner says that one does."""


class SessionChanged(SessionEvent, frozen=True, kw_only=True):
    """Energy, cost or state moved on."""


class RoamingCostMoved(SessionEvent, frozen=True, kw_only=True):
    """Of a driver of ours at a partner's place: what the charge holds of a wallet may be another part by now."""


class SessionEnded(SessionEvent, frozen=True, kw_only=True):
    """Stopped and settled: nothing more is expected, the CDR can close."""


class SessionFailed(SessionEvent, frozen=True, kw_only=True):
    """It will not become a CDR: the start expired, was refused, or what the station told cannot be billed."""


class SessionAmended(SessionEvent, frozen=True, kw_only=True):
    """A fact came to light after it was settled: what was closed on it may have to be corrected."""


class StartRequested(SessionEvent, frozen=True, kw_only=True):
    """Somebody who may asks the Station to begin; heard by whoever holds its socket."""

    station_id: str


class StopRequested(SessionEvent, frozen=True, kw_only=True):
    """`request` is what asked for it, to be told the answer: so each counts."""

    each: ClassVar[bool] = True

    station_id: str
    request: str | None = None


class StartAnswered(SessionEvent, frozen=True, kw_only=True):
    """The Station said whether it will begin; `result` is a CommandResultType of OCPI, `request` the command's id."""

    each: ClassVar[bool] = True

    result: str
    request: str | None = None


class StopAnswered(SessionEvent, frozen=True, kw_only=True):
    """As StartAnswered."""

    each: ClassVar[bool] = True

    result: str
    request: str | None = None


class LimitsRequested(SessionEvent, frozen=True, kw_only=True):
    """The Station is to set, clear or tell (`what`) the limits of this charge; `request` is what asked, to be told."""

    each: ClassVar[bool] = True

    what: Limiting
    station_id: str
    seconds: int = 0  # for how long limits are to be told
    request: str | None = None


class LimitsAnswered(SessionEvent, frozen=True, kw_only=True):
    """What the Station said, in words of OCPI's ChargingProfileResultType or CommandResultType.

    `by`: whose limits were to change, as text. `obeyed`: of what it tells that holds, how that is to what was asked.
    """

    each: ClassVar[bool] = True

    what: Limiting
    result: str
    by: str = ""
    obeyed: str | None = None
    request: str | None = None


class LimitsChanged(SessionEvent, frozen=True, kw_only=True):
    """What limits this charge is different now; whoever limits it from outside wants to know."""


class PreferencesChanged(SessionEvent, frozen=True, kw_only=True):
    """What is wanted of this charge is different now; whoever plans or bounds it wants to know."""


def about(kind: type[SessionEvent], session: Session) -> SessionEvent:
    return kind(holder=session.holder, owner=str(session.owner), session_id=session.id)
