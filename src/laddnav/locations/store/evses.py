"""Evses as they are kept, each in the Location that it stands in, which is as new as the newest of them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.lookups import lookup
from laddnav.db.rows import Lines
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations.model import Evse, Status

# With the place among its neighbours that it has, or would have. The Location is locked, as by whoever writes it whole.
LOCK_EVSE = lookup(
    """
select e.status, e.body, e.last_updated, coalesce(
  e.position, (select count(*) from evse where holder = $1 and owner = $2 and location_key = $3)) as position
from location l
left join evse e on e.holder = l.holder and e.owner = l.owner and e.location_key = l.id_key and e.uid_key = $4
where l.holder = $1 and l.owner = $2 and l.id_key = $3 for update of l
""",
    "text",
    "text",
    "text",
    "text",
)
UPSERT_EVSE = Lines(
    """
insert into evse (holder, owner, location_key, uid_key, uid, ref, evse_id, position, status, status_at, body,
  last_updated)
select *, status_at from {rows}
on conflict (holder, owner, location_key, uid_key) do update set uid = excluded.uid, evse_id = excluded.evse_id,
  position = excluded.position, status = excluded.status, body = excluded.body, last_updated = excluded.last_updated,
  status_at = case when evse.status = excluded.status then evse.status_at else excluded.status_at end
""",
    {
        "holder": "text",
        "owner": "text",
        "location_key": "text",
        "uid_key": "text",
        "uid": "text",
        "ref": "text",
        "evse_id": "text",
        "position": "integer",
        "status": "text",
        "status_at": "timestamptz",
        "body": "text",
    },
    key=4,
    long=True,
)
# Of an Evse that is known, and was told at that moment last: where it was told of meanwhile, nothing is done.
HEARD_EVSE = Lines(
    """
update evse as e set uid = rows.uid, evse_id = rows.evse_id, status = rows.status, body = rows.body,
  last_updated = rows.last_updated,
  status_at = case when e.status = rows.status then e.status_at else rows.last_updated end
from {rows}
where e.holder = rows.holder and e.owner = rows.owner and e.location_key = rows.location_key
  and e.uid_key = rows.uid_key and e.last_updated = rows.known
returning true
""",
    {
        "holder": "text",
        "owner": "text",
        "location_key": "text",
        "uid_key": "text",
        "known": "timestamptz",
        "uid": "text",
        "evse_id": "text",
        "status": "text",
        "last_updated": "timestamptz",
        "body": "text",
    },
    each=True,
    long=True,
)
# While one of its Evses is written, which is REMOVED or not: the others are asked only where it is.
FOLLOW_EVSE = Lines(
    """
update location l set revision = l.revision + 1, last_updated = rows.last_updated, ended = rows.removed and not exists (
  select from evse e where e.holder = l.holder and e.owner = l.owner and e.location_key = l.id_key
    and e.uid_key <> rows.uid_key and e.status <> 'REMOVED')
from {rows} where l.holder = rows.holder and l.owner = rows.owner and l.id_key = rows.id_key
""",
    {
        "holder": "text",
        "owner": "text",
        "id_key": "text",
        "last_updated": "timestamptz",
        "uid_key": "text",
        "removed": "boolean",
    },
)
# The Location is locked first, as by whoever writes it whole: the two must not wait for each other in a ring.
SET_STATUS = """
with news as (
  select l.holder, l.owner, l.id_key from location l
  where l.holder = $1 and l.owner = $2 and l.id_key = $3 and exists (
    select from evse e where e.holder = $1 and e.owner = $2 and e.location_key = $3 and e.uid_key = $4
      and e.status <> $5 and e.status_at <= $6)
  for no key update)
update evse set status = $5, status_at = $6, last_updated = greatest(last_updated, $6) from news n
where evse.holder = n.holder and evse.owner = n.owner and evse.location_key = n.id_key and evse.uid_key = $4
  and evse.status <> $5 and evse.status_at <= $6
"""
# Another status for the same moment: what the Station says of it next, however it dates it, is news.
TELL_STATUS = """
with news as (
  select l.holder, l.owner, l.id_key from location l
  where l.holder = $1 and l.owner = $1 and l.id_key = $2 and exists (
    select from evse e where e.holder = $1 and e.owner = $1 and e.location_key = $2 and e.uid_key = $3
      and e.status = $4)
  for no key update)
update evse set status = $5, last_updated = greatest(last_updated, $6) from news n
where evse.holder = n.holder and evse.owner = n.owner and evse.location_key = n.id_key and evse.uid_key = $3
  and evse.status = $4
"""
TOUCH = """
update location set revision = revision + 1, last_updated = greatest(last_updated, $4)
where holder = $1 and owner = $2 and id_key = $3
"""
WHERE_IS = "select owner, location_key, uid from evse where holder = $1 and uid_key = $2"
# Partners may tell us of our own Evse, and two of our parties may hear of the same one: our own goes first.
EVSE_NAMED = """
select holder, owner, location_key, uid from evse
where (ref = $1 or evse_id = $1) and ($2::text is null or holder = $2)
order by (owner = holder) desc, holder, owner, location_key, uid_key limit 1
"""
PRINTED = """
select holder, location_key, uid from evse
where upper(translate(evse_id, '*- ', '')) = $1 and owner = holder order by holder, location_key, uid_key
"""
# What our own Evse is told to be from now on, where that is another than before.
COURSE = """
insert into evse_course (holder, location_key, uid_key, since_at, status)
select $1, $2, $3, $4::timestamptz, $5
where $5 is distinct from (
  select status from evse_course where holder = $1 and location_key = $2 and uid_key = $3
  order by since_at desc limit 1)
on conflict (holder, location_key, uid_key, since_at) do update set status = excluded.status
"""


def evse_of(row: Record) -> Evse:
    return replace(json.decode(row["body"], Evse), status=Status(row["status"]), last_updated=row["last_updated"])


class Placed(Struct, frozen=True):
    """The place of an Evse among its neighbours, which it has or would have, and the Evse where there is one."""

    position: int
    evse: Evse | None


async def lock(unit: Unit, holder: PartyId, owner: PartyId, where: EvseRef) -> Placed | None:
    """None without a Location. That is locked until this Unit ends, or that is undone (`Unit.believed`)."""
    key = (str(holder), str(owner), fold(where.location_id), fold(where.evse_uid))
    believed: Placed | None = unit.believed(Placed, key, HEARD_EVSE)
    if believed is not None:
        return believed
    row = await unit.fetch_one(LOCK_EVSE, *key)
    return None if row is None else Placed(row["position"], None if row["body"] is None else evse_of(row))


def write(
    unit: Unit, holder: PartyId, owner: PartyId, location_id: str, evse: Evse, before: Placed, at: datetime
) -> None:
    """One Evse, of which this is known, and its Location, which is of `at` then."""
    location = (str(holder), str(owner), fold(location_id))
    key = (*location, fold(evse.uid))
    if before.evse is None:
        put(unit, location, evse, before.position)
    else:
        known, body = before.evse.last_updated, json.encode(evse)
        unit.write(HEARD_EVSE, *key, known, evse.uid, evse.evse_id, evse.status, evse.last_updated, body)
    unit.learn(Placed, key, Placed(before.position, evse))
    unit.write(FOLLOW_EVSE, *location, at, fold(evse.uid), evse.status is Status.REMOVED)


def put(unit: Unit, key: tuple[str, str, str], evse: Evse, position: int) -> None:
    unit.write(
        UPSERT_EVSE,
        *key,
        fold(evse.uid),
        evse.uid,
        unit.new_id(),
        evse.evse_id,
        position,
        evse.status,
        evse.last_updated,
        json.encode(evse),
    )


async def set_status(unit: Unit, holder: PartyId, owner: PartyId, where: EvseRef, status: Status, at: datetime) -> bool:
    """False when it was so already, or something newer is known."""
    key = (str(holder), str(owner), fold(where.location_id))
    if not await unit.execute(SET_STATUS, *key, fold(where.evse_uid), status, at):
        return False
    unit.write(TOUCH, *key, at)
    if holder == owner:
        go_on(unit, holder, where, status)
    return True


async def tell_status(unit: Unit, holder: PartyId, where: EvseRef, before: Status, after: Status) -> bool:
    """False where it is not as it was thought to be."""
    key = (str(holder), fold(where.location_id))
    if not await unit.execute(TELL_STATUS, *key, fold(where.evse_uid), before, after, unit.now):
        return False
    touch(unit, holder, where.location_id)
    go_on(unit, holder, where, after)
    return True


def touch(unit: Unit, holder: PartyId, id: str) -> None:
    """What is told of a Location of ours, its Evses' part of it too, is as new as now."""
    unit.write(TOUCH, str(holder), str(holder), fold(id), unit.now)


def go_on(unit: Unit, holder: PartyId, where: EvseRef, status: Status) -> None:
    unit.write(COURSE, str(holder), fold(where.location_id), fold(where.evse_uid), unit.now, status)


async def where_is(unit: Unit, holder: PartyId, evse_uid: str) -> list[tuple[PartyId, str]]:
    """(owner, Location id key) of every Evse of this uid."""
    rows = await unit.fetch(WHERE_IS, str(holder), fold(evse_uid))
    return [(PartyId.parse(row["owner"]), row["location_key"]) for row in rows]


async def named(unit: Unit, name: str, holder: PartyId | None) -> tuple[PartyId, PartyId, str, str] | None:
    """(holder, owner, Location id key, Evse uid) by our ref, or by the number printed at the Evse."""
    row = await unit.fetch_one(EVSE_NAMED, name, holder and str(holder))
    if row is None:
        return None
    return PartyId.parse(row["holder"]), PartyId.parse(row["owner"]), row["location_key"], row["uid"]


async def printed(unit: Unit, number: str) -> list[tuple[PartyId, str, str]]:
    """(holder, Location id key, uid) of every Evse of ours that shows this number, as `rules.as_printed` has it."""
    rows = await unit.fetch(PRINTED, number)
    return [(PartyId.parse(row["holder"]), row["location_key"], row["uid"]) for row in rows]
