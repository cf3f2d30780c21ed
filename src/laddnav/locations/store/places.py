"""Locations and Evses as they are kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.lookups import lookup
from laddnav.db.rows import Lines
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations.model import Evse, Location, Status
from laddnav.locations.rules import ended

_LOCATION = "l.holder, l.owner, l.id, l.id_key, l.ref, l.body, l.revision, l.last_updated"
FETCH = f"select {_LOCATION} from location l where l.holder = $1 and l.owner = $2 and l.id_key = $3"
LOCK = FETCH + " for update"
TIME_ZONE = "select body::json ->> 'time_zone' from location where holder = $1 and owner = $2 and id_key = $3"
BY_REF = f"select {_LOCATION} from location l where l.ref = $1"
PAGE = f"""
select {_LOCATION} from location l
where ($1::text is null or l.holder = $1) and ($2::text is null or l.owner = $2)
  and ($3::text is null or l.name ilike $3 or l.city ilike $3 or l.id ilike $3)
  and ($4::text is null or l.ref > $4)
order by l.ref limit $5
"""
SEVERAL = f"""
select {_LOCATION} from location l
where (l.holder, l.owner, l.id_key) in (select * from unnest($1::text[], $2::text[], $3::text[]))
"""
ALL_KEYS = "select id_key from location where holder = $1 and owner = $2"
# As the index of migration 0031 spells it.
NAMING = """
select body from location
where (owner = holder) is true and holder = $1 and not publish and not ended
  and body like '%"publish_allowed_to":[{%'
  and exists (select from unnest($2::text[]) word where strpos(lower(body), word) > 0)
"""
EVSES = """
select holder, owner, location_key, uid, ref, status, body, last_updated from evse
where (holder, owner, location_key) in (select * from unnest($1::text[], $2::text[], $3::text[]))
order by holder, owner, location_key, position
"""
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
UPSERT = """
insert into location (holder, owner, id, id_key, ref, name, city, country, latitude, longitude, publish, ended, body,
  revision, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14)
on conflict (holder, owner, id_key) do update set id = excluded.id, name = excluded.name, city = excluded.city,
  country = excluded.country, latitude = excluded.latitude, longitude = excluded.longitude, publish = excluded.publish,
  ended = excluded.ended, body = excluded.body, revision = location.revision + 1, last_updated = excluded.last_updated
"""
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
DROP_EVSES = "delete from evse where holder = $1 and owner = $2 and location_key = $3 and not (uid_key = any($4))"
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
ELSEWHERE = """
select e.uid, l.id from evse e
join location l on l.holder = e.holder and l.owner = e.owner and l.id_key = e.location_key
where e.holder = $1 and e.owner = $1 and e.uid_key = any($2) and e.location_key <> $3 and e.status <> 'REMOVED'
order by e.uid, l.id
"""
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
OFFERED_AT = """
select l.id from location l
where l.holder = $1 and l.owner = $1 and exists (
  select from evse e, jsonb_array_elements(e.body::jsonb -> 'connectors') connector,
    jsonb_array_elements_text(connector -> 'tariff_ids') tariff
  where e.holder = l.holder and e.owner = l.owner and e.location_key = l.id_key and e.status <> 'REMOVED'
    and lower(tariff) = lower($2))
order by l.id
"""
OFFERING = OFFERED_AT + "limit 1"
COUNT = "select count(*) from location where ($1::text is null or holder = $1)"


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str, *, lock: bool = False) -> Location | None:
    row = await unit.fetch_one(LOCK if lock else FETCH, str(holder), str(owner), fold(id))
    return None if row is None else (await _whole(unit, [row]))[0][1]


async def time_zone(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> str | None:
    zone: str | None = await unit.value(TIME_ZONE, str(holder), str(owner), fold(id))
    return zone


async def by_ref(unit: Unit, ref: str) -> tuple[PartyId, Location] | None:
    row = await unit.fetch_one(BY_REF, ref)
    return None if row is None else (await _whole(unit, [row]))[0]


async def page(
    unit: Unit, holder: PartyId | None, owner: PartyId | None, words: str | None, after: str | None, limit: int
) -> list[tuple[str, PartyId, Location]]:
    """(ref, holder, Location), in the order in which they became known."""
    pattern = None if not words else "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = await unit.fetch(PAGE, holder and str(holder), owner and str(owner), pattern, after, limit)
    whole = await _whole(unit, rows)
    return [(row["ref"], *one) for row, one in zip(rows, whole, strict=True)]


async def several(
    unit: Unit, keys: Collection[tuple[PartyId, PartyId, str]]
) -> dict[tuple[PartyId, PartyId, str], tuple[str, Location]]:
    columns = [
        [str(holder) for holder, _, _ in keys],
        [str(owner) for _, owner, _ in keys],
        [fold(id) for *_, id in keys],
    ]
    rows = await unit.fetch(SEVERAL, *columns) if keys else []
    whole = await _whole(unit, rows)
    return {
        (holder, location.owner, row["id_key"]): (row["ref"], location)
        for row, (holder, location) in zip(rows, whole, strict=True)
    }


async def offering(unit: Unit, holder: PartyId, tariff_id: str) -> str | None:
    id: str | None = await unit.value(OFFERING, str(holder), tariff_id)
    return id


async def elsewhere(unit: Unit, location: Location) -> dict[str, str]:
    keys = [fold(evse.uid) for evse in location.evses]
    rows = await unit.fetch(ELSEWHERE, str(location.owner), keys, fold(location.id))
    return {row["uid"]: row["id"] for row in rows}


async def offered_at(unit: Unit, holder: PartyId, tariff_id: str) -> tuple[str, ...]:
    return tuple(row["id"] for row in await unit.fetch(OFFERED_AT, str(holder), tariff_id))


async def naming(unit: Unit, holder: PartyId, words: Iterable[str]) -> tuple[Location, ...]:
    """Of ours that are not published and name Tokens, those in which one of these words stands; without Evses."""
    rows = await unit.fetch(NAMING, str(holder), [json.encode(fold(word)).decode() for word in words])
    return tuple(json.decode(row["body"], Location) for row in rows)


def touch(unit: Unit, holder: PartyId, id: str) -> None:
    unit.write(TOUCH, str(holder), str(holder), fold(id), unit.now)


async def count(unit: Unit, holder: PartyId | None) -> int:
    return int(await unit.value(COUNT, holder and str(holder)))


async def _whole(unit: Unit, rows: Sequence[Record]) -> list[tuple[PartyId, Location]]:
    """Put the Evses back into their Locations."""
    keys = [[row[name] for row in rows] for name in ("holder", "owner", "id_key")]
    evses: dict[tuple[str, str, str], list[Evse]] = {}
    for row in await unit.fetch(EVSES, *keys) if rows else []:
        evses.setdefault((row["holder"], row["owner"], row["location_key"]), []).append(_evse(row))
    return [
        (
            PartyId.parse(row["holder"]),
            replace(
                json.decode(row["body"], Location),
                evses=tuple(evses.get((row["holder"], row["owner"], row["id_key"]), ())),
                last_updated=row["last_updated"],
            ),
        )
        for row in rows
    ]


def _evse(row: Record) -> Evse:
    return replace(json.decode(row["body"], Evse), status=Status(row["status"]), last_updated=row["last_updated"])


class Placed(Struct, frozen=True):
    """The place of an Evse among its neighbours, which it has or would have, and the Evse where there is one."""

    position: int
    evse: Evse | None


async def lock_evse(unit: Unit, holder: PartyId, owner: PartyId, where: EvseRef) -> Placed | None:
    """None without a Location. That is locked until this Unit ends, or that is undone (`Unit.believed`)."""
    key = (str(holder), str(owner), fold(where.location_id), fold(where.evse_uid))
    believed: Placed | None = unit.believed(Placed, key, HEARD_EVSE)
    if believed is not None:
        return believed
    row = await unit.fetch_one(LOCK_EVSE, *key)
    return None if row is None else Placed(row["position"], None if row["body"] is None else _evse(row))


def write(unit: Unit, holder: PartyId, location: Location) -> None:
    """The whole Location, with every Evse; Evses that are not in it are gone."""
    key = (str(holder), str(location.owner), fold(location.id))
    place = location.coordinates
    unit.write(
        UPSERT,
        key[0],
        key[1],
        location.id,
        key[2],
        unit.new_id(),
        location.name or location.address,
        location.city,
        location.country,
        place.latitude,
        place.longitude,
        location.publish,
        ended(location),
        json.encode(replace(location, evses=())).decode(),
        location.last_updated,
    )
    unit.write(DROP_EVSES, *key, [fold(evse.uid) for evse in location.evses])
    for position, evse in enumerate(location.evses):
        _write_evse(unit, key, evse, position)
    if holder == location.owner:
        for evse in location.evses:
            _go_on(unit, holder, EvseRef(location.id, evse.uid), evse.status)


def write_evse(
    unit: Unit, holder: PartyId, owner: PartyId, location_id: str, evse: Evse, before: Placed, at: datetime
) -> None:
    """One Evse, of which this is known, and its Location, which is of `at` then."""
    location = (str(holder), str(owner), fold(location_id))
    key = (*location, fold(evse.uid))
    if before.evse is None:
        _write_evse(unit, location, evse, before.position)
    else:
        known, body = before.evse.last_updated, json.encode(evse)
        unit.write(HEARD_EVSE, *key, known, evse.uid, evse.evse_id, evse.status, evse.last_updated, body)
    unit.learn(Placed, key, Placed(before.position, evse))
    unit.write(FOLLOW_EVSE, *location, at, fold(evse.uid), evse.status is Status.REMOVED)


def _write_evse(unit: Unit, key: tuple[str, str, str], evse: Evse, position: int) -> None:
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
        _go_on(unit, holder, where, status)
    return True


async def tell_status(unit: Unit, holder: PartyId, where: EvseRef, before: Status, after: Status) -> bool:
    """False where it is not as it was thought to be."""
    key = (str(holder), fold(where.location_id))
    if not await unit.execute(TELL_STATUS, *key, fold(where.evse_uid), before, after, unit.now):
        return False
    touch(unit, holder, where.location_id)
    _go_on(unit, holder, where, after)
    return True


def _go_on(unit: Unit, holder: PartyId, where: EvseRef, status: Status) -> None:
    unit.write(COURSE, str(holder), fold(where.location_id), fold(where.evse_uid), unit.now, status)


async def where_is(unit: Unit, holder: PartyId, evse_uid: str) -> list[tuple[PartyId, str]]:
    """(owner, Location id key) of every Evse of this uid."""
    rows = await unit.fetch(WHERE_IS, str(holder), fold(evse_uid))
    return [(PartyId.parse(row["owner"]), row["location_key"]) for row in rows]


async def evse_named(unit: Unit, name: str, holder: PartyId | None) -> tuple[PartyId, PartyId, str, str] | None:
    """(holder, owner, Location id key, Evse uid) by our ref, or by the number printed at the Evse."""
    row = await unit.fetch_one(EVSE_NAMED, name, holder and str(holder))
    if row is None:
        return None
    return PartyId.parse(row["holder"]), PartyId.parse(row["owner"]), row["location_key"], row["uid"]


async def printed(unit: Unit, number: str) -> list[tuple[PartyId, str, str]]:
    """(holder, Location id key, uid) of every Evse of ours that shows this number, as `rules.as_printed` has it."""
    rows = await unit.fetch(PRINTED, number)
    return [(PartyId.parse(row["holder"]), row["location_key"], row["uid"]) for row in rows]
