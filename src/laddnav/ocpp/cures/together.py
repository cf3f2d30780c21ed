"""What is proposed for an ill, done for all of a place that have it: each Station is asked once, or marked as seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.time import as_told
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import attention, shared_ills, store
from laddnav.ocpp.cures import actions, rules
from laddnav.ocpp.cures.model import OVER, CuredTogether, Outcome, StationCured, Tried
from laddnav.ocpp.ills import CURES, Attention, Cure, Ill
from laddnav.ocpp.security import noticing
from laddnav.people import actions as people


async def cure(
    unit: Unit,
    holder: PartyId,
    location_id: str,
    ill: Ill,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    last_id: int | None = None,
    by: str,
) -> CuredTogether:
    """All there that still have it and had it first between these instants; who asks again asks nobody twice.

    What was noticed is marked as seen up to the event `last_id`. Raises UnknownLocation, NoSuchCure, NotForAll.
    """
    proposed = Cure.SEE if Cure.SEE in CURES[ill] else rules.chosen_for_all(ill)
    crowd = [
        one
        for one in shared_ills.ailing(await attention.of_stations(unit, holder), holder, location_id, ill)
        if (since is None or as_told(since) <= as_told(one.since))
        and (until is None or as_told(one.since) <= as_told(until))
    ]
    # A slip in the name of a place is not answered as though all were well there.
    place = crowd[0].location_id if crowd else (await locations.fetch(unit, holder, holder, location_id)).id
    stations = await locations.stations_named(unit, {one.station_id for one in crowd if one.station_id})
    if proposed is Cure.SEE:
        cured = [await _see(unit, stations[id], last_id, by) for id in sorted(stations)]
    else:
        cured = await _each_once(unit, crowd, stations, by)
    return CuredTogether(holder=holder, location_id=place or location_id, ill=ill, cure=proposed, stations=tuple(cured))


async def _see(unit: Unit, station: Station, last_id: int | None, by: str) -> StationCured:
    seen = await noticing.see(unit, station, by, last_id)
    people.note(unit, by, "see security events", f"station {station.id}", str(seen))
    return StationCured(station_id=station.id, outcome=Outcome.SEEN)


async def _each_once(
    unit: Unit, crowd: Sequence[Attention], stations: dict[str, Station], by: str
) -> list[StationCured]:
    """In the order of their ids, as all do who write cures."""
    charging: dict[str, set[int]] = defaultdict(set)
    for charge in await store.charges.under_way(unit, sorted({(one.holder, one.id) for one in stations.values()})):
        charging[charge.station_id].add(charge.evse_no)
    asked: dict[str, Tried] = {}
    left: dict[str, Outcome] = {}
    for one in sorted(crowd, key=lambda one: (one.station_id or "", one.evse_no or 0)):
        id, number, proposed = one.station_id, one.evse_no, rules.chosen_for_all(one.ill)
        if id is None or number is None or id in asked:
            continue
        if stations[id].connected_at is None:
            left[id] = Outcome.AWAY
        elif rules.disturbs(proposed, number, charging[id]):
            left.setdefault(id, Outcome.CHARGING)
        elif (tried := await actions.try_once(unit, one, id, number, proposed, by=by, by_rule=False)) is not None:
            asked[id] = tried
        else:
            left[id] = Outcome.UNDER_WAY
    refs = await _under_way(unit, (id for id, why in left.items() if why is Outcome.UNDER_WAY))
    return [
        StationCured(station_id=id, outcome=Outcome.ASKED, cure_ref=asked[id].ref)
        if id in asked
        else StationCured(station_id=id, outcome=left[id], cure_ref=refs.get(id))
        for id in sorted({*asked, *left})
    ]


async def _under_way(unit: Unit, station_ids: Iterable[str]) -> dict[str, str]:
    found = await store.cures.last(unit, None, sorted(station_ids))
    return {one.station_id: one.ref for one in found if one.state not in OVER}
