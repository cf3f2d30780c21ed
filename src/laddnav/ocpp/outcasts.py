"""A Station that does not follow what its site asks: nobody begins to charge there, and whoever charges is stopped."""

from __future__ import annotations

from contextlib import suppress

from laddnav.db.unit import Database, Unit
from laddnav.locations.rules import NoStation
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks.model import Kind, Selection
from laddnav.ocpp.tasks.rules import NobodySelected
from laddnav.ocpp.tasks.works import Opening
from laddnav.ocpp.wanted import About, about, write_down
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import Request, Verdict
from laddnav.ocpp.wire.upkeep import ChangeAvailability
from laddnav.sessions import actions as sessions
from laddnav.sessions.rules import AlreadyEnded
from laddnav.sites import actions as sites
from laddnav.sites.events import StationBroughtBack, StationTakenOut

TAKE_OUT = "TakeOut"


async def taken_out(database: Database, event: StationTakenOut) -> None:
    """Hears StationTakenOut, which is said again for as long as it draws what it may not."""
    async with database.unit() as unit:
        where = About(evse_no=event.evse_no)
        write_down(unit, event.holder, event.station_id, TAKE_OUT, unit.new_id(), about=where)
    database.wake()


async def brought_back(database: Database, event: StationBroughtBack) -> None:
    """Hears StationBroughtBack. Opening is a task: a Station that is away hears of it, too."""
    at = Selection(station_ids=(event.station_id,))
    opening = Opening(operative=True, evse_no=event.evse_no)
    async with database.unit() as unit:
        with suppress(NobodySelected):  # it is no Station of ours any more
            await tasks.begin(unit, event.holder, Kind.AVAILABILITY, opening, at=at, by=f"site {event.site_id}")


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    evse_no = about(call).evse_no
    if not await sites.is_out(unit, call.holder, call.station_id, evse_no):
        return Verdict.REJECTED
    return ChangeAvailability(operative=False, evse_no=evse_no)


async def _tell(unit: Unit, call: StationCall, answered: Answered) -> None:
    """Whatever it says to that, a charge there is stopped now: unavailable first, so that none begins again."""
    evse_no = about(call).evse_no
    if not await sites.is_out(unit, call.holder, call.station_id, evse_no):
        return
    for one in await sessions.charging_at(unit, call.holder, [call.station_id]):
        if one.evse_no == evse_no:
            with suppress(AlreadyEnded, NoStation):
                await sessions.request_stop(unit, call.holder, one.id)


ERRAND = Errand(_say, _tell)
