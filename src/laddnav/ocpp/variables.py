"""What a Station is and how it is set up, as it says itself: asked for when it may have changed, kept as one list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import rules, store
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import Outcome, StationCall
from laddnav.ocpp.store.listings import VARIABLES, Report
from laddnav.ocpp.wanted import REPORT, About, about, write_down
from laddnav.ocpp.wire.answers import Noted
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.frames import CallError, ErrorCode
from laddnav.ocpp.wire.requests import Request, Verdict
from laddnav.ocpp.wire.variables import ReportVariables, Variable, VariablesReported, VariablesTold


def ask_for(unit: Unit, station: Station) -> int:
    """Have all of it told anew; the number of the report."""
    number = rules.number_named(unit.new_id())
    store.listings.asked(unit, station, VARIABLES, number)
    write_down(unit, station.holder, station.id, REPORT, station.id, str(number), about=About(number=number))
    return number


async def booted(unit: Unit, station: Station, firmware: str | None) -> None:
    """B07.FR.14: after the first boot and with new firmware; a report that never became whole is asked for again.

    Not of whoever said that it tells none: thousands that come back at once would have to say so again.
    """
    if station.on_connect != "configure":
        return
    last = await store.listings.report(unit, station, VARIABLES)
    if last is None or last.firmware != firmware or (last.whole_at is None and last.refused_at is None):
        ask_for(unit, await locations.station(unit, station.id))


async def tell(unit: Unit, station: Station, told: VariablesReported) -> Outcome:
    """A part of a report; of one that nobody asked for, what it says is true all the same."""
    store.variables.keep(unit, station, told.variables, told.number)
    whole = await store.listings.hear_part(unit, station, VARIABLES, told.number, told.part, last=not told.more)
    if whole:
        store.variables.forget_others(unit, station, told.number)
    return Outcome(Noted())


async def known(unit: Unit, station: Station) -> tuple[Sequence[tuple[Variable, datetime]], Report | None]:
    """(each variable with when it was last said, how the newest report of them went)."""
    return await store.variables.kept(unit, station), await store.listings.report(unit, station, VARIABLES)


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    return ReportVariables(number=about(call).number)


async def _said(unit: Unit, call: StationCall, answered: Answered) -> None:
    """Where a version tells all at once, that is the only part."""
    if _tells_none(answered):
        store.listings.refused(unit, await locations.station(unit, call.station_id), VARIABLES, about(call).number)
    if isinstance(answered, VariablesTold):
        station = await locations.station(unit, call.station_id)
        whole = VariablesReported(number=about(call).number, part=0, more=False, variables=answered.variables)
        await tell(unit, station, whole)


def _tells_none(answered: Answered) -> bool:
    if isinstance(answered, CallError):
        return answered.code in (ErrorCode.NOT_IMPLEMENTED, ErrorCode.NOT_SUPPORTED)
    return answered is Verdict.NOT_SUPPORTED


ERRAND = Errand(_say, _said)
