"""Verbs about tasks and templates: begin, stop and go on; how Stations should be set up, and which are not."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db import turns
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import store
from laddnav.ocpp.rules import number_named
from laddnav.ocpp.tasks import rules
from laddnav.ocpp.tasks.configure import SetUp
from laddnav.ocpp.tasks.events import TaskWentOn
from laddnav.ocpp.tasks.model import Kind, Selection, Step, StepState, Task, TaskState, Template
from laddnav.ocpp.tasks.rules import (
    Difference,
    NobodySelected,
    TaskOver,
    TemplateExists,
    UnknownTask,
    UnknownTemplate,
)
from laddnav.ocpp.tasks.work import known
from laddnav.ocpp.tasks.works import WORKS
from laddnav.ocpp.wire.variables import VariableWanted

_MANY = 500  # Stations read at once


# Tasks ----------------------------------------------------------------------------------------------------------------


async def begin(
    unit: Unit,
    holder: PartyId,
    kind: Kind,
    settings: Struct,
    *,
    at: Selection,
    by: str,
    wave: int = 50,
    failures_max: int = 0,
) -> Task:
    """Raises NobodySelected, UnknownStation, UnfitTask, UnfitTemplate."""
    WORKS[kind].check(settings, unit.now)
    stations = await _stations(unit, holder)
    rules.named(stations, at)
    chosen = rules.selected(stations, at)
    if not chosen:
        raise NobodySelected
    task = Task(
        holder=holder,
        ref=unit.new_id(),
        kind=kind,
        settings=json.encode(settings).decode(),
        wave=wave,
        failures_max=failures_max,
        state=TaskState.RUNNING,
        asked_by=by,
        asked_at=unit.now,
    )
    steps = [
        Step(station_id=one.id, position=position, number=number_named(f"{task.ref}/{one.id}"), at=unit.now)
        for position, one in enumerate(chosen)
    ]
    store.tasks.add(unit, task, steps)
    unit.announce(TaskWentOn(holder=holder, task=task.ref))
    return task


async def stop(unit: Unit, ref: str) -> Task:
    """Nobody else is asked; whoever is under way comes to its end. Raises UnknownTask, TaskOver."""
    task = await _held(unit, ref)
    return _went_on(unit, replace(task, state=TaskState.STOPPED))


async def resume(unit: Unit, ref: str, *, again: bool = False) -> Task:
    """What failed so far stops it no more; `again` gives those another try. Raises UnknownTask, TaskOver."""
    task = await _held(unit, ref)
    failed = [one for one in await store.tasks.steps(unit, task) if one.state is StepState.FAILED]
    if again:
        for step in failed:
            store.tasks.keep_step(unit, task, rules.afresh(step, unit.now))
    forgiven = 0 if again else len(failed)
    return _went_on(unit, replace(task, state=TaskState.RUNNING, forgiven=forgiven, why=None))


async def _held(unit: Unit, ref: str) -> Task:
    task = await store.tasks.find(unit, ref, hold=True)
    if task is None:
        raise UnknownTask(ref)
    if task.state is TaskState.DONE:
        raise TaskOver(ref)
    return task


def _went_on(unit: Unit, task: Task) -> Task:
    store.tasks.go_on(unit, task)
    unit.announce(TaskWentOn(holder=task.holder, task=task.ref))
    return task


async def task(unit: Unit, ref: str) -> tuple[Task, Sequence[Step]]:
    """With its steps, in their order. Raises UnknownTask."""
    found = await store.tasks.find(unit, ref)
    if found is None:
        raise UnknownTask(ref)
    return found, await store.tasks.steps(unit, found)


async def page(
    unit: Unit, holder: PartyId | None, *, after: str | None = None, limit: int = 50
) -> Sequence[tuple[Task, dict[StepState, int]]]:
    """The newest first, each with how many Stations are in which state; the last ref is the next `after`."""
    tasks = await store.tasks.page(unit, holder, after, limit)
    counts = await store.tasks.counts(unit, [one.ref for one in tasks])
    return [
        (one, {state: counts[one.ref, state] for state in StepState if (one.ref, state) in counts}) for one in tasks
    ]


# Templates ------------------------------------------------------------------------------------------------------------


async def keep_template(
    unit: Unit,
    holder: PartyId,
    name: str,
    selection: Selection,
    wanted: Sequence[VariableWanted],
    *,
    by: str,
    ref: str | None,
) -> Template:
    """A new one, or that of this ref anew. Raises UnfitTemplate, TemplateExists."""
    await turns.taken(unit, f"templates {holder}")  # no two have one name
    if any(one.name == name and one.ref != ref for one in await store.tasks.templates(unit, holder)):
        raise TemplateExists(name)
    template = Template(
        holder=holder,
        ref=ref or unit.new_id(),
        name=name,
        selection=selection,
        wanted=rules.checked(wanted),
        changed_at=unit.now,
        changed_by=by,
    )
    if not await store.tasks.keep_template(unit, template, new=ref is None):
        raise TemplateExists(name)  # another was first at this very moment
    return template


async def template(unit: Unit, ref: str) -> Template:
    """Raises UnknownTemplate."""
    found = await store.tasks.template(unit, ref)
    if found is None:
        raise UnknownTemplate(ref)
    return found


async def templates(unit: Unit, holder: PartyId | None) -> Sequence[Template]:
    return await store.tasks.templates(unit, holder)


async def forget_template(unit: Unit, ref: str) -> None:
    """Raises UnknownTemplate."""
    store.tasks.forget_template(unit, await template(unit, ref))


async def drift(unit: Unit, template: Template) -> Sequence[tuple[Station, Sequence[Difference]]]:
    """Each Station that the template is for, with where it is set up otherwise, by what it said last."""
    chosen = rules.selected(await _stations(unit, template.holder), template.selection)
    return [(one, rules.drift(template.wanted, await known(unit, one))) for one in chosen]


async def apply(unit: Unit, template: Template, kind: Kind, *, by: str, wave: int, failures_max: int) -> Task:
    """Set its Stations up as it wants (CONFIGURE), or have them say how they are set up (CHECK)."""
    settings = SetUp(template=template.name, wanted=template.wanted)
    return await begin(
        unit, template.holder, kind, settings, at=template.selection, by=by, wave=wave, failures_max=failures_max
    )


async def _stations(unit: Unit, holder: PartyId) -> list[Station]:
    found = list[Station]()
    while True:
        after = found[-1].id if found else None
        more = await locations.stations(unit, holder, after=after, limit=_MANY)
        found += more
        if len(more) < _MANY:
            return found
