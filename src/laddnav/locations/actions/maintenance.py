"""Times in which our Evses are out for a reason: told to drivers ahead, and excused where uptime is computed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.locations import store
from laddnav.locations.actions.places import fetch, keep
from laddnav.locations.model import Maintenance, OutageReason, Station, Status, StatusSchedule
from laddnav.locations.rules import MaintenanceOver, NoStation, NoTime, UnknownMaintenance


async def enter(
    unit: Unit,
    holder: PartyId,
    of: Station | str,
    *,
    begin_at: datetime,
    end_at: datetime,
    reason: OutageReason,
    note: str,
    by: str,
    closes: bool = False,
) -> Maintenance:
    """Of a Station, or of the Location of ours with this id; also of a time that is over, which closes nothing.

    What is still to come stands in the schedule of its Evses. Raises NoTime, NoStation, UnknownLocation.
    """
    if begin_at >= end_at:
        raise NoTime
    location_id = of.location_id if isinstance(of, Station) else of
    if location_id is None:
        raise NoStation("")
    one = Maintenance(
        holder=holder,
        ref=unit.new_id(),
        location_id=(await fetch(unit, holder, holder, location_id)).id,
        station_id=of.id if isinstance(of, Station) else None,
        begin_at=begin_at,
        end_at=end_at,
        reason=reason,
        note=note,
        entered_by=by,
        closes=closes,
    )
    store.maintenance.insert(unit, one)
    if end_at > unit.now:
        await _schedule(unit, one, add=True)
    return one


async def end(unit: Unit, ref: str, holder: PartyId | None = None) -> Maintenance:
    """It is over now; one that has not begun never was. Raises UnknownMaintenance, MaintenanceOver."""
    one = await store.maintenance.find(unit, ref)
    if one is None or holder not in (None, one.holder):
        raise UnknownMaintenance(ref)
    if one.end_at <= unit.now:
        raise MaintenanceOver
    if one.begin_at < unit.now:
        store.maintenance.end(unit, one, unit.now)
    else:
        store.maintenance.delete(unit, one)
    await _schedule(unit, one, add=False)
    return replace(one, end_at=max(unit.now, one.begin_at))


async def entered(
    unit: Unit, holder: PartyId | None, *, before: str | None = None, limit: int = 50
) -> Sequence[Maintenance]:
    """The newest entry first; the last ref is the next `before`."""
    return await store.maintenance.page(unit, holder, before, limit)


async def to_close(unit: Unit) -> Sequence[tuple[PartyId, str, str]]:
    """(holder, ref of the Maintenance, a Station that is to let nobody charge now); each counts as told with this."""
    found = await store.maintenance.to_close(unit)
    for holder, ref, _ in found:
        store.maintenance.closed(unit, holder, ref)
    return found


async def in_force(unit: Unit, holder: PartyId, ref: str) -> bool:
    """Whether nobody may charge there now because of it."""
    return await store.maintenance.in_force(unit, holder, ref)


async def to_open(unit: Unit) -> Sequence[tuple[PartyId, str, tuple[str, ...]]]:
    """(holder, who entered it, the Stations that may be used again); each is said once."""
    return [
        (one.holder, one.entered_by, one.stations)
        for one in await store.maintenance.to_open(unit)
        if await store.maintenance.opened(unit, one.holder, one.ref)
    ]


async def tell_over(database: Database, limit: int = 100) -> int:
    """Takes what is over out of the schedules that drivers are told; of how many Locations."""
    async with database.unit() as unit:
        refs, places = await store.maintenance.over(unit, limit)
    told = 0
    for holder, location_id in sorted(places, key=str):
        async with database.unit() as unit:
            told += await _tell_over(unit, holder, location_id)
    if refs:
        async with database.unit() as unit:
            store.maintenance.told_over(unit, refs)
    return told


async def _tell_over(unit: Unit, holder: PartyId, location_id: str) -> bool:
    """Whether there was anything; a Location is held up only then."""
    location = await store.places.find(unit, holder, holder, location_id)
    if location is None or not any(_over(each, unit.now) for evse in location.evses for each in evse.status_schedule):
        return False
    location = await store.places.find(unit, holder, holder, location_id, lock=True)
    assert location is not None, "a Location is never deleted"
    evses = tuple(
        replace(evse, status_schedule=to_come, last_updated=unit.now)
        if (to_come := tuple(each for each in evse.status_schedule if not _over(each, unit.now)))
        != evse.status_schedule
        else evse
        for evse in location.evses
    )
    return await keep(unit, holder, replace(location, evses=evses, last_updated=unit.now))


def _over(one: StatusSchedule, now: datetime) -> bool:
    return one.end_at is not None and one.end_at <= now


async def _schedule(unit: Unit, one: Maintenance, *, add: bool) -> None:
    """As drivers are told of it (OCPI 2.2.1 mod_locations_statusschedule_class)."""
    location = await store.places.find(unit, one.holder, one.holder, one.location_id, lock=True)
    if location is None:
        return
    concerned = {fold(evse.uid) for evse in location.evses if evse.status is not Status.REMOVED}
    if one.station_id is not None:
        behind = await store.maintenance.evses(unit, one.holder, one.station_id, one.location_id)
        concerned &= {fold(where.evse_uid) for where in behind}
    told = StatusSchedule(begin_at=one.begin_at, end_at=one.end_at, status=Status.INOPERATIVE)
    evses = tuple(
        replace(
            evse,
            status_schedule=(*(each for each in evse.status_schedule if each != told), *((told,) if add else ())),
            last_updated=unit.now,
        )
        if fold(evse.uid) in concerned
        else evse
        for evse in location.evses
    )
    await keep(unit, one.holder, replace(location, evses=evses, last_updated=unit.now))
