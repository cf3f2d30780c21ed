"""Verbs about places and the stations that stand there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Literal

import argon2
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.locations import rules, store
from laddnav.locations.events import (
    EvseStatusChanged,
    LocationChanged,
    StationChanged,
    UnlockAnswered,
    UnlockRequested,
)
from laddnav.locations.model import Connector, Evse, Location, Station, Status
from laddnav.locations.rules import EvseTaken, NoStation, StationExists, UnknownEvse, UnknownLocation, UnknownStation

_hasher = argon2.PasswordHasher(
    time_cost=1, memory_cost=8192, parallelism=1
)  # a station's password is 16+ random bytes


class Stranger(Struct, frozen=True, kw_only=True):
    """A station that knocked and is not known; an operator may add it."""

    id: str
    first_at: datetime
    last_at: datetime
    knocks: int
    from_address: str
    protocols: str


STRANGERS_MAX = 500

Seconds = Annotated[int, Meta(ge=1, le=7 * 86400)]


class Provisioning(Struct, frozen=True, kw_only=True):
    """What an operator sets up about a Station; UNSET leaves it as it is, `password` None takes it away."""

    location_id: str | UnsetType | None = UNSET
    protocols: tuple[Annotated[str, Meta(pattern=r"^ocpp\d+(\.\d+)+\Z")], ...] | UnsetType = UNSET
    security_profile: Annotated[int, Meta(ge=0, le=3)] | UnsetType = UNSET
    password: Annotated[str, Meta(min_length=1, max_length=256)] | UnsetType | None = UNSET
    accepted: bool | UnsetType | None = UNSET
    heartbeat_interval: Seconds | UnsetType = UNSET
    boot_retry_interval: Seconds | UnsetType = UNSET
    on_connect: Literal["configure", "none"] | UnsetType = UNSET

    def __repr__(self) -> str:
        """Without the password."""
        return f"Provisioning({self.location_id}, {self.security_profile}, {self.accepted})"


# Places --------------------------------------------------------------------------------------------------------------


async def keep(unit: Unit, holder: PartyId, location: Location) -> bool:
    """Insert or replace a whole Location; True and LocationChanged when that changed anything.

    Raises TwoEvsesAlike, UnknownTimeZone.
    """
    rules.sound(location, ours=holder == location.owner)
    if holder == location.owner:
        location = rules.dated(location)
    before = await store.places.find(unit, holder, location.owner, location.id, lock=True)
    if before is not None and holder == location.owner:
        location = rules.succeeding(before, location)
    if before is not None and rules.stays(before, location, ours=holder == location.owner):
        return False
    _write(unit, holder, location)
    return True


async def keep_evse(unit: Unit, holder: PartyId, owner: PartyId, location_id: str, evse: Evse) -> bool:
    """Insert or replace one Evse. Raises UnknownLocation."""
    return await keep(unit, holder, rules.with_evse(await _locked(unit, holder, owner, location_id), evse))


async def keep_connector(
    unit: Unit, holder: PartyId, owner: PartyId, location_id: str, evse_uid: str, connector: Connector
) -> bool:
    """Insert or replace one Connector. Raises UnknownLocation, UnknownEvse."""
    location = await _locked(unit, holder, owner, location_id)
    return await keep(unit, holder, rules.with_connector(location, evse_uid, connector))


async def hear_evse(unit: Unit, holder: PartyId, owner: PartyId, location_id: str, evse: Evse, *, at: datetime) -> bool:
    """Insert or replace one Evse of a partner, whose Location is of `at` then: as `keep` of all of it, at less cost.

    True and LocationChanged when that changed anything. Raises UnknownLocation, TwoEvsesAlike.
    """
    rules.sound_evse(evse)
    found = await store.places.find_evse(unit, holder, owner, EvseRef(location_id, evse.uid))
    if found is None:
        raise UnknownLocation(location_id)
    position, before = found
    if before is not None and rules.stays_evse(before, evse):
        return False
    store.places.write_evse(unit, holder, owner, location_id, evse, position, at)
    unit.announce(LocationChanged(holder=holder, owner=str(owner), location_id=location_id))
    return True


async def report_status(
    unit: Unit, holder: PartyId, owner: PartyId, location_id: str, evse_uid: str, status: Status, at: datetime
) -> bool:
    """The Evse is so since `at`; False when it was so already or newer is known."""
    if not await store.places.set_status(unit, holder, owner, EvseRef(location_id, evse_uid), status, at):
        return False
    unit.announce(
        EvseStatusChanged(
            holder=holder, owner=str(owner), location_id=location_id, evse_uid=evse_uid, status=status.value
        )
    )
    return True


async def can(unit: Unit, holder: PartyId, where: EvseRef, capability: str) -> bool:
    """Whether an Evse of ours says that it can do this; one that is not known any more can nothing."""
    location = await store.places.find(unit, holder, holder, where.location_id)
    evses = () if location is None else location.evses
    return any(capability in evse.capabilities for evse in evses if fold(evse.uid) == fold(where.evse_uid))


async def vacated(unit: Unit, holder: PartyId, where: EvseRef) -> None:
    """What was reserved for a driver is free again, unless its Station has said otherwise meanwhile."""
    location = await store.places.find(unit, holder, holder, where.location_id)
    for evse in () if location is None else location.evses:
        if fold(evse.uid) == fold(where.evse_uid) and evse.status is Status.RESERVED:
            await report_status(unit, holder, holder, where.location_id, evse.uid, Status.AVAILABLE, unit.now)


async def fetch(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Location:
    """Raises UnknownLocation."""
    location = await store.places.find(unit, holder, owner, id)
    if location is None:
        raise UnknownLocation(id)
    return location


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Location | None:
    return await store.places.find(unit, holder, owner, id)


async def by_ref(unit: Unit, ref: str) -> tuple[PartyId, Location]:
    """(holder, Location). Raises UnknownLocation."""
    found = await store.places.by_ref(unit, ref)
    if found is None:
        raise UnknownLocation(ref)
    return found


async def page(
    unit: Unit,
    holder: PartyId | None,
    owner: PartyId | None = None,
    *,
    words: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Sequence[tuple[str, PartyId, Location]]:
    """(ref, holder, Location) in the order in which they became known; the last ref is the next `after`."""
    return await store.places.page(unit, holder, owner, words, after, limit)


async def several(
    unit: Unit, keys: Collection[tuple[PartyId, PartyId, str]]
) -> dict[tuple[PartyId, PartyId, str], tuple[str, Location]]:
    """(ref, Location) by (holder, owner, folded id); what is not known is not in it."""
    return await store.places.several(unit, keys)


async def offering(unit: Unit, holder: PartyId, tariff_id: str) -> str | None:
    """The id of a Location of ours where a Connector still has this Tariff; None: nobody can charge on it."""
    return await store.places.offering(unit, holder, tariff_id)


async def elsewhere(unit: Unit, location: Location) -> dict[str, str]:
    """At which other Location of the same company of ours an Evse uid of this one stands too."""
    return await store.places.elsewhere(unit, location)


async def offered_at(unit: Unit, holder: PartyId, tariff_id: str) -> tuple[str, ...]:
    """Every Location of ours where a Connector has this Tariff."""
    return await store.places.offered_at(unit, holder, tariff_id)


async def touch(unit: Unit, holder: PartyId, location_id: str) -> None:
    """What is told of a Location of ours is different, though it is as it was: as new as now, and LocationChanged."""
    store.places.touch(unit, holder, location_id)
    unit.announce(LocationChanged(holder=holder, owner=str(holder), location_id=location_id))


async def count(unit: Unit, holder: PartyId | None) -> int:
    return await store.places.count(unit, holder)


async def evse_named(unit: Unit, name: str, holder: PartyId | None = None) -> tuple[PartyId, Location, Evse]:
    """(holder, Location, Evse) by our ref or the number printed at the Evse, among all or one holder's.

    Raises UnknownEvse.
    """
    found = await store.places.evse_named(unit, name, holder)
    if found is None:
        raise UnknownEvse("", name)
    holder, owner, location_key, uid = found
    location = await fetch(unit, holder, owner, location_key)
    return holder, location, rules.evse_of(location, uid)


async def printed_evse(unit: Unit, number: str) -> tuple[Location, Evse]:
    """What anybody may be told of the Evse that shows this number, typed with or without its separators.

    Raises UnknownEvse also where it is a partner's or not published.
    """
    plain = rules.as_printed(number)
    for holder, location_key, uid in () if plain is None else await store.places.printed(unit, plain):
        location = await fetch(unit, holder, holder, location_key)
        evse = rules.evse_of(location, uid)
        if rules.shown_to_anybody(location, evse):
            return location, evse
    raise UnknownEvse("", number)


async def evses_of_uid(unit: Unit, holder: PartyId, evse_uid: str) -> Sequence[tuple[PartyId, str]]:
    """(owner, Location id) of every Evse of this uid among a holder's."""
    return await store.places.where_is(unit, holder, evse_uid)


async def _locked(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Location:
    location = await store.places.find(unit, holder, owner, id, lock=True)
    if location is None:
        raise UnknownLocation(id)
    return location


def _write(unit: Unit, holder: PartyId, location: Location) -> None:
    store.places.write(unit, holder, location)
    unit.announce(LocationChanged(holder=holder, owner=str(location.owner), location_id=location.id))


# Stations ------------------------------------------------------------------------------------------------------------


async def add_station(
    unit: Unit,
    holder: PartyId,
    id: str,
    *,
    location_id: str | None = None,
    password: str | None = None,
    security_profile: int = 1,
    accepted: bool | None = True,
) -> Station:
    """Make a Station known. Raises NotAStationId, StationExists, UnknownLocation."""
    rules.checked_station_id(id)
    if location_id is not None:
        location_id = (await fetch(unit, holder, holder, location_id)).id
    station = Station(
        holder=holder,
        id=id,
        ref=unit.new_id(),
        location_id=location_id,
        accepted=accepted,
        security_profile=security_profile,
    )
    if not await store.stations.add(unit, station, None if password is None else hashed(password)):
        raise StationExists(id)
    store.stations.forget_stranger(unit, id)
    unit.announce(StationChanged(holder=holder, station_id=id))
    return station


async def attach(unit: Unit, station_id: str, evse_no: int, where: EvseRef) -> None:
    """This number of the Station is that Evse. Raises UnknownStation, UnknownLocation, UnknownEvse, EvseTaken."""
    one = await station(unit, station_id)
    location = await fetch(unit, one.holder, one.holder, where.location_id)
    evse = rules.evse_of(location, where.evse_uid)
    where = EvseRef(location.id, evse.uid)
    taken = await store.stations.attached_to(unit, one.holder, where)
    if taken is not None and taken != (station_id, evse_no):
        raise EvseTaken(evse.uid, taken[0])
    store.stations.attach(unit, one.holder, station_id, evse_no, where)
    if one.location_id is None:
        store.stations.provision(unit, replace(one, location_id=location.id))
    unit.announce(StationChanged(holder=one.holder, station_id=station_id))


async def provision(unit: Unit, station_id: str, changes: Provisioning) -> Station:
    """Set up what `changes` says. Raises UnknownStation, UnknownLocation."""
    before = await station(unit, station_id)
    if isinstance(changes.location_id, str):
        await fetch(unit, before.holder, before.holder, changes.location_id)
    said = {
        name: value
        for name in changes.__struct_fields__
        if name != "password" and (value := getattr(changes, name)) is not UNSET
    }
    after = replace(before, **said)
    store.stations.provision(unit, after)
    if changes.password is not UNSET:
        store.stations.set_password(unit, station_id, None if changes.password is None else hashed(changes.password))
    unit.announce(StationChanged(holder=before.holder, station_id=station_id))
    return after


async def station(unit: Unit, id: str) -> Station:
    """Raises UnknownStation."""
    found = await store.stations.find(unit, id)
    if found is None:
        raise UnknownStation(id)
    return found


async def station_by_ref(unit: Unit, ref: str) -> Station:
    """Raises UnknownStation."""
    found = await store.stations.by_ref(unit, ref)
    if found is None:
        raise UnknownStation(ref)
    return found


async def stations(
    unit: Unit, holder: PartyId | None = None, *, after: str | None = None, limit: int = 500
) -> Sequence[Station]:
    """In the order of their ids; the last id is the next `after`."""
    return await store.stations.list_all(unit, holder, after, limit)


async def stations_named(unit: Unit, ids: Collection[str]) -> dict[str, Station]:
    """Several at once, by id; who is not known is not in it."""
    return await store.stations.named(unit, ids)


async def stations_at(unit: Unit, holder: PartyId, location_id: str) -> Sequence[Station]:
    return await store.stations.standing_at(unit, holder, location_id)


async def station_at(unit: Unit, holder: PartyId, where: EvseRef) -> tuple[Station, int] | None:
    """The Station behind an Evse, and the number that the Station has for it."""
    found = await store.stations.attached_to(unit, holder, where)
    return None if found is None else (await station(unit, found[0]), found[1])


async def connected_at(unit: Unit, holder: PartyId, where: EvseRef) -> tuple[Station, int]:
    """As station_at. Raises NoStation, also where the Station is away."""
    found = await station_at(unit, holder, where)
    if found is None or found[0].connected_at is None:
        raise NoStation(where.evse_uid)
    return found


async def request_unlock(
    unit: Unit, holder: PartyId, location_id: str, evse_uid: str, connector_id: str, request: str
) -> Station:
    """Have a stuck plug let go; the answer comes as UnlockAnswered.

    Raises UnknownLocation, UnknownEvse, UnknownConnector, NoStation.
    """
    location = await fetch(unit, holder, holder, location_id)
    evse = rules.evse_of(location, evse_uid)
    rules.connector_of(evse, connector_id)
    one, evse_no = await connected_at(unit, holder, EvseRef(location.id, evse.uid))
    unit.announce(UnlockRequested(holder=holder, station_id=one.id, evse_no=evse_no, request=request))
    return one


def answer_unlock(unit: Unit, holder: PartyId, station_id: str, result: str, request: str | None) -> None:
    """What the Station said, in words of OCPI's CommandResultType."""
    unit.announce(UnlockAnswered(holder=holder, station_id=station_id, result=result, request=request))


async def hold(unit: Unit, station_id: str) -> None:
    """Whoever begins something at this Station begins it alone, until the Unit ends."""
    await store.stations.hold(unit, station_id)


async def password_fits(unit: Unit, station_id: str, password: str) -> bool:
    """False also where no password is set."""
    return fits(await password_hash(unit, station_id), password)


async def password_hash(unit: Unit, station_id: str) -> str | None:
    """What is kept of its password; None where it has none."""
    return await store.stations.password_hash(unit, station_id)


def fits(password_hash: str | None, password: str) -> bool:
    """Takes some milliseconds of work: for a thread, with no Unit open."""
    if password_hash is None:
        return False
    try:
        return _hasher.verify(password_hash, password)
    except argon2.exceptions.VerificationError:
        return False


def hashed(password: str) -> str:
    return _hasher.hash(password)


def booted(
    unit: Unit, station: Station, *, vendor: str, model: str, serial_number: str | None, firmware: str | None
) -> None:
    store.stations.booted(unit, station.id, vendor, model, serial_number, firmware, unit.now)
    unit.announce(StationChanged(holder=station.holder, station_id=station.id))


def connected(unit: Unit, station: Station, *, process: str, protocol: str) -> None:
    store.stations.connected(unit, station.id, process, protocol)
    unit.announce(StationChanged(holder=station.holder, station_id=station.id))


def disconnected(unit: Unit, station: Station, *, process: str) -> None:
    """Only while this process is the one that holds it; a newer socket elsewhere is left alone."""
    store.stations.disconnected(unit, station.id, process)
    unit.announce(StationChanged(holder=station.holder, station_id=station.id))


def nobody_holds(unit: Unit, process: str) -> None:
    """After a crash: what this process held is not connected any more."""
    store.stations.nobody_holds(unit, process)


def seen(unit: Unit, station_id: str) -> None:
    store.stations.seen(unit, station_id)


def evse_reported(
    unit: Unit, station: Station, evse_no: int, *, status: str, error_code: str | None, info: str | None, at: datetime
) -> None:
    """The Station's own words about one of its Evses, kept for the operator beside the Evse's Status."""
    store.stations.evse_reported(unit, station, evse_no, status, error_code, info, at)


def knocked(unit: Unit, id: str, *, address: str, protocols: str) -> None:
    """Anybody may knock under any name, so only the last so many are remembered; a station comes back soon."""
    store.stations.knocked(unit, id, address, protocols)
    store.stations.forget_strangers(unit, STRANGERS_MAX)


async def strangers(unit: Unit, limit: int = 100) -> Sequence[Stranger]:
    return [Stranger(**dict(row)) for row in await store.stations.strangers(unit, limit)]
