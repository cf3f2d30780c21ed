"""Connections as they are kept: who of us speaks in which role on which line; read together with their line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.ocpi.deviations.policy import Policy
from laddnav.ocpi.model import Connection
from laddnav.ocpi.rules import hearing_alike
from laddnav.ocpi.sides import OFFERED
from laddnav.ocpi.store import hub, lines
from laddnav.ocpi.wire.handshake import CredentialsRole, Endpoint, Module, State
from laddnav.parties.model import Role

# In which of our roles we hear the same of the same.
_ALIKE = " ".join(f"when '{role}' then '{{{','.join(hearing_alike(role))}}}'::text[]" for role in OFFERED)
_FIELDS = f"""c.holder, c.id, c.ref, c.line, c.our_role, c.leaving, c.their_role, c.their_country, c.their_party,
  c.created_at, l.state, l.name, l.version, l.roles, l.endpoints, l.versions_url, l.policy, l.registered_at,
  l.last_heard_at, l.last_reached_at, l.last_error, l.last_error_at, l.failures, l.troubles, l.retry_at,
  l.hub, l.offers, l.tls_changed_at, l.turned_away, l.turned_away_at,
  case when l.hub is not null then array(select distinct h.party from hub_client h
    where h.holder = c.holder and h.owner = l.hub) end as behind,
  case when l.hub is not null then array(select h.party from hub_client h where h.holder = c.holder and h.owner = l.hub
    group by h.party having not bool_or(h.status = 'CONNECTED')) end as away,
  case when l.hub is not null then array(select role -> 'party' ->> 'country' || '*' || (role -> 'party' ->> 'party')
    from ocpi_connection oc join ocpi_line ol on ol.id = oc.line cross join jsonb_array_elements(ol.roles::jsonb) role
    where oc.holder = c.holder and oc.our_role = any(case c.our_role {_ALIKE} end) and ol.hub is null
      and ol.state in ('CONNECTED', 'SUSPENDED')) end as elsewhere"""
_CONNECTION = f"{_FIELDS} from ocpi_connection c join ocpi_line l on l.id = c.line"
_COUNTED = f"""{_FIELDS},
  (select count(*) from ocpi_delivery d where d.holder = c.holder and d.connection_id = c.id
    and d.delivered_at is null and d.dead_at is null) as waiting,
  (select count(*) from ocpi_delivery d where d.holder = c.holder and d.connection_id = c.id
    and d.dead_at is not null) as dead
  from ocpi_connection c join ocpi_line l on l.id = c.line"""
INSERT_CONNECTION = """
insert into ocpi_connection (holder, id, ref, line, our_role, their_role, their_country, their_party, created_at)
values ($1, $2, $2, $3, $4, $5, $6, $7, $8)
"""
UPDATE_CONNECTION = """
update ocpi_connection set their_role = $3, their_country = $4, their_party = $5, leaving = $6
where holder = $1 and id = $2
"""
DROP_CONNECTION = "delete from ocpi_connection where holder = $1 and id = $2"
CONNECTION = f"select {_CONNECTION} where c.holder = $1 and c.id = $2"
# Of the line alone, so that nobody waits for a line while he holds one of its connections.
LOCK_CONNECTION = CONNECTION + " for update of l"
CONNECTION_BY_REF = f"select {_COUNTED} where c.ref = $1"
CONNECTIONS = f"""
select {_COUNTED} where ($1::text is null or c.holder = $1) and l.state <> 'REMOVED' order by c.created_at, c.id
"""
ON_LINE = f"select {_COUNTED} where c.line = $1 order by c.created_at, c.id"
STRANDED = f"""
select {_CONNECTION} where l.state = 'REGISTERING' and l.created_at < $1
  and c.id = (select first.id from ocpi_connection first where first.line = l.id order by first.created_at, first.id
    limit 1) order by c.id for update of l skip locked
"""
REVISIONS = """
select string_agg(c.id || ' ' || l.revision, ',' order by c.id) as revisions, bool_or(l.hub is not null) as hubs
from ocpi_connection c join ocpi_line l on l.id = c.line where c.holder = $1 and l.state in ('CONNECTED', 'SUSPENDED')
"""
REGISTERED = f"select {_CONNECTION} where c.holder = $1 and l.state in ('CONNECTED', 'SUSPENDED') order by c.id"
CONNECTED = f"select {_CONNECTION} where c.holder = $1 and l.state = 'CONNECTED' order by c.id"
# With whom it is kept from in one statement, for both are asked of every request that a hub passes on; and so much of
# each as may be other than at its line's revision.
CLIENTS = f"""
select c.id, l.revision, l.hub, l.last_reached_at, l.last_error, l.failures, l.troubles, l.retry_at,
  array({hub.DENIED_TO}) as denied
from ocpi_connection c join ocpi_line l on l.id = c.line
where c.holder = $1 and c.our_role = 'HUB' and l.state in ('CONNECTED', 'SUSPENDED')
"""
CLIENTS_OF_PARTY = f"{CLIENTS} and l.roles::jsonb @> $4::text::jsonb order by c.id"  # by index, however many there are
BY_IDS = f"""
select {_FIELDS}, l.revision from ocpi_connection c join ocpi_line l on l.id = c.line
where c.holder = $1 and c.id = any($2)
"""
# Those with whom we deal in some roles, one at a time: what two partners claim at once, only one of them gets.
ONE_BY_ONE = "select pg_advisory_xact_lock(hashtextextended('ocpi ' || $1, 0))"
DEALT_WITH = f"""
select {_CONNECTION} where c.holder = $1 and c.our_role = any($2) and l.state in ('CONNECTED', 'SUSPENDED')
order by c.id
"""
# Two parameters and no array: of an array PostgreSQL wants to see the length, and plans anew for every request.
BY_HASH = f"""
select {_FIELDS}, l.revision, l.inbound_hash, l.inbound_hash_before
from ocpi_connection c join ocpi_line l on l.id = c.line
where l.inbound_hash in ($1, $2) or l.inbound_hash_before in ($1, $2) order by c.created_at, c.id
"""
DUE_LOOKS = f"""
select {_CONNECTION}
where l.state = 'CONNECTED' and (l.look_at is null or l.look_at <= $1) and l.versions_url is not null
  and c.id = (select first.id from ocpi_connection first where first.line = l.id order by first.created_at, first.id
    limit 1)
order by l.look_at nulls first, c.id limit $2 for update of l skip locked
"""


NEVER = (-1, None)  # what is remembered of whom nobody has read


def insert(unit: Unit, connection: Connection, inbound_hash: str) -> None:
    """The first on its line, and the line itself."""
    lines.insert(unit, connection, inbound_hash)
    join(unit, connection)


def join(unit: Unit, connection: Connection) -> None:
    """One more on a line that is there."""
    party = connection.party
    unit.write(
        INSERT_CONNECTION,
        str(connection.holder),
        connection.id,
        connection.line,
        connection.our_role,
        connection.their_role,
        party and party.country,
        party and party.party,
        connection.created_at,
    )


def update(unit: Unit, connection: Connection) -> None:
    """Its own, and what it has in common with the others on its line."""
    lines.update(unit, connection)
    party = connection.party
    unit.write(
        UPDATE_CONNECTION,
        str(connection.holder),
        connection.id,
        connection.their_role,
        party and party.country,
        party and party.party,
        connection.leaving,
    )


def drop(unit: Unit, connection: Connection) -> None:
    """It speaks there no more; what it said and heard stays."""
    unit.write(DROP_CONNECTION, str(connection.holder), connection.id)


async def find(unit: Unit, holder: PartyId, id: str, *, lock: bool = False) -> Connection | None:
    """Locked, nobody else says anything about its line until this Unit ends."""
    row = await unit.fetch_one(LOCK_CONNECTION if lock else CONNECTION, str(holder), id)
    return None if row is None else _connection(row)


async def by_ref(unit: Unit, ref: str) -> Connection | None:
    row = await unit.fetch_one(CONNECTION_BY_REF, ref)
    return None if row is None else _connection(row)


async def list_all(unit: Unit, holder: PartyId | None) -> tuple[Connection, ...]:
    """All but those that were removed, oldest first, with what waits for each."""
    return tuple(_connection(row) for row in await unit.fetch(CONNECTIONS, holder and str(holder)))


async def on_line(unit: Unit, line: str) -> tuple[Connection, ...]:
    """Who of us speaks there, the oldest first, with what waits for each."""
    return tuple(_connection(row) for row in await unit.fetch(ON_LINE, line))


async def stranded(unit: Unit, before: datetime) -> tuple[Connection, ...]:
    """The first of ours on each line whose registration began before that, and neither ended nor failed."""
    return tuple(_connection(row) for row in await unit.fetch(STRANDED, before))


async def registered(unit: Unit, holder: PartyId) -> tuple[Connection, ...]:
    """Connected, or suspended for a while; how well they are reached is as it was when one of them changed last.

    Asked with everything that happens here, so they are remembered by the revisions of their lines. What stands behind
    a hub changes without its line: with one among them they are read every time.
    """
    now = await unit.fetch_one(REVISIONS, str(holder))
    assert now is not None, "an aggregate has a row"
    key = (REGISTERED, holder)
    known: tuple[str | None, tuple[Connection, ...]] = unit.remembered.get(key, (None, ()))
    if now["revisions"] == known[0] and not now["hubs"]:
        return known[1]
    found = tuple(_connection(row) for row in await unit.fetch(REGISTERED, str(holder)))
    unit.remembered[key] = (now["revisions"], found)
    return found


async def clients(
    unit: Unit, holder: PartyId, speaker: PartyId, module: Module, party: PartyId | None = None
) -> tuple[tuple[Connection, ...], frozenset[PartyId]]:
    """(whose hub we are, suspended or not; who is kept from the speaker in this module).

    With `party`, only those where it is one of them. Remembered as `registered` remembers, one by one.
    """
    asked = (str(holder), str(speaker), module)
    if party is None:
        rows = await unit.fetch(f"{CLIENTS} order by c.id", *asked)
    else:
        rows = await unit.fetch(CLIENTS_OF_PARTY, *asked, json.encode([{"party": party}]).decode())
    known: dict[str, tuple[int, Connection]] = unit.remembered.setdefault((CLIENTS, holder), {})
    stale = [row["id"] for row in rows if row["hub"] or known.get(row["id"], NEVER)[0] != row["revision"]]
    if stale:
        for id in stale:
            known.pop(id, None)
        read = await unit.fetch(BY_IDS, str(holder), stale)
        known |= {row["id"]: (row["revision"], _connection(row)) for row in read}
    found = tuple(_as_it_goes(known[row["id"]][1], row) for row in rows if row["id"] in known)
    return found, _parties(rows[0]["denied"] if rows else None)


async def connected(unit: Unit, holder: PartyId) -> tuple[Connection, ...]:
    return tuple(_connection(row) for row in await unit.fetch(CONNECTED, str(holder)))


async def dealt_with(unit: Unit, holder: PartyId, our_roles: Iterable[Role]) -> tuple[Connection, ...]:
    """Connected and suspended; nobody joins them before the Unit ends."""
    await unit.value(ONE_BY_ONE, str(holder))
    return tuple(_connection(row) for row in await unit.fetch(DEALT_WITH, str(holder), list(our_roles)))


class Recognised(Struct, frozen=True, kw_only=True):
    """Who of us speaks on the `line` that has this `hash`, and its revision. `newest`: of two, that is the newer."""

    line: tuple[Connection, ...]
    revision: int
    hash: str
    newest: bool


async def by_hash(unit: Unit, hashes: Sequence[str]) -> Recognised | None:
    """Of whoever shows one of these tokens, which are one or two."""
    rows = await unit.fetch(BY_HASH, hashes[0], hashes[-1])
    if not rows:
        return None
    newest, before = rows[0]["inbound_hash"], rows[0]["inbound_hash_before"]
    return Recognised(
        line=tuple(_connection(row) for row in rows if row["line"] == rows[0]["line"]),
        revision=rows[0]["revision"],
        hash=newest if newest in hashes else before,
        newest=newest in hashes and before is not None,
    )


async def due_looks(unit: Unit, limit: int) -> list[Connection]:
    """One of each line that is to be looked at."""
    return [_connection(row) for row in await unit.fetch(DUE_LOOKS, unit.now, limit)]


def _connection(row: Record) -> Connection:
    fields: dict[str, Any] = dict(row)
    country, party = fields.pop("their_country"), fields.pop("their_party")
    for name in ("revision", "inbound_hash", "inbound_hash_before"):
        fields.pop(name, None)
    return Connection(
        **fields
        | {
            "holder": PartyId.parse(row["holder"]),
            "our_role": Role(row["our_role"]),
            "their_role": row["their_role"] and Role(row["their_role"]),
            "party": PartyId(country, party) if country else None,
            "state": State(row["state"]),
            "roles": _read(row["roles"], tuple[CredentialsRole, ...]),
            "endpoints": _read(row["endpoints"], tuple[Endpoint, ...]),
            "policy": _read(row["policy"], Policy),
            "hub": row["hub"] and PartyId.parse(row["hub"]),
            "behind": _parties(row["behind"]),
            "away": _parties(row["away"]),
            "elsewhere": _parties(row["elsewhere"]),
            "offers": tuple(row["offers"]),
        }
    )


def _as_it_goes(connection: Connection, row: Record) -> Connection:
    """How well it is reached, as the row says."""
    return replace(
        connection,
        last_reached_at=row["last_reached_at"],
        last_error=row["last_error"],
        failures=row["failures"],
        troubles=row["troubles"],
        retry_at=row["retry_at"],
    )


def _parties(said: list[str] | None) -> frozenset[PartyId]:
    return frozenset(_party(one) for one in said or ())


_party = lru_cache(10_000)(PartyId.parse)  # of a hub, hundreds are read with every request
_read = lru_cache(1_000)(json.decode)  # the same texts with every request, once for each of us on the line
