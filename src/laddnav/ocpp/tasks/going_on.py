"""How tasks go on: whose turn it is is asked, what is answered or told moves its step, and whoever died is replaced."""

from __future__ import annotations

from collections.abc import Sequence

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import store
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import Outcome, StationCall
from laddnav.ocpp.notes import NoteKind, noted
from laddnav.ocpp.tasks import rules
from laddnav.ocpp.tasks.events import TaskWentOn
from laddnav.ocpp.tasks.firmware import Update, patient
from laddnav.ocpp.tasks.model import Kind, Step, StepState, Task, TaskState
from laddnav.ocpp.tasks.rules import Done, Failed, Follow, Move
from laddnav.ocpp.tasks.work import Doing, Sending
from laddnav.ocpp.tasks.works import WORKS
from laddnav.ocpp.wanted import TASK, write_down
from laddnav.ocpp.wire.answers import Noted
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.frames import CallError
from laddnav.ocpp.wire.requests import Request, Verdict
from laddnav.ocpp.wire.upkeep import FirmwareTold, LogTold, Progress

_LOGS = (Kind.DIAGNOSTICS, Kind.SECURITY_LOG)


# Turns ----------------------------------------------------------------------------------------------------------------


async def go_on(database: Database) -> None:
    """One round: every task that runs asks those whose turn it is, and one that is stopped those that are under way."""
    async with database.unit() as unit:
        refs = await store.tasks.going_on(unit)
    for ref in refs:
        async with database.unit() as unit:
            await _round(unit, ref)
    if refs:
        database.wake()


async def _round(unit: Unit, ref: str) -> None:
    """Rounds of several processes come one after the other, for each holds the task."""
    task = await store.tasks.find(unit, ref, hold=True)
    if task is None or task.state is TaskState.DONE:
        return
    on_the_line, ours = await store.tasks.on_the_line(unit, task)
    steps = [
        await _given_up(unit, task, one, ours=one.station_id in ours, on_the_line=one.station_id in on_the_line)
        for one in await store.tasks.steps(unit, task)
    ]
    after = rules.judged(task, steps, unit.now)
    if after != task:
        store.tasks.go_on(unit, after)
        unit.announce(TaskWentOn(holder=task.holder, task=ref))
        return
    work = WORKS[task.kind]
    must_be_idle = work.when_idle(work.set_up(task))
    for step in rules.due(task, steps, {id for id, idle in on_the_line.items() if idle or not must_be_idle}):
        store.tasks.keep_step(unit, task, rules.asked(step, unit.now))
        write_down(unit, task.holder, step.station_id, TASK, ref, step.station_id, str(step.rounds), request=ref)


async def _given_up(unit: Unit, task: Task, step: Step, *, ours: bool, on_the_line: bool) -> Step:
    if rules.given_up(step, unit.now, ours=ours, on_the_line=on_the_line) is step:
        return step
    # What the Station tells at this very moment counts, and not that it was late.
    step = await store.tasks.step(unit, task, step.station_id) or step
    after = rules.given_up(step, unit.now, ours=ours, on_the_line=on_the_line)
    return step if after is step else _keep(unit, task, after)


def _keep(unit: Unit, task: Task, step: Step) -> Step:
    store.tasks.keep_step(unit, task, step)
    unit.announce(TaskWentOn(holder=task.holder, task=task.ref))
    return step


# What is asked and answered -------------------------------------------------------------------------------------------


async def _doing(unit: Unit, call: StationCall) -> Doing | None:
    """None: nobody waits for this any more."""
    assert call.request is not None, "a task asks"
    task = await store.tasks.find(unit, call.request)
    step = None if task is None else await store.tasks.step(unit, task, call.station_id)
    if task is None or step is None or step.state is not StepState.ASKED:
        return None
    return Doing(task=task, step=step, station=await locations.station(unit, call.station_id))


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    doing = await _doing(unit, call)
    if doing is None:
        return Verdict.REJECTED
    work = WORKS[doing.task.kind]
    asks = await work.asks(unit, doing, work.set_up(doing.task), dialect)
    if isinstance(asks, Sending):
        store.tasks.keep_step(unit, doing.task, rules.remembering(doing.step, asks.memo))
        asks = asks.request
    if isinstance(asks, Move):
        _keep(unit, doing.task, rules.moved(doing.step, asks, unit.now))
        return Verdict.ACCEPTED
    if type(asks) not in dialect.asks:
        _keep(unit, doing.task, rules.moved(doing.step, Failed(said=Verdict.NOT_SUPPORTED.value), unit.now))
        return Verdict.NOT_SUPPORTED
    return asks


async def _tell(unit: Unit, call: StationCall, answered: Answered) -> None:
    doing = await _doing(unit, call)
    if doing is None:
        return
    if answered is None:
        _keep(unit, doing.task, rules.unanswered(doing.step, doing.task.kind, unit.now))
        return
    if isinstance(answered, CallError):
        move: Move = Failed(said=f"{answered.code} {answered.description}".strip())
    else:
        work = WORKS[doing.task.kind]
        move = await work.heard(unit, doing, work.set_up(doing.task), answered)
    _keep(unit, doing.task, rules.moved(doing.step, move, unit.now))


ERRAND = Errand(_say, _tell)


# What Stations tell while they work -----------------------------------------------------------------------------------


async def told(unit: Unit, station: Station, event: FirmwareTold | LogTold) -> Outcome:
    """Of the step with this number; without one, of the oldest, for a Station does one such thing at a time."""
    kinds = (Kind.FIRMWARE,) if isinstance(event, FirmwareTold) else _LOGS
    for task, step in await _followed(unit, station.holder, station.id, kinds):
        if event.number in (None, step.number):
            _further(unit, task, step, event)
            break
    return Outcome(Noted())


def _further(unit: Unit, task: Task, step: Step, event: FirmwareTold | LogTold) -> None:
    match event.progress:
        case Progress.DONE:
            move: Move = Done(said=event.said)
        case Progress.FAILED:
            move = Failed(said=event.said)
        case Progress.UNDER_WAY:
            work = WORKS[task.kind]
            settings = work.set_up(task)
            until = patient(unit, settings) if isinstance(settings, Update) else step.until or unit.now
            move = Follow(until=until, said=event.said)
        case Progress.IDLE:
            return
    _keep(unit, task, rules.moved(step, move, unit.now))


async def booted(unit: Unit, station: Station, firmware: str | None) -> None:
    """A Station that runs what it was to run is done, whether it says Installed or not (L01.FR.32)."""
    if not await store.tasks.is_followed(unit, station.holder, station.id):
        return
    for task, step in await _followed(unit, station.holder, station.id, (Kind.FIRMWARE,)):
        settings = WORKS[task.kind].set_up(task)
        if firmware is not None and settings.version == firmware:
            _keep(unit, task, rules.moved(step, Done(said=noted(NoteKind.RUNS_IT)), unit.now))


async def _followed(unit: Unit, holder: PartyId, station_id: str, kinds: Sequence[Kind]) -> list[tuple[Task, Step]]:
    found = []
    for ref, step in await store.tasks.followed(unit, holder, station_id, kinds):
        task = await store.tasks.find(unit, ref)
        assert task is not None, "a step is of a task"
        found.append((task, step))
    return found
