"""What may be said about a place, and what follows when something on it changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec.structs import replace

from laddnav.kit.ids import fold
from laddnav.kit.refusal import Refusal
from laddnav.locations.model import (
    Connector,
    Evse,
    EvsePosition,
    Location,
    Parking,
    PublishTokenType,
    Station,
    Status,
)

STATION_ID_MAX = 255
PASSWORD_MIN, PASSWORD_MAX = 16, 64  # characters; below OCPP 2.1 a station has room for 40
# What an Evse id is made of, separators left out (OCPI 2.2.1 mod_locations_evse_object, its evse_id).
_EVSE_NUMBER = re.compile(r"[A-Z0-9]{1,48}")
# The voltage of a Connector is that of one of its phases (OCPI 2.2.1 mod_locations_connector_object).
_PHASES = {"AC_2_PHASE": 2, "AC_3_PHASE": 3}


class UnknownLocation(Refusal):
    """No Location with this id is known here."""

    def __init__(self, location_id: str) -> None:
        super().__init__(f"No Location {location_id!r} is known here")
        self.location_id = location_id


class UnknownEvse(Refusal):
    """No Evse with this uid is known at this Location."""

    def __init__(self, location_id: str, evse_uid: str) -> None:
        super().__init__(f"No Evse {evse_uid!r} is known at Location {location_id!r}")
        self.location_id, self.evse_uid = location_id, evse_uid


class UnknownConnector(Refusal):
    """No Connector with this id is known at this Evse."""

    def __init__(self, evse_uid: str, connector_id: str) -> None:
        super().__init__(f"No Connector {connector_id!r} is known at Evse {evse_uid!r}")
        self.evse_uid, self.connector_id = evse_uid, connector_id


class UnknownStation(Refusal):
    """No Station with this id is known here."""

    def __init__(self, station_id: str) -> None:
        super().__init__(f"No Station {station_id!r} is known here; add it with `laddnav station add`")
        self.station_id = station_id


class UnknownMaintenance(Refusal):
    """No maintenance of this ref is known here."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No maintenance {ref!r} is known here")


class MaintenanceOver(Refusal):
    """What is over stays as it was entered."""


class NoPlace(Refusal):
    """Maintenance is either of a Station or of a Location."""

    def __init__(self) -> None:
        super().__init__("Say either station_id or location, our ref of a Location of ours")


class NoTime(Refusal):
    """A time begins before it ends."""


class NotAStationId(Refusal):
    """A Station is named by 1 to 255 printable characters without a slash."""

    def __init__(self) -> None:
        super().__init__(f"A Station is named by 1 to {STATION_ID_MAX} printable characters without a slash")


class StationExists(Refusal):
    """A Station with this id is known already; ids are unique in the installation."""

    def __init__(self, station_id: str) -> None:
        super().__init__(f"Station {station_id!r} exists already; its id is unique in the installation")
        self.station_id = station_id


class UnfitPassword(Refusal):
    """A station's password is so long that nobody guesses it, and no longer than a station may have room for.

    16 bytes or more and 40 digits or fewer (OCPP 1.6 security whitepaper A00.FR.205, A00.FR.304), 16 to 40 characters
    (OCPP 2.0.1, the same), by OCPP 2.1 up to 64. What a station speaks is not known before it has come.
    """

    def __init__(self, length: int) -> None:
        super().__init__(
            f"`password` has {length} characters, and a station's has {PASSWORD_MIN} to {PASSWORD_MAX} "
            "(40 where it speaks no OCPP 2.1), at random: choose another, and set it at the station too"
        )
        self.length, self.least, self.most = length, PASSWORD_MIN, PASSWORD_MAX


class LowerProfile(Refusal):
    """A Station is led to a higher security profile only; an operator who wants less sets it up anew (A00.FR.005)."""

    def __init__(self, station_id: str, profile: int) -> None:
        super().__init__(f"Station {station_id!r} uses security profile {profile} and is led to a higher one only")
        self.station_id, self.profile = station_id, profile


class NoStation(Refusal):
    """No Station of ours that is connected stands behind this Evse."""

    def __init__(self, evse_uid: str) -> None:
        super().__init__(f"No connected Station stands behind Evse {evse_uid!r}")
        self.evse_uid = evse_uid


class EvseTaken(Refusal):
    """Another Station is attached to this Evse."""

    def __init__(self, evse_uid: str, station_id: str) -> None:
        super().__init__(f"Evse {evse_uid!r} belongs to Station {station_id!r} already")
        self.evse_uid, self.station_id = evse_uid, station_id


class UidTaken(Refusal):
    """A Location has another Evse of this uid, and there can be only one."""

    def __init__(self, location_id: str, evse_uid: str) -> None:
        super().__init__(
            f"Location {location_id!r} has an Evse {evse_uid!r} of its own; give one of the two another uid"
        )
        self.location_id, self.evse_uid = location_id, evse_uid


class CarThere(Refusal):
    """A car charges at this Evse, or is promised it: its Station stays until then."""

    def __init__(self, station_id: str, evse_uid: str) -> None:
        super().__init__(
            f"A car charges at Evse {evse_uid!r} of Station {station_id!r}, or is promised it; "
            "if the end of that charge was lost, close the charge first"
        )
        self.station_id, self.evse_uid = station_id, evse_uid


class TwoEvsesAlike(Refusal):
    """An Evse uid, a Connector id in one Evse, or a Parking id occurs twice."""

    def __init__(self, where: str, one: str) -> None:
        super().__init__(f"{where} has {one!r} twice")
        self.where, self.one = where, one


class UnknownParking(Refusal):
    """An Evse of ours names a Parking that its Location does not have (OCPI 2.3.0 mod_locations_evseparking_class)."""

    def __init__(self, evse_uid: str, parking_id: str) -> None:
        super().__init__(f"Evse {evse_uid!r} is reached from Parking {parking_id!r}, which its Location does not have")
        self.evse_uid, self.parking_id = evse_uid, parking_id


class UnknownTimeZone(Refusal):
    """A Location's time zone is a name of the IANA database, for its prices and hours are told in it."""

    def __init__(self, location_id: str, time_zone: str) -> None:
        super().__init__(f"Location {location_id!r} has the time zone {time_zone!r}, which the IANA database does not")
        self.location_id, self.time_zone = location_id, time_zone


def sound(location: Location, *, ours: bool) -> Location:
    """The Location as it came, once it is known to be usable.

    Raises TwoEvsesAlike and, for ours, UnknownTimeZone, UnknownParking.
    """
    if ours:
        _said_well(location)
    _unique(f"Location {location.id!r}", [evse.uid for evse in location.evses])
    for evse in location.evses:
        sound_evse(evse)
    return location


def sound_evse(evse: Evse) -> Evse:
    """Raises TwoEvsesAlike."""
    _unique(f"Evse {evse.uid!r}", [connector.id for connector in evse.connectors])
    return evse


def _said_well(location: Location) -> None:
    """What we must not tell partners. Raises UnknownTimeZone, TwoEvsesAlike, UnknownParking."""
    if not _is_zone(location.time_zone):
        raise UnknownTimeZone(location.id, location.time_zone)
    _unique(f"Location {location.id!r}", [parking.id for parking in location.parking_places])
    spaces = {fold(parking.id) for parking in location.parking_places}
    for evse in location.evses:
        for one in evse.parking:
            if fold(one.parking_id) not in spaces:
                raise UnknownParking(evse.uid, one.parking_id)


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


def _unique(where: str, ids: list[str]) -> None:
    seen: set[str] = set()
    for one in ids:
        if fold(one) in seen:
            raise TwoEvsesAlike(where, one)
        seen.add(fold(one))


_SOMETIME = datetime.min.replace(tzinfo=UTC)


def without_instants(location: Location) -> Location:
    """For telling whether anything but the times of change differs."""
    return replace(location, last_updated=_SOMETIME, evses=tuple(_timeless(evse) for evse in location.evses))


def _timeless(evse: Evse) -> Evse:
    connectors = tuple(replace(connector, last_updated=_SOMETIME) for connector in evse.connectors)
    return replace(evse, last_updated=_SOMETIME, connectors=connectors)


def checked_station_id(id: str) -> str:
    """It is the last part of the address that the Station connects to. Raises NotAStationId."""
    if not 0 < len(id) <= STATION_ID_MAX or not id.isprintable() or id != id.strip() or "/" in id or id in (".", ".."):
        raise NotAStationId
    return id


def checked_password(password: str) -> str:
    """Raises UnfitPassword."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise UnfitPassword(len(password))
    return password


def is_short(password: str | bytes) -> bool:
    """Whether it can be guessed sooner than stations' passwords may be; bytes are a key of OCPP 1.6."""
    return len(password) < PASSWORD_MIN


def as_printed(number: str) -> str | None:
    """An Evse's number without its separators and in capitals, for nobody types them all; None where it is none."""
    plain = re.sub(r"[*\s-]", "", number).upper()
    return plain if _EVSE_NUMBER.fullmatch(plain) else None


def shown_to_anybody(location: Location, evse: Evse) -> bool:
    """Whether the public may be told of it: only what is published, and is there."""
    return location.publish and evse.status is not Status.REMOVED


def stays(before: Location, after: Location, *, ours: bool) -> bool:
    """Whether the news says nothing new, or comes from a partner whose newer news overtook it."""
    if not ours and after.last_updated < before.last_updated:
        return True
    return without_instants(before) == without_instants(after)


def stays_evse(before: Evse, after: Evse) -> bool:
    """As `stays`, of one Evse of a partner."""
    if after.last_updated < before.last_updated:
        return True
    # Nearly all that is told of an Evse is that it is taken or free.
    return after.status is before.status and _timeless(before) == _timeless(after)


def removed(location: Location) -> Location:
    """Without an Evse that anybody could use (OCPI 2.2.1 mod_locations_status_enum).

    As new as it was: when its owner says it again, unchanged, it is there again.
    """
    return replace(location, evses=tuple(replace(evse, status=Status.REMOVED) for evse in location.evses))


def dated(location: Location) -> Location:
    """Every part as new as the newest in it: so our own have to be told (OCPI 2.2.1 mod_locations_evse_object).

    Feeds that we take over are often kept with a date for each part by itself.
    """
    evses = tuple(
        replace(evse, last_updated=max((evse.last_updated, *(one.last_updated for one in evse.connectors))))
        for evse in location.evses
    )
    return replace(
        location, evses=evses, last_updated=max((location.last_updated, *(evse.last_updated for evse in evses)))
    )


def with_evse(location: Location, evse: Evse) -> Location:
    """Its Evse of this uid replaced, or one more; the Location is then as new as its newest part.

    OCPI 2.2.1 mod_locations_location_object.
    """
    others = tuple(one for one in location.evses if fold(one.uid) != fold(evse.uid))
    if len(others) < len(location.evses):
        evses = tuple(evse if fold(one.uid) == fold(evse.uid) else one for one in location.evses)
    else:
        evses = (*others, evse)
    return replace(location, evses=evses, last_updated=max(location.last_updated, evse.last_updated))


def with_connector(location: Location, evse_uid: str, connector: Connector) -> Location:
    """Raises UnknownEvse."""
    evse = evse_of(location, evse_uid)
    if any(fold(one.id) == fold(connector.id) for one in evse.connectors):
        connectors = tuple(connector if fold(one.id) == fold(connector.id) else one for one in evse.connectors)
    else:
        connectors = (*evse.connectors, connector)
    newest = max(evse.last_updated, connector.last_updated)
    return with_evse(location, replace(evse, connectors=connectors, last_updated=newest))


def with_status(location: Location, evse_uid: str, status: Status, at: datetime) -> Location:
    """Raises UnknownEvse."""
    evse = evse_of(location, evse_uid)
    return with_evse(location, replace(evse, status=status, last_updated=max(evse.last_updated, at)))


def succeeding(before: Location, after: Location) -> Location:
    """Our own Location as it is to be told: an Evse that is gone stays, as REMOVED.

    OCPI 2.2.1 evse_delete_with_status_update.
    """
    kept = {fold(evse.uid) for evse in after.evses}
    gone = tuple(
        evse if evse.status is Status.REMOVED else replace(evse, status=Status.REMOVED, last_updated=after.last_updated)
        for evse in before.evses
        if fold(evse.uid) not in kept
    )
    return replace(after, evses=after.evses + gone) if gone else after


def evse_of(location: Location, evse_uid: str) -> Evse:
    """Raises UnknownEvse."""
    for evse in location.evses:
        if fold(evse.uid) == fold(evse_uid):
            return evse
    raise UnknownEvse(location.id, evse_uid)


def spaces_of(location: Location, evse: Evse) -> tuple[tuple[Parking, EvsePosition | None], ...]:
    """Where one can park to charge there, and how the Evse stands to that."""
    known = {fold(parking.id): parking for parking in location.parking_places}
    return tuple((known[fold(one.parking_id)], one.position) for one in evse.parking if fold(one.parking_id) in known)


def connector_of(evse: Evse, connector_id: str | None) -> Connector:
    """The one named, or the first where none is. Raises UnknownConnector."""
    for connector in evse.connectors:
        if connector_id is None or fold(connector.id) == fold(connector_id):
            return connector
    raise UnknownConnector(evse.uid, connector_id or "")


def capacity(connector: Connector) -> int:
    """The most that it gives, in watts: what its voltage and amperage come to, where nothing lower is said."""
    return connector.power_max or connector.voltage_max * connector.amperage_max * phases(connector)


def phases(connector: Connector) -> int:
    """From how many phases of the mains a car can draw there; one, where it is fed with direct current."""
    return _PHASES.get(connector.power_type, 1)


def tariff_ids(location: Location, evse_uid: str, connector_id: str | None) -> tuple[str, ...]:
    return connector_of(evse_of(location, evse_uid), connector_id).tariff_ids


def chooses_connector(station: Station) -> bool:
    """Whether the Connector of a start can be told to it: OCPP 1.x counts Connectors as though each were an Evse."""
    return not (station.protocol or station.protocols[0]).startswith("ocpp1")


def ended(location: Location) -> bool:
    """Whether nothing of it is left (OCPI 2.2.1 mod_locations_cpo_interface)."""
    return bool(location.evses) and all(evse.status is Status.REMOVED for evse in location.evses)


class Named(Protocol):
    """A Token, as far as it says who may see a place."""

    @property
    def uid(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def visual_number(self) -> str | None: ...
    @property
    def issuer(self) -> str: ...
    @property
    def group_id(self) -> str | None: ...


def may_be_shown(location: Location, token: Named | None) -> bool:
    """To everybody what is published; else only to whoever owns a Token that agrees with all that one entry sets.

    OCPI 2.2.1 mod_locations_location_object, mod_locations_publish_token_class.
    """
    if location.publish:
        return True
    return token is not None and any(_agrees(entry, token) for entry in location.publish_allowed_to)


def _agrees(entry: PublishTokenType, token: Named) -> bool:
    said = [(name, value) for name in entry.__struct_fields__ if (value := getattr(entry, name)) is not None]
    return bool(said) and all(fold(value) == fold(getattr(token, name) or "") for name, value in said)


def open_while_charging(location: Location) -> bool:
    """Whether a charge goes on after closing time, as it does where nobody says.

    OCPI 2.2.1 mod_locations_location_object.
    """
    return location.charging_when_closed is not False
