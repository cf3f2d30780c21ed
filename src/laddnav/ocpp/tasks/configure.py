"""Setting up Stations as a template has it, and asking how they are set up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.ocpp import store
from laddnav.ocpp.notes import NoteKind, noted
from laddnav.ocpp.tasks.rules import Done, Failed, More, Move, checked, drift
from laddnav.ocpp.tasks.work import Doing, Work, at_once, known, refused
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import Request, Said
from laddnav.ocpp.wire.variables import (
    ReadVariables,
    SetStatus,
    SetVariables,
    Variable,
    VariableName,
    VariablesSet,
    VariablesTold,
    VariableWanted,
)


class SetUp(Struct, frozen=True, kw_only=True):
    """What the template wanted when the task was begun, and its name."""

    template: str
    wanted: tuple[VariableWanted, ...]


_TAKEN = (SetStatus.ACCEPTED, SetStatus.REBOOT_REQUIRED)
_REMARKABLE = frozenset(SetStatus) - {SetStatus.ACCEPTED}


async def _ask_to_set(unit: Unit, doing: Doing, settings: SetUp, dialect: Dialect) -> Request | Move:
    """What is so already is left alone; no more at once than the Station takes (B05.FR.11)."""
    rest = settings.wanted[doing.step.done :]
    variables = await known(unit, doing.station)
    differ = {one.name for one in drift(rest, variables)}
    todo = tuple(one for one in rest if one.name in differ)
    if not todo:
        return _end(doing.step.said, settings, variables)
    return SetVariables(wanted=todo[: at_once(doing.station, dialect, SetVariables, variables)])


def _end(remarks: str | None, settings: SetUp, variables: Mapping[VariableName, Variable]) -> Move:
    """What was taken, if only after a restart, is no failure."""
    return Failed(said=remarks or "") if drift(settings.wanted, variables) else Done(said=remarks)


async def _was_set(unit: Unit, doing: Doing, settings: SetUp, said: Said) -> Move:
    """Each variable by its own result. The next round begins after the last one that was answered for."""
    if not isinstance(said, VariablesSet) or not said.results:
        return refused(said)
    rest = settings.wanted[doing.step.done :]
    variables = await known(unit, doing.station)
    differ = [one.name for one in drift(rest, variables)]
    status = {(one.name or differ[0]).key: one.status for one in said.results if one.name is not None or differ}
    answered = [number for number, one in enumerate(rest) if one.name.key in status]
    if not answered:
        return Failed(said=noted(NoteKind.ANSWERED_FOR_OTHERS))
    as_said = {name.key: name for name in variables}
    taken = [
        Variable(name=as_said.get(one.name.key, one.name), value=one.value)
        for one in rest
        if status.get(one.name.key) in _TAKEN
    ]
    store.variables.keep(unit, doing.station, taken, None)
    otherwise = [f"{one.name}: {status[one.name.key]}" for one in rest if status.get(one.name.key) in _REMARKABLE]
    remarks = "; ".join(filter(None, [doing.step.said, *otherwise]))
    return More(done=doing.step.done + answered[-1] + 1, said=remarks or None)


async def _ask_to_tell(unit: Unit, doing: Doing, settings: SetUp, dialect: Dialect) -> Request | Move:
    """No more at once than the Station takes (B06.FR.05)."""
    variables = await known(unit, doing.station)
    names = tuple(one.name for one in settings.wanted[doing.step.done :])
    if names:
        return ReadVariables(names=names[: at_once(doing.station, dialect, ReadVariables, variables)])
    differ = drift(settings.wanted, variables)
    otherwise = ", ".join(str(one.name) for one in differ)
    return Done(said=noted(NoteKind.DIFFERS, names=otherwise) if differ else None)


async def _has_told(unit: Unit, doing: Doing, settings: SetUp, said: Said) -> Move:
    if not isinstance(said, VariablesTold):
        return refused(said)
    told = len(said.variables) + len(said.unknown)
    if not told:
        return Failed(said=noted(NoteKind.TOLD_NOTHING))
    store.variables.keep(unit, doing.station, said.variables, None)
    return More(done=doing.step.done + told)


def _check(settings: SetUp, now: datetime) -> None:
    """Raises UnfitTemplate: what may stand in no template may be told by no task."""
    checked(settings.wanted)


CONFIGURE = Work(settings=SetUp, asks=_ask_to_set, heard=_was_set, check=_check)
CHECK = Work(settings=SetUp, asks=_ask_to_tell, heard=_has_told, check=_check)
