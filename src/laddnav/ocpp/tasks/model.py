"""A task: one kind of work, the Stations it is for, and a step for each of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.notes import Note
from laddnav.ocpp.wire.variables import VariableWanted


class Kind(StrEnum):
    CONFIGURE = "CONFIGURE"
    CHECK = "CHECK"
    FIRMWARE = "FIRMWARE"
    LOCAL_LIST = "LOCAL_LIST"
    RESET = "RESET"
    DIAGNOSTICS = "DIAGNOSTICS"
    SECURITY_LOG = "SECURITY_LOG"
    CLEAR_CACHE = "CLEAR_CACHE"
    AVAILABILITY = "AVAILABILITY"
    MOVE = "MOVE"


class TaskState(StrEnum):
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    DONE = "DONE"


class StepState(StrEnum):
    """WAITING for its turn; UNDER_WAY between two questions; ASKED; FOLLOWED while the Station works and tells."""

    WAITING = "WAITING"
    UNDER_WAY = "UNDER_WAY"
    ASKED = "ASKED"
    FOLLOWED = "FOLLOWED"
    DONE = "DONE"
    FAILED = "FAILED"


BEGUN = (StepState.UNDER_WAY, StepState.ASKED, StepState.FOLLOWED)
OVER = (StepState.DONE, StepState.FAILED)


class Selection(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Stations of one party: those named, or else all; of these, those of which the rest is true."""

    station_ids: tuple[str, ...] = ()
    location_id: str | None = None
    vendor: str | None = None
    model: str | None = None
    firmware: str | None = None
    protocol: str | None = None


Name = Annotated[str, Meta(min_length=1, max_length=100)]


class Template(Struct, frozen=True, kw_only=True):
    """How the Stations of a selection should be set up."""

    holder: PartyId
    ref: str
    name: Name
    selection: Selection
    wanted: tuple[VariableWanted, ...]
    changed_at: datetime
    changed_by: str


class Task(Struct, frozen=True, kw_only=True):
    """`wave` are begun together, and the next ones when these are over; more than `failures_max` failures stop it.

    `settings` are those of its kind, as JSON; `forgiven` the failures after which a person had it go on; `why` it was
    stopped, where nobody did.
    """

    holder: PartyId
    ref: str
    kind: Kind
    settings: str
    wave: int
    failures_max: int
    state: TaskState
    forgiven: int = 0
    why: str | None = None
    asked_by: str
    asked_at: datetime
    over_at: datetime | None = None


class Step(Struct, frozen=True, kw_only=True):
    """What a task is at one Station. `number` names it to the Station; `done` and `memo` are the kind's own notes.

    `rounds` counts what was asked, `tries` how often in a row it was not answered. `said` is for whoever looks, and
    `note` the same where the words are ours and not the Station's.
    """

    station_id: str
    position: int
    number: int
    state: StepState = StepState.WAITING
    done: int = 0
    rounds: int = 0
    tries: int = 0
    memo: str | None = None
    said: str | None = None
    note: Note | None = None
    at: datetime
    until: datetime | None = None
