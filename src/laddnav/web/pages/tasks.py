"""Work on many stations: what is under way, how far each station is, and the forms that begin it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import Response

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks.model import Kind, Selection, StepState, Task
from laddnav.ocpp.tasks.routes import Pace
from laddnav.ocpp.tasks.works import WORKS
from laddnav.people import actions as people
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages.task_form import read, refused, shared

PAGE = 50

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
    failed = sum(one.state is StepState.FAILED for one in steps)
    return asked.page("task.html", task=task, steps=steps, failed=failed)


async def new(asked: Asked) -> Response:
    pace = Pace()
    usual = {"wave": str(pace.wave), "failures_max": str(pace.failures_max)}
    kind = _kind(asked.query("kind"))
    return _form(asked, kind, usual | {name: said for name in shared(kind, kind) if (said := asked.query(name))})


async def begin(asked: Asked) -> Response:
    """What is wrong is said where it was typed, and nothing is begun."""
    kind = _kind(asked.said("kind"))
    wrong: dict[str, str] = {}
    settings, pace = read(asked, WORKS[kind].settings, wrong), read(asked, Pace, wrong)
    if settings is None or pace is None:
        return _form(asked, kind, asked.form, wrong)
    try:
        async with asked.unit() as unit:
            task = await tasks.begin(
                unit,
                PartyId.parse(asked.said("holder")),
                kind,
                settings,
                at=selection(asked),
                by=asked.visitor.name,
                wave=pace.wave,
                failures_max=pace.failures_max,
            )
            people.note(unit, asked.visitor.name, "begin task", f"task {task.ref}", kind.value)
    except Refusal as error:
        return _form(asked, kind, asked.form, refused(asked, error))
    return asked.done(f"/tasks/{task.ref}", asked.say("The task is begun."))


def _kind(said: str | None) -> Kind:
    return next((each for each in KINDS if each == said), KINDS[0])


def _form(asked: Asked, kind: Kind, words: Mapping[str, str], wrong: Mapping[str, str] | None = None) -> Response:
    return asked.page(
        "task_new.html",
        path=f"/tasks/new?kind={kind.value}",
        kind=kind,
        tabs=[(_link(each, words, shared(kind, each)), each) for each in KINDS],
        words=words,
        wrong=wrong or {},
        parties=[(str(party.holder), f"{party.holder} · {party.name}") for party in asked.parties],
    )


def _link(kind: Kind, words: Mapping[str, str], names: tuple[str, ...]) -> str:
    """To the form of another kind, with what fits it as well; console.js puts in what is typed by then."""
    return f"/tasks/new?{urlencode({'kind': kind.value} | {name: words.get(name, '') for name in names})}"


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
