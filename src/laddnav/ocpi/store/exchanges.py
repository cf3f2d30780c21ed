"""The log of requests and answers."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.model import Connection, Exchange

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


def insert(unit: Unit, one: Exchange) -> None:
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


async def list_all(unit: Unit, connection: Connection, limit: int) -> tuple[Exchange, ...]:
    """Newest first."""
    rows = await unit.fetch(EXCHANGES, str(connection.holder), connection.id, limit)
    return tuple(Exchange(**dict(row) | {"holder": PartyId.parse(row["holder"])}) for row in rows)


def forget(unit: Unit, before: datetime) -> None:
    unit.write(FORGET_EXCHANGES, before)
