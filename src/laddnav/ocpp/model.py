"""What is kept of a station's talk: its frames, the names of its charges, and what it was asked."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpp.wire.answers import Answer
from laddnav.ocpp.wire.reports import Topic


class Direction(StrEnum):
    """Seen from here."""

    IN = "in"
    OUT = "out"


class FrameKind(StrEnum):
    CALL = "call"
    RESULT = "result"
    ERROR = "error"
    UNREADABLE = "unreadable"


class Message(Struct, frozen=True, kw_only=True):
    """One frame exactly as it passed. `quirk` is where it departs from the schema and could be read all the same."""

    holder: PartyId
    station_id: str
    at: datetime
    direction: Direction
    kind: FrameKind
    message_id: str
    action: str
    body: str
    session_id: str | None = None
    quirk: str | None = None
    id: int = 0


# The key of a stop that was never told; one that is told after all is taken.
LOST = "lost"


class Looked(Struct, frozen=True, kw_only=True):
    """What somebody looks for among frames: `words` of what was said, or the id of a message; "" and None: whatever.

    `failed`: an error, what could not be read, or what departs from its schema.
    """

    words: str = ""
    action: str = ""
    direction: Direction | None = None
    since: datetime | None = None
    until: datetime | None = None
    failed: bool = False


class Transaction(Struct, frozen=True, kw_only=True):
    """A charge as a station speaks of it; `session_id` "" where no Evse of ours was charging, or nobody was let in yet.

    `told_as` is the station's own name for it; None: it goes by the number that we gave. Of one that is told in
    numbered events: `started_at` is when the first that was heard was told, `first_no` the number of its start, None
    until it is heard, `ending` how it ended, `shown_at` when who is to pay was let in, `placed_at` when the Evse was
    told, `refused` whether its Session is of somebody who may not charge, `early` (JSON) the events that came before
    that of who pays began. `cost_max`: what it may cost, for a driver with prepaid credit; `budget`: what its driver
    wants it to cost at most.
    """

    holder: PartyId
    station_id: str
    number: int
    evse_no: int
    session_id: str
    uid: str
    started_at: datetime
    stopped: bool
    stop_key: str | None
    told_as: str | None = None
    first_no: int | None = None
    ending: str | None = None
    cost_max: Decimal | None = None
    budget: Decimal | None = None
    shown_at: datetime | None = None
    placed_at: datetime | None = None
    refused: bool = False
    early: str | None = None

    @property
    def begins_at(self) -> datetime | None:
        """When both were told, who is to pay and where; None: neither was."""
        return max((at for at in (self.shown_at, self.placed_at) if at is not None), default=None)

    @property
    def name(self) -> str:
        """By what the station knows it."""
        return self.told_as or str(self.number)

    @property
    def bounded(self) -> bool:
        return self.cost_max is not None or self.budget is not None

    @property
    def told_over(self) -> bool:
        """Whether the station said that it is over; one that we closed for it is over, too, until it does."""
        return self.stopped and self.stop_key != LOST


class StationCall(Struct, frozen=True, kw_only=True):
    """Something to ask of a Station: `body` is the version-free request, `answer` and `problem` what came of it.

    `request` is what asked for it, to be told the answer.
    """

    holder: PartyId
    id: str
    station_id: str
    action: str
    body: str
    session_id: str | None = None
    request: str | None = None
    asked_at: datetime
    expires_at: datetime
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    answer: str | None = None
    problem: str | None = None


class StationReport(Struct, frozen=True, kw_only=True):
    """The newest word of a Station on one thing, `document` as it was said."""

    holder: PartyId
    station_id: str
    topic: Topic
    key: str
    document: dict[str, Any]
    told_at: datetime


class Outcome(Struct, frozen=True):
    """What a station hears, and which Session its message was about."""

    answer: Answer
    session_id: str | None = None


class Fallback(Struct, frozen=True, kw_only=True):
    """What an Evse is to keep to by itself wherever nobody tells it what: `amps` of each phase; None: it is taken back.

    `profile_no` is the number by which the Station knows it.
    """

    profile_no: int
    amps: Decimal | None
