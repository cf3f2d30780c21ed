"""Work on many stations: what is under way, how far each station is, and the forms that begin it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from starlette.responses import Response

from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks.model import Kind, Selection, StepState, Task
from laddnav.ocpp.tasks.works import WORKS
from laddnav.people import actions as people
from laddnav.web.asked import Asked, Door, do, see

PAGE = 50
WAVE = 50

# Those that a form begins; a template is applied from its own page.
KINDS = (
    Kind.FIRMWARE,
    Kind.LOCAL_LIST,
    Kind.RESET,
    Kind.AVAILABILITY,
    Kind.DIAGNOSTICS,
    Kind.SECURITY_LOG,
    Kind.CLEAR_CACHE,
    Kind.MOVE,
)
FLAGS = ("at_once", "operative", "anew")
NUMBERS = ("evse_no", "security_profile")


class TaskShown(Struct, frozen=True, kw_only=True):
    """`over` of `stations` are done with it, `failed` of them in vain."""

    task: Task
    stations: int
    over: int
    failed: int


async def list_all(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        found = await tasks.page(unit, asked.visitor.holder, after=cursor, limit=PAGE + 1)
    shown = [_shown(task, counts) for task, counts in found[:PAGE]]
    return asked.page(
        "tasks.html",
        tasks=shown,
        next=shown[-1].task.ref if len(found) > PAGE else None,
        begun=cursor is not None,
    )


def _shown(task: Task, counts: Mapping[StepState, int]) -> TaskShown:
    failed = counts.get(StepState.FAILED, 0)
    return TaskShown(
        task=task,
        stations=sum(counts.values()),
        over=failed + counts.get(StepState.DONE, 0),
        failed=failed,
    )


async def one(asked: Asked) -> Response:
    async with asked.unit() as unit:
        task, steps = await tasks.task(unit, asked.part("ref"))
    return asked.page("task.html", task=task, steps=steps)


async def new(asked: Asked) -> Response:
    said = asked.query("kind")
    kind = next((each for each in KINDS if each == said), KINDS[0])
    return asked.page(
        "task_new.html",
        kind=kind,
        kinds=KINDS,
        wave=WAVE,
        stations=asked.query("stations") or "",
        parties=[(str(party.holder), f"{party.holder} · {party.name}") for party in asked.parties],
    )


async def begin(asked: Asked) -> Response:
    """A field that is left empty is not said."""
    kind = next((each for each in KINDS if each == asked.said("kind")), KINDS[0])
    async with asked.unit() as unit:
        task = await tasks.begin(
            unit,
            PartyId.parse(asked.said("holder")),
            kind,
            _settings(asked, kind),
            at=selection(asked),
            by=asked.visitor.name,
            wave=max(1, asked.number("wave") or WAVE),
            failures_max=asked.number("failures_max") or 0,
        )
        people.note(unit, asked.visitor.name, "begin task", f"task {task.ref}", kind.value)
    return asked.done(f"/tasks/{task.ref}", asked.say("The task is begun."))


def _settings(asked: Asked, kind: Kind) -> Struct:
    """As the form says them. Raises Unreadable."""
    settings = WORKS[kind].settings
    said: dict[str, object] = {}
    for name in settings.__struct_fields__:
        if name in FLAGS:
            said[name] = asked.said(name) == "yes"
        elif name in NUMBERS:
            number = asked.number(name)
            said |= {name: asked.said(name) if number is None else number} if asked.said(name) else {}
        elif asked.said(name):
            said[name] = asked.said(name)
    read: Struct = json.decode(json.encode(said), settings)
    return read


def selection(asked: Asked) -> Selection:
    """Whom a form means."""
    return Selection(
        station_ids=tuple(asked.said("stations").replace(",", " ").split()),
        vendor=asked.said("vendor") or None,
        model=asked.said("model") or None,
        firmware=asked.said("running") or None,
    )


async def stop(asked: Asked) -> Response:
    ref = asked.part("ref")
    async with asked.unit() as unit:
        await tasks.stop(unit, ref)
        people.note(unit, asked.visitor.name, "stop task", f"task {ref}")
    return asked.done(f"/tasks/{ref}", asked.say("The task is stopped; nobody else is asked."))


async def resume(asked: Asked) -> Response:
    ref = asked.part("ref")
    async with asked.unit() as unit:
        await tasks.resume(unit, ref, again=asked.said("again") == "yes")
        people.note(unit, asked.visitor.name, "resume task", f"task {ref}")
    return asked.done(f"/tasks/{ref}", asked.say("The task goes on."))


DOORS: tuple[Door, ...] = (
    see("/tasks", list_all),
    do("/tasks", begin),
    see("/tasks/new", new),
    see("/tasks/{ref}", one),
    do("/tasks/{ref}/stop", stop),
    do("/tasks/{ref}/resume", resume),
)
