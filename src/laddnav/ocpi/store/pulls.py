"""How far each list of a partner is fetched."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.model import Connection, Pull
from laddnav.ocpi.wire.handshake import Module

_PULL = """holder, connection_id, module, party, due_at, up_to, started_at, finished_at, seen, skipped, next_url,
  last_error, whole_at, gone, corrected, claimed_until"""
# Whoever fetches it already is overtaken: what made us ask came after it had begun.
ASK_PULL = """
insert into ocpi_pull as p (holder, connection_id, module, party, due_at) values ($1, $2, $3, $4, $5)
on conflict (holder, connection_id, module, party) do update set due_at = least(p.due_at, excluded.due_at),
  claimed_until = null
"""
FORGET_PULLS = "delete from ocpi_pull where holder = $1 and connection_id = $2"
FORGET_PULLS_OF = FORGET_PULLS + " and module = any($3)"
CLAIM_PULLS = f"""
with due as (
  select holder, connection_id, module, party from ocpi_pull p
  where p.due_at <= $1 and (p.claimed_until is null or p.claimed_until < $1) and exists (
    select 1 from ocpi_connection c join ocpi_line l on l.id = c.line
    where c.holder = p.holder and c.id = p.connection_id and l.state = 'CONNECTED')
  order by p.due_at, p.started_at nulls first limit $2 for update skip locked)
update ocpi_pull set claimed_until = $3
where (holder, connection_id, module, party) in (select holder, connection_id, module, party from due)
returning {_PULL}
"""
PULLS = f"select {_PULL} from ocpi_pull where holder = $1 and connection_id = $2 order by module, party"
PULLED = """
update ocpi_pull set due_at = $5, up_to = $6, started_at = $7, finished_at = $8, seen = $9, skipped = $10,
  next_url = $11, last_error = $12, whole_at = $13, gone = $14, corrected = $15, claimed_until = $16
where holder = $1 and connection_id = $2 and module = $3 and party = $4 and claimed_until is not distinct from $17
"""


def ask(unit: Unit, connection: Connection, module: Module, party: PartyId | None = None) -> None:
    """Of everybody there, or of one `party` behind a hub."""
    unit.write(ASK_PULL, str(connection.holder), connection.id, module, str(party or ""), unit.now)


def forget(unit: Unit, connection: Connection) -> None:
    unit.write(FORGET_PULLS, str(connection.holder), connection.id)


def forget_of(unit: Unit, connection: Connection, modules: Collection[Module]) -> None:
    unit.write(FORGET_PULLS_OF, str(connection.holder), connection.id, list(modules))


async def claim(unit: Unit, until: datetime, limit: int) -> list[Pull]:
    """Those that are due, and that nobody fetches; nobody else does until then."""
    return [_pull(row) for row in await unit.fetch(CLAIM_PULLS, unit.now, limit, until)]


async def list_all(unit: Unit, connection: Connection) -> tuple[Pull, ...]:
    return tuple(_pull(row) for row in await unit.fetch(PULLS, str(connection.holder), connection.id))


async def pulled(unit: Unit, pull: Pull, until: datetime | None = None) -> bool:
    """How far it has got; it is kept by whoever fetches it `until` then, or is anybody's.

    False where somebody else has it meanwhile: then what is kept of it is theirs.
    """
    return bool(
        await unit.execute(
            PULLED,
            str(pull.holder),
            pull.connection_id,
            pull.module,
            str(pull.party or ""),
            pull.due_at,
            pull.up_to,
            pull.started_at,
            pull.finished_at,
            pull.seen,
            pull.skipped,
            pull.next_url,
            pull.last_error,
            pull.whole_at,
            pull.gone,
            pull.corrected,
            until,
            pull.claimed_until,
        )
    )


def _pull(row: Record) -> Pull:
    party = PartyId.parse(row["party"]) if row["party"] else None
    return Pull(**dict(row) | {"holder": PartyId.parse(row["holder"]), "module": Module(row["module"]), "party": party})
