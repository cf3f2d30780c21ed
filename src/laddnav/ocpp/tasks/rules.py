"""Decisions about tasks: whose turn it is, how a step goes on, when to stop; and what is not set up as wanted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.refusal import Refusal
from laddnav.kit.time import utc
from laddnav.locations.model import Station
from laddnav.locations.rules import UnknownStation
from laddnav.ocpp.notes import NoteKind, Words, note_in, noted
from laddnav.ocpp.tasks.model import BEGUN, OVER, Kind, Selection, Step, StepState, Task, TaskState
from laddnav.ocpp.wire.secrets import is_secret
from laddnav.ocpp.wire.variables import Variable, VariableName, VariableWanted

TRIES = 3  # in a row without an answer, after which a Station is given up
AWAY_FOR = timedelta(hours=6)  # amid a step, after which nobody waits for it: as long as new firmware may take
AHEAD = timedelta(days=366)  # a time further on is a slip


class UnknownTask(Refusal):
    """No task of this name is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No task {ref!r} is known here")
        self.ref = ref


class UnknownTemplate(Refusal):
    """No template of this name is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No template {ref!r} is known here")
        self.ref = ref


class TemplateExists(Refusal):
    """Another template has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is another template of the name {name!r}")
        self.name = name


class NobodySelected(Refusal):
    """No Station is meant by this."""

    def __init__(self) -> None:
        super().__init__("No Station is meant by this")


class TaskOver(Refusal):
    """The task is over already."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"Task {ref!r} is over already")
        self.ref = ref


class UnfitTask(Refusal):
    """A task cannot be meant so; nobody is asked anything."""


class HalfSigned(UnfitTask):
    """A signed update needs both certificate and signature; with one of them alone it would not be signed."""

    def __init__(self) -> None:
        super().__init__("A signed update needs both certificate and signature; one of them alone would not be signed")


class UnfitTemplate(Refusal):
    """A template names each variable once, and no secret."""

    def __init__(self, name: VariableName, why: str) -> None:
        super().__init__(f"{name} {why}")
        self.name = str(name)


# How a step goes on ---------------------------------------------------------------------------------------------------


class More(Struct, frozen=True, kw_only=True):
    """There is more to ask; `done` and `memo` are kept until then."""

    done: int
    memo: str | None = None
    said: Words | None = None


class Follow(Struct, frozen=True, kw_only=True):
    """The Station works on it and tells, until this instant at the latest."""

    until: datetime
    said: Words | None = None


class Done(Struct, frozen=True, kw_only=True):
    said: Words | None = None


class Failed(Struct, frozen=True, kw_only=True):
    said: Words


Move = More | Follow | Done | Failed


def moved(step: Step, move: Move, now: datetime) -> Step:
    match move:
        case More():
            state, until = StepState.UNDER_WAY, None
            step = replace(step, done=move.done, memo=move.memo)
        case Follow():
            state, until = StepState.FOLLOWED, move.until
        case Done():
            state, until = StepState.DONE, None
        case Failed():
            state, until = StepState.FAILED, None
    said = None if move.said is None else str(move.said)
    return replace(step, state=state, tries=0, said=said, note=note_in(move.said), at=now, until=until)


def asked(step: Step, now: datetime) -> Step:
    return replace(step, state=StepState.ASKED, rounds=step.rounds + 1, at=now)


def remembering(step: Step, memo: str) -> Step:
    return replace(step, memo=memo)


def afresh(step: Step, now: datetime) -> Step:
    """As if nothing had been asked of it, but for what names it."""
    return replace(step, state=StepState.WAITING, done=0, tries=0, memo=None, said=None, note=None, at=now, until=None)


def unanswered(step: Step, kind: Kind, now: datetime) -> Step:
    """A Station that does not answer is asked again, for networks are slow, and then given up.

    One that restarts may do so before its answer has left it, and would have to do it again.
    """
    if kind is Kind.RESET or step.tries + 1 >= TRIES:
        return moved(step, Failed(said=noted(NoteKind.NO_ANSWER)), now)
    return replace(step, state=StepState.UNDER_WAY, tries=step.tries + 1, at=now)


def lapsed(step: Step, now: datetime) -> bool:
    return step.state is StepState.FOLLOWED and step.until is not None and step.until <= now


def given_up(step: Step, now: datetime, *, ours: bool, on_the_line: bool) -> Step:
    """As it is, unless nobody should wait for it any longer: no wave waits for ever for the one before."""
    if step.state in OVER:
        return step
    if not ours:
        said = noted(NoteKind.OFF_OUR_LIST)
        return moved(step, Done(said=said) if step.state is StepState.WAITING else Failed(said=said), now)
    if lapsed(step, now):
        last = step.said
        said = noted(NoteKind.NOT_HEARD_AGAIN) if last is None else noted(NoteKind.THEN_NOTHING, said=last)
        return moved(step, Failed(said=said), now)
    # What is asked is answered or given up within a minute, unless nothing can be made of the answer.
    nothing_comes = step.state is StepState.ASKED or (step.state is StepState.UNDER_WAY and not on_the_line)
    if nothing_comes and step.at + AWAY_FOR <= now:
        return moved(step, Failed(said=noted(NoteKind.WENT_AWAY)), now)
    return step


# Whose turn it is -----------------------------------------------------------------------------------------------------


def due(task: Task, steps: Sequence[Step], able: Collection[str]) -> tuple[Step, ...]:
    """Whom to ask now: who is under way, also where it is stopped, and a new wave once none of the one before is.

    Only those that are `able`: a Station that is away, or not idle where it has to be, comes with a later wave.
    """
    going_on = tuple(one for one in steps if one.state is StepState.UNDER_WAY and one.station_id in able)
    if task.state is TaskState.STOPPED or any(one.state in BEGUN for one in steps):
        return going_on
    waiting = [one for one in steps if one.state is StepState.WAITING and one.station_id in able]
    return tuple(sorted(waiting, key=lambda one: one.position)[: task.wave])


def judged(task: Task, steps: Sequence[Step], now: datetime) -> Task:
    """Done when every step is over; stopped when more failed than may."""
    failures = sum(one.state is StepState.FAILED for one in steps)
    if all(one.state in OVER for one in steps):
        return replace(task, state=TaskState.DONE, over_at=now)
    if task.state is TaskState.RUNNING and failures - task.forgiven > task.failures_max:
        many = "1 Station" if failures == 1 else f"{failures} Stations"
        return replace(task, state=TaskState.STOPPED, why=f"{many} failed")
    return task


def selected(stations: Iterable[Station], by: Selection) -> list[Station]:
    named = set(by.station_ids)
    wanted = {name: getattr(by, name) for name in ("location_id", "vendor", "model", "firmware", "protocol")}
    said = {name: value for name, value in wanted.items() if value}
    return [
        one
        for one in stations
        if (not named or one.id in named) and all(getattr(one, name) == value for name, value in said.items())
    ]


def named(stations: Sequence[Station], by: Selection) -> None:
    """Raises UnknownStation: a name that is nobody's may be a slip, and whoever asks would not hear of it."""
    known = {one.id for one in stations}
    for id in by.station_ids:
        if id not in known:
            raise UnknownStation(id)


def soon(name: str, at: datetime | None, now: datetime) -> None:
    """Raises UnfitTask."""
    if at is not None and abs(utc(at) - now) > AHEAD:
        raise UnfitTask(f"{name} is more than a year from now")


# How stations should be set up ---------------------------------------------------------------------------------------


def checked(wanted: Sequence[VariableWanted]) -> tuple[VariableWanted, ...]:
    """B05.FR.13. Passwords have their own way, on which nobody reads them. Raises UnfitTemplate."""
    seen: set[VariableName] = set()
    for one in wanted:
        if is_secret(one.name.name):
            raise UnfitTemplate(one.name, "is a secret, and no template holds one")
        if one.name.key in seen:
            raise UnfitTemplate(one.name, "is named twice")
        seen.add(one.name.key)
    return tuple(wanted)


class Difference(Struct, frozen=True, kw_only=True):
    """`value` None: the Station does not have it, or never told."""

    name: VariableName
    wanted: str
    value: str | None


def drift(wanted: Iterable[VariableWanted], known: Mapping[VariableName, Variable]) -> tuple[Difference, ...]:
    """Where a Station is not set up as it should be; how the case of a truth or of a name is written says nothing."""
    wanted = tuple(wanted)
    said = {name: variable.value for name, variable in known.items()}
    if any(one.name not in said for one in wanted):
        said = {name.key: value for name, value in said.items()} | said
    return tuple(
        Difference(name=one.name, wanted=one.value, value=is_now)
        for one in wanted
        if not _same(is_now := said.get(one.name, said.get(one.name.key)), one.value)
    )


def _same(value: str | None, wanted: str) -> bool:
    if value is not None and wanted.lower() in ("true", "false"):
        return value.lower() == wanted.lower()
    return value == wanted
