"""What can be booked and what was, as it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from asyncpg import Range
from msgspec.structs import replace

from laddnav.bookings.model import Booking, BookingLocation, Calendar, Offering, ReservationStatus, TimePeriod
from laddnav.bookings.rules import KEEPS, hold_from, no_show_at
from laddnav.bookings.slots import Kept
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold

# Whoever decides about bookings of one party decides alone.
DECIDE = "select pg_advisory_xact_lock(hashtextextended('bookings of ' || $1, 0))"

_PLACE = "ref, holder, by_hand, withdrawn_at, body"
PLACE = f"select {_PLACE} from booking_location where holder = $1 and owner = $2 and id_key = $3"
PLACE_BY_REF = f"select {_PLACE} from booking_location where ref = $1"
PLACES_AT = f"""
select {_PLACE} from booking_location
where holder = $1 and owner = $1 and location_id = $2 and withdrawn_at is null order by id_key for update
"""
PLACES = f"""
select {_PLACE} from booking_location
where withdrawn_at is null and ($1::text is null or holder = $1) and ($2::text is null or owner = $2)
  and ($3::text is null or ref > $3)
order by ref limit $4
"""
PUT_PLACE = """
insert into booking_location (holder, owner, id_key, ref, location_id, by_hand, free, withdrawn_at, body, revision,
  last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)
on conflict (holder, owner, id_key) do update set location_id = excluded.location_id, by_hand = excluded.by_hand,
  free = excluded.free, withdrawn_at = excluded.withdrawn_at, body = excluded.body,
  revision = booking_location.revision + 1, last_updated = excluded.last_updated
"""

_BOOKING = "body, reservation from booking"
BOOKING = f"select {_BOOKING} where holder = $1 and owner = $2 and id_key = $3"
LOCK_BOOKING = f"{BOOKING} for update"
BY_REQUEST = f"select {_BOOKING} where holder = $1 and owner = $2 and request_key = $3 order by ref desc limit 1"
ASKED = f"""
select {_BOOKING} where holder = $1 and owner = $1 and asked_by = $2 and request_key = $3 for update
"""
BY_REF = f"select {_BOOKING} where ref = $1"
LOCK_BY_REF = f"{BY_REF} for update"
OF_RESERVATION = f"select {_BOOKING} where holder = $1 and owner = $1 and reservation = $2 for update"
KEPT = """
select id_key, evse_uid, begins_at, ends_at from booking
where holder = $1 and owner = $1 and location_id = $2 and evse_uid is not null and ends_at > $3
"""
OPEN_BETWEEN = f"""
select {_BOOKING} where holder = $1 and owner = $1 and status in ('PENDING', 'RESERVED')
  and begins_at < $3 and ends_at > $2
"""
OPEN_AT = f"""
select {_BOOKING} where holder = $1 and owner = $1 and location_id = $2 and status = 'RESERVED' and begins_at < $3
order by begins_at for update
"""
UNDECIDED = f"select {_BOOKING} where status = 'PENDING' and holder = owner and begins_at <= $1 limit $2"
NO_SHOWS = f"select {_BOOKING} where status = 'RESERVED' and holder = owner and no_show_at <= $1 limit $2"
TO_HOLD = f"""
select {_BOOKING} where status = 'RESERVED' and holder = owner and reservation is null and hold_at <= $1
  and ends_at > $1 order by hold_at limit $2
"""
PAGE = f"""
select {_BOOKING} where ($1::text is null or holder = $1) and ($2::text[] is null or status = any($2))
  and ($3::text is null or location_id = $3) and ($4::text is null or ref < $4)
order by ref desc limit $5
"""
UPCOMING = f"""
select {_BOOKING} where ($1::text is null or holder = $1) and ends_at > $2
  and status in ('PENDING', 'RESERVED', 'FULFILLED') and ($3::text is null or location_id = $3)
  and ($4::text is null or (begins_at, ref) > (select begins_at, ref from booking where ref = $4))
order by begins_at, ref limit $5
"""
COMING = """
select holder, owner, lower(body::jsonb #>> '{requests,-1,request,booking_location_id}') as place,
  count(*) as many
from booking
where ($1::text is null or holder = $1) and ends_at > $2 and status in ('RESERVED', 'FULFILLED')
  and location_id = any($3)
group by 1, 2, 3
"""
PUT_BOOKING = """
insert into booking (holder, owner, id_key, ref, asked_by, request_key, location_id, status, begins_at, ends_at,
  evse_uid, hold_at, no_show_at, reservation, body, revision, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1, $16)
on conflict (holder, owner, id_key) do update set asked_by = excluded.asked_by, request_key = excluded.request_key,
  location_id = excluded.location_id, status = excluded.status, begins_at = excluded.begins_at,
  ends_at = excluded.ends_at, evse_uid = excluded.evse_uid, hold_at = excluded.hold_at,
  no_show_at = excluded.no_show_at, reservation = excluded.reservation, body = excluded.body,
  revision = booking.revision + 1, last_updated = excluded.last_updated
"""
HOLD = "update booking set reservation = $4, hold_at = $5 where holder = $1 and owner = $2 and id_key = $3"


async def decide_alone(unit: Unit, holder: PartyId) -> None:
    """Nobody else grants or frees anything of this party before the Unit ends."""
    await unit.value(DECIDE, str(holder))


# What can be booked ---------------------------------------------------------------------------------------------------


async def place(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Offering | None:
    return _maybe_place(await unit.fetch_one(PLACE, str(holder), str(owner), fold(id)))


async def place_by_ref(unit: Unit, ref: str) -> Offering | None:
    return _maybe_place(await unit.fetch_one(PLACE_BY_REF, ref))


async def places_at(unit: Unit, holder: PartyId, location_id: str) -> list[Offering]:
    """Of ours; nobody else changes them before the Unit ends."""
    return [_place(row) for row in await unit.fetch(PLACES_AT, str(holder), location_id)]


async def places(
    unit: Unit, holder: PartyId | None, owner: PartyId | None, after: str | None, limit: int
) -> list[Offering]:
    rows = await unit.fetch(PLACES, holder and str(holder), owner and str(owner), after, limit)
    return [_place(row) for row in rows]


def put_place(unit: Unit, one: Offering, free: Iterable[Calendar]) -> None:
    """`free`: its Calendars with what is left in them."""
    unit.write(
        PUT_PLACE,
        str(one.holder),
        str(one.place.owner),
        fold(one.place.id),
        one.ref,
        one.place.location_id,
        one.by_hand,
        [Range(slot.begins_at, slot.ends_at) for calendar in free for slot in calendar.timeslots],
        one.withdrawn_at,
        json.encode(one.place).decode(),
        one.place.last_updated,
    )


def _maybe_place(row: Record | None) -> Offering | None:
    return None if row is None else _place(row)


def _place(row: Record) -> Offering:
    return Offering(
        ref=row["ref"],
        holder=PartyId.parse(row["holder"]),
        by_hand=row["by_hand"],
        withdrawn_at=row["withdrawn_at"],
        place=json.decode(row["body"], BookingLocation),
    )


# What was booked ------------------------------------------------------------------------------------------------------


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str, *, lock: bool = False) -> Booking | None:
    return _maybe(await unit.fetch_one(LOCK_BOOKING if lock else BOOKING, str(holder), str(owner), fold(id)))


async def by_request(unit: Unit, holder: PartyId, owner: PartyId, request_id: str) -> Booking | None:
    return _maybe(await unit.fetch_one(BY_REQUEST, str(holder), str(owner), fold(request_id)))


async def asked(unit: Unit, holder: PartyId, asked_by: PartyId, request_id: str) -> Booking | None:
    """What this eMSP asked us for under this name."""
    return _maybe(await unit.fetch_one(ASKED, str(holder), str(asked_by), fold(request_id)))


async def by_ref(unit: Unit, ref: str, *, lock: bool = False) -> Booking | None:
    return _maybe(await unit.fetch_one(LOCK_BY_REF if lock else BY_REF, ref))


async def of_reservation(unit: Unit, holder: PartyId, number: int) -> Booking | None:
    return _maybe(await unit.fetch_one(OF_RESERVATION, str(holder), number))


async def kept(unit: Unit, holder: PartyId, location_id: str) -> list[Kept]:
    """The Evses of a Location that are booked, from now on."""
    rows = await unit.fetch(KEPT, str(holder), location_id, unit.now)
    return [
        Kept(
            booking_id=row["id_key"],
            evse_uid=row["evse_uid"],
            period=TimePeriod(begins_at=row["begins_at"], ends_at=row["ends_at"]),
        )
        for row in rows
    ]


async def open_between(unit: Unit, holder: PartyId, period: TimePeriod) -> list[Booking]:
    return await _several(unit, OPEN_BETWEEN, str(holder), period.begins_at, period.ends_at)


async def awaited_at(unit: Unit, holder: PartyId, location_id: str, before: datetime) -> list[Booking]:
    """Those whose drivers may come to a Location, that begin before then."""
    return await _several(unit, OPEN_AT, str(holder), location_id, before)


async def undecided(unit: Unit, limit: int) -> list[Booking]:
    return await _several(unit, UNDECIDED, unit.now, limit)


async def no_shows(unit: Unit, limit: int) -> list[Booking]:
    return await _several(unit, NO_SHOWS, unit.now, limit)


async def to_hold(unit: Unit, limit: int) -> list[Booking]:
    return await _several(unit, TO_HOLD, unit.now, limit)


async def page(
    unit: Unit,
    holder: PartyId | None,
    statuses: Iterable[ReservationStatus] | None,
    location_id: str | None,
    before: str | None,
    limit: int,
) -> list[Booking]:
    wanted = None if statuses is None else [one.value for one in statuses]
    return await _several(unit, PAGE, holder and str(holder), wanted, location_id, before, limit)


async def upcoming(
    unit: Unit, holder: PartyId | None, location_id: str | None, after: str | None, limit: int
) -> list[Booking]:
    return await _several(unit, UPCOMING, holder and str(holder), unit.now, location_id, after, limit)


async def coming(unit: Unit, holder: PartyId | None, location_ids: Iterable[str]) -> dict[tuple[str, str, str], int]:
    """(holder, owner, id key of what can be booked) → how many bookings of it are not over."""
    rows = await unit.fetch(COMING, holder and str(holder), unit.now, list(set(location_ids)))
    return {(row["holder"], row["owner"], row["place"]): row["many"] for row in rows}


def put(unit: Unit, one: Booking) -> None:
    """When it is to be held and when it waits no longer stand beside it, for whoever looks for what is due."""
    ours = one.holder == one.owner
    unit.write(
        PUT_BOOKING,
        str(one.holder),
        str(one.owner),
        fold(one.id),
        one.ref,
        str(one.asked_by),
        fold(one.request_id),
        one.location_id,
        one.status,
        one.period.begins_at,
        one.period.ends_at,
        one.evse_uid if ours and one.status in KEEPS else None,
        hold_from(one) if ours else None,
        no_show_at(one) if ours else None,
        one.reservation,
        json.encode(one).decode(),
        one.last_updated,
    )


def hold(unit: Unit, one: Booking, number: int | None, again_at: datetime) -> None:
    """Which reservation keeps its Evse; where none does, when to ask for one. Nothing of this is told to anybody."""
    unit.write(HOLD, str(one.holder), str(one.owner), fold(one.id), number, again_at)


async def _several(unit: Unit, sql: str, *arguments: Any) -> list[Booking]:
    return [_booking(row) for row in await unit.fetch(sql, *arguments)]


def _maybe(row: Record | None) -> Booking | None:
    return None if row is None else _booking(row)


def _booking(row: Record) -> Booking:
    return replace(json.decode(row["body"], Booking), reservation=row["reservation"])
