"""The operator API about what Stations watch of themselves, and the streams in which they tell it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.ocpp import calls, monitoring, rules
from laddnav.ocpp.monitoring import Stream
from laddnav.ocpp.routes import Replied, answered, looked_at
from laddnav.ocpp.wire.monitoring import (
    AdjustStream,
    Base,
    Criterion,
    Flush,
    Monitor,
    MonitorType,
    ReportMonitors,
    SetMonitoringLevel,
    TellStreams,
)
from laddnav.ocpp.wire.variables import named
from laddnav.people.api import Route, yours
from laddnav.people.model import Role, Visitor

Number = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Positive = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Severity = Annotated[int, Meta(ge=0, le=9)]


class BaseWanted(Struct, frozen=True, kw_only=True):
    base: Base


class LevelWanted(Struct, frozen=True, kw_only=True):
    severity: Severity


class Often(Struct, frozen=True, kw_only=True):
    """Sent after so many seconds, or as soon as there are so many values; one of them at least."""

    interval: Positive | None = None
    values: Positive | None = None


class MonitorWanted(Struct, frozen=True, kw_only=True):
    """`variable` as `Component.Variable`; `number` replaces the monitor that the Station has under it."""

    variable: Annotated[str, Meta(min_length=1, max_length=255)]
    type: MonitorType
    value: Decimal
    severity: Severity
    charging: bool = False
    number: Number | None = None
    stream: Often | None = None


class MonitorsWanted(Struct, frozen=True, kw_only=True):
    monitors: Annotated[tuple[MonitorWanted, ...], Meta(min_length=1, max_length=500)]


class ReportWanted(Struct, frozen=True, kw_only=True):
    """Of these kinds, and of these variables; nothing said: of all."""

    criteria: tuple[Criterion, ...] = ()
    variables: tuple[str, ...] = ()


class Said(Struct, frozen=True, kw_only=True):
    """What the Station said, once for each lot that it takes at once."""

    answers: tuple[Replied, ...]


class NumberedAnswer(Struct, frozen=True, kw_only=True):
    """`number` is that under which the Station tells it."""

    number: int
    answer: Replied


class Streams(Struct, frozen=True, kw_only=True):
    holder: PartyId
    station_id: str
    streams: tuple[Stream, ...]


async def set_base(database: Database, by: Visitor, station_id: str, body: BaseWanted) -> Replied:
    """N03: all monitors, those of the factory, or those wired in; what is left then is reported."""
    await looked_at(database, by, station_id)
    return answered(await monitoring.set_base(database, station_id, body.base))


async def set_level(database: Database, by: Visitor, station_id: str, body: LevelWanted) -> Replied:
    """N05: nothing less severe is told."""
    await looked_at(database, by, station_id)
    return answered(await calls.say(database, station_id, SetMonitoringLevel(severity=body.severity)))


async def set_monitors(database: Database, by: Visitor, station_id: str, body: MonitorsWanted) -> Said:
    """N04, N11."""
    await looked_at(database, by, station_id)
    replied = await monitoring.set_monitors(database, station_id, [_monitor(one) for one in body.monitors])
    return Said(answers=tuple(map(answered, replied)))


async def clear_monitor(database: Database, by: Visitor, station_id: str, number: Number) -> Said:
    """N06."""
    await looked_at(database, by, station_id)
    return Said(answers=tuple(map(answered, await monitoring.clear_monitors(database, station_id, [number]))))


async def report_monitors(database: Database, by: Visitor, station_id: str, body: ReportWanted) -> NumberedAnswer:
    """N02: monitors that a report on all of them does not name are not there any more."""
    await looked_at(database, by, station_id)
    number = rules.number_named(database.clock.new_id())
    variables = tuple(named(one) for one in body.variables)
    request = ReportMonitors(number=number, criteria=body.criteria, variables=variables)
    return NumberedAnswer(number=number, answer=answered(await calls.say(database, station_id, request)))


async def list_streams(unit: Unit, by: Visitor, station_id: str) -> Streams:
    """The streams that are open, each with what it is of and what was sent last."""
    station = await locations.station(unit, station_id)
    yours(by, station.holder)
    found = await monitoring.streams(unit, station)
    return Streams(holder=station.holder, station_id=station.id, streams=tuple(found))


async def tell_streams(database: Database, by: Visitor, station_id: str) -> Replied:
    """N12: have the Station say which streams are open."""
    await looked_at(database, by, station_id)
    return answered(await calls.say(database, station_id, TellStreams()))


async def adjust_stream(database: Database, by: Visitor, station_id: str, number: Number, body: Often) -> Replied:
    """N14."""
    await looked_at(database, by, station_id)
    request = AdjustStream(number=number, flush=_flush(body))
    return answered(await monitoring.adjust(database, station_id, request))


def _monitor(wanted: MonitorWanted) -> Monitor:
    return Monitor(
        variable=named(wanted.variable),
        type=wanted.type,
        value=wanted.value,
        severity=wanted.severity,
        charging=wanted.charging,
        number=wanted.number,
        stream=None if wanted.stream is None else _flush(wanted.stream),
    )


def _flush(often: Often) -> Flush:
    """N11.FR.09. Raises NeverSent."""
    if often.interval is None and often.values is None:
        raise monitoring.NeverSent
    return Flush(interval=often.interval, values=often.values)


_STATION = "/stations/{station_id}"

ROUTES = (
    Route(method="PUT", path=f"{_STATION}/monitoring/base", does=set_base, needs=Role.OPERATOR, looks_itself=True),
    Route(method="PUT", path=f"{_STATION}/monitoring/level", does=set_level, needs=Role.OPERATOR, looks_itself=True),
    Route(method="POST", path=f"{_STATION}/monitors", does=set_monitors, needs=Role.OPERATOR, looks_itself=True),
    Route(
        method="DELETE",
        path=f"{_STATION}/monitors/{{number}}",
        does=clear_monitor,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
    Route(
        method="POST",
        path=f"{_STATION}/monitors/report",
        does=report_monitors,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
    Route(method="GET", path=f"{_STATION}/event-streams", does=list_streams),
    Route(method="POST", path=f"{_STATION}/event-streams", does=tell_streams, needs=Role.OPERATOR, looks_itself=True),
    Route(
        method="PUT",
        path=f"{_STATION}/event-streams/{{number}}",
        does=adjust_stream,
        needs=Role.OPERATOR,
        looks_itself=True,
    ),
)
