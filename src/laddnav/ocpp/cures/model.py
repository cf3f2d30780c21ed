"""A cure that was tried, and the rule by which one is."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
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
    over_at: datetime | None = None


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
