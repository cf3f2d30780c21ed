"""What is known of the monitors of a Station, and when its own list of them is asked for anew."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.locations.model import Station
from laddnav.ocpp import rules
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import StationCall, StationReport
from laddnav.ocpp.store import reports
from laddnav.ocpp.wanted import MONITORS, About, about, write_down
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.monitoring import ReportMonitors
from laddnav.ocpp.wire.reports import Topic
from laddnav.ocpp.wire.requests import Request, Verdict

_MAX = 1000  # of monitors and their alerts, or of streams


async def known(unit: Unit, station: Station, topic: Topic) -> dict[str, StationReport]:
    found = await reports.of_station(unit, station.holder, station.id, topic, ("", ""), _MAX)
    return {one.key: one for one in found}


async def booted(unit: Unit, station: Station) -> None:
    """N04.FR.19: what was set lives on, though perhaps under other numbers."""
    if station.on_connect != "configure":
        return
    if await reports.any_of(unit, station.holder, station.id, Topic.MONITOR):
        number = rules.number_named(unit.new_id())
        write_down(unit, station.holder, station.id, MONITORS, station.id, str(number), about=About(number=number))


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    return ReportMonitors(number=about(call).number) if ReportMonitors in dialect.asks else Verdict.REJECTED


async def _said(unit: Unit, call: StationCall, answered: Answered) -> None:
    """Its report says the rest."""


ERRAND = Errand(_say, _said)
