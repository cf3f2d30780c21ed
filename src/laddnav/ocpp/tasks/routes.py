"""The operator API about work on many Stations, and about how Stations should be set up."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit import fields, json
from laddnav.kit.ids import PartyId
from laddnav.ocpp.tasks import actions
from laddnav.ocpp.tasks.model import Kind, Name, Selection, Step, StepState, Task, Template
from laddnav.ocpp.tasks.rules import Difference
from laddnav.ocpp.tasks.works import WORKS
from laddnav.ocpp.wire.variables import VariableWanted
from laddnav.parties import actions as parties
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor

Wave = Annotated[int, Meta(ge=1, le=10_000)]
Failures = Annotated[int, Meta(ge=0, le=100_000)]


class Pace(Struct, frozen=True, kw_only=True):
    """So many Stations together; and after more failures than may be, nobody else is asked."""

    wave: Wave = 50
    failures_max: Failures = 0


class TaskAsked(Pace, frozen=True, kw_only=True):
    """`settings` are those of the kind; `holder` may be left out where only one party can be meant."""

    kind: Kind
    at: Selection
    settings: dict[str, Any] = {}
    holder: str | None = None


class InState(Struct, frozen=True, kw_only=True):
    state: StepState
    stations: int


class TaskShown(Struct, frozen=True, kw_only=True):
    """`progress`: how many Stations are in which state."""

    holder: PartyId
    thing: Task
    progress: tuple[InState, ...]


class TaskWhole(Struct, frozen=True, kw_only=True):
    """`steps` in the order in which the Stations have their turn."""

    holder: PartyId
    thing: Task
    steps: tuple[Step, ...]


class TemplateSaid(Struct, frozen=True, kw_only=True):
    name: Name
    at: Selection = Selection()
    wanted: Annotated[tuple[VariableWanted, ...], Meta(min_length=1, max_length=500)]
    holder: str | None = None


class Drifted(Struct, frozen=True, kw_only=True):
    """Where a Station is set up otherwise; nowhere when it is empty."""

    station_id: str
    differs: tuple[Difference, ...]


class DriftShown(Struct, frozen=True, kw_only=True):
    holder: PartyId
    stations: tuple[Drifted, ...]


class TemplateApplied(Pace, frozen=True, kw_only=True):
    """`check` has the Stations say how they are set up, and changes nothing."""

    check: bool = False


class TemplateForgotten(Struct, frozen=True, kw_only=True):
    holder: PartyId
    ref: str


async def list_tasks(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[TaskShown]:
    """The newest first."""
    found = await actions.page(unit, by.holder, after=cursor, limit=limit + 1)
    shown = [
        TaskShown(
            holder=task.holder,
            thing=task,
            progress=tuple(InState(state=state, stations=many) for state, many in counts.items()),
        )
        for task, counts in found
    ]
    return page(shown, limit, lambda one: one.thing.ref)


async def begin_task(unit: Unit, by: Visitor, body: TaskAsked) -> TaskWhole:
    """Begin work on the Stations that are meant. Raises NobodySelected, UnknownStation, UnfitTask, UnfitTemplate."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    settings = fields.decode(json.encode(body.settings), WORKS[body.kind].settings, under="settings")
    task = await actions.begin(
        unit,
        yours(by, party.holder),
        body.kind,
        settings,
        at=body.at,
        by=by.name,
        wave=body.wave,
        failures_max=body.failures_max,
    )
    return await _whole(unit, task.ref)


async def fetch_task(unit: Unit, ref: str) -> TaskWhole:
    """One task with its Stations."""
    return await _whole(unit, ref)


async def stop_task(unit: Unit, ref: str) -> TaskWhole:
    """Nobody else is asked; whoever is under way comes to its end."""
    await actions.stop(unit, ref)
    return await _whole(unit, ref)


async def resume_task(unit: Unit, ref: str, *, again: bool = False) -> TaskWhole:
    """What failed so far stops it no more; `again` gives those another try."""
    await actions.resume(unit, ref, again=again)
    return await _whole(unit, ref)


async def _whole(unit: Unit, ref: str) -> TaskWhole:
    task, steps = await actions.task(unit, ref)
    return TaskWhole(holder=task.holder, thing=task, steps=tuple(steps))


async def list_templates(unit: Unit, by: Visitor) -> Page[Template]:
    """In the order of their names."""
    return Page(items=tuple(await actions.templates(unit, by.holder)), next=None)


async def add_template(unit: Unit, by: Visitor, body: TemplateSaid) -> Template:
    """How the Stations of a selection should be set up."""
    party = await parties.meant(unit, PartyId.parse(body.holder) if body.holder else by.holder)
    holder = yours(by, party.holder)
    return await actions.keep_template(unit, holder, body.name, body.at, body.wanted, by=by.name, ref=None)


async def change_template(unit: Unit, by: Visitor, ref: str, body: TemplateSaid) -> Template:
    """The whole template anew."""
    before = await actions.template(unit, ref)
    yours(by, before.holder)
    return await actions.keep_template(unit, before.holder, body.name, body.at, body.wanted, by=by.name, ref=ref)


async def forget_template(unit: Unit, ref: str) -> TemplateForgotten:
    """The Stations stay as they are."""
    before = await actions.template(unit, ref)
    await actions.forget_template(unit, ref)
    return TemplateForgotten(holder=before.holder, ref=ref)


async def fetch_drift(unit: Unit, ref: str) -> DriftShown:
    """What differs, by Station, of what each said last."""
    template = await actions.template(unit, ref)
    found = await actions.drift(unit, template)
    return DriftShown(
        holder=template.holder,
        stations=tuple(Drifted(station_id=one.id, differs=tuple(differs)) for one, differs in found),
    )


async def apply_template(unit: Unit, by: Visitor, ref: str, body: TemplateApplied) -> TaskWhole:
    """Set the Stations up as the template wants, as a task. Raises NobodySelected."""
    kind = Kind.CHECK if body.check else Kind.CONFIGURE
    template = await actions.template(unit, ref)
    yours(by, template.holder)
    task = await actions.apply(unit, template, kind, by=by.name, wave=body.wave, failures_max=body.failures_max)
    return await _whole(unit, task.ref)


ROUTES = (
    Route(method="GET", path="/tasks", does=list_tasks),
    Route(method="POST", path="/tasks", does=begin_task, needs=Role.OPERATOR, status=201),
    Route(method="GET", path="/tasks/{ref}", does=fetch_task),
    Route(method="POST", path="/tasks/{ref}/stop", does=stop_task, needs=Role.OPERATOR),
    Route(method="POST", path="/tasks/{ref}/resume", does=resume_task, needs=Role.OPERATOR),
    Route(method="GET", path="/templates", does=list_templates),
    Route(method="POST", path="/templates", does=add_template, needs=Role.OPERATOR, status=201),
    Route(method="PUT", path="/templates/{ref}", does=change_template, needs=Role.OPERATOR),
    Route(method="DELETE", path="/templates/{ref}", does=forget_template, needs=Role.OPERATOR),
    Route(method="GET", path="/templates/{ref}/drift", does=fetch_drift),
    Route(method="POST", path="/templates/{ref}/tasks", does=apply_template, needs=Role.OPERATOR, status=201),
)
