"""The operator API by which a station is made known and set up, the keys of its meters with it, and goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from laddnav.db import turns
from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.locations.actions import Provisioning
from laddnav.locations.model import Station
from laddnav.locations.routes import Attached, StationShown, shown
from laddnav.locations.rules import UnknownStation
from laddnav.meters import actions as meters
from laddnav.parties import actions as parties
from laddnav.people.api import Route
from laddnav.people.model import Role, Visitor
from laddnav.sessions import actions as sessions

EvseNo = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Key = Annotated[str, Meta(min_length=1, max_length=2500)]


class Provisioned(Provisioning, frozen=True, kw_only=True):
    """`public_keys`: those by which the meters of the Station sign, by its own number of the Evse, or from 1 upwards.

    Null takes one away, and those not named stay. They are registered as meters, and listed there.
    """

    public_keys: dict[EvseNo, Key | None] | tuple[Key, ...] | UnsetType = UNSET


class ProvisionedAnew(Provisioned, frozen=True, kw_only=True):
    """What makes a Station known; `holder` may be left out where only one party can be meant.

    `evses` attaches numbers of the Station to Evses that are known; those not named stay as they are.
    """

    holder: str | None = None
    evses: tuple[Attached, ...] = ()


async def provision_anew(unit: Unit, by: Visitor, station_id: str, body: ProvisionedAnew) -> StationShown:
    """Make a Station known, or set up one that is; one that had gone is ours again, with its history."""
    await turns.taken(unit, f"station {station_id}")  # of two who make it known one sets it up
    try:
        known: Station | None = await locations.station(unit, station_id)
    except UnknownStation:
        known = None
    if known is None or known.moved_at is not None:
        said = PartyId.parse(body.holder) if body.holder else by.holder if known is None else known.holder
        party = await parties.meant(unit, said)
        await locations.add_station(unit, party.holder, station_id)
    for one in body.evses:
        await locations.attach(unit, station_id, one.evse_no, EvseRef(one.location_id, one.evse_uid))
    return await provision(unit, by, station_id, body)


async def provision(unit: Unit, by: Visitor, station_id: str, body: Provisioned) -> StationShown:
    """Set up what is given about a Station, and leave the rest."""
    station = await locations.provision(unit, station_id, body)
    await meters.know_keys(unit, station, _by_evse(body), by=by.name)
    return shown(await locations.station(unit, station_id))


class Relocated(Struct, frozen=True, kw_only=True):
    """A Location of ours."""

    location_id: str


async def relocate(unit: Unit, station_id: str, body: Relocated) -> StationShown:
    """It stands at another Location of ours, with its EVSEs; what it did stays with the one before."""
    return shown(await sessions.relocate(unit, station_id, body.location_id))


async def remove(unit: Unit, station_id: str) -> StationShown:
    """It is none of ours any more: its EVSEs are REMOVED, its charges, readings and messages stay."""
    return shown(await sessions.leave(unit, station_id, ""))


def _by_evse(body: Provisioned) -> Mapping[int, str | None]:
    keys = body.public_keys
    if isinstance(keys, tuple):
        return dict(enumerate(keys, 1))
    return {} if keys is UNSET else keys


ROUTES = (
    Route(method="PUT", path="/stations/{station_id}", does=provision_anew, needs=Role.OPERATOR),
    Route(method="PATCH", path="/stations/{station_id}", does=provision, needs=Role.OPERATOR),
    Route(method="DELETE", path="/stations/{station_id}", does=remove, needs=Role.OPERATOR),
    Route(method="POST", path="/stations/{station_id}/relocate", does=relocate, needs=Role.OPERATOR),
)
