"""Verbs about the stations that stand at our places: what an operator sets up, and what they themselves tell."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Annotated, Literal

import argon2
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.kit.notes import Note
from laddnav.locations import rules, store
from laddnav.locations.actions.places import fetch
from laddnav.locations.events import StationChanged, UnlockAnswered, UnlockRequested
from laddnav.locations.model import Station
from laddnav.locations.rules import EvseTaken, LowerProfile, NoStation, StationExists, UnknownStation

_hasher = argon2.PasswordHasher(
    time_cost=1, memory_cost=8192, parallelism=1
)  # a station's password is 16+ random bytes

_KEY = secrets.token_bytes(32)
_fitted: set[bytes] = set()


class Stranger(Struct, frozen=True, kw_only=True):
    """A station that knocked and is not known; an operator may add it."""

    id: str
    first_at: datetime
    last_at: datetime
    knocks: int
    from_address: str
    protocols: str


class Line(Struct, frozen=True, gc=False):
    """What is known of a Station over its present socket since it was looked at."""

    connected_at: datetime | None
    prices: bool
    looked_at: datetime
    seen_at: datetime


STRANGERS_MAX = 500
FITTED_MAX = 20_000  # passwords that are known again; more stations are on no process
# So often a Station that talks is written down as seen, and looked at.
SEEN_EVERY, LOOKED_AT_EVERY = timedelta(seconds=10), timedelta(minutes=1)

Seconds = Annotated[int, Meta(ge=1, le=7 * 86400)]
Protocol = Annotated[str, Meta(pattern=r"^ocpp\d+(\.\d+)+\Z")]


class Provisioning(Struct, frozen=True, kw_only=True):
    """What an operator sets up about a Station; UNSET leaves it as it is, `password` None takes it away.

    `items_per_message` is how many variables, monitors or Tokens it is asked about at a time; None: as many as it says.
    """

    location_id: str | UnsetType | None = UNSET
    protocols: Annotated[tuple[Protocol, ...], Meta(min_length=1)] | UnsetType = UNSET
    security_profile: Annotated[int, Meta(ge=0, le=3)] | UnsetType = UNSET
    password: str | UnsetType | None = UNSET
    accepted: bool | UnsetType | None = UNSET
    heartbeat_interval: Seconds | UnsetType = UNSET
    boot_retry_interval: Seconds | UnsetType = UNSET
    on_connect: Literal["configure", "none"] | UnsetType = UNSET
    items_per_message: Annotated[int, Meta(ge=1, le=1000)] | UnsetType | None = UNSET
    shows_prices: bool | UnsetType = UNSET

    def __repr__(self) -> str:
        """Without the password."""
        return f"Provisioning({self.location_id}, {self.security_profile}, {self.accepted})"


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
    """Make a Station known; one that had moved away is ours again, with its history.

    Raises NotAStationId, UnfitPassword, StationExists, UnknownLocation.
    """
    rules.checked_station_id(id)
    if password is not None:
        rules.checked_password(password)
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
    store.stations.stands(unit, station, location_id)
    store.stations.forget_stranger(unit, id)
    unit.announce(StationChanged(holder=holder, station_id=id))
    return station


async def attach(unit: Unit, station_id: str, evse_no: int, where: EvseRef) -> None:
    """This number of the Station is that Evse. Raises UnknownStation, UnknownLocation, UnknownEvse, EvseTaken."""
    one = await _ours(unit, station_id)
    location = await fetch(unit, one.holder, one.holder, where.location_id)
    evse = rules.evse_of(location, where.evse_uid)
    where = EvseRef(location.id, evse.uid)
    await store.stations.attach_alone(unit, one.holder, location.id)
    taken = await store.stations.attached_to(unit, one.holder, where)
    if taken is not None and taken != (station_id, evse_no):
        raise EvseTaken(evse.uid, taken[0])
    store.stations.attach(unit, one.holder, station_id, evse_no, where)
    if one.location_id is None:
        store.stations.provision(unit, replace(one, location_id=location.id))
        store.stations.stands(unit, one, location.id)
    unit.announce(StationChanged(holder=one.holder, station_id=station_id))


async def provision(unit: Unit, station_id: str, changes: Provisioning) -> Station:
    """Set up what `changes` says. Raises UnknownStation, UnfitPassword, UnknownLocation."""
    before = await _ours(unit, station_id)
    if isinstance(changes.password, str):
        rules.checked_password(changes.password)
    if isinstance(changes.location_id, str):
        await fetch(unit, before.holder, before.holder, changes.location_id)
    said = {
        name: value
        for name in Provisioning.__struct_fields__
        if name != "password" and (value := getattr(changes, name)) is not UNSET
    }
    after = replace(before, **said)
    if changes.security_profile is not UNSET:
        after = replace(after, security_profile_next=None)
    store.stations.provision(unit, after)
    if after.location_id != before.location_id:
        store.stations.stands(unit, after, after.location_id)
    unit.learn(Line, station_id, None)
    if changes.password is not UNSET:
        store.stations.set_password(unit, station_id, None if changes.password is None else hashed(changes.password))
        after = replace(after, password_short=False)
    unit.announce(StationChanged(holder=before.holder, station_id=station_id))
    return after


async def station(unit: Unit, id: str) -> Station:
    """Raises UnknownStation."""
    found = await store.stations.find(unit, id)
    if found is None:
        raise UnknownStation(id)
    return found


async def _ours(unit: Unit, id: str) -> Station:
    """To be set up, and by nobody else until the Unit ends; one that moved away is first added again.

    Raises UnknownStation.
    """
    await hold(unit, id)
    one = await station(unit, id)
    if one.moved_at is not None:
        raise UnknownStation(id)
    return one


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


async def moved_away(
    unit: Unit, holder: PartyId | None, *, after: str | None = None, limit: int = 500
) -> Sequence[Station]:
    """Those that belong to another central system now, in the order of their ids."""
    return await store.stations.moved_away(unit, holder, after, limit)


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
    return fits((await passwords(unit, station_id))[0], password)


async def at_the_door(unit: Unit, station_id: str) -> tuple[Station, tuple[str | None, str | None]]:
    """(who says to be it, its `passwords`). Raises UnknownStation."""
    found = await store.stations.at_the_door(unit, station_id)
    if found is None:
        raise UnknownStation(station_id)
    return found


async def passwords(unit: Unit, station_id: str) -> tuple[str | None, str | None]:
    """(what is kept of its password, and of one that it was told and has not confirmed); None where there is none."""
    return await store.stations.passwords(unit, station_id)


def offer_password(unit: Unit, station: Station, password: str) -> None:
    """The Station is about to be told this one; until it says what it made of it, either opens."""
    store.stations.offer_password(unit, station.id, hashed(password))


def settle_password(unit: Unit, station: Station, *, taken: bool) -> None:
    """What was offered is its password from now on, and nothing else is; or it never was."""
    if taken:
        store.stations.keep_password(unit, station.id)
    else:
        store.stations.offer_password(unit, station.id, None)
    unit.announce(StationChanged(holder=station.holder, station_id=station.id))


def note_password(unit: Unit, station: Station, *, short: bool) -> None:
    """What nobody counted when it was set is known once it is shown."""
    store.stations.note_password(unit, station.id, short)
    unit.announce(StationChanged(holder=station.holder, station_id=station.id))


def offer_profile(unit: Unit, station: Station, profile: int) -> None:
    """The Station may come with this one, too. Raises LowerProfile."""
    if profile <= station.security_profile:
        raise LowerProfile(station.id, station.security_profile)
    store.stations.offer_profile(unit, station.id, profile)


def settle_profile(unit: Unit, station: Station, *, taken: bool) -> None:
    """It came with the profile that was offered, and with no lower one any more; or it will not."""
    if taken:
        store.stations.keep_profile(unit, station.id)
    else:
        store.stations.offer_profile(unit, station.id, None)
    unit.announce(StationChanged(holder=station.holder, station_id=station.id))


def fits(password_hash: str | None, password: str) -> bool:
    """Takes some milliseconds of work, unless it fitted before: for a thread, with no Unit open."""
    if password_hash is None:
        return False
    if fitted_before(password_hash, password):
        return True
    try:
        _hasher.verify(password_hash, password)
    except argon2.exceptions.VerificationError:
        return False
    if len(_fitted) >= FITTED_MAX:
        _fitted.clear()
    _fitted.add(_digest(password_hash, password))
    return True


def fitted_before(password_hash: str | None, password: str) -> bool:
    """Known again at once, for thousands come back at the same time when a network was away."""
    return password_hash is not None and _digest(password_hash, password) in _fitted


def _digest(password_hash: str, password: str) -> bytes:
    """The key goes with the process: what is remembered is worth nothing to whoever has the database."""
    return blake2b(f"{password_hash} {password}".encode(), key=_KEY).digest()


def hashed(password: str) -> str:
    return _hasher.hash(password)


def booted(
    unit: Unit, station: Station, *, vendor: str, model: str, serial_number: str | None, firmware: str | None
) -> None:
    store.stations.booted(unit, station.id, vendor, model, serial_number, firmware, unit.now)
    unit.announce(StationChanged(holder=station.holder, station_id=station.id))


def connected(unit: Unit, station: Station, *, process: str, protocol: str) -> Station:
    """As it is from now on."""
    store.stations.connected(unit, station.id, process, protocol)
    unit.announce(StationChanged(holder=station.holder, station_id=station.id))
    return replace(station, connected_at=unit.now, protocol=protocol)


def disconnected(unit: Unit, station: Station, *, process: str) -> None:
    """Only while this process is the one that holds it; a newer socket elsewhere is left alone."""
    store.stations.disconnected(unit, station.id, process)
    unit.announce(StationChanged(holder=station.holder, station_id=station.id))


async def nobody_holds(unit: Unit, process: str) -> None:
    """The process is gone: what it held is not connected any more, and away from now on."""
    for id, holder in await store.stations.nobody_holds(unit, process):
        unit.announce(StationChanged(holder=holder, station_id=id))


async def not_held(unit: Unit, station_ids: Collection[str], process: str) -> set[str]:
    """Which of these hang on another process by now, or on none."""
    return await store.stations.not_held(unit, station_ids, process)


def refused(unit: Unit, station_id: str, why: Note) -> None:
    """It knocked and was not let in, until it is."""
    store.stations.refused(unit, station_id, why)


def seen(unit: Unit, station_id: str) -> None:
    store.stations.seen(unit, [station_id])


async def talking(unit: Unit, stations: Iterable[Station], *, anew: Collection[str] = ()) -> dict[str, Station]:
    """They said something just now; by id, as they are.

    Who talks all the time over the same socket is noted as seen now and then, and read every minute, unless it is to be
    read `anew`: meanwhile it may have been attached elsewhere, and another process may have set it up otherwise.
    """
    known: dict[str, Line | None] = unit.remembered.get(Line, {})
    now, found, late, unknown = unit.now, dict[str, Station](), set[str](), set(anew)
    for one in stations:
        line = known.get(one.id)
        if line is None or line.looked_at < now - LOOKED_AT_EVERY or line.connected_at != one.connected_at:
            unknown.add(one.id)
        elif one.id not in anew:
            found[one.id] = one if line.prices == one.shows_prices else replace(one, shows_prices=line.prices)
            if line.seen_at < now - SEEN_EVERY:
                late.add(one.id)
                unit.learn(Line, one.id, replace(line, seen_at=now))
    read = await store.stations.named(unit, unknown) if unknown else {}
    for one in read.values():
        if one.last_seen_at is None or one.last_seen_at < now - SEEN_EVERY:
            late.add(one.id)
        seen_at = now if one.id in late or one.last_seen_at is None else one.last_seen_at
        unit.learn(Line, one.id, Line(one.connected_at, one.shows_prices, now, seen_at))
    if late:
        store.stations.seen(unit, late)
    return found | read


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
