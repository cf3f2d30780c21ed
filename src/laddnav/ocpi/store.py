"""Connections, words said and heard, deliveries, exchanges, commands and pulls as they are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.ocpi.model import Connection, Delivery, Exchange, KeptCommand, Loss, Message, Policy, Pull
from laddnav.ocpi.wire.commands import CommandState
from laddnav.ocpi.wire.handshake import CredentialsRole, Endpoint, Module, State
from laddnav.ocpi.wire.paging import Page
from laddnav.parties.model import Role

# Connections ----------------------------------------------------------------------------------------------------------

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

# Words ----------------------------------------------------------------------------------------------------------------

_WORDS = "holder = $1 and owner = $2 and module = $3 and version = $4 and audience = '' and said = $5"
WORDS = f"select body, last_updated from ocpi_words where {_WORDS} and id_key = $6"
LOCK_WORDS = WORDS + " for update"
# There is no row to lock before the first words are kept; two who bring them at once come one after the other.
LOCK_NEW_WORDS = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
PUT_WORDS = """
insert into ocpi_words (holder, owner, module, version, audience, said, id_key, revision, body, last_updated, heard_at)
values ($1, $2, $3, $4, '', $5, $6, $7, $8, $9, $10)
on conflict (holder, owner, module, version, audience, said, id_key) do update set revision = excluded.revision,
  body = excluded.body, last_updated = excluded.last_updated, heard_at = excluded.heard_at, missed = 0
"""
HEARD_OF = f"update ocpi_words set heard_at = $7, missed = 0 where {_WORDS} and id_key = $6"
# Of what a partner ever said, what it has not said since the whole list was begun.
MISSED = """
update ocpi_words set missed = missed + 1
where holder = $1 and owner = any($2) and module = $3 and version = $4 and audience = '' and not said and heard_at < $5
returning owner, id_key, missed
"""
DROP_WORDS = f"delete from ocpi_words where {_WORDS} and id_key = $6"
VERSION_HEARD = """
select version from ocpi_words
where holder = $1 and owner = $2 and module = $3 and audience = '' and not said and id_key = $4
"""
FORGET_HEARD = """
delete from ocpi_words where holder = $1 and owner = any($2) and module = any($3) and version = $4 and not said
"""


class Listed(Struct, frozen=True, kw_only=True):
    """Where a module's objects of ours are kept, what names one, and which of them a partner may see.

    In `visible` stand $6 for the partner's parties, in `found` $2 for a key. `sayable` are those that a version which
    cannot tell all of them has words for.
    """

    table: str
    key: str = "t.id_key"
    found: str = "t.id_key = $2"
    revision: str = "t.revision"
    visible: str = "true"
    sayable: str = "true"


# The one place that looks at the tables of rooms below: a page has to be one statement. It reads keys, revisions and
# instants; what the objects mean is asked of their rooms.
LISTED: dict[Module, Listed] = {
    Module.LOCATIONS: Listed(table="location", sayable="t.publish"),
    Module.TARIFFS: Listed(table="tariff", visible="t.withdrawn_at is null"),
    Module.TOKENS: Listed(
        table="token",
        key="t.type || '/' || t.uid_key",
        found="t.type = split_part($2, '/', 1) and t.uid_key = substr($2, strpos($2, '/') + 1)",
    ),
    Module.HUB_CLIENT_INFO: Listed(table="hub_client"),
    Module.SESSIONS: Listed(table="session", visible="t.token_owner = any($6)"),
    Module.CDRS: Listed(table="cdr", revision="1", visible="t.token_owner = any($6)", sayable="not t.credit"),
}


def _page(module: Module, one: Listed) -> str:
    """Oldest first, so that pages stay as they are while somebody crawls them.

    OCPI 2.2.1 transport_and_format_paginated_response. The cast of $6 is for those whose `visible` does not use it.
    """
    fitting = f"""{one.table} t where t.holder = $1 and t.owner = $1
    and ($2::timestamptz is null or t.last_updated >= $2) and ($3::timestamptz is null or t.last_updated < $3)
    and {one.visible} and $6::text[] is not null and ($8::boolean or {one.sayable})"""
    return f"""
select total.total, page.key, page.revision, w.revision as rendered, w.body
from (select count(*) as total from {fitting}) total
left join (select t.ref, {one.key} as key, {one.revision} as revision from {fitting}
  order by t.ref offset $4 limit $5) page on true
left join ocpi_words w on w.holder = $1 and w.owner = $1 and w.module = '{module}' and w.version = $7
  and w.audience = '' and w.said and w.id_key = page.key
order by page.ref
"""


def _revision(module: Module, one: Listed) -> str:
    return f"""
select {one.key} as key, {one.revision} as revision, w.revision as rendered, w.body from {one.table} t
left join ocpi_words w on w.holder = $1 and w.owner = $1 and w.module = '{module}' and w.version = $3
  and w.audience = '' and w.said and w.id_key = {one.key}
where t.holder = $1 and t.owner = $1 and {one.found}
"""


PAGES = {module: _page(module, one) for module, one in LISTED.items()}
REVISIONS = {module: _revision(module, one) for module, one in LISTED.items()}

PUT_LOSS = """
insert into ocpi_loss (holder, module, version, id_key, lost) values ($1, $2, $3, $4, $5)
on conflict (holder, module, version, id_key) do update set lost = excluded.lost
"""
DROP_LOSS = "delete from ocpi_loss where holder = $1 and module = $2 and version = $3 and id_key = $4"
LOSSES = """
select module, field, count(*) as objects, min(id_key) as example
from ocpi_loss, unnest(lost) as field
where holder = $1 and version = $2 and module = any($3)
group by module, field order by module, objects desc, field
"""

# Deliveries -----------------------------------------------------------------------------------------------------------

_DELIVERY = """d.holder, d.connection_id, d.module, d.object_key, d.id, d.method, d.path, d.body, d.queued_at, d.run_at,
  d.attempts, d.version, d.delivered_at, d.dead_at, d.last_error, d.location_url"""
_ONE = "holder = $1 and connection_id = $2 and module = $3 and object_key = $4"
# Newer news take the place of those that still wait, in their turn; news about what is under way or done go again.
QUEUE_NEWS = """
insert into ocpi_delivery as d (holder, connection_id, module, object_key, method, path, queued_at, run_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)
on conflict (holder, connection_id, module, object_key) do update set method = excluded.method, path = excluded.path,
  version = d.version + 1, delivered_at = null, dead_at = null, last_error = null,
  queued_at = case when d.delivered_at is null and d.dead_at is null then d.queued_at else excluded.queued_at end,
  run_at = case when d.delivered_at is null and d.dead_at is null then d.run_at else excluded.run_at end,
  attempts = case when d.delivered_at is null and d.dead_at is null then d.attempts else 0 end
"""
QUEUE_BYTES = """
insert into ocpi_delivery (holder, connection_id, module, object_key, method, path, body, queued_at, run_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $8) on conflict do nothing
"""
BYTES_WAITING = f"""
select {_DELIVERY} from ocpi_delivery d
where d.holder = $1 and d.connection_id = $2 and d.module = $3 and d.delivered_at is null and d.body is not null
order by d.id for update
"""
SAY_ANEW = f"update ocpi_delivery set body = $5 where {_ONE}"
QUEUE_MESSAGE = """
insert into ocpi_delivery (holder, connection_id, module, object_key, method, path, body, queued_at, run_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
"""
# What is under way for a connection counts against its share. CDRs go one after the other, oldest first, and to a
# partner that wants everything in order, everything but what answers it.
CLAIM = """
with picked as (
  select p.holder, p.connection_id, p.module, p.object_key
  from (select *, coalesce((policy::jsonb ->> 'in_order')::boolean, false) as in_order from ocpi_connection
    where state = 'CONNECTED' and (retry_at is null or retry_at <= $1) and not (id = any($5))) c
  cross join lateral (
    select d.holder, d.connection_id, d.module, d.object_key from ocpi_delivery d
    where d.holder = c.holder and d.connection_id = c.id and d.delivered_at is null and d.dead_at is null
      and d.run_at <= $1 and (d.claimed_until is null or d.claimed_until < $1)
      and (d.module <> 'cdrs' or not exists (
        select 1 from ocpi_delivery o where o.holder = d.holder and o.connection_id = d.connection_id
          and o.module = 'cdrs' and o.delivered_at is null and o.dead_at is null and o.id < d.id))
      and (not c.in_order or d.module in ('commands', 'chargingprofiles') or not exists (
        select 1 from ocpi_delivery o where o.holder = d.holder and o.connection_id = d.connection_id
          and o.module not in ('commands', 'chargingprofiles') and o.delivered_at is null and o.dead_at is null
          and o.id < d.id))
    order by d.run_at, d.id limit $2 for update of d skip locked) p)
update ocpi_delivery d set claimed_by = $3, claimed_until = $4, attempts = d.attempts + 1
from picked p where d.holder = p.holder and d.connection_id = p.connection_id and d.module = p.module
  and d.object_key = p.object_key
returning d.holder, d.connection_id, d.module, d.object_key, d.id, d.method, d.path, d.body, d.queued_at, d.run_at,
  d.attempts, d.version, d.delivered_at, d.dead_at, d.last_error, d.location_url
"""
TAKE_BACK = "update ocpi_delivery set claimed_by = null, claimed_until = null where claimed_by = $1"
DELIVERED = f"""
update ocpi_delivery set claimed_by = null, claimed_until = null, attempts = 0, last_error = null, location_url = $7,
  delivered_at = case when version = $5 then $6::timestamptz end where {_ONE}
"""
AGAIN = f"""
update ocpi_delivery set claimed_by = null, claimed_until = null, run_at = $5, last_error = $6,
  dead_at = case when version = $8 then $7::timestamptz end where {_ONE}
"""
NOT_TRIED = f"update ocpi_delivery set claimed_by = null, claimed_until = null, attempts = attempts - 1 where {_ONE}"
DROP_DELIVERY = f"delete from ocpi_delivery where {_ONE} and version = $5"
DROP_DELIVERIES = "delete from ocpi_delivery where holder = $1 and connection_id = $2 and delivered_at is null"
RESEND = """
update ocpi_delivery set dead_at = null, delivered_at = null, attempts = 0, run_at = $4, version = version + 1
where holder = $1 and connection_id = $2 and id = $3 and (dead_at is not null or delivered_at is not null)
"""
RESEND_DEAD = """
update ocpi_delivery set dead_at = null, attempts = 0, run_at = $3
where holder = $1 and connection_id = $2 and dead_at is not null
"""
DELIVERIES = f"""
select {_DELIVERY} from ocpi_delivery d where d.holder = $1 and d.connection_id = $2
order by (d.dead_at is null), (d.delivered_at is not null), d.run_at desc, d.id desc limit $3
"""

# Exchanges ------------------------------------------------------------------------------------------------------------

INSERT_EXCHANGE = """
insert into ocpi_exchange (holder, connection_id, id, at, direction, method, url, http_status, ocpi_status, problem,
  request_id, correlation_id, took_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing
"""
EXCHANGES = """
select holder, connection_id, id, at, direction, method, url, http_status, ocpi_status, problem, request_id,
  correlation_id, took_ms from ocpi_exchange where holder = $1 and connection_id = $2 order by id desc limit $3
"""
FORGET_EXCHANGES = "delete from ocpi_exchange where at < $1"

# Commands -------------------------------------------------------------------------------------------------------------

_COMMAND = """holder, id, connection_id, direction, kind, body, response_url, state, result, session_id, asked_at,
  expires_at, answered_at"""
INSERT_COMMAND = f"""
insert into ocpi_command ({_COMMAND}) values ($1, $2, $3, $4, $5, $6, $7, $8, null, $9, $10, $11, null)
"""
COMMAND = f"select {_COMMAND} from ocpi_command where holder = $1 and id = $2"
LOCK_COMMAND = COMMAND + " for update"
COMMAND_BY_ID = f"select {_COMMAND} from ocpi_command where id = $1 and direction = 'out'"
MOVE_COMMAND = """
update ocpi_command set state = $3, result = $4, session_id = coalesce($5, session_id), answered_at = $6
where holder = $1 and id = $2
"""
EXPIRED_COMMANDS = f"""
select {_COMMAND} from ocpi_command where state in ('asked', 'accepted') and expires_at < $1
order by expires_at limit $2
"""
WAITING_ABOUT = """
select count(*) from ocpi_command
where holder = $1 and session_id = $2 and kind = any($3) and direction = 'in' and state = 'accepted'
"""
COMMANDS = f"select {_COMMAND} from ocpi_command where holder = $1 and connection_id = $2 order by id desc limit $3"

# Pulls ----------------------------------------------------------------------------------------------------------------

_PULL = """holder, connection_id, module, due_at, up_to, started_at, finished_at, seen, skipped, next_url, last_error,
  whole_at, gone"""
ASK_PULL = """
insert into ocpi_pull as p (holder, connection_id, module, due_at) values ($1, $2, $3, $4)
on conflict (holder, connection_id, module) do update set due_at = least(p.due_at, excluded.due_at)
"""
FORGET_PULLS = "delete from ocpi_pull where holder = $1 and connection_id = $2"
FORGET_PULLS_OF = FORGET_PULLS + " and module = any($3)"
DUE_PULLS = f"""
select {_PULL} from ocpi_pull p where p.due_at <= $1 and exists (
  select 1 from ocpi_connection c where c.holder = p.holder and c.id = p.connection_id and c.state = 'CONNECTED')
order by p.due_at, p.started_at nulls first limit $2
"""
PULLS = f"select {_PULL} from ocpi_pull where holder = $1 and connection_id = $2 order by module"
PULLED = """
update ocpi_pull set due_at = $4, up_to = $5, started_at = $6, finished_at = $7, seen = $8, skipped = $9,
  next_url = $10, last_error = $11, whole_at = $12, gone = $13
where holder = $1 and connection_id = $2 and module = $3
"""


# Connections ----------------------------------------------------------------------------------------------------------


def insert_connection(unit: Unit, connection: Connection, inbound_hash: str) -> None:
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


def update_connection(unit: Unit, connection: Connection) -> None:
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


async def connection(unit: Unit, holder: PartyId, id: str, *, lock: bool = False) -> Connection | None:
    row = await unit.fetch_one(LOCK_CONNECTION if lock else CONNECTION, str(holder), id)
    return None if row is None else _connection(row)


async def connection_by_ref(unit: Unit, ref: str) -> Connection | None:
    row = await unit.fetch_one(CONNECTION_BY_REF, ref)
    return None if row is None else _connection(row)


async def connections(unit: Unit, holder: PartyId | None) -> tuple[Connection, ...]:
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


# Words ----------------------------------------------------------------------------------------------------------------


class Key(Struct, frozen=True, kw_only=True):
    """Whose words about what, in which version; `said` tells ours from what a partner said."""

    holder: PartyId
    owner: PartyId
    module: Module
    version: str
    said: bool
    id: str  # folded

    def _columns(self) -> tuple[str, str, str, str, bool, str]:
        return str(self.holder), str(self.owner), self.module.value, self.version, self.said, self.id


async def words(unit: Unit, key: Key, *, lock: bool = False) -> tuple[bytes, datetime] | None:
    """(bytes, their last_updated); locked, nobody else says anything about the same thing until this Unit ends."""
    row = await unit.fetch_one(LOCK_WORDS if lock else WORDS, *key._columns())
    if row is None and lock:
        await unit.value(LOCK_NEW_WORDS, "|".join(str(column) for column in key._columns()))
        row = await unit.fetch_one(LOCK_WORDS, *key._columns())
    return None if row is None else (row["body"].encode(), row["last_updated"])


def put_words(unit: Unit, key: Key, body: bytes, last_updated: datetime, revision: int = 1) -> None:
    heard_at = None if key.said else unit.now
    unit.write(PUT_WORDS, *key._columns(), revision, body.decode(), last_updated, heard_at)


def heard_of(unit: Unit, key: Key) -> None:
    """It was told again, and what was told is older than what is here."""
    unit.write(HEARD_OF, *key._columns(), unit.now)


async def missed(unit: Unit, connection: Connection, module: Module, since: datetime) -> list[tuple[Key, int]]:
    """What the partner has not told of since then, and of how many whole lists in a row it was missing by now."""
    owners = [str(party) for party in connection.parties]
    rows = await unit.fetch(MISSED, str(connection.holder), owners, module, connection.version, since)
    return [
        (
            Key(
                holder=connection.holder,
                owner=PartyId.parse(row["owner"]),
                module=module,
                version=connection.version,
                said=False,
                id=row["id_key"],
            ),
            row["missed"],
        )
        for row in rows
    ]


async def version_heard(unit: Unit, key: Key) -> str | None:
    """In which version the partner spoke of it, be it the key's or another."""
    version: str | None = await unit.value(VERSION_HEARD, str(key.holder), str(key.owner), key.module, key.id)
    return version


def forget_heard(unit: Unit, connection: Connection, modules: Collection[Module], version: str) -> None:
    """What its parties said in these modules in a version that is not spoken with them any more."""
    owners = [str(party) for party in connection.parties]
    unit.write(FORGET_HEARD, str(connection.holder), owners, list(modules), version)


def drop_words(unit: Unit, key: Key) -> None:
    unit.write(DROP_WORDS, *key._columns())


class Row(Struct, frozen=True):
    """One object of a page: its key, its revision, and our words for it where they are of this revision."""

    key: str
    revision: int
    body: bytes | None


async def page(
    unit: Unit, holder: PartyId, module: Module, version: str, page: Page, parties: Iterable[PartyId], *, whole: bool
) -> tuple[int, list[Row]]:
    """(how many there are in all, those of this page). Not `whole`: without those that the version has no words for."""
    rows = await unit.fetch(
        PAGES[module],
        str(holder),
        page.date_from,
        page.date_to,
        page.offset,
        page.limit,
        [str(party) for party in parties],
        version,
        whole,
    )
    return rows[0]["total"], [_row(row) for row in rows if row["key"] is not None]


async def row_of(unit: Unit, holder: PartyId, module: Module, version: str, key: str) -> Row | None:
    row = await unit.fetch_one(REVISIONS[module], str(holder), key, version)
    return None if row is None else _row(row)


def _row(row: Record) -> Row:
    return Row(row["key"], row["revision"], row["body"].encode() if row["rendered"] == row["revision"] else None)


def put_loss(unit: Unit, holder: PartyId, module: Module, version: str, key: str, lost: Sequence[str]) -> None:
    """Nothing is kept of what loses nothing."""
    if lost:
        unit.write(PUT_LOSS, str(holder), module, version, key, list(lost))
    else:
        unit.write(DROP_LOSS, str(holder), module, version, key)


async def losses(unit: Unit, holder: PartyId, version: str, modules: Sequence[Module]) -> tuple[Loss, ...]:
    rows = await unit.fetch(LOSSES, str(holder), version, list(modules))
    return tuple(Loss(**dict(row) | {"module": Module(row["module"])}) for row in rows)


# Deliveries -----------------------------------------------------------------------------------------------------------


def queue_news(unit: Unit, connection: Connection, module: Module, key: str, method: str) -> None:
    unit.write(QUEUE_NEWS, str(connection.holder), connection.id, module, key, method, key, unit.now)


def queue_bytes(unit: Unit, connection: Connection, module: Module, key: str, path: str, body: bytes) -> None:
    unit.write(QUEUE_BYTES, str(connection.holder), connection.id, module, key, "POST", path, body.decode(), unit.now)


async def bytes_waiting(unit: Unit, connection: Connection, module: Module) -> list[Delivery]:
    """What was to be said to the byte and has not arrived, given up or not."""
    rows = await unit.fetch(BYTES_WAITING, str(connection.holder), connection.id, module)
    return [_delivery(row) for row in rows]


def say_anew(unit: Unit, delivery: Delivery, body: bytes) -> None:
    """Other bytes in its place and turn, for the same object."""
    unit.write(SAY_ANEW, *_of(delivery), body.decode())


def queue_message(unit: Unit, connection: Connection, module: Module, key: str, message: Message) -> None:
    """As it is now, and beside whatever else waits about the same thing."""
    unit.write(
        QUEUE_MESSAGE,
        str(connection.holder),
        connection.id,
        module,
        f"{key} {unit.new_id()}",
        message.method,
        message.url,
        None if message.body is None else message.body.decode(),
        unit.now,
    )


async def claim(unit: Unit, name: str, until: datetime, each: int, busy: Iterable[str]) -> list[Delivery]:
    """Up to `each` for every connection but the busy ones."""
    return [_delivery(row) for row in await unit.fetch(CLAIM, unit.now, each, name, until, list(busy))]


def take_back(unit: Unit, name: str) -> None:
    unit.write(TAKE_BACK, name)


def _of(delivery: Delivery) -> tuple[str, str, str, str]:
    return str(delivery.holder), delivery.connection_id, delivery.module.value, delivery.object_key


def delivered(unit: Unit, delivery: Delivery, location_url: str | None) -> None:
    """Unless newer news came meanwhile: then it goes again."""
    unit.write(DELIVERED, *_of(delivery), delivery.version, unit.now, location_url)


def again(unit: Unit, delivery: Delivery, run_at: datetime, error: str, *, dead: bool) -> None:
    unit.write(AGAIN, *_of(delivery), run_at, error[:2000], unit.now if dead else None, delivery.version)


def not_tried(unit: Unit, delivery: Delivery) -> None:
    """The line was down: the delivery is none the worse for it."""
    unit.write(NOT_TRIED, *_of(delivery))


def drop_delivery(unit: Unit, delivery: Delivery) -> None:
    unit.write(DROP_DELIVERY, *_of(delivery), delivery.version)


def drop_deliveries(unit: Unit, connection: Connection) -> None:
    unit.write(DROP_DELIVERIES, str(connection.holder), connection.id)


async def resend(unit: Unit, connection: Connection, delivery_id: int) -> int:
    """0 where it waits anyway, or there is none of this id."""
    return await unit.execute(RESEND, str(connection.holder), connection.id, delivery_id, unit.now)


async def resend_dead(unit: Unit, connection: Connection) -> int:
    return await unit.execute(RESEND_DEAD, str(connection.holder), connection.id, unit.now)


async def deliveries(unit: Unit, connection: Connection, limit: int) -> tuple[Delivery, ...]:
    """The dead first, then what waits, then what is done, newest first."""
    rows = await unit.fetch(DELIVERIES, str(connection.holder), connection.id, limit)
    return tuple(_delivery(row) for row in rows)


def _delivery(row: Record) -> Delivery:
    fields: dict[str, Any] = dict(row)
    return Delivery(
        **fields
        | {
            "holder": PartyId.parse(row["holder"]),
            "module": Module(row["module"]),
            "body": None if row["body"] is None else row["body"].encode(),
        }
    )


# Exchanges ------------------------------------------------------------------------------------------------------------


def insert_exchange(unit: Unit, one: Exchange) -> None:
    unit.write(
        INSERT_EXCHANGE,
        str(one.holder),
        one.connection_id,
        one.id,
        one.at,
        one.direction,
        one.method,
        one.url,
        one.http_status,
        one.ocpi_status,
        one.problem,
        one.request_id,
        one.correlation_id,
        one.took_ms,
    )


async def exchanges(unit: Unit, connection: Connection, limit: int) -> tuple[Exchange, ...]:
    """Newest first."""
    rows = await unit.fetch(EXCHANGES, str(connection.holder), connection.id, limit)
    return tuple(Exchange(**dict(row) | {"holder": PartyId.parse(row["holder"])}) for row in rows)


def forget_exchanges(unit: Unit, before: datetime) -> None:
    unit.write(FORGET_EXCHANGES, before)


# Commands -------------------------------------------------------------------------------------------------------------


def insert_command(unit: Unit, one: KeptCommand) -> None:
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
    )


async def command(unit: Unit, holder: PartyId, id: str, *, lock: bool = False) -> KeptCommand | None:
    row = await unit.fetch_one(LOCK_COMMAND if lock else COMMAND, str(holder), id)
    return None if row is None else _command(row)


async def command_sent(unit: Unit, id: str) -> KeptCommand | None:
    """By the unguessable id in its response URL alone."""
    row = await unit.fetch_one(COMMAND_BY_ID, id)
    return None if row is None else _command(row)


def move_command(
    unit: Unit, one: KeptCommand, state: CommandState, result: str | None, session_id: str | None = None
) -> None:
    unit.write(MOVE_COMMAND, str(one.holder), one.id, state, result, session_id, unit.now)


async def expired_commands(unit: Unit, limit: int) -> list[KeptCommand]:
    return [_command(row) for row in await unit.fetch(EXPIRED_COMMANDS, unit.now, limit)]


async def waiting_about(unit: Unit, holder: PartyId, session_id: str, kinds: Sequence[str]) -> int:
    """How many requests of these kinds about a Session wait for its Station."""
    many: int = await unit.value(WAITING_ABOUT, str(holder), session_id, list(kinds))
    return many


async def commands(unit: Unit, connection: Connection, limit: int) -> tuple[KeptCommand, ...]:
    """Newest first."""
    rows = await unit.fetch(COMMANDS, str(connection.holder), connection.id, limit)
    return tuple(_command(row) for row in rows)


def _command(row: Record) -> KeptCommand:
    fields: dict[str, Any] = dict(row)
    return KeptCommand(
        **fields
        | {
            "holder": PartyId.parse(row["holder"]),
            "body": row["body"].encode(),
            "state": CommandState(row["state"]),
        }
    )


# Pulls ----------------------------------------------------------------------------------------------------------------


def ask_pull(unit: Unit, connection: Connection, module: Module) -> None:
    unit.write(ASK_PULL, str(connection.holder), connection.id, module, unit.now)


def forget_pulls(unit: Unit, connection: Connection) -> None:
    unit.write(FORGET_PULLS, str(connection.holder), connection.id)


def forget_pulls_of(unit: Unit, connection: Connection, modules: Collection[Module]) -> None:
    unit.write(FORGET_PULLS_OF, str(connection.holder), connection.id, list(modules))


async def due_pulls(unit: Unit, limit: int) -> list[Pull]:
    return [_pull(row) for row in await unit.fetch(DUE_PULLS, unit.now, limit)]


async def pulls(unit: Unit, connection: Connection) -> tuple[Pull, ...]:
    return tuple(_pull(row) for row in await unit.fetch(PULLS, str(connection.holder), connection.id))


def pulled(unit: Unit, pull: Pull) -> None:
    unit.write(
        PULLED,
        str(pull.holder),
        pull.connection_id,
        pull.module,
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
    )


def _pull(row: Record) -> Pull:
    return Pull(**dict(row) | {"holder": PartyId.parse(row["holder"]), "module": Module(row["module"])})
