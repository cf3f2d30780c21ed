"""The log of requests and answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import astuple

from laddnav.db.unit import Database, Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.model import Connection, Exchange, Looked

_COLUMNS = Exchange.__struct_fields__
_EXCHANGE = """holder, connection_id, id, at, direction, method, url, http_status, ocpi_status, problem, request_id,
  correlation_id, took_ms, delivery"""
EXCHANGE = f"""
select {_EXCHANGE}, request_body, response_body from ocpi_exchange
where holder = $1 and connection_id = $2 and id = $3
"""
EXCHANGES = f"""
select {_EXCHANGE} from ocpi_exchange
where holder = $1 and connection_id = $2 and ($4::text is null or id < $4) and ($5::text is null or direction = $5)
  and (not $6 or problem is not null)
  and ($7 = '' or strpos(lower(url), $7) > 0 or strpos(lower(coalesce(problem, '')), $7) > 0
    or strpos(lower(coalesce(request_body, '')), $7) > 0 or strpos(lower(coalesce(response_body, '')), $7) > 0
    or lower(request_id) = $7 or lower(correlation_id) = $7)
order by id desc limit $3
"""
FORGET_EXCHANGES = """
delete from ocpi_exchange where (holder, connection_id, id) in (
  select holder, connection_id, id from ocpi_exchange where at < $1 order by at limit $2)
"""


async def append(database: Database, exchanges: Iterable[Exchange]) -> None:
    """None of which is there."""
    await database.copy("ocpi_exchange", _COLUMNS, [(str(one.holder), *astuple(one)[1:]) for one in exchanges])


async def list_all(
    unit: Unit, connection: Connection, limit: int, looked: Looked, before: str | None
) -> tuple[Exchange, ...]:
    """Newest first, from before the exchange with this id; without bodies."""
    about = (before, looked.direction, looked.failed, looked.words.lower())
    rows = await unit.fetch(EXCHANGES, str(connection.holder), connection.id, limit, *about)
    return tuple(_exchange(row) for row in rows)


async def find(unit: Unit, connection: Connection, id: str) -> Exchange | None:
    """With its bodies, where it failed."""
    row = await unit.fetch_one(EXCHANGE, str(connection.holder), connection.id, id)
    return None if row is None else _exchange(row)


async def forget(unit: Unit, before: datetime, most: int) -> int:
    """What was said before then; says how many there were."""
    return await unit.execute(FORGET_EXCHANGES, before, most)


def _exchange(row: Record) -> Exchange:
    return Exchange(**dict(row) | {"holder": PartyId.parse(row["holder"])})
