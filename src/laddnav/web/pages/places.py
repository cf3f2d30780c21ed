"""How places and stations are called and shown on every page that names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.locations import actions as locations
from laddnav.locations.model import Location, Station, Status

Key = tuple[PartyId, PartyId, str]

# A location is shown by the state of its Evses that somebody should know of first.
TELLING = (
    Status.OUTOFORDER,
    Status.CHARGING,
    Status.AVAILABLE,
    Status.RESERVED,
    Status.BLOCKED,
    Status.INOPERATIVE,
    Status.PLANNED,
    Status.UNKNOWN,
    Status.REMOVED,
)


class Place(Struct, frozen=True, kw_only=True):
    """Where something is: a link and two lines. `ref` None: the location is not known here (any more)."""

    ref: str | None
    name: str
    city: str
    time_zone: str | None


async def places(unit: Unit, keys: Iterable[Key]) -> dict[Key, Place]:
    """By holder, owner and id; every key gets a Place, an unknown one by its id."""
    wanted = list(dict.fromkeys(keys))
    known = await locations.several(unit, wanted)
    found: dict[Key, Place] = {}
    for holder, owner, id in wanted:
        ref_and_location = known.get((holder, owner, fold(id)))
        if ref_and_location is None:
            found[holder, owner, id] = Place(ref=None, name=id, city="", time_zone=None)
        else:
            found[holder, owner, id] = place_of(*ref_and_location)
    return found


def place_of(ref: str, location: Location) -> Place:
    return Place(ref=ref, name=name_of(location), city=location.city, time_zone=location.time_zone)


def name_of(location: Location) -> str:
    return location.name or location.address


def statuses(location: Location) -> list[tuple[Status, int]]:
    """How many Evses are in each state, the telling first."""
    counted = Counter(evse.status for evse in location.evses)
    return [(status, counted[status]) for status in TELLING if counted[status]]


def connection(station: Station) -> str:
    """The state of a Station as words.STATES names it."""
    if station.accepted is None:
        return "waiting"
    if station.connected_at is not None:
        return "online" if station.accepted else "held"
    return "offline" if station.last_seen_at else "never"


async def locations_of(unit: Unit, stations: Collection[Station]) -> dict[Key, tuple[str, Location]]:
    """(ref, Location) of every place that these Stations stand at or serve, by holder, owner and folded id."""
    keys = {(one.holder, one.holder, where.location_id) for one in stations for _, where in one.evses}
    keys |= {(one.holder, one.holder, one.location_id) for one in stations if one.location_id}
    return await locations.several(unit, keys)
