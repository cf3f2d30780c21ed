"""Connections as they are kept, their tokens hashed or sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.ocpi.model import Connection, Policy
from laddnav.ocpi.wire.handshake import CredentialsRole, Endpoint, State
from laddnav.parties.model import Role

_CONNECTION = """c.holder, c.id, c.ref, c.our_role, c.state, c.name, c.version, c.their_role, c.their_country,
  c.their_party, c.roles, c.endpoints, c.versions_url, c.policy, c.registered_at, c.last_heard_at, c.last_reached_at,
  c.last_error, c.last_error_at, c.failures, c.retry_at, c.created_at, c.hub, c.offers"""
_COUNTS = """(select count(*) from ocpi_delivery d where d.holder = c.holder and d.connection_id = c.id
    and d.delivered_at is null and d.dead_at is null) as waiting,
  (select count(*) from ocpi_delivery d where d.holder = c.holder and d.connection_id = c.id
    and d.dead_at is not null) as dead"""
INSERT_CONNECTION = """
insert into ocpi_connection (holder, id, ref, our_role, state, name, version, versions_url, inbound_hash, created_at)
values ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9)
"""
UPDATE_CONNECTION = """
update ocpi_connection set state = $3, name = $4, version = $5, their_role = $6, their_country = $7, their_party = $8,
  roles = $9, endpoints = $10, versions_url = $11, policy = $12, registered_at = $13, hub = $14, offers = $15
where holder = $1 and id = $2
"""
CONNECTION = f"select {_CONNECTION} from ocpi_connection c where c.holder = $1 and c.id = $2"
LOCK_CONNECTION = CONNECTION + " for update"
CONNECTION_BY_REF = f"select {_CONNECTION}, {_COUNTS} from ocpi_connection c where c.ref = $1"
CONNECTIONS = f"""
select {_CONNECTION}, {_COUNTS} from ocpi_connection c
where ($1::text is null or c.holder = $1) and c.state <> 'REMOVED' order by c.created_at, c.id
"""
REGISTERED = f"""
select {_CONNECTION} from ocpi_connection c where c.holder = $1 and c.state in ('CONNECTED', 'SUSPENDED') order by c.id
"""
CONNECTED = f"select {_CONNECTION} from ocpi_connection c where c.holder = $1 and c.state = 'CONNECTED' order by c.id"
# Those with whom we deal in one role, one at a time: what two partners claim at once, only one of them gets.
ONE_BY_ONE = "select pg_advisory_xact_lock(hashtextextended('ocpi ' || $1, 0))"
DEALT_WITH = f"""
select {_CONNECTION} from ocpi_connection c
where c.holder = $1 and c.our_role = $2 and c.state in ('CONNECTED', 'SUSPENDED') order by c.id
"""
# Two parameters and no array: of an array PostgreSQL wants to see the length, and plans anew for every request.
BY_HASH = f"""
select {_CONNECTION}, c.inbound_hash, c.inbound_hash_before from ocpi_connection c
where c.inbound_hash in ($1, $2) or c.inbound_hash_before in ($1, $2)
"""
SET_INBOUND = "update ocpi_connection set inbound_hash = $3, inbound_hash_before = $4 where holder = $1 and id = $2"
INBOUND = "select inbound_hash from ocpi_connection where holder = $1 and id = $2"
FORGET_BEFORE = "update ocpi_connection set inbound_hash_before = null where holder = $1 and id = $2"
SET_OUTBOUND = "update ocpi_connection set outbound_sealed = $3 where holder = $1 and id = $2"
OUTBOUND = "select outbound_sealed from ocpi_connection where holder = $1 and id = $2"
HEARD = "update ocpi_connection set last_heard_at = $3 where holder = $1 and id = $2"
REACHED = """
update ocpi_connection set last_reached_at = $3, failures = 0, retry_at = null, last_error = null, last_error_at = null
where holder = $1 and id = $2 and (last_reached_at is null or last_reached_at < $4 or last_error is not null)
"""
LOOK_AT = "update ocpi_connection set look_at = $3 where holder = $1 and id = $2"
DUE_LOOKS = f"""
select {_CONNECTION} from ocpi_connection c
where c.state = 'CONNECTED' and (c.look_at is null or c.look_at <= $1) and c.versions_url is not null
order by c.look_at nulls first, c.id limit $2 for update skip locked
"""
NOT_REACHED = """
update ocpi_connection set failures = failures + 1, retry_at = $3, last_error = $4, last_error_at = $5
where holder = $1 and id = $2
"""


def insert(unit: Unit, connection: Connection, inbound_hash: str) -> None:
    unit.write(
        INSERT_CONNECTION,
        str(connection.holder),
        connection.id,
        connection.our_role,
        connection.state,
        connection.name,
        connection.version,
        connection.versions_url,
        inbound_hash,
        connection.created_at,
    )


def update(unit: Unit, connection: Connection) -> None:
    party = connection.party
    unit.write(
        UPDATE_CONNECTION,
        str(connection.holder),
        connection.id,
        connection.state,
        connection.name,
        connection.version,
        connection.their_role,
        party and party.country,
        party and party.party,
        json.encode(connection.roles).decode(),
        json.encode(connection.endpoints).decode(),
        connection.versions_url,
        json.encode(connection.policy).decode(),
        connection.registered_at,
        connection.hub and str(connection.hub),
        list(connection.offers),
    )


async def find(unit: Unit, holder: PartyId, id: str, *, lock: bool = False) -> Connection | None:
    row = await unit.fetch_one(LOCK_CONNECTION if lock else CONNECTION, str(holder), id)
    return None if row is None else _connection(row)


async def by_ref(unit: Unit, ref: str) -> Connection | None:
    row = await unit.fetch_one(CONNECTION_BY_REF, ref)
    return None if row is None else _connection(row)


async def list_all(unit: Unit, holder: PartyId | None) -> tuple[Connection, ...]:
    """All but those that were removed, oldest first, with what waits for each."""
    return tuple(_connection(row) for row in await unit.fetch(CONNECTIONS, holder and str(holder)))


async def registered(unit: Unit, holder: PartyId) -> tuple[Connection, ...]:
    """Connected, or suspended for a while."""
    return tuple(_connection(row) for row in await unit.fetch(REGISTERED, str(holder)))


async def connected(unit: Unit, holder: PartyId) -> tuple[Connection, ...]:
    return tuple(_connection(row) for row in await unit.fetch(CONNECTED, str(holder)))


async def dealt_with(unit: Unit, holder: PartyId, our_role: Role) -> tuple[Connection, ...]:
    """Connected and suspended; nobody joins them before the Unit ends."""
    await unit.value(ONE_BY_ONE, str(holder))
    return tuple(_connection(row) for row in await unit.fetch(DEALT_WITH, str(holder), our_role))


async def by_hash(unit: Unit, hashes: Sequence[str]) -> tuple[Connection, str, bool] | None:
    """(connection, the hash it has, whether that is the newer of two) of whoever shows a token of these one or two."""
    for row in await unit.fetch(BY_HASH, hashes[0], hashes[-1]):
        newest, before = row["inbound_hash"], row["inbound_hash_before"]
        return _connection(row), newest if newest in hashes else before, newest in hashes and before is not None
    return None


def set_inbound(unit: Unit, connection: Connection, hash: str | None, before: str | None) -> None:
    """`before` stays good until the new one is first used."""
    unit.write(SET_INBOUND, str(connection.holder), connection.id, hash, before)


async def inbound(unit: Unit, connection: Connection) -> str | None:
    value: str | None = await unit.value(INBOUND, str(connection.holder), connection.id)
    return value


def forget_before(unit: Unit, connection: Connection) -> None:
    unit.write(FORGET_BEFORE, str(connection.holder), connection.id)


def set_outbound(unit: Unit, connection: Connection, sealed: str | None) -> None:
    unit.write(SET_OUTBOUND, str(connection.holder), connection.id, sealed)


async def outbound(unit: Unit, holder: PartyId, connection_id: str) -> str | None:
    value: str | None = await unit.value(OUTBOUND, str(holder), connection_id)
    return value


def heard(unit: Unit, connection: Connection) -> None:
    """Kept to the minute: a busy partner is not a write for each of its requests."""
    if connection.last_heard_at is None or connection.last_heard_at < unit.now - timedelta(minutes=1):
        unit.write(HEARD, str(connection.holder), connection.id, unit.now)


def reached(unit: Unit, connection: Connection) -> None:
    """Kept to the minute, and whatever was wrong is forgotten."""
    unit.write(REACHED, str(connection.holder), connection.id, unit.now, unit.now - timedelta(minutes=1))


def not_reached(unit: Unit, connection: Connection, retry_at: datetime, error: str) -> None:
    unit.write(NOT_REACHED, str(connection.holder), connection.id, retry_at, error[:500], unit.now)


def look_at(unit: Unit, connection: Connection, at: datetime) -> None:
    """When to look next at what it offers."""
    unit.write(LOOK_AT, str(connection.holder), connection.id, at)


async def due_looks(unit: Unit, limit: int) -> list[Connection]:
    return [_connection(row) for row in await unit.fetch(DUE_LOOKS, unit.now, limit)]


def _connection(row: Record) -> Connection:
    fields: dict[str, Any] = dict(row)
    country, party = fields.pop("their_country"), fields.pop("their_party")
    fields.pop("inbound_hash", None)
    fields.pop("inbound_hash_before", None)
    return Connection(
        **fields
        | {
            "holder": PartyId.parse(row["holder"]),
            "our_role": Role(row["our_role"]),
            "their_role": row["their_role"] and Role(row["their_role"]),
            "party": PartyId(country, party) if country else None,
            "state": State(row["state"]),
            "roles": json.decode(row["roles"], tuple[CredentialsRole, ...]),
            "endpoints": json.decode(row["endpoints"], tuple[Endpoint, ...]),
            "policy": json.decode(row["policy"], Policy),
            "hub": row["hub"] and PartyId.parse(row["hub"]),
            "offers": tuple(row["offers"]),
        }
    )
