"""Which list of cards a Station has of us, and who is on it, as it is kept."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import fold
from laddnav.locations.model import Station
from laddnav.ocpp.wire.upkeep import Listed, SendList

VERSION = "select version from ocpp_local_list where holder = $1 and station_id = $2"
KEEP_VERSION = """
insert into ocpp_local_list (holder, station_id, version) values ($1, $2, $3)
on conflict (holder, station_id) do update set version = excluded.version
"""
KEPT = "select uid_key, body from ocpp_listed where holder = $1 and station_id = $2"
EMPTY = "delete from ocpp_listed where holder = $1 and station_id = $2"
DROP = "delete from ocpp_listed where holder = $1 and station_id = $2 and uid_key = any($3)"
PUT = """
insert into ocpp_listed (holder, station_id, uid_key, body)
select $1, $2, one.* from unnest($3::text[], $4::text[]) one
on conflict (holder, station_id, uid_key) do update set body = excluded.body
"""


async def version(unit: Unit, station: Station) -> int | None:
    """None: it was never sent one."""
    found: int | None = await unit.value(VERSION, str(station.holder), station.id)
    return found


async def kept(unit: Unit, station: Station) -> dict[str, Listed]:
    """By the uid without its case."""
    rows = await unit.fetch(KEPT, str(station.holder), station.id)
    return {row["uid_key"]: json.decode(row["body"], Listed) for row in rows}


def sent(unit: Unit, station: Station, list_: SendList) -> None:
    """The Station has taken this."""
    whose = (str(station.holder), station.id)
    unit.write(KEEP_VERSION, *whose, list_.version)
    if list_.full:
        unit.write(EMPTY, *whose)
    if list_.gone:
        unit.write(DROP, *whose, [fold(one.uid) for one in list_.gone])
    if list_.put:
        bodies = [json.encode(one).decode() for one in list_.put]
        unit.write(PUT, *whose, [fold(one.uid) for one in list_.put], bodies)
