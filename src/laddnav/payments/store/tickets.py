"""Tickets as they are kept."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.payments.ticket import Ticket

INSERT = """
insert into ticket (holder, ref, link, location_id, evse_uid, payment, session_id, state, next_at, made_at, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
UPDATE = """
update ticket set session_id = $3, state = $4, next_at = $5, short = $6, later = $7, body = $8
where holder = $1 and ref = $2
"""
LOCK = "select body from ticket where ref = $1 for update"
BY_LINK = "select body from ticket where link = $1"
OF_PAYMENT = "select body from ticket where holder = $1 and payment = $2"
OF_LATER = "select ref from ticket where holder = $1 and later = $2"
SHORT = """
select body from ticket where ($1::text is null or holder = $1) and short and ($2::text is null or ref > $2)
order by ref limit $3
"""
OF_SESSION = "select body from ticket where holder = $1 and session_id = $2"
DUE = "select ref from ticket where next_at <= $1 order by next_at limit $2"
LATER = "update ticket set next_at = $2 where ref = $1"
LISTED = """
select body from ticket where ($1::text is null or holder = $1) and ($2::text is null or ref < $2)
order by ref desc limit $3
"""


def insert(unit: Unit, one: Ticket, next_at: datetime | None) -> None:
    where = (one.where.location_id, one.where.evse_uid)
    row = (str(one.holder), one.ref, one.link, *where, one.payment, one.session_id, one.state, next_at, one.made_at)
    unit.write(INSERT, *row, json.encode(one).decode())


def update(unit: Unit, one: Ticket, next_at: datetime | None) -> None:
    short, later = (False, None) if one.short is None else (one.short.open > 0, one.short.later)
    row = (one.session_id, one.state, next_at, short, later)
    unit.write(UPDATE, str(one.holder), one.ref, *row, json.encode(one).decode())


def later(unit: Unit, one: Ticket, next_at: datetime | None) -> None:
    """Nothing of it is different but when it is looked at next."""
    unit.write(LATER, one.ref, next_at)


async def lock(unit: Unit, ref: str) -> Ticket | None:
    return _ticket(await unit.fetch_one(LOCK, ref))


async def by_link(unit: Unit, link: str) -> Ticket | None:
    return _ticket(await unit.fetch_one(BY_LINK, link))


async def of_payment(unit: Unit, holder: PartyId, payment: str) -> Ticket | None:
    return _ticket(await unit.fetch_one(OF_PAYMENT, str(holder), payment))


async def of_session(unit: Unit, holder: PartyId, session_id: str) -> Ticket | None:
    return _ticket(await unit.fetch_one(OF_SESSION, str(holder), session_id))


async def of_later(unit: Unit, holder: PartyId, payment: str) -> str | None:
    """The ref of the ticket that this payment pays more of."""
    row = await unit.fetch_one(OF_LATER, str(holder), payment)
    return None if row is None else row["ref"]


async def short(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Ticket]:
    rows = await unit.fetch(SHORT, holder and str(holder), after, limit)
    return [json.decode(row["body"], Ticket) for row in rows]


async def due(unit: Unit, limit: int) -> list[str]:
    return [row["ref"] for row in await unit.fetch(DUE, unit.now, limit)]


async def listed(unit: Unit, holder: PartyId | None, before: str | None, limit: int) -> list[Ticket]:
    rows = await unit.fetch(LISTED, holder and str(holder), before, limit)
    return [json.decode(row["body"], Ticket) for row in rows]


def _ticket(row: Record | None) -> Ticket | None:
    return None if row is None else json.decode(row["body"], Ticket)
