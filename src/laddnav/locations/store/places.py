"""Locations as they are kept, and whole: with their Evses, which evses.py keeps one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations.model import Evse, Location
from laddnav.locations.rules import ended
from laddnav.locations.store import evses

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
UPSERT = """
insert into location (holder, owner, id, id_key, ref, name, city, country, latitude, longitude, publish, ended, body,
  revision, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14)
on conflict (holder, owner, id_key) do update set id = excluded.id, name = excluded.name, city = excluded.city,
  country = excluded.country, latitude = excluded.latitude, longitude = excluded.longitude, publish = excluded.publish,
  ended = excluded.ended, body = excluded.body, revision = location.revision + 1, last_updated = excluded.last_updated
"""
DROP_EVSES = "delete from evse where holder = $1 and owner = $2 and location_key = $3 and not (uid_key = any($4))"
ELSEWHERE = """
select e.uid, l.id from evse e
join location l on l.holder = e.holder and l.owner = e.owner and l.id_key = e.location_key
where e.holder = $1 and e.owner = $1 and e.uid_key = any($2) and e.location_key <> $3 and e.status <> 'REMOVED'
order by e.uid, l.id
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


async def count(unit: Unit, holder: PartyId | None) -> int:
    return int(await unit.value(COUNT, holder and str(holder)))


async def _whole(unit: Unit, rows: Sequence[Record]) -> list[tuple[PartyId, Location]]:
    """Put the Evses back into their Locations."""
    keys = [[row[name] for row in rows] for name in ("holder", "owner", "id_key")]
    found: dict[tuple[str, str, str], list[Evse]] = {}
    for row in await unit.fetch(EVSES, *keys) if rows else []:
        found.setdefault((row["holder"], row["owner"], row["location_key"]), []).append(evses.evse_of(row))
    return [
        (
            PartyId.parse(row["holder"]),
            replace(
                json.decode(row["body"], Location),
                evses=tuple(found.get((row["holder"], row["owner"], row["id_key"]), ())),
                last_updated=row["last_updated"],
            ),
        )
        for row in rows
    ]


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
        evses.put(unit, key, evse, position)
    if holder == location.owner:
        for evse in location.evses:
            evses.go_on(unit, holder, EvseRef(location.id, evse.uid), evse.status)
