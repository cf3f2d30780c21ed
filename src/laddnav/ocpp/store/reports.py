"""What Stations reported, thing by thing, as it is kept."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.lookups import lookup
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.ocpp.model import StationReport
from laddnav.ocpp.wire.reports import Thing, Topic

KEEP = """
insert into ocpp_told (holder, station_id, topic, key, document, told_at) values ($1, $2, $3, $4, $5, $6)
on conflict (holder, station_id, topic, key) do update set document = excluded.document, told_at = excluded.told_at
"""
TAKE_BACK = """
delete from ocpp_told
where holder = $1 and station_id = $2 and topic = $3 and (key = $4 or split_part(key, '/', 1) = $4)
"""
# What hangs below a thing goes with it; below no thing, it is of nothing that a report would name.
FORGET_UNNAMED = """
delete from ocpp_told t
where holder = $1 and station_id = $2 and topic = $3 and told_at < $4 and split_part(key, '/', 1) <> '' and not exists (
  select 1 from ocpp_told n where n.holder = t.holder and n.station_id = t.station_id and n.topic = t.topic
    and n.key = split_part(t.key, '/', 1) and n.told_at >= $4)
"""
_REPORT = "holder, station_id, topic, key, document, told_at"
OF_STATION = f"""
select {_REPORT} from ocpp_told
where holder = $1 and station_id = $2 and ($3::text is null or topic = $3) and (topic, key) > ($4, $5)
order by topic, key limit $6
"""
ANY = lookup(
    "select true where exists (select from ocpp_told where holder = $1 and station_id = $2 and topic = $3)",
    "text",
    "text",
    "text",
)
ONE = f"select {_REPORT} from ocpp_told where holder = $1 and station_id = $2 and topic = $3 and key = $4"
BELOW = f"""
select {_REPORT} from ocpp_told
where holder = $1 and station_id = $2 and topic = $3 and split_part(key, '/', 1) = $4 order by key
"""
_FORGET = """
delete from ocpp_told where (holder, station_id, topic, key) in (
  select holder, station_id, topic, key from ocpp_told where told_at < $1 and {which} order by told_at limit $2)
"""
# What happened once, as opposed to what is so until it is told otherwise.
FORGET_PASSING = _FORGET.format(which="topic in ('BATTERY_SWAP', 'DER_ALARM', 'STREAMED', 'UNPLUGGED')")
# An alert that was neither repeated nor taken back for as long as messages are kept is nobody's any more.
FORGET_ALERTS = _FORGET.format(which="topic = 'MONITOR' and position('/' in key) > 0")
FORGET_CUSTOMERS = _FORGET.format(which="topic = 'CUSTOMER_INFORMATION'")


def keep(unit: Unit, holder: PartyId, station_id: str, topic: Topic, thing: Thing) -> None:
    unit.write(KEEP, str(holder), station_id, topic, thing.key, json.encode(thing.document).decode(), unit.now)


def take_back(unit: Unit, holder: PartyId, station_id: str, topic: Topic, key: str) -> None:
    """`key` itself, and everything below it."""
    unit.write(TAKE_BACK, str(holder), station_id, topic, key)


def forget_unnamed(unit: Unit, holder: PartyId, station_id: str, topic: Topic, since: datetime) -> None:
    """What was not told `since`."""
    unit.write(FORGET_UNNAMED, str(holder), station_id, topic, since)


async def of_station(
    unit: Unit, holder: PartyId, station_id: str, topic: Topic | None, after: tuple[str, str], limit: int
) -> list[StationReport]:
    """In the order of topics and keys, from after this one on."""
    return [_report(row) for row in await unit.fetch(OF_STATION, str(holder), station_id, topic, *after, limit)]


async def any_of(unit: Unit, holder: PartyId, station_id: str, topic: Topic) -> bool:
    return bool(await unit.value(ANY, str(holder), station_id, topic))


async def one(unit: Unit, holder: PartyId, station_id: str, topic: Topic, key: str) -> StationReport | None:
    row = await unit.fetch_one(ONE, str(holder), station_id, topic, key)
    return None if row is None else _report(row)


async def below(unit: Unit, holder: PartyId, station_id: str, topic: Topic, key: str) -> list[StationReport]:
    return [_report(row) for row in await unit.fetch(BELOW, str(holder), station_id, topic, key)]


async def forget_passing(unit: Unit, before: datetime, most: int) -> int:
    return await unit.execute(FORGET_PASSING, before, most)


async def forget_alerts(unit: Unit, before: datetime, most: int) -> int:
    return await unit.execute(FORGET_ALERTS, before, most)


async def forget_customers(unit: Unit, before: datetime, most: int) -> int:
    return await unit.execute(FORGET_CUSTOMERS, before, most)


def _report(row: Record) -> StationReport:
    fields = dict(row)
    document = json.decode(fields.pop("document").encode(), dict[str, object])
    return StationReport(
        **fields | {"holder": PartyId.parse(row["holder"]), "topic": Topic(row["topic"]), "document": document}
    )
