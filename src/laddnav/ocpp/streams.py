"""A stream that falls behind what its monitor sees is asked to say more at a time, or to say it more often."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.time import rfc3339
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import StationCall, StationReport
from laddnav.ocpp.store import reports
from laddnav.ocpp.wanted import ADJUST, write_down
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.monitoring import AdjustStream, Flush
from laddnav.ocpp.wire.reports import Thing, Topic
from laddnav.ocpp.wire.requests import Request, Verdict

VALUES_MAX = 1000  # in one message, which then has some 40,000 bytes
INTERVAL_MIN = 1  # seconds


def freer(flush: Flush) -> Flush | None:
    """Twice as many values at a time where they are counted, then twice as often; None: it is as free as it can be."""
    if flush.values and flush.values < VALUES_MAX:
        return replace(flush, values=min(2 * flush.values, VALUES_MAX))
    if flush.interval and flush.interval > INTERVAL_MIN:
        return replace(flush, interval=max(flush.interval // 2, INTERVAL_MIN))
    return None


async def hear(unit: Unit, station: Station, sent: Iterable[Thing]) -> None:
    """N15.FR.05: a Station is asked for each step once an hour at most, for one that refuses has its reasons."""
    for one in sent:
        opened = await reports.one(unit, station.holder, station.id, Topic.EVENT_STREAM, one.key)
        before = await reports.one(unit, station.holder, station.id, Topic.STREAMED, one.key)
        if opened is None or not _grows(opened, before, one):
            continue
        wanted = freer(_flush_of(opened))
        if wanted is not None:
            hour = rfc3339(unit.now.replace(minute=0, second=0, microsecond=0))
            step = (one.key, str(wanted.interval), str(wanted.values), hour)
            request = AdjustStream(number=int(one.key), flush=wanted)
            write_down(unit, station.holder, station.id, ADJUST, station.id, *step, about=request)


def _grows(opened: StationReport, before: StationReport | None, sent: Thing) -> bool:
    """What was sent before the stream was as it is now says nothing about it."""
    if before is None or before.told_at <= opened.told_at:
        return False
    return int(sent.document["pending"]) > int(before.document["pending"])


def _flush_of(opened: StationReport) -> Flush:
    try:
        return msgspec.convert(opened.document["params"], Flush)
    except msgspec.ValidationError:
        return Flush()


async def adjusted(unit: Unit, station_id: str, request: AdjustStream) -> None:
    """The Station has taken it; a stream that it has closed meanwhile is not opened by that."""
    flush, key = request.flush, str(request.number)
    station = await locations.station(unit, station_id)
    opened = await reports.one(unit, station.holder, station.id, Topic.EVENT_STREAM, key)
    if opened is not None:
        said = {name: value for name, value in msgspec.structs.asdict(flush).items() if value is not None}
        thing = Thing(key, opened.document | {"params": said})
        reports.keep(unit, station.holder, station.id, Topic.EVENT_STREAM, thing)


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    return json.decode(call.body, AdjustStream) if AdjustStream in dialect.asks else Verdict.NOT_SUPPORTED


async def _tell(unit: Unit, call: StationCall, answered: Answered) -> None:
    if answered is Verdict.ACCEPTED:
        await adjusted(unit, call.station_id, json.decode(call.body, AdjustStream))


ERRAND = Errand(_say, _tell)
