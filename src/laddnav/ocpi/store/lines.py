"""The lines to other platforms as they are kept: who they are, how well they are reached, tokens hashed or sealed."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from laddnav.db.rows import Rows
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.ocpi.model import Connection

NOTHING = ""  # what a partner knows of us that took our DELETE and not the POST after it

INSERT_LINE = """
insert into ocpi_line (id, state, name, version, versions_url, inbound_hash, created_at)
values ($1, $2, $3, $4, $5, $6, $7)
"""
UPDATE_LINE = """
update ocpi_line set state = $2, name = $3, version = $4, roles = $5, endpoints = $6, versions_url = $7, policy = $8,
  registered_at = $9, hub = $10, offers = $11, compared = case when policy = $8 then compared end
where id = $1
"""
LOCK_LINE = "select id from ocpi_line where id = $1 for update"
SET_INBOUND = "update ocpi_line set inbound_hash = $2, inbound_hash_before = $3 where id = $1"
INBOUND = "select inbound_hash from ocpi_line where id = $1"
HELD = "select coalesce(inbound_hash_before, inbound_hash) from ocpi_line where id = $1"
FORGET_BEFORE = "update ocpi_line set inbound_hash_before = null where id = $1"
SET_OUTBOUND = "update ocpi_line set outbound_sealed = $2 where id = $1"
OUTBOUND = "select outbound_sealed from ocpi_line where id = $1"
HEARD = "update ocpi_line set last_heard_at = $2 where id = $1"
STILL = Rows(
    "select true from {rows} join ocpi_line as line on (line.id, line.revision) = (rows.id, rows.revision)",
    {"id": "text", "revision": "bigint"},
    each=True,
)
REACHED = """
update ocpi_line set last_reached_at = $2, failures = 0, troubles = 0, retry_at = null, last_error = null,
  last_error_at = null
where id = $1 and (last_reached_at is null or last_reached_at < $3 or last_error is not null or troubles > 0
  or retry_at is not null)
"""
# That they answer something does not end the rest of a line whose pushes are trouble, nor does a look that fails cut
# short how long it is left alone.
ANSWERED = """
update ocpi_line set last_reached_at = $2, failures = 0, retry_at = case when troubles > 0 then retry_at end,
  last_error = case when troubles > 0 then last_error end, last_error_at = case when troubles > 0 then last_error_at end
where id = $1 and (last_reached_at is null or last_reached_at < $3 or failures > 0
  or (troubles = 0 and (last_error is not null or retry_at is not null)))
"""
NOT_REACHED = """
update ocpi_line set failures = failures + 1, retry_at = greatest(retry_at, $2::timestamptz), last_error = $3,
  last_error_at = $4
where id = $1
"""
TROUBLED = """
update ocpi_line set troubles = troubles + 1, retry_at = coalesce($2::timestamptz, retry_at), last_error = $3,
  last_error_at = $4
where id = $1
"""
TURNED_AWAY = "update ocpi_line set turned_away = turned_away + $2, turned_away_at = $3 where id = $1"
LOOK_AT = "update ocpi_line set look_at = $2 where id = $1"
# Whom it can be told, the most urgent first. Who is to be met again is not asked sooner than it was said. Another
# process that asks at the same moment gets others.
PERHAPS_DUE = """
select id, told, renew_at from ocpi_line
where state = 'CONNECTED' and (renew_at is null or renew_at <= $1 or (told <> '' and compared is distinct from $2))
order by renew_at nulls first, id limit $3 for update skip locked
"""
COMPARED = "update ocpi_line set compared = $2 where id = $1"
AT_HUBS = """
select
  (select md5(string_agg(concat_ws(' ', l.id, l.roles), ' ' order by l.id)) from ocpi_line l where l.state = 'CONNECTED'
    and exists (select 1 from ocpi_connection c where c.line = l.id and c.our_role = 'HUB')) as clients,
  (select md5(string_agg(concat_ws(' ', holder, one, other, module), ' ' order by holder, one, other, module))
    from hub_denial) as denials
"""
TOLD = "update ocpi_line set told = $2, renew_at = $3 where id = $1"
# Nothing is sent that could only be refused, until they were asked again.
LEFT = """
update ocpi_line set told = '', renew_at = $2, retry_at = $3, last_error = $4, last_error_at = $5
where id = $1 and state = 'CONNECTED' and (told = '' or $6)
"""


class Told(Struct, frozen=True):
    """What the partner of a line was told of us, and when it is to be told anew; None: that was not noted yet."""

    line: str
    digest: str | None
    renew_at: datetime | None


def insert(unit: Unit, connection: Connection, inbound_hash: str) -> None:
    """The line that a first connection opens."""
    unit.write(
        INSERT_LINE,
        connection.line,
        connection.state,
        connection.name,
        connection.version,
        connection.versions_url,
        inbound_hash,
        connection.created_at,
    )


def update(unit: Unit, connection: Connection) -> None:
    """What every connection on the line has in common."""
    unit.write(
        UPDATE_LINE,
        connection.line,
        connection.state,
        connection.name,
        connection.version,
        json.encode(connection.roles).decode(),
        json.encode(connection.endpoints).decode(),
        connection.versions_url,
        json.encode(connection.policy).decode(),
        connection.registered_at,
        connection.hub and str(connection.hub),
        list(connection.offers),
    )


async def lock(unit: Unit, line: str) -> None:
    """Whatever is said about the line or its connections is said by one Unit at a time."""
    await unit.value(LOCK_LINE, line)


def set_inbound(unit: Unit, line: str, hash: str | None, before: str | None) -> None:
    """`before` stays good until the new one is first used."""
    unit.write(SET_INBOUND, line, hash, before)


async def inbound(unit: Unit, line: str) -> str | None:
    value: str | None = await unit.value(INBOUND, line)
    return value


async def held(unit: Unit, line: str) -> str | None:
    """Of the token that the partner has for sure: of two the older, for it has not shown the newer one yet."""
    value: str | None = await unit.value(HELD, line)
    return value


def forget_before(unit: Unit, line: str) -> None:
    unit.write(FORGET_BEFORE, line)


def set_outbound(unit: Unit, line: str, sealed: str | None) -> None:
    unit.write(SET_OUTBOUND, line, sealed)


async def outbound(unit: Unit, line: str) -> str | None:
    value: str | None = await unit.value(OUTBOUND, line)
    return value


def heard(unit: Unit, line: str) -> None:
    unit.write(HEARD, line, unit.now)


async def still(unit: Unit, line: str, revision: int) -> bool:
    """Whoever remembers the line and its connections asks by this whether they are still so."""
    return await unit.holds(STILL, line, revision)


def reached(unit: Unit, line: str) -> None:
    """Kept to the minute, and whatever was wrong is forgotten."""
    unit.write(REACHED, line, unit.now, unit.now - timedelta(minutes=1))


def answered(unit: Unit, line: str) -> None:
    """As `reached`, by whatever is no push."""
    unit.write(ANSWERED, line, unit.now, unit.now - timedelta(minutes=1))


def not_reached(unit: Unit, line: str, retry_at: datetime, error: str) -> None:
    unit.write(NOT_REACHED, line, retry_at, error[:500], unit.now)


def troubled(unit: Unit, line: str, rests_until: datetime | None, error: str) -> None:
    """They answered, but that they cannot; None: they are asked on."""
    unit.write(TROUBLED, line, rests_until, error[:500], unit.now)


def turned_away(unit: Unit, line: str, many: int) -> None:
    """So many more of their requests came too often."""
    unit.write(TURNED_AWAY, line, many, unit.now)


def look_at(unit: Unit, line: str, at: datetime) -> None:
    """When to look next at what they offer."""
    unit.write(LOOK_AT, line, at)


async def perhaps_due(unit: Unit, around: str, limit: int) -> list[Told]:
    """Whose time is come, or who was not compared yet with what is so `around`; of those that are connected."""
    return [Told(*row) for row in await unit.fetch(PERHAPS_DUE, unit.now, around, limit)]


def compared(unit: Unit, line: str, around: str) -> None:
    """What its partner was told of us, with what is so `around`."""
    unit.write(COMPARED, line, around)


async def at_hubs(unit: Unit) -> tuple[str | None, str | None]:
    """Different as soon as other clients reach each other through hubs of ours."""
    row = await unit.fetch_one(AT_HUBS)
    assert row is not None, "a row without a table is always there"
    return row["clients"], row["denials"]


def told(unit: Unit, line: str, digest: str, renew_at: datetime) -> None:
    unit.write(TOLD, line, digest, renew_at)


def left(unit: Unit, line: str, renew_at: datetime, retry_at: datetime, error: str, *, surely: bool) -> None:
    """They know us no more: `surely`, or as was known before. Who we are they are told first, then anything else."""
    unit.write(LEFT, line, renew_at, retry_at, error[:500], unit.now, surely)
