"""What operators have Stations watch of themselves, and the streams in which they tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import calls, rules
from laddnav.ocpp import streams as falling_behind
from laddnav.ocpp.calls import Replied
from laddnav.ocpp.model import StationReport
from laddnav.ocpp.monitors import known
from laddnav.ocpp.rules import NotInItsVersion, Offline
from laddnav.ocpp.tasks import work
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.monitoring import (
    AdjustStream,
    Base,
    ClearMonitors,
    Monitor,
    ReportMonitors,
    SetMonitoringBase,
    SetMonitors,
)
from laddnav.ocpp.wire.reports import Topic
from laddnav.ocpp.wire.requests import Request

T = TypeVar("T")


class NeverSent(Refusal):
    """A stream is sent after a time, or after a number of values: one of them has to be said."""


class Stream(Struct, frozen=True, kw_only=True):
    """What one monitor sees, as the Station sends it. None: it has not said what it watches, or sent anything yet."""

    id: str
    opened: dict[str, Any]
    monitor: dict[str, Any] | None
    newest: dict[str, Any] | None
    told_at: datetime | None


async def set_base(database: Database, station_id: str, base: Base) -> Replied:
    """N03: which monitors are left then, only the Station can say. Raises Offline, NotInItsVersion, NoAnswer."""
    replied = await calls.say(database, station_id, SetMonitoringBase(base=base))
    if _accepted(replied):
        await report(database, station_id)
    return replied


async def set_monitors(database: Database, station_id: str, monitors: Sequence[Monitor]) -> list[Replied]:
    """N04.FR.09: as many at once as the Station takes. Raises Offline, NotInItsVersion, NoAnswer."""
    return await _in_lots(database, station_id, monitors, lambda lot: SetMonitors(monitors=lot))


async def clear_monitors(database: Database, station_id: str, numbers: Sequence[int]) -> list[Replied]:
    """N06.FR.04: as many at once as the Station takes. Raises Offline, NotInItsVersion, NoAnswer."""
    return await _in_lots(database, station_id, numbers, lambda lot: ClearMonitors(numbers=lot))


async def report(database: Database, station_id: str) -> tuple[int, Replied]:
    """(the number under which all monitors are told, what the Station said to that)."""
    number = rules.number_named(database.clock.new_id())
    return number, await calls.say(database, station_id, ReportMonitors(number=number))


async def adjust(database: Database, station_id: str, request: AdjustStream) -> Replied:
    """N14. Raises Offline, NotInItsVersion, NoAnswer."""
    replied = await calls.say(database, station_id, request)
    if _accepted(replied):
        async with database.unit() as unit:
            await falling_behind.adjusted(unit, station_id, request)
    return replied


async def streams(unit: Unit, station: Station) -> list[Stream]:
    """N11.FR.08, N15.FR.03: each with the monitor that it is of, and what was sent last."""
    opened = await known(unit, station, Topic.EVENT_STREAM)
    monitors = await known(unit, station, Topic.MONITOR)
    newest = await known(unit, station, Topic.STREAMED)
    return [_stream(one, monitors, newest.get(key)) for key, one in opened.items()]


def _stream(opened: StationReport, monitors: dict[str, StationReport], newest: StationReport | None) -> Stream:
    monitor = monitors.get(str(opened.document.get("variableMonitoringId")))
    return Stream(
        id=opened.key,
        opened=opened.document,
        monitor=None if monitor is None else monitor.document,
        newest=None if newest is None else newest.document,
        told_at=None if newest is None else newest.told_at,
    )


async def _in_lots(
    database: Database, station_id: str, items: Sequence[T], request: Callable[[tuple[T, ...]], Request]
) -> list[Replied]:
    async with database.unit() as unit:
        station = await locations.station(unit, station_id)
        variables = await work.known(unit, station)
    if station.protocol is None or station.connected_at is None:
        raise Offline(station_id)
    dialect = DIALECTS[station.protocol]
    kind = type(request(()))
    if kind not in dialect.asks:
        raise NotInItsVersion(station_id)
    lots = _lots(items, work.at_once(station, dialect, kind, variables))
    return [await calls.say(database, station_id, request(lot)) for lot in lots]


def _lots(items: Sequence[T], size: int) -> Iterator[tuple[T, ...]]:
    return (tuple(items[at : at + size]) for at in range(0, len(items), size))


def _accepted(replied: Replied) -> bool:
    return replied.result is not None and replied.result.get("status") == "Accepted"
