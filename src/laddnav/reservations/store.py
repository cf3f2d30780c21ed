"""Reservations as they are kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from laddnav.db import turns
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.reservations.model import Reservation

INSERT = """
insert into reservation (holder, ref, asked_by, id_key, state, location_id, station_id, session_id, until, body,
  last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning number
"""
UPDATE = """
update reservation set state = $3, session_id = $4, until = $5, body = $6, last_updated = $7
where holder = $1 and number = $2
"""
FETCH = "select number, body from reservation where holder = $1 and number = $2 for update"
BY_REF = "select number, body from reservation where ref = $1"
OPEN_NAMED = """
select number, body from reservation
where holder = $1 and asked_by = any($2) and id_key = $3 and state in ('ASKED', 'HELD') order by number for update
"""
OF_SESSION = "select number, body from reservation where holder = $1 and session_id = $2 for update"
HELD_AT = """
select number, body from reservation where holder = $1 and location_id = $2 and state = 'HELD' order by number
"""
RUN_OUT = """
select number, body from reservation where state = 'HELD' and until < $1 order by until limit $2
"""
PAGE = """
select number, body from reservation
where ($1::text is null or holder = $1) and ($2::text is null or state = $2) and ($3::text is null or ref < $3)
order by ref desc limit $4
"""


async def insert(unit: Unit, one: Reservation) -> Reservation:
    """With the number that it got."""
    number: int = await unit.value(
        INSERT,
        str(one.holder),
        one.ref,
        str(one.asked_by),
        fold(one.id),
        one.state,
        one.location_id,
        one.station_id,
        one.session_id,
        one.until,
        json.encode(one).decode(),
        one.last_updated,
    )
    return replace(one, number=number)


def update(unit: Unit, one: Reservation) -> None:
    unit.write(
        UPDATE,
        str(one.holder),
        one.number,
        one.state,
        one.session_id,
        one.until,
        json.encode(one).decode(),
        one.last_updated,
    )


async def find(unit: Unit, holder: PartyId, number: int) -> Reservation | None:
    """Nobody else changes it before the Unit ends."""
    return _maybe(await unit.fetch_one(FETCH, str(holder), number))


async def by_ref(unit: Unit, ref: str) -> Reservation | None:
    return _maybe(await unit.fetch_one(BY_REF, ref))


async def name_alone(unit: Unit, holder: PartyId, asked_by: PartyId, id: str) -> None:
    """One at a time under each name: what is asked for once more is the same Evse."""
    await turns.taken(unit, f"reservation {holder} {asked_by} {fold(id)}")


async def open_named(unit: Unit, holder: PartyId, asked_by: Iterable[PartyId], id: str) -> list[Reservation]:
    rows = await unit.fetch(OPEN_NAMED, str(holder), [str(party) for party in asked_by], fold(id))
    return [_reservation(row) for row in rows]


async def of_session(unit: Unit, holder: PartyId, session_id: str) -> Reservation | None:
    return _maybe(await unit.fetch_one(OF_SESSION, str(holder), session_id))


async def held_at(unit: Unit, holder: PartyId, location_id: str) -> list[Reservation]:
    return [_reservation(row) for row in await unit.fetch(HELD_AT, str(holder), location_id)]


async def run_out(unit: Unit, before: datetime, limit: int) -> list[Reservation]:
    return [_reservation(row) for row in await unit.fetch(RUN_OUT, before, limit)]


async def page(
    unit: Unit, holder: PartyId | None, state: str | None, before: str | None, limit: int
) -> list[Reservation]:
    rows = await unit.fetch(PAGE, holder and str(holder), state, before, limit)
    return [_reservation(row) for row in rows]


def _maybe(row: Record | None) -> Reservation | None:
    return None if row is None else _reservation(row)


def _reservation(row: Record) -> Reservation:
    return replace(json.decode(row["body"], Reservation), number=row["number"])
