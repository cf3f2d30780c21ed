"""Locations, Evses and Stations as they are kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations.model import Evse, Location, Station, Status
from laddnav.locations.rules import ended

_LOCATION = "l.holder, l.owner, l.id, l.id_key, l.ref, l.body, l.revision, l.last_updated"
FETCH = f"select {_LOCATION} from location l where l.holder = $1 and l.owner = $2 and l.id_key = $3"
LOCK = FETCH + " for update"
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
UPSERT_EVSE = """
insert into evse (holder, owner, location_key, uid_key, uid, ref, evse_id, position, status, status_at, body,
  last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10)
on conflict (holder, owner, location_key, uid_key) do update set uid = excluded.uid, evse_id = excluded.evse_id,
  position = excluded.position, status = excluded.status, body = excluded.body, last_updated = excluded.last_updated,
  status_at = case when evse.status = excluded.status then evse.status_at else excluded.status_at end
"""
DROP_EVSES = "delete from evse where holder = $1 and owner = $2 and location_key = $3 and not (uid_key = any($4))"
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
where e.holder = $1 and e.owner = $1 and e.uid_key = any($2) and e.location_key <> $3 order by e.uid, l.id
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

_STATION = """s.id, s.ref, s.holder, s.location_id, s.accepted, s.security_profile, s.protocols, s.on_connect,
  s.heartbeat_interval, s.boot_retry_interval, s.vendor, s.model, s.serial_number, s.firmware, s.protocol, s.booted_at,
  s.connected_at, s.connected_to, s.last_seen_at,
  (select array_agg(row(e.evse_no, e.location_id, e.evse_uid) order by e.evse_no) from station_evse e
   where e.holder = s.holder and e.station_id = s.id) as evses"""
STATION = f"select {_STATION} from station s where s.id = $1"
STATION_BY_REF = f"select {_STATION} from station s where s.ref = $1"
STATIONS = f"""
select {_STATION} from station s
where ($1::text is null or s.holder = $1) and ($2::text is null or s.id > $2) order by s.id limit $3
"""
STATIONS_NAMED = f"select {_STATION} from station s where s.id = any($1)"
STATIONS_AT = f"select {_STATION} from station s where s.holder = $1 and s.location_id = $2 order by s.id"
ADD_STATION = """
insert into station (id, ref, holder, location_id, accepted, security_profile, password_hash, protocols, on_connect,
  heartbeat_interval, boot_retry_interval, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (id) do nothing
"""
PROVISION = """
update station set location_id = $2, accepted = $3, security_profile = $4, protocols = $5, on_connect = $6,
  heartbeat_interval = $7, boot_retry_interval = $8 where id = $1
"""
SET_PASSWORD = "update station set password_hash = $2 where id = $1"
PASSWORD = "select password_hash from station where id = $1"
BOOTED = """
update station set vendor = $2, model = $3, serial_number = $4, firmware = $5, booted_at = $6, last_seen_at = $6
where id = $1
"""
CONNECTED = "update station set connected_at = $2, connected_to = $3, protocol = $4, last_seen_at = $2 where id = $1"
HOLD = "select id from station where id = $1 for no key update"
DISCONNECTED = """
update station set connected_to = null, last_seen_at = $3 where id = $1 and connected_to = $2
"""
NOBODY_HOLDS = "update station set connected_to = null where connected_to = $1"
SEEN = "update station set last_seen_at = $2 where id = $1 and (last_seen_at is null or last_seen_at < $2)"
ATTACH = """
insert into station_evse (holder, station_id, evse_no, location_id, evse_uid) values ($1, $2, $3, $4, $5)
on conflict (holder, station_id, evse_no) do update set location_id = excluded.location_id, evse_uid = excluded.evse_uid
"""
ATTACHED_TO = "select station_id, evse_no from station_evse where holder = $1 and location_id = $2 and evse_uid = $3"
# Those whose Station went away and of which that is not told yet, and those whose Station is back.
AWAY = """
select a.holder, a.station_id, a.evse_no, a.location_id, a.evse_uid, e.status, null as before
from station s join station_evse a on a.holder = s.holder and a.station_id = s.id
join evse e on e.holder = a.holder and e.owner = a.holder and e.location_key = lower(a.location_id)
  and e.uid_key = lower(a.evse_uid)
where s.connected_to is null and s.last_seen_at < $1 and a.status_before is null
  and e.status not in ('UNKNOWN', 'REMOVED', 'PLANNED')
union all
select a.holder, a.station_id, a.evse_no, a.location_id, a.evse_uid, null, a.status_before
from station_evse a join station s on s.id = a.station_id
where a.status_before is not null and s.connected_to is not null
order by 2, 3 limit $2
"""
KEEP_STATUS = "update station_evse set status_before = $4 where holder = $1 and station_id = $2 and evse_no = $3"
EVSE_REPORTED = """
update station_evse set status = $4, error_code = $5, info = $6, status_at = $7
where holder = $1 and station_id = $2 and evse_no = $3
"""
KNOCKED = """
insert into stranger (id, first_at, last_at, knocks, from_address, protocols) values ($1, $2, $2, 1, $3, $4)
on conflict (id) do update set last_at = excluded.last_at, knocks = stranger.knocks + 1,
  from_address = excluded.from_address, protocols = excluded.protocols
"""
STRANGERS = "select id, first_at, last_at, knocks, from_address, protocols from stranger order by last_at desc limit $1"
FORGET_STRANGER = "delete from stranger where id = $1"
FORGET_STRANGERS = "delete from stranger where id in (select id from stranger order by last_at desc, id offset $1)"


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str, *, lock: bool = False) -> Location | None:
    row = await unit.fetch_one(LOCK if lock else FETCH, str(holder), str(owner), fold(id))
    return None if row is None else (await _whole(unit, [row]))[0][1]


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


def touch(unit: Unit, holder: PartyId, id: str) -> None:
    unit.write(TOUCH, str(holder), str(holder), fold(id), unit.now)


async def count(unit: Unit, holder: PartyId | None) -> int:
    return int(await unit.value(COUNT, holder and str(holder)))


async def _whole(unit: Unit, rows: Sequence[Record]) -> list[tuple[PartyId, Location]]:
    """Put the Evses back into their Locations."""
    keys = [[row[name] for row in rows] for name in ("holder", "owner", "id_key")]
    evses: dict[tuple[str, str, str], list[Evse]] = {}
    for row in await unit.fetch(EVSES, *keys) if rows else []:
        evse = json.decode(row["body"], Evse)
        evses.setdefault((row["holder"], row["owner"], row["location_key"]), []).append(
            replace(evse, status=Status(row["status"]), last_updated=row["last_updated"])
        )
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
            json.encode(evse).decode(),
        )


async def set_status(unit: Unit, holder: PartyId, owner: PartyId, where: EvseRef, status: Status, at: datetime) -> bool:
    """False when it was so already, or something newer is known."""
    key = (str(holder), str(owner), fold(where.location_id))
    if not await unit.execute(SET_STATUS, *key, fold(where.evse_uid), status, at):
        return False
    unit.write(TOUCH, *key, at)
    return True


class Away(Struct, frozen=True):
    """An Evse whose Station is away, with its `status`; or is back, with that from `before`."""

    holder: PartyId
    station_id: str
    evse_no: int
    where: EvseRef
    status: Status
    before: Status | None


async def away(unit: Unit, since: datetime, limit: int) -> list[Away]:
    """Of Stations that were not heard since then, and that are back."""
    return [
        Away(
            PartyId.parse(row["holder"]),
            row["station_id"],
            row["evse_no"],
            EvseRef(row["location_id"], row["evse_uid"]),
            Status(row["status"] or Status.UNKNOWN),
            None if row["before"] is None else Status(row["before"]),
        )
        for row in await unit.fetch(AWAY, since, limit)
    ]


async def tell_status(unit: Unit, holder: PartyId, where: EvseRef, before: Status, after: Status) -> bool:
    """False where it is not as it was thought to be."""
    key = (str(holder), fold(where.location_id))
    if not await unit.execute(TELL_STATUS, *key, fold(where.evse_uid), before, after, unit.now):
        return False
    touch(unit, holder, where.location_id)
    return True


def keep_status(unit: Unit, one: Away, status: Status | None) -> None:
    unit.write(KEEP_STATUS, str(one.holder), one.station_id, one.evse_no, status)


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


async def find_station(unit: Unit, id: str) -> Station | None:
    row = await unit.fetch_one(STATION, id)
    return None if row is None else _station(row)


async def hold(unit: Unit, id: str) -> None:
    await unit.value(HOLD, id)


async def station_by_ref(unit: Unit, ref: str) -> Station | None:
    row = await unit.fetch_one(STATION_BY_REF, ref)
    return None if row is None else _station(row)


async def stations(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Station]:
    return [_station(row) for row in await unit.fetch(STATIONS, holder and str(holder), after, limit)]


async def stations_named(unit: Unit, ids: Collection[str]) -> dict[str, Station]:
    return {row["id"]: _station(row) for row in await unit.fetch(STATIONS_NAMED, list(ids))}


async def stations_at(unit: Unit, holder: PartyId, location_id: str) -> list[Station]:
    return [_station(row) for row in await unit.fetch(STATIONS_AT, str(holder), location_id)]


def _station(row: Record) -> Station:
    fields: dict[str, Any] = dict(row)
    fields["connected_at"] = fields["connected_at"] if fields.pop("connected_to") else None
    return Station(
        **fields
        | {
            "holder": PartyId.parse(row["holder"]),
            "protocols": tuple(row["protocols"]),
            "evses": tuple((no, EvseRef(location, uid)) for no, location, uid in row["evses"] or ()),
        }
    )


async def add_station(unit: Unit, station: Station, password_hash: str | None) -> bool:
    """False when the id is taken."""
    return bool(
        await unit.execute(
            ADD_STATION,
            station.id,
            station.ref,
            str(station.holder),
            station.location_id,
            station.accepted,
            station.security_profile,
            password_hash,
            list(station.protocols),
            station.on_connect,
            station.heartbeat_interval,
            station.boot_retry_interval,
            unit.now,
        )
    )


def provision(unit: Unit, station: Station) -> None:
    unit.write(
        PROVISION,
        station.id,
        station.location_id,
        station.accepted,
        station.security_profile,
        list(station.protocols),
        station.on_connect,
        station.heartbeat_interval,
        station.boot_retry_interval,
    )


def set_password(unit: Unit, station_id: str, password_hash: str | None) -> None:
    unit.write(SET_PASSWORD, station_id, password_hash)


async def password_hash(unit: Unit, station_id: str) -> str | None:
    value: str | None = await unit.value(PASSWORD, station_id)
    return value


def booted(
    unit: Unit, id: str, vendor: str, model: str, serial_number: str | None, firmware: str | None, at: datetime
) -> None:
    unit.write(BOOTED, id, vendor, model, serial_number, firmware, at)


def connected(unit: Unit, id: str, process: str, protocol: str) -> None:
    unit.write(CONNECTED, id, unit.now, process, protocol)


def disconnected(unit: Unit, id: str, process: str) -> None:
    unit.write(DISCONNECTED, id, process, unit.now)


def nobody_holds(unit: Unit, process: str) -> None:
    unit.write(NOBODY_HOLDS, process)


def seen(unit: Unit, id: str) -> None:
    unit.write(SEEN, id, unit.now)


def attach(unit: Unit, holder: PartyId, station_id: str, evse_no: int, where: EvseRef) -> None:
    unit.write(ATTACH, str(holder), station_id, evse_no, where.location_id, where.evse_uid)


async def attached_to(unit: Unit, holder: PartyId, where: EvseRef) -> tuple[str, int] | None:
    """(station id, Evse number) of who is attached there."""
    row = await unit.fetch_one(ATTACHED_TO, str(holder), where.location_id, where.evse_uid)
    return None if row is None else (row["station_id"], row["evse_no"])


def evse_reported(
    unit: Unit, station: Station, evse_no: int, status: str, error_code: str | None, info: str | None, at: datetime
) -> None:
    unit.write(EVSE_REPORTED, str(station.holder), station.id, evse_no, status, error_code, info, at)


def knocked(unit: Unit, id: str, address: str, protocols: str) -> None:
    unit.write(KNOCKED, id, unit.now, address, protocols)


def forget_strangers(unit: Unit, but: int) -> None:
    unit.write(FORGET_STRANGERS, but)


async def strangers(unit: Unit, limit: int) -> list[Record]:
    return await unit.fetch(STRANGERS, limit)


def forget_stranger(unit: Unit, id: str) -> None:
    unit.write(FORGET_STRANGER, id)
