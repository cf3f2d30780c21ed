"""The operator API about places and the stations that stand there."""

from __future__ import annotations

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions
from laddnav.locations.actions import Provisioning
from laddnav.locations.model import Location, Station
from laddnav.locations.rules import UnknownStation
from laddnav.parties import actions as parties
from laddnav.people.api import Held, Limit, Page, Route, held, page
from laddnav.people.model import Role, Visitor


class Attached(Struct, frozen=True, kw_only=True):
    """The Station's own number `evse_no` is this Evse."""

    evse_no: int
    location_id: str
    evse_uid: str


class StationShown(Struct, frozen=True, kw_only=True):
    thing: Station
    evses: tuple[Attached, ...]


class ProvisionedAnew(Provisioning, frozen=True, kw_only=True):
    """What makes a Station known; `holder` may be left out where only one party can be meant.

    `evses` attaches numbers of the Station to Evses that are known; those not named stay as they are.
    """

    holder: str | None = None
    evses: tuple[Attached, ...] = ()


async def list_locations(
    unit: Unit,
    by: Visitor,
    *,
    limit: Limit = 50,
    cursor: str | None = None,
    owner: PartyId | None = None,
    words: str | None = None,
) -> Page[Held[Location]]:
    """Our own Locations and those of partners, in the order in which they became known.

    `owner` is the CPO; `words` are looked for in name, city and id.
    """
    found = await actions.page(unit, by.holder, owner, words=words, after=cursor, limit=limit + 1)
    return page([held(one) for one in found], limit, lambda one: one.ref)


async def fetch_location(unit: Unit, ref: str) -> Held[Location]:
    """One Location with its Evses and Connectors."""
    holder, location = await actions.by_ref(unit, ref)
    return Held(ref=ref, holder=holder, thing=location)


async def list_stations(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[StationShown]:
    """Stations in the order of their ids."""
    found = await actions.stations(unit, by.holder, after=cursor, limit=limit + 1)
    return page([shown(one) for one in found], limit, lambda one: one.thing.id)


async def fetch_station(unit: Unit, station_id: str) -> StationShown:
    """One Station, by its own id or by our ref."""
    try:
        return shown(await actions.station(unit, station_id))
    except UnknownStation:
        return shown(await actions.station_by_ref(unit, station_id))


async def provision_anew(unit: Unit, by: Visitor, station_id: str, body: ProvisionedAnew) -> StationShown:
    """Make a Station known, or set up one that is."""
    try:
        await actions.station(unit, station_id)
    except UnknownStation:
        said = PartyId.parse(body.holder) if body.holder else by.holder
        party = await parties.meant(unit, said)
        await actions.add_station(unit, party.holder, station_id)
    for one in body.evses:
        await actions.attach(unit, station_id, one.evse_no, EvseRef(one.location_id, one.evse_uid))
    await actions.provision(unit, station_id, body)
    return shown(await actions.station(unit, station_id))


async def provision(unit: Unit, station_id: str, body: Provisioning) -> StationShown:
    """Set up what is given about a Station, and leave the rest."""
    await actions.provision(unit, station_id, body)
    return shown(await actions.station(unit, station_id))


class Relocated(Struct, frozen=True, kw_only=True):
    """A Location of ours."""

    location_id: str


async def relocate(unit: Unit, station_id: str, body: Relocated) -> StationShown:
    """It stands at another Location of ours, with its EVSEs; what it did stays with the one before."""
    return shown(await actions.relocate(unit, station_id, body.location_id))


async def remove(unit: Unit, station_id: str) -> StationShown:
    """It is none of ours any more: its EVSEs are REMOVED, its charges, readings and messages stay."""
    return shown(await actions.leave(unit, station_id, ""))


def shown(station: Station) -> StationShown:
    """With its Evses by name."""
    evses = tuple(
        Attached(evse_no=number, location_id=where.location_id, evse_uid=where.evse_uid)
        for number, where in station.evses
    )
    return StationShown(thing=station, evses=evses)


ROUTES = (
    Route(method="GET", path="/locations", does=list_locations),
    Route(method="GET", path="/locations/{ref}", does=fetch_location),
    Route(method="GET", path="/stations", does=list_stations),
    Route(method="GET", path="/stations/{station_id}", does=fetch_station),
    Route(method="PUT", path="/stations/{station_id}", does=provision_anew, needs=Role.OPERATOR),
    Route(method="PATCH", path="/stations/{station_id}", does=provision, needs=Role.OPERATOR),
    Route(method="DELETE", path="/stations/{station_id}", does=remove, needs=Role.OPERATOR),
    Route(method="POST", path="/stations/{station_id}/relocate", does=relocate, needs=Role.OPERATOR),
)
