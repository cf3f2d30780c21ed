"""A cure that was tried, and the rule by which one is."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.notes import Note
from laddnav.ocpp.ills import Cure, Ill


class State(StrEnum):
    """TAKEN: the Station will do it. Whether that helped is seen later: CURED, or IN_VAIN.

    UNANSWERED may have helped as well: a Station that restarts may do so before its answer has left it.
    """

    ASKED = "ASKED"
    TAKEN = "TAKEN"
    UNANSWERED = "UNANSWERED"
    CURED = "CURED"
    IN_VAIN = "IN_VAIN"
    REFUSED = "REFUSED"


OVER = (State.CURED, State.IN_VAIN, State.REFUSED)


class Tried(Struct, frozen=True, kw_only=True):
    """What was done about the `ill` that an Evse has had `since` then; `said` is what came of it, for whoever looks."""

    holder: PartyId
    ref: str
    station_id: str
    evse_no: int
    ill: Ill
    since: datetime
    cure: Cure
    asked_by: str
    by_rule: bool
    at: datetime
    state: State = State.ASKED
    said: str | None = None
    note: Note | None = None
    over_at: datetime | None = None


class Outcome(StrEnum):
    """What came of a cure for all at one Station: nothing of it is asked that is AWAY, where a car is CHARGING that
    would be cut off, or that is being cured already (UNDER_WAY). SEEN: what it noticed was looked at.
    """

    ASKED = "ASKED"
    UNDER_WAY = "UNDER_WAY"
    AWAY = "AWAY"
    CHARGING = "CHARGING"
    SEEN = "SEEN"


class StationCured(Struct, frozen=True, kw_only=True):
    """`cure_ref` is that of the cure which is under way there now."""

    station_id: str
    outcome: Outcome
    cure_ref: str | None = None


class CuredTogether(Struct, frozen=True, kw_only=True):
    """A cure for all of a place that have the ill: each of their Stations once, in the order of their ids."""

    holder: PartyId
    location_id: str
    ill: Ill
    cure: Cure
    stations: tuple[StationCured, ...]


class Rule(Struct, frozen=True, kw_only=True):
    """An `ill` that lasted `after` is cured so, at most once in `every` for the same Evse."""

    holder: PartyId
    ill: Ill
    cure: Cure
    after_minutes: int
    every_minutes: int
    changed_at: datetime
    changed_by: str

    @property
    def after(self) -> timedelta:
        return timedelta(minutes=self.after_minutes)

    @property
    def every(self) -> timedelta:
        return timedelta(minutes=self.every_minutes)
