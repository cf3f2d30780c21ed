"""Stations as they are kept, what they said of their Evses, and who knocked under a name that is none."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct

from laddnav.db import turns
from laddnav.db.lookups import lookup
from laddnav.db.rows import Lines
from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.kit.notes import Note, as_kept
from laddnav.locations.model import Station, Status

_STATION = """s.id, s.ref, s.holder, s.location_id, s.accepted, s.security_profile, s.security_profile_next,
  s.protocols, s.on_connect, s.items_per_message, s.shows_prices, s.password_short, s.moved_at, s.moved_to,
  s.heartbeat_interval, s.boot_retry_interval, s.vendor, s.model, s.serial_number, s.firmware, s.protocol, s.booted_at,
  s.connected_at, s.connected_to, s.last_seen_at,
  (select array_agg(row(e.evse_no, e.location_id, e.evse_uid) order by e.evse_no) from station_evse e
   where e.holder = s.holder and e.station_id = s.id) as evses"""
STATION = lookup(f"select {_STATION} from station s where s.id = $1", "text")
AT_THE_DOOR = lookup(f"select s.password_hash, s.password_next, {_STATION} from station s where s.id = $1", "text")
STATION_BY_REF = f"select {_STATION} from station s where s.ref = $1"
STATIONS = f"""
select {_STATION} from station s
where ($1::text is null or s.holder = $1) and ($2::text is null or s.id > $2) and s.moved_at is null
order by s.id limit $3
"""
MOVED_AWAY = f"""
select {_STATION} from station s
where ($1::text is null or s.holder = $1) and ($2::text is null or s.id > $2) and s.moved_at is not null
order by s.id limit $3
"""
STATIONS_NAMED = f"select {_STATION} from station s where s.id = any($1)"
STATIONS_AT = f"""
select {_STATION} from station s where s.holder = $1 and s.location_id = $2 and s.moved_at is null order by s.id
"""
ADD_STATION = """
insert into station (id, ref, holder, location_id, accepted, security_profile, password_hash, protocols, on_connect,
  heartbeat_interval, boot_retry_interval, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (id) do update set
  location_id = excluded.location_id, accepted = excluded.accepted, security_profile = excluded.security_profile,
  security_profile_next = null, password_hash = excluded.password_hash, password_next = null,
  password_short = false, moved_at = null, moved_to = null
where station.moved_at is not null and station.holder = excluded.holder
"""
# Who moved elsewhere restarts and goes; from one that is only off the list the process that holds its socket lets go.
MOVE = """
update station set moved_at = $2, moved_to = $3, location_id = null, accepted = null,
  connected_to = case when $3 = '' then null else connected_to end,
  left_at = case when $3 = '' then coalesce(left_at, $2) else left_at end
where id = $1
"""
# What is first known of it goes for all that was before.
STANDS = """
insert into station_place (holder, station_id, since_at, location_id)
select $1, $2, case when known.since_at is null then '-infinity' else $4::timestamptz end, $3::text
from (select 1) one left join lateral (select since_at, location_id from station_place
  where holder = $1 and station_id = $2 order by since_at desc limit 1) known on true
where known.location_id is distinct from $3::text
on conflict (holder, station_id, since_at) do update set location_id = excluded.location_id
"""
DETACH = "delete from station_evse where holder = $1 and station_id = $2"
PROVISION = """
update station set location_id = $2, accepted = $3, security_profile = $4, protocols = $5, on_connect = $6,
  heartbeat_interval = $7, boot_retry_interval = $8, security_profile_next = $9, shows_prices = $10,
  items_per_message = $11 where id = $1
"""
SET_PASSWORD = """
update station set password_hash = $2, password_next = null, password_short = false where id = $1
"""
NOTE_PASSWORD = "update station set password_short = $2 where id = $1"
PASSWORDS = "select password_hash, password_next from station where id = $1"
OFFER_PASSWORD = "update station set password_next = $2 where id = $1"
KEEP_PASSWORD = """
update station set password_hash = password_next, password_next = null, password_short = false
where id = $1 and password_next is not null
"""
OFFER_PROFILE = "update station set security_profile_next = $2 where id = $1"
KEEP_PROFILE = """
update station set security_profile = security_profile_next, security_profile_next = null
where id = $1 and security_profile_next is not null
"""
# Many come, boot and go at once, each of them one Station: what is written of them travels together.
BOOTED = Lines(
    """
update station s set vendor = rows.vendor, model = rows.model, serial_number = rows.serial_number,
  firmware = rows.firmware, booted_at = rows.at, last_seen_at = rows.at
from {rows} where s.id = rows.id
""",
    {
        "id": "text",
        "vendor": "text",
        "model": "text",
        "serial_number": "text",
        "firmware": "text",
        "at": "timestamptz",
    },
    key=1,
)
CONNECTED = Lines(
    """
update station s set connected_at = rows.at, connected_to = rows.process, left_at = null, protocol = rows.protocol,
  last_seen_at = rows.at, refused_at = null, refused_why = null, refused_note = null
from {rows} where s.id = rows.id
""",
    {"id": "text", "at": "timestamptz", "process": "text", "protocol": "text"},
    key=1,
)
HOLD = "select id from station where id = $1 for no key update"
DISCONNECTED = Lines(
    """
update station s set connected_to = null, left_at = rows.at, last_seen_at = rows.at
from {rows} where s.id = rows.id and s.connected_to = rows.process
""",
    {"id": "text", "process": "text", "at": "timestamptz"},
    key=1,
)
NOBODY_HOLDS = "update station set connected_to = null, left_at = $2 where connected_to = $1 returning id, holder"
NOT_HELD = "select id from station where id = any($1) and connected_to is distinct from $2"
REFUSED = """
update station set refused_at = $2, refused_why = $3, refused_note = $4
where id = $1 and (refused_at is null or refused_at < $2::timestamptz - interval '1 minute' or refused_why <> $3)
"""
SEEN = "update station set last_seen_at = $2 where id = any($1) and (last_seen_at is null or last_seen_at < $2)"
ATTACH = """
insert into station_evse (holder, station_id, evse_no, location_id, evse_uid) values ($1, $2, $3, $4, $5)
on conflict (holder, station_id, evse_no) do update set location_id = excluded.location_id, evse_uid = excluded.evse_uid
"""
ATTACHED_TO = "select station_id, evse_no from station_evse where holder = $1 and location_id = $2 and evse_uid = $3"
# Those whose Station is back, and then those whose Station went away and of which that is not told yet.
AWAY = """
select a.holder, a.station_id, a.evse_no, a.location_id, a.evse_uid, e.status, null as before
from station s join station_evse a on a.holder = s.holder and a.station_id = s.id
join evse e on e.holder = a.holder and e.owner = a.holder and e.location_key = lower(a.location_id)
  and e.uid_key = lower(a.evse_uid)
where s.connected_to is null and s.left_at < $1 and a.status_before is null
  and e.status not in ('UNKNOWN', 'REMOVED', 'PLANNED')
union all
select a.holder, a.station_id, a.evse_no, a.location_id, a.evse_uid, null, a.status_before
from station_evse a join station s on s.id = a.station_id
where a.status_before is not null and s.connected_to is not null
order by before nulls last, 2, 3 limit $2
"""
# Most Stations say how their Evses are when they are back: these hold up nobody of whom it has to be told.
SAID_SINCE = """
update station_evse a set status_before = null from (
  select a.holder, a.station_id, a.evse_no from station_evse a join station s on s.id = a.station_id
  join evse e on e.holder = a.holder and e.owner = a.holder and e.location_key = lower(a.location_id)
    and e.uid_key = lower(a.evse_uid)
  where a.status_before is not null and s.connected_to is not null and e.status <> 'UNKNOWN'
  order by 1, 2, 3 limit $1 for no key update of a skip locked) said
where a.holder = said.holder and a.station_id = said.station_id and a.evse_no = said.evse_no
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


class Away(Struct, frozen=True):
    """An Evse whose Station is away, with its `status`; or is back, with that from `before`."""

    holder: PartyId
    station_id: str
    evse_no: int
    where: EvseRef
    status: Status
    before: Status | None


async def said_since(unit: Unit, limit: int) -> int:
    """Of how many Evses nothing has to be told any more: their Stations have said it."""
    return await unit.execute(SAID_SINCE, limit)


async def away(unit: Unit, since: datetime, limit: int) -> list[Away]:
    """Of Stations that nobody has held since then, and that are back."""
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


def keep_status(unit: Unit, one: Away, status: Status | None) -> None:
    unit.write(KEEP_STATUS, str(one.holder), one.station_id, one.evse_no, status)


async def find(unit: Unit, id: str) -> Station | None:
    row = await unit.fetch_one(STATION, id)
    return None if row is None else _station(row)


async def at_the_door(unit: Unit, id: str) -> tuple[Station, tuple[str | None, str | None]] | None:
    """(the Station, (the hash of its password, that of one which it was told))."""
    row = await unit.fetch_one(AT_THE_DOOR, id)
    if row is None:
        return None
    fields = dict(row)
    passwords = fields.pop("password_hash"), fields.pop("password_next")
    return _station(fields), passwords


async def hold(unit: Unit, id: str) -> None:
    await unit.value(HOLD, id)


async def by_ref(unit: Unit, ref: str) -> Station | None:
    row = await unit.fetch_one(STATION_BY_REF, ref)
    return None if row is None else _station(row)


async def list_all(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Station]:
    return [_station(row) for row in await unit.fetch(STATIONS, holder and str(holder), after, limit)]


async def moved_away(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Station]:
    return [_station(row) for row in await unit.fetch(MOVED_AWAY, holder and str(holder), after, limit)]


async def named(unit: Unit, ids: Collection[str]) -> dict[str, Station]:
    return {row["id"]: _station(row) for row in await unit.fetch(STATIONS_NAMED, list(ids))}


async def standing_at(unit: Unit, holder: PartyId, location_id: str) -> list[Station]:
    return [_station(row) for row in await unit.fetch(STATIONS_AT, str(holder), location_id)]


def _station(row: Record | dict[str, Any]) -> Station:
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


async def add(unit: Unit, station: Station, password_hash: str | None) -> bool:
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


def move(unit: Unit, station_id: str, at: datetime, address: str) -> None:
    unit.write(MOVE, station_id, at, address)


def stands(unit: Unit, station: Station, location_id: str | None) -> None:
    """From now on; None: at no Location of ours."""
    unit.write(STANDS, str(station.holder), station.id, location_id, unit.now)


def detach(unit: Unit, station: Station) -> None:
    unit.write(DETACH, str(station.holder), station.id)


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
        station.security_profile_next,
        station.shows_prices,
        station.items_per_message,
    )


def set_password(unit: Unit, station_id: str, password_hash: str | None) -> None:
    unit.write(SET_PASSWORD, station_id, password_hash)


def note_password(unit: Unit, station_id: str, short: bool) -> None:
    unit.write(NOTE_PASSWORD, station_id, short)


async def passwords(unit: Unit, station_id: str) -> tuple[str | None, str | None]:
    """(the hash of its password, that of one which it was told)."""
    row = await unit.fetch_one(PASSWORDS, station_id)
    return (None, None) if row is None else (row["password_hash"], row["password_next"])


def offer_password(unit: Unit, station_id: str, password_hash: str | None) -> None:
    unit.write(OFFER_PASSWORD, station_id, password_hash)


def keep_password(unit: Unit, station_id: str) -> None:
    unit.write(KEEP_PASSWORD, station_id)


def offer_profile(unit: Unit, station_id: str, profile: int | None) -> None:
    unit.write(OFFER_PROFILE, station_id, profile)


def keep_profile(unit: Unit, station_id: str) -> None:
    unit.write(KEEP_PROFILE, station_id)


def booted(
    unit: Unit, id: str, vendor: str, model: str, serial_number: str | None, firmware: str | None, at: datetime
) -> None:
    unit.write(BOOTED, id, vendor, model, serial_number, firmware, at)


def connected(unit: Unit, id: str, process: str, protocol: str) -> None:
    unit.write(CONNECTED, id, unit.now, process, protocol)


def disconnected(unit: Unit, id: str, process: str) -> None:
    unit.write(DISCONNECTED, id, process, unit.now)


async def nobody_holds(unit: Unit, process: str) -> list[tuple[str, PartyId]]:
    """(id, holder) of those that it held."""
    return [(row["id"], PartyId.parse(row["holder"])) for row in await unit.fetch(NOBODY_HOLDS, process, unit.now)]


async def not_held(unit: Unit, ids: Collection[str], process: str) -> set[str]:
    return {row["id"] for row in await unit.fetch(NOT_HELD, list(ids), process)}


def refused(unit: Unit, id: str, why: Note) -> None:
    """Noted once a minute, however often it knocks."""
    unit.write(REFUSED, id, unit.now, why.text, as_kept(why))


def seen(unit: Unit, ids: Collection[str]) -> None:
    unit.write(SEEN, sorted(ids), unit.now)


def attach(unit: Unit, holder: PartyId, station_id: str, evse_no: int, where: EvseRef) -> None:
    unit.write(ATTACH, str(holder), station_id, evse_no, where.location_id, where.evse_uid)


async def attach_alone(unit: Unit, holder: PartyId, location_id: str) -> None:
    """One at a time at each Location: of two Stations one is behind an Evse."""
    await turns.taken(unit, f"attached {holder} {fold(location_id)}")


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
