"""Tasks, their steps and the templates behind them, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence

from laddnav.db.lookups import lookup
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.notes import as_kept, as_read
from laddnav.ocpp.tasks.model import Kind, Selection, Step, StepState, Task, TaskState, Template
from laddnav.ocpp.wire.variables import VariableWanted

_TASK = "holder, ref, kind, settings, wave, failures_max, state, forgiven, why, asked_by, asked_at, over_at"
ADD = f"insert into ocpp_task ({_TASK}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
TASK = f"select {_TASK} from ocpp_task where ref = $1"
HELD = TASK + " for update"
GOING_ON = """
select ref from ocpp_task where state = 'RUNNING'
union
select t.ref from ocpp_task_step s join ocpp_task t on t.holder = s.holder and t.ref = s.task
where s.state in ('UNDER_WAY', 'ASKED', 'FOLLOWED') and t.state = 'STOPPED'
order by ref
"""
PAGE = f"""
select {_TASK} from ocpp_task where ($1::text is null or holder = $1) and ($2::text is null or ref < $2)
order by ref desc limit $3
"""
GO_ON = """
update ocpp_task set state = $3, forgiven = $4, why = $5, over_at = $6 where holder = $1 and ref = $2
"""
_STEP = "station_id, position, number, state, done, rounds, tries, memo, said, note, at, until"
ADD_STEP = f"""
insert into ocpp_task_step (holder, task, {_STEP}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
STEPS = f"select {_STEP} from ocpp_task_step where holder = $1 and task = $2 order by position"
STEP = f"select {_STEP} from ocpp_task_step where holder = $1 and task = $2 and station_id = $3 for update"
FOLLOWED = """
select t.ref as task, s.station_id, s.position, s.number, s.state, s.done, s.rounds, s.tries,
  s.memo, s.said, s.note, s.at, s.until
from ocpp_task_step s join ocpp_task t on t.holder = s.holder and t.ref = s.task
where s.holder = $1 and s.station_id = $2 and s.state in ('ASKED', 'FOLLOWED') and t.kind = any($3)
order by s.at for update of s
"""
IS_FOLLOWED = lookup(
    """
select true where exists (
  select from ocpp_task_step where holder = $1 and station_id = $2 and state in ('ASKED', 'FOLLOWED'))
""",
    "text",
    "text",
)
KEEP_STEP = """
update ocpp_task_step set state = $4, done = $5, rounds = $6, tries = $7, memo = $8, said = $9, note = $10, at = $11,
  until = $12
where holder = $1 and task = $2 and station_id = $3
"""
COUNTS = "select task, state, count(*) as many from ocpp_task_step where task = any($1) group by task, state"
# Who is still ours, who of them is on the line, and who has no charge under way. The stop of one that was closed, since
# its Station had lost the end, may never come.
ON_THE_LINE = """
select s.id, s.connected_to is not null as there, not exists (select from ocpp_transaction t
  left join session c on c.holder = t.holder and c.owner = t.holder and c.id_key = lower(t.session_id)
  where t.holder = s.holder and t.station_id = s.id and not t.stopped
    and (c.status is null or c.status not in ('SETTLING', 'COMPLETED'))) as idle
from station s join ocpp_task_step o on o.holder = s.holder and o.station_id = s.id
where o.holder = $1 and o.task = $2 and s.moved_at is null
"""
_TEMPLATE = "holder, ref, name, selection, wanted, changed_at, changed_by"
ADD_TEMPLATE = f"insert into ocpp_template ({_TEMPLATE}) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing"
CHANGE_TEMPLATE = """
update ocpp_template set name = $3, selection = $4, wanted = $5, changed_at = $6, changed_by = $7
where holder = $1 and ref = $2
"""
TEMPLATE = f"select {_TEMPLATE} from ocpp_template where ref = $1"
TEMPLATES = f"select {_TEMPLATE} from ocpp_template where ($1::text is null or holder = $1) order by name"
FORGET_TEMPLATE = "delete from ocpp_template where holder = $1 and ref = $2"


def add(unit: Unit, task: Task, steps: Sequence[Step]) -> None:
    unit.write(ADD, str(task.holder), *(getattr(task, name) for name in Task.__struct_fields__[1:]))
    for step in steps:
        fields = {name: getattr(step, name) for name in _STEP.split(", ")} | {"note": as_kept(step.note)}
        unit.write(ADD_STEP, str(task.holder), task.ref, *fields.values())


async def find(unit: Unit, ref: str, *, hold: bool = False) -> Task | None:
    row = await unit.fetch_one(HELD if hold else TASK, ref)
    return None if row is None else _task(row)


async def going_on(unit: Unit) -> list[str]:
    """Those that run, and of those that are stopped the ones of which somebody is under way."""
    return [row["ref"] for row in await unit.fetch(GOING_ON)]


async def page(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Task]:
    """The newest first."""
    return [_task(row) for row in await unit.fetch(PAGE, holder and str(holder), after, limit)]


def go_on(unit: Unit, task: Task) -> None:
    unit.write(GO_ON, str(task.holder), task.ref, task.state, task.forgiven, task.why, task.over_at)


async def steps(unit: Unit, task: Task) -> list[Step]:
    return [_step(row) for row in await unit.fetch(STEPS, str(task.holder), task.ref)]


async def step(unit: Unit, task: Task, station_id: str) -> Step | None:
    """Whoever changes it changes it alone, until the Unit ends."""
    row = await unit.fetch_one(STEP, str(task.holder), task.ref, station_id)
    return None if row is None else _step(row)


async def is_followed(unit: Unit, holder: PartyId, station_id: str) -> bool:
    """Whether it was asked something, or is at it; nobody has to wait for that."""
    return bool(await unit.value(IS_FOLLOWED, str(holder), station_id))


async def followed(unit: Unit, holder: PartyId, station_id: str, kinds: Sequence[Kind]) -> list[tuple[str, Step]]:
    """(task, step) of what this Station was asked and is at, oldest first."""
    rows = await unit.fetch(FOLLOWED, str(holder), station_id, [kind.value for kind in kinds])
    return [(row["task"], _step({name: row[name] for name in _STEP.split(", ")})) for row in rows]


def keep_step(unit: Unit, task: Task, step: Step) -> None:
    unit.write(
        KEEP_STEP,
        str(task.holder),
        task.ref,
        step.station_id,
        step.state,
        step.done,
        step.rounds,
        step.tries,
        step.memo,
        step.said,
        as_kept(step.note),
        step.at,
        step.until,
    )


async def counts(unit: Unit, refs: Sequence[str]) -> dict[tuple[str, StepState], int]:
    """How many steps of each task are in each state."""
    return {(row["task"], StepState(row["state"])): row["many"] for row in await unit.fetch(COUNTS, list(refs))}


async def on_the_line(unit: Unit, task: Task) -> tuple[dict[str, bool], set[str]]:
    """The Stations of a task that are connected, and whether each is idle; and those that are on our list."""
    rows = await unit.fetch(ON_THE_LINE, str(task.holder), task.ref)
    return {row["id"]: row["idle"] for row in rows if row["there"]}, {row["id"] for row in rows}


async def keep_template(unit: Unit, template: Template, *, new: bool) -> bool:
    """False where a new one has the name of another."""
    kept = await unit.execute(
        ADD_TEMPLATE if new else CHANGE_TEMPLATE,
        str(template.holder),
        template.ref,
        template.name,
        json.encode(template.selection).decode(),
        json.encode(template.wanted).decode(),
        template.changed_at,
        template.changed_by,
    )
    return bool(kept)


async def template(unit: Unit, ref: str) -> Template | None:
    row = await unit.fetch_one(TEMPLATE, ref)
    return None if row is None else _template(row)


async def templates(unit: Unit, holder: PartyId | None) -> list[Template]:
    return [_template(row) for row in await unit.fetch(TEMPLATES, holder and str(holder))]


def forget_template(unit: Unit, template: Template) -> None:
    unit.write(FORGET_TEMPLATE, str(template.holder), template.ref)


def _task(row: Record) -> Task:
    fields = dict(row)
    held = {"holder": PartyId.parse(row["holder"]), "kind": Kind(row["kind"]), "state": TaskState(row["state"])}
    return Task(**fields | held)


def _step(row: Record | dict[str, object]) -> Step:
    fields: dict[str, object] = dict(row) | {"note": as_read(row["note"])}  # type: ignore[arg-type]  # it is a text
    return Step(**fields | {"state": StepState(str(fields["state"]))})  # type: ignore[arg-type]  # columns are its fields


def _template(row: Record) -> Template:
    read = {
        "holder": PartyId.parse(row["holder"]),
        "selection": json.decode(row["selection"], Selection),
        "wanted": json.decode(row["wanted"], tuple[VariableWanted, ...]),
    }
    return Template(**dict(row) | read)
