"""Commands under way, both directions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.model import Connection, KeptCommand
from laddnav.ocpi.wire.commands import CommandState

_COMMAND = """holder, id, connection_id, direction, kind, body, response_url, state, result, session_id, asked_at,
  expires_at, answered_at, party, asked_for"""
INSERT_COMMAND = f"""
insert into ocpi_command ({_COMMAND}) values ($1, $2, $3, $4, $5, $6, $7, $8, null, $9, $10, $11, null, $12, $13)
"""
COMMAND = f"select {_COMMAND} from ocpi_command where holder = $1 and id = $2"
LOCK_COMMAND = COMMAND + " for update"
COMMAND_BY_ID = f"select {_COMMAND} from ocpi_command where id = $1 and direction = 'out'"
MOVE_COMMAND = """
update ocpi_command set state = $3, result = $4, session_id = coalesce($5, session_id), answered_at = $6
where holder = $1 and id = $2
"""
ACCEPT_COMMAND = "update ocpi_command set state = 'accepted', expires_at = $3 where holder = $1 and id = $2"
EXPIRED_COMMANDS = f"""
select {_COMMAND} from ocpi_command where state in ('asked', 'accepted') and expires_at < $1
order by expires_at limit $2
"""
WAITING_ABOUT = """
select count(*) from ocpi_command
where holder = $1 and session_id = $2 and kind = any($3) and direction = 'in' and state in ('asked', 'accepted')
"""
COMMANDS = f"select {_COMMAND} from ocpi_command where holder = $1 and connection_id = $2 order by id desc limit $3"

FORGET_COMMANDS = """
delete from ocpi_command where (holder, id) in (
  select holder, id from ocpi_command
  where state not in ('asked', 'accepted') and coalesce(answered_at, asked_at) < $1
  order by coalesce(answered_at, asked_at) limit $2)
"""


def insert(unit: Unit, one: KeptCommand) -> None:
    unit.write(
        INSERT_COMMAND,
        str(one.holder),
        one.id,
        one.connection_id,
        one.direction,
        one.kind,
        one.body.decode(),
        one.response_url,
        one.state,
        one.session_id,
        one.asked_at,
        one.expires_at,
        one.party and str(one.party),
        one.asked_for,
    )


async def find(unit: Unit, holder: PartyId, id: str, *, lock: bool = False) -> KeptCommand | None:
    row = await unit.fetch_one(LOCK_COMMAND if lock else COMMAND, str(holder), id)
    return None if row is None else _command(row)


async def sent(unit: Unit, id: str) -> KeptCommand | None:
    """By the unguessable id in its response URL alone."""
    row = await unit.fetch_one(COMMAND_BY_ID, id)
    return None if row is None else _command(row)


def move(unit: Unit, one: KeptCommand, state: CommandState, result: str | None, session_id: str | None = None) -> None:
    unit.write(MOVE_COMMAND, str(one.holder), one.id, state, result, session_id, unit.now)


def accept(unit: Unit, one: KeptCommand, expires_at: datetime) -> None:
    """Whoever was asked has said by when."""
    unit.write(ACCEPT_COMMAND, str(one.holder), one.id, expires_at)


async def expired(unit: Unit, limit: int) -> list[KeptCommand]:
    return [_command(row) for row in await unit.fetch(EXPIRED_COMMANDS, unit.now, limit)]


async def waiting_about(unit: Unit, holder: PartyId, session_id: str, kinds: Sequence[str]) -> int:
    """How many requests of these kinds about a Session wait for its Station."""
    many: int = await unit.value(WAITING_ABOUT, str(holder), session_id, list(kinds))
    return many


async def list_all(unit: Unit, connection: Connection, limit: int) -> tuple[KeptCommand, ...]:
    """Newest first."""
    rows = await unit.fetch(COMMANDS, str(connection.holder), connection.id, limit)
    return tuple(_command(row) for row in rows)


async def forget(unit: Unit, before: datetime, most: int) -> int:
    """What was over before then; says how many there were."""
    return await unit.execute(FORGET_COMMANDS, before, most)


def _command(row: Record) -> KeptCommand:
    fields: dict[str, Any] = dict(row)
    return KeptCommand(
        **fields
        | {
            "holder": PartyId.parse(row["holder"]),
            "body": row["body"].encode(),
            "state": CommandState(row["state"]),
            "party": row["party"] and PartyId.parse(row["party"]),
        }
    )
