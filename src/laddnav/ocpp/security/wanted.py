"""Errands about security: what is asked stands in the body of its call, as it will be said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.seal import Seal
from laddnav.locations.model import Station
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.rules import Offline
from laddnav.ocpp.wanted import write_down
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import Request, Verdict
from laddnav.ocpp.wire.security import SecurityRequest

Tell = Callable[[Unit, StationCall, Answered], Awaitable[None]]


def want(
    unit: Unit,
    station: Station,
    asked: SecurityRequest,
    *asks: str,
    request: str | None = None,
    seal: Seal | None = None,
) -> StationCall:
    """Have a Station asked this, by the name of its class; without `asks`, once more for every call."""
    asks = (type(asked).__name__, station.id, *(asks or (unit.new_id(),)))
    return write_down(unit, station.holder, station.id, *asks, about=asked, request=request, seal=seal)


def connected(station: Station) -> Station:
    """For what somebody waits for. Raises Offline."""
    if station.connected_at is None:
        raise Offline(station.id)
    return station


def errand(kind: type[SecurityRequest], tell: Tell, *, sealed: bool = False) -> Errand:
    async def say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
        return json.decode(call.body, kind) if kind in dialect.asks else Verdict.NOT_SUPPORTED

    return Errand(say, tell, sealed=sealed)
