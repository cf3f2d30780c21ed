"""What Stations are asked, and what they said, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpp.model import StationCall

_CALL = """c.holder, c.id, c.station_id, c.action, c.body, c.session_id, c.request, c.asked_at, c.expires_at, c.sent_at,
  c.answered_at, c.answer, c.problem"""
ASK = """
insert into ocpp_call (holder, id, station_id, action, body, session_id, request, asked_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing
"""
CALL = f"select {_CALL} from ocpp_call c where c.holder = $1 and c.id = $2"
# Only for sockets that this process holds, in the order in which they were asked. Which do not count is told, not which
# do: this is asked all day, and of thousands of stations few leave at a time.
CLAIM = f"""
with claimed as (
  select c.holder, c.id from ocpp_call c join station s on s.id = c.station_id
  where s.connected_to = $1 and c.station_id <> all($2) and c.claimed_by is null and c.sent_at is null
    and c.answered_at is null and c.expires_at > $3
  order by c.asked_at limit 100 for update of c skip locked)
update ocpp_call c set claimed_by = $1 from claimed k where c.holder = k.holder and c.id = k.id returning {_CALL}
"""
# Not where it was given up meanwhile, or the process was thought dead and another has it.
SEND = """
update ocpp_call c set sent_at = $4
where c.holder = $1 and c.id = $2 and c.claimed_by = $3 and c.sent_at is null and c.answered_at is null
  and exists (select from station s where s.id = c.station_id and s.connected_to = $3)
"""
GIVE_BACK = """
update ocpp_call set claimed_by = null
where holder = $1 and id = $2 and claimed_by = $3 and sent_at is null and answered_at is null
"""
RELEASE = "update ocpp_call set claimed_by = null where claimed_by = $1 and sent_at is null and answered_at is null"
EXPIRE = "update ocpp_call set expires_at = $2 where claimed_by = $1 and sent_at is not null and answered_at is null"
CLOSE = """
update ocpp_call set answered_at = $3, body = $4, answer = $5, problem = $6
where holder = $1 and id = $2 and answered_at is null
"""
OVERDUE = f"""
select {_CALL} from ocpp_call c where c.answered_at is null and c.expires_at <= $1
order by c.expires_at limit 100
"""
FORGET = """
delete from ocpp_call where (holder, id) in (
  select holder, id from ocpp_call where answered_at is not null and asked_at < $1 order by asked_at limit $2)
"""


def ask(unit: Unit, call: StationCall) -> None:
    unit.write(
        ASK,
        str(call.holder),
        call.id,
        call.station_id,
        call.action,
        call.body,
        call.session_id,
        call.request,
        call.asked_at,
        call.expires_at,
    )


async def call(unit: Unit, holder: PartyId, id: str) -> StationCall | None:
    row = await unit.fetch_one(CALL, str(holder), id)
    return None if row is None else _call(row)


async def claim(unit: Unit, process: str, finishing: Sequence[str]) -> list[StationCall]:
    rows = await unit.fetch(CLAIM, process, list(finishing), unit.now)
    return sorted((_call(row) for row in rows), key=lambda one: one.asked_at)


async def send(unit: Unit, call: StationCall, process: str) -> bool:
    """False when it is not this process's to send any more."""
    return bool(await unit.execute(SEND, str(call.holder), call.id, process, unit.now))


def give_back(unit: Unit, call: StationCall, process: str) -> None:
    unit.write(GIVE_BACK, str(call.holder), call.id, process)


def release(unit: Unit, process: str) -> None:
    unit.write(RELEASE, process)


def expire(unit: Unit, process: str) -> None:
    unit.write(EXPIRE, process, unit.now)


async def close(unit: Unit, call: StationCall, body: str, answer: str | None, problem: str | None) -> bool:
    """False when it was closed already."""
    return bool(await unit.execute(CLOSE, str(call.holder), call.id, unit.now, body, answer, problem))


async def overdue(unit: Unit) -> list[StationCall]:
    return [_call(row) for row in await unit.fetch(OVERDUE, unit.now)]


async def forget(unit: Unit, before: datetime, most: int) -> int:
    """What was asked before then and is over; says how many calls it was."""
    return await unit.execute(FORGET, before, most)


def _call(row: Record) -> StationCall:
    return StationCall(**dict(row) | {"holder": PartyId.parse(row["holder"])})
