"""Cures that were tried and the rules by which they are, as they are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.notes import as_kept, as_read
from laddnav.ocpp.cures.model import Rule, State, Tried
from laddnav.ocpp.ills import Cure, Ill

_TRIED = "holder, ref, station_id, evse_no, ill, since, cure, asked_by, by_rule, at, state, said, note, over_at"
BEGIN = f"""
insert into ocpp_cure ({_TRIED}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (holder, station_id) where over_at is null do nothing
"""
GO_ON = "update ocpp_cure set state = $3, said = $4, note = $5, over_at = $6 where holder = $1 and ref = $2"
FIND = f"select {_TRIED} from ocpp_cure where ref = $1 for update"
PAGE = f"""
select {_TRIED} from ocpp_cure where ($1::text is null or holder = $1) and ($2::text is null or ref < $2)
order by ref desc limit $3
"""
UNDER_WAY = "select ref from ocpp_cure where over_at is null order by ref"
# The last of each ill of each Evse: when it may be tried again, and how it went.
LAST = f"""
select distinct on (holder, station_id, evse_no, ill) {_TRIED} from ocpp_cure
where ($1::text is null or holder = $1) and station_id = any($2)
order by holder, station_id, evse_no, ill, at desc
"""
_RULE = "holder, ill, cure, after_minutes, every_minutes, changed_at, changed_by"
KEEP_RULE = f"""
insert into ocpp_cure_rule ({_RULE}) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (holder, ill) do update set cure = excluded.cure, after_minutes = excluded.after_minutes,
  every_minutes = excluded.every_minutes, changed_at = excluded.changed_at, changed_by = excluded.changed_by
"""
RULES = f"select {_RULE} from ocpp_cure_rule where ($1::text is null or holder = $1) order by holder, ill"
FORGET_RULE = "delete from ocpp_cure_rule where holder = $1 and ill = $2"


async def begin(unit: Unit, one: Tried) -> bool:
    """False where another cure of this Station is under way."""
    fields = {name: getattr(one, name) for name in _TRIED.split(", ")[1:]} | {"note": as_kept(one.note)}
    return bool(await unit.execute(BEGIN, str(one.holder), *fields.values()))


def go_on(unit: Unit, one: Tried) -> None:
    unit.write(GO_ON, str(one.holder), one.ref, one.state, one.said, as_kept(one.note), one.over_at)


async def find(unit: Unit, ref: str) -> Tried | None:
    """Whoever changes it changes it alone, until the Unit ends."""
    row = await unit.fetch_one(FIND, ref)
    return None if row is None else _tried(row)


async def page(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Tried]:
    """The newest first."""
    return [_tried(row) for row in await unit.fetch(PAGE, holder and str(holder), after, limit)]


async def under_way(unit: Unit) -> list[str]:
    return [row["ref"] for row in await unit.fetch(UNDER_WAY)]


async def last(unit: Unit, holder: PartyId | None, station_ids: Collection[str]) -> Sequence[Tried]:
    return [_tried(row) for row in await unit.fetch(LAST, holder and str(holder), sorted(station_ids))]


def keep_rule(unit: Unit, rule: Rule) -> None:
    unit.write(KEEP_RULE, str(rule.holder), *(getattr(rule, name) for name in _RULE.split(", ")[1:]))


async def rules(unit: Unit, holder: PartyId | None) -> list[Rule]:
    return [
        Rule(**dict(row) | {"holder": PartyId.parse(row["holder"]), "ill": Ill(row["ill"]), "cure": Cure(row["cure"])})
        for row in await unit.fetch(RULES, holder and str(holder))
    ]


def forget_rule(unit: Unit, rule: Rule) -> None:
    unit.write(FORGET_RULE, str(rule.holder), rule.ill)


def _tried(row: Record) -> Tried:
    known = {
        "holder": PartyId.parse(row["holder"]),
        "ill": Ill(row["ill"]),
        "cure": Cure(row["cure"]),
        "state": State(row["state"]),
        "note": as_read(row["note"]),
    }
    return Tried(**dict(row) | known)
