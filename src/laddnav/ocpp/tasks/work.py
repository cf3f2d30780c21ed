"""What one kind of work is: what it asks of a Station next, and what follows from the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.locations.model import Station
from laddnav.ocpp import store
from laddnav.ocpp.notes import NoteKind, noted
from laddnav.ocpp.tasks.model import Step, Task
from laddnav.ocpp.tasks.rules import Done, Failed, Move
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import Request, Said, Verdict
from laddnav.ocpp.wire.variables import Variable, VariableName


class Doing(Struct, frozen=True, kw_only=True):
    """A step of a task, with the Station that it is at."""

    task: Task
    step: Step
    station: Station


class Sending(Struct, frozen=True, kw_only=True):
    """A request of which the step has to remember something until it is answered."""

    request: Request
    memo: str


class Work(Struct, frozen=True, kw_only=True):
    """`asks` says what to ask, or how it turned out without asking; `heard` what the answer means.

    `when_idle` says of its settings whether a Station is asked only while nobody charges there. `check` raises a
    Refusal where they cannot be meant so, at this instant.
    """

    settings: type[Struct]
    asks: Callable[[Unit, Doing, Any, Dialect], Awaitable[Request | Sending | Move]]
    heard: Callable[[Unit, Doing, Any, Said], Awaitable[Move]]
    when_idle: Callable[[Any], bool] = lambda settings: False
    check: Callable[[Any, datetime], None] = lambda settings, now: None

    def set_up(self, task: Task) -> Any:
        return json.decode(task.settings, self.settings)


async def plainly(unit: Unit, doing: Doing, settings: object, said: Said) -> Move:
    """A yes is the end of it."""
    return Done() if said is Verdict.ACCEPTED else refused(said)


def refused(said: Said) -> Failed:
    return Failed(said=said.value if isinstance(said, Verdict) else noted(NoteKind.ANSWERED_OTHERWISE))


async def known(unit: Unit, station: Station) -> dict[VariableName, Variable]:
    """What the Station last said that it is."""
    return {one.name: one for one, _ in await store.variables.kept(unit, station)}


def at_once(station: Station, dialect: Dialect, kind: type[Request], variables: dict[VariableName, Variable]) -> int:
    """How many items the Station takes in one such request: as it says, and no more than its operator says."""
    bound = dialect.bounds[kind]
    if bound.told_by is None:
        return bound.otherwise
    told = variables.get(bound.told_by)
    said = "" if told is None or told.value is None else told.value
    takes = [int(said)] if said.isdecimal() else []
    takes += [] if station.items_per_message is None else [station.items_per_message]
    return max(1, min(takes, default=bound.otherwise))
