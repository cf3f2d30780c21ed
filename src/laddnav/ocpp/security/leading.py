"""A Station is led to a higher security profile while it works; nothing here leads it to a lower one (A00.FR.005)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp.errand import Answered, Errand
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.security.wanted import connected, errand, want
from laddnav.ocpp.wanted import write_down
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.requests import Request, Verdict
from laddnav.ocpp.wire.security import KeepNetwork, UseProfile
from laddnav.ocpp.wire.variables import SetStatus, VariablesSet

NETWORK = "KeepNetwork"


class Way(Struct, frozen=True, kw_only=True):
    """How a Station comes with its next profile. `slots` of versions that keep several: the first is written anew."""

    profile: Annotated[int, Meta(ge=1, le=3)]
    url: Annotated[str, Meta(min_length=1, max_length=512)]
    slots: Annotated[tuple[int, ...], Meta(min_length=1)] = (1,)
    interface: str = "Wired0"


def lead(unit: Unit, station: Station, way: Way) -> StationCall:
    """A05: it may come with this one from now on, and with no lower one once it did. Raises Offline, LowerProfile."""
    locations.offer_profile(unit, connected(station), way.profile)
    return write_down(unit, station.holder, station.id, NETWORK, station.id, unit.new_id(), about=way)


async def _say(unit: Unit, call: StationCall, dialect: Dialect) -> Request | Verdict:
    """A version that keeps one address only has nothing to be told of it."""
    way = json.decode(call.body, Way)
    if KeepNetwork not in dialect.asks:
        return Verdict.ACCEPTED
    return KeepNetwork(slot=way.slots[0], url=way.url, profile=way.profile, interface=way.interface)


async def _kept(unit: Unit, call: StationCall, answered: Answered) -> None:
    station, way = await locations.station(unit, call.station_id), json.decode(call.body, Way)
    if answered is Verdict.ACCEPTED:
        want(unit, station, UseProfile(profile=way.profile, slots=way.slots), call.id)
    else:
        locations.settle_profile(unit, station, taken=False)


async def _used(unit: Unit, call: StationCall, answered: Answered) -> None:
    """A05.FR.02 to 04. Who did not answer may come with either, as who said yes may until it starts anew."""
    status = answered.results[0].status if isinstance(answered, VariablesSet) else None
    if answered is not None and status not in _YES:
        locations.settle_profile(unit, await locations.station(unit, call.station_id), taken=False)


_YES = (SetStatus.ACCEPTED, SetStatus.REBOOT_REQUIRED)

ERRANDS = {NETWORK: Errand(_say, _kept), UseProfile.__name__: errand(UseProfile, _used)}
