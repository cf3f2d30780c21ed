"""Brokers, the charge points under them, and sources, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence

from laddnav.db import turns
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.mqtt.model import Broker, BrokerLine, ChargePoint, HomeMeter

PUT_BROKER = """
insert into mqtt_broker (holder, ref, body, password, enabled) values ($1, $2, $3, $4, $5)
on conflict (holder, ref) do update set body = excluded.body, enabled = excluded.enabled,
  password = case when excluded.password = '' then mqtt_broker.password else excluded.password end
"""
BROKER = "select body, password, line from mqtt_broker where ref = $1"
BROKERS = """
select body, password, line from mqtt_broker
where ($1::text is null or holder = $1) and ($2::text is null or ref > $2) order by ref limit $3
"""
CLAIM = "update mqtt_broker set process = $1 where enabled and process is null"
RELEASE = "update mqtt_broker set process = null, line = null where process = $1"
LET_GO = "update mqtt_broker set process = null, line = null where process = $1 and not enabled"
HELD = "select body, password, line from mqtt_broker where process = $1 and enabled order by ref"
PUT_LINE = "update mqtt_broker set line = $3 where holder = $1 and ref = $2"
DROP_POINTS = "delete from mqtt_charge_point where holder = $1 and broker = $2"
DROP_SOURCES = "delete from mqtt_source where holder = $1 and broker = $2"
DROP_BROKER = "delete from mqtt_broker where holder = $1 and ref = $2"
PUT_POINT = """
insert into mqtt_charge_point (holder, broker, station_id, evse_no, key, body) values ($1, $2, $3, $4, $5, $6)
on conflict (holder, station_id, evse_no) do update set body = excluded.body, key = excluded.key
"""
POINT = "select body from mqtt_charge_point where holder = $1 and station_id = $2 and evse_no = $3"
POINT_BY_KEY = "select body from mqtt_charge_point where holder = $1 and broker = $2 and key = $3"
POINTS = "select body from mqtt_charge_point where holder = $1 and broker = $2 order by key"
POINTS_HELD = """
select p.body from mqtt_charge_point p join mqtt_broker b on b.holder = p.holder and b.ref = p.broker
where b.process = $1 and b.enabled order by p.holder, p.broker, p.key
"""
DROP_POINT = "delete from mqtt_charge_point where holder = $1 and station_id = $2 and evse_no = $3"
PUT_SOURCE = """
insert into mqtt_source (holder, broker, topic, path, body) values ($1, $2, $3, $4, $5)
on conflict (holder, broker, topic, path) do update set body = excluded.body
"""
SOURCES = "select body from mqtt_source where holder = $1 and broker = $2 order by topic, path"
SOURCES_HELD = """
select s.body from mqtt_source s join mqtt_broker b on b.holder = s.holder and b.ref = s.broker
where b.process = $1 and b.enabled order by s.holder, s.broker, s.topic, s.path
"""
DROP_SOURCE = "delete from mqtt_source where holder = $1 and broker = $2 and topic = $3 and path = $4"

Kept = tuple[Broker, str | None, BrokerLine]  # with its sealed password


def put_broker(unit: Unit, broker: Broker, sealed: str | None) -> None:
    """An empty password leaves the one that is kept; None: there is none."""
    body = json.encode(broker).decode()
    unit.write(PUT_BROKER, str(broker.holder), broker.ref, body, sealed, broker.enabled)


async def broker(unit: Unit, ref: str) -> Kept | None:
    row = await unit.fetch_one(BROKER, ref)
    return None if row is None else _kept(row)


async def brokers(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Kept]:
    return [_kept(row) for row in await unit.fetch(BROKERS, holder and str(holder), after, limit)]


async def hold(unit: Unit, process: str) -> list[Kept]:
    """All that this process has the line to, those among them that nobody had."""
    await unit.execute(LET_GO, process)
    await unit.execute(CLAIM, process)
    return [_kept(row) for row in await unit.fetch(HELD, process)]


def nobody_holds(unit: Unit, process: str) -> None:
    unit.write(RELEASE, process)


def put_line(unit: Unit, line: BrokerLine) -> None:
    unit.write(PUT_LINE, str(line.holder), line.ref, json.encode(line).decode())


def drop_broker(unit: Unit, one: Broker) -> None:
    for statement in (DROP_POINTS, DROP_SOURCES, DROP_BROKER):
        unit.write(statement, str(one.holder), one.ref)


def _kept(row: Record) -> Kept:
    one = json.decode(row["body"], Broker)
    line = BrokerLine(holder=one.holder, ref=one.ref) if row["line"] is None else json.decode(row["line"], BrokerLine)
    return one, row["password"], line


async def set_up_alone(unit: Unit, holder: PartyId) -> None:
    """One at a time for each party: an Evse is under one broker, and each has a name of its own there."""
    await turns.taken(unit, f"homes {holder}")


def put_point(unit: Unit, one: ChargePoint) -> None:
    body = json.encode(one).decode()
    unit.write(PUT_POINT, str(one.holder), one.broker, one.station_id, one.evse_no, one.key, body)


async def point(
    unit: Unit, holder: PartyId, station_id: str, evse_no: int, *, lock: bool = False
) -> ChargePoint | None:
    return _point(await unit.fetch_one(POINT + (" for update" if lock else ""), str(holder), station_id, evse_no))


async def point_by_key(unit: Unit, holder: PartyId, broker: str, key: str, *, lock: bool = False) -> ChargePoint | None:
    return _point(await unit.fetch_one(POINT_BY_KEY + (" for update" if lock else ""), str(holder), broker, key))


async def points(unit: Unit, holder: PartyId, broker: str) -> tuple[ChargePoint, ...]:
    return _points(await unit.fetch(POINTS, str(holder), broker))


async def points_held(unit: Unit, process: str) -> tuple[ChargePoint, ...]:
    """All under brokers to which this process has the line."""
    return _points(await unit.fetch(POINTS_HELD, process))


def drop_point(unit: Unit, one: ChargePoint) -> None:
    unit.write(DROP_POINT, str(one.holder), one.station_id, one.evse_no)


def _point(row: Record | None) -> ChargePoint | None:
    return None if row is None else json.decode(row["body"], ChargePoint)


def _points(rows: Sequence[Record]) -> tuple[ChargePoint, ...]:
    return tuple(json.decode(row["body"], ChargePoint) for row in rows)


def put_source(unit: Unit, one: HomeMeter) -> None:
    unit.write(PUT_SOURCE, str(one.holder), one.broker, one.topic, one.path, json.encode(one).decode())


async def sources(unit: Unit, holder: PartyId, broker: str) -> tuple[HomeMeter, ...]:
    return _sources(await unit.fetch(SOURCES, str(holder), broker))


async def sources_held(unit: Unit, process: str) -> tuple[HomeMeter, ...]:
    return _sources(await unit.fetch(SOURCES_HELD, process))


def drop_source(unit: Unit, one: HomeMeter) -> None:
    unit.write(DROP_SOURCE, str(one.holder), one.broker, one.topic, one.path)


def _sources(rows: Sequence[Record]) -> tuple[HomeMeter, ...]:
    return tuple(json.decode(row["body"], HomeMeter) for row in rows)
