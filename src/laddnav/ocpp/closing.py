"""Maintenance that closes: its Stations let nobody charge while it lasts, and are told when it is over."""

from __future__ import annotations

from datetime import timedelta

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.locations.actions import maintenance
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks.model import Kind, Selection
from laddnav.ocpp.tasks.rules import NobodySelected
from laddnav.ocpp.tasks.works import Opening
from laddnav.ocpp.wanted import CLOSE, write_down
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import Request, Verdict
from laddnav.ocpp.wire.upkeep import ChangeAvailability

ASK_AGAIN = timedelta(minutes=5)  # a Station that refused, or was opened by hand


async def look_after(database: Database) -> int:
    """One round; says how many Stations are asked to close. Opening is a task: who is away hears of it, too."""
    async with database.unit() as unit:
        found = await maintenance.to_close(unit)
        round_no = str(int(unit.now.timestamp() // ASK_AGAIN.total_seconds()))
        for holder, ref, station_id in found:
            write_down(unit, holder, station_id, CLOSE, ref, station_id, round_no, request=ref)
        for holder, by, station_ids in await maintenance.to_open(unit):
            if station_ids:
                await _open(unit, holder, by, station_ids)
    if found:
        database.wake()
    return len(found)


async def _open(unit: Unit, holder: PartyId, by: str, station_ids: tuple[str, ...]) -> None:
    """Those that are still ours."""
    at = Selection(station_ids=station_ids)
    try:
        await tasks.begin(unit, holder, Kind.AVAILABILITY, Opening(operative=True), at=at, by=by)
    except NobodySelected:
        return


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    """Who charges goes on until he is done (G03.FR.05)."""
    if not await maintenance.in_force(unit, call.holder, call.request or ""):
        return Verdict.REJECTED
    return ChangeAvailability(operative=False)


async def _tell(unit: Unit, call: StationCall, answered: Answered) -> None:
    """How its Evses are is told by the Station itself; one that is still open is asked again."""


ERRAND = Errand(_say, _tell)
