"""Who can be reached through a hub, as it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.ocpi.model import Connection
from laddnav.ocpi.wire.clients import ClientInfo
from laddnav.parties.model import Role

PUT = """
insert into hub_client as c (holder, owner, id_key, ref, party, status, body, revision, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, 1, $8)
on conflict (holder, owner, id_key) do update set status = excluded.status, body = excluded.body,
  revision = c.revision + 1, last_updated = excluded.last_updated
"""
FIND = "select body from hub_client where holder = $1 and owner = $2 and id_key = $3"
LOCK = FIND + " for update"
OF_PARTY = """
select body from hub_client where holder = $1 and owner = $2 and party = $3 order by last_updated desc, id_key
"""
BEHIND = "select body from hub_client where holder = $1 and owner = $2 order by party, id_key limit $3"
SILENT = """
select c.id from ocpi_connection c join ocpi_line l on l.id = c.line
where c.our_role = $1 and l.state = 'CONNECTED' and coalesce(l.last_heard_at, l.registered_at) < $2
  and (l.last_reached_at is null or l.last_reached_at < $2 or l.failures > 0)
order by c.id limit $3
"""


async def find(unit: Unit, holder: PartyId, hub: PartyId, key: str, *, lock: bool = False) -> ClientInfo | None:
    row = await unit.fetch_one(LOCK if lock else FIND, str(holder), str(hub), key)
    return None if row is None else json.decode(row["body"], ClientInfo)


def put(unit: Unit, holder: PartyId, hub: PartyId, client: ClientInfo) -> None:
    unit.write(
        PUT,
        str(holder),
        str(hub),
        client.key,
        unit.new_id(),
        str(client.party),
        client.status,
        json.encode(client).decode(),
        client.last_updated,
    )


async def of_party(unit: Unit, holder: PartyId, hub: PartyId, party: PartyId) -> list[ClientInfo]:
    """In each of its roles, the newest word first."""
    rows = await unit.fetch(OF_PARTY, str(holder), str(hub), str(party))
    return [json.decode(row["body"], ClientInfo) for row in rows]


async def behind(unit: Unit, holder: PartyId, hub: PartyId, limit: int) -> Sequence[ClientInfo]:
    rows = await unit.fetch(BEHIND, str(holder), str(hub), limit)
    return [json.decode(row["body"], ClientInfo) for row in rows]


async def silent(unit: Unit, our_role: Role, since: datetime, limit: int) -> list[str]:
    """Refs of connections from which nothing was heard since then, nor were they reached."""
    return [row["id"] for row in await unit.fetch(SILENT, our_role, since, limit)]


def hub_of(connection: Connection) -> PartyId:
    """Whose clients are told of on this connection."""
    return connection.chief or connection.holder
