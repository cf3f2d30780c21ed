"""What a message is about, and whether two versions of OCPI spell that alike: then its bytes stay as they are."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from laddnav.cdrs.model import Cdr
from laddnav.locations.model import Connector, Evse, Location
from laddnav.ocpi.sides import RECEIVER, SENDER
from laddnav.ocpi.wire.commands import COMMANDS, CommandResponse, CommandResult, CommandType
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.ocpi.wire.profiles import RESULTS, ChargingProfileResponse, ProfileRequest, SetChargingProfile
from laddnav.ocpi.wire.version import Version
from laddnav.scheduling.model import ActiveChargingProfile
from laddnav.sessions.model import Preferences, Session
from laddnav.tariffs.model import Tariff
from laddnav.tokens.model import Authorization, LocationReferences, Token

PARTS = (Location, Evse, Connector)
OBJECTS: dict[Module, type[Any]] = {
    Module.CDRS: Cdr,
    Module.LOCATIONS: Location,
    Module.SESSIONS: Session,
    Module.TARIFFS: Tariff,
    Module.TOKENS: Token,
}


class Shape(Struct, frozen=True):
    """Of what a request and its answer speak; None: of nothing that versions spell differently."""

    asks: type[Any] | None = None
    answers: type[Any] | None = None


def shape(module: Module, interface: Interface, method: str, segments: tuple[str, ...]) -> Shape:
    """`segments` are what stands behind the module in the URL; what a response URL is about, stands there too."""
    many = len(segments)
    if module is Module.COMMANDS:
        return _command(interface, segments)
    if module is Module.CHARGING_PROFILES:
        return _profile(interface, method, segments)
    if module not in OBJECTS:
        return Shape()
    if interface is SENDER and method == "POST":
        return Shape(LocationReferences, Authorization)
    if interface is SENDER and method == "PUT":
        return Shape(Preferences)
    kind = OBJECTS[module]
    if module is Module.LOCATIONS:
        kind = PARTS[max(0, min(many - (1 if interface is SENDER else 3), 2))]
    if method == "GET":
        return Shape(answers=kind)
    return Shape(asks=kind) if method in ("PUT", "PATCH", "POST") else Shape()


def _command(interface: Interface, segments: tuple[str, ...]) -> Shape:
    if interface is SENDER:
        return Shape(CommandResult)
    kind = segments[0] if segments else ""
    return Shape(COMMANDS[CommandType(kind)] if kind in set(CommandType) else None, CommandResponse)


def _profile(interface: Interface, method: str, segments: tuple[str, ...]) -> Shape:
    if interface is RECEIVER:
        return Shape(SetChargingProfile if method == "PUT" else None, ChargingProfileResponse)
    if method == "PUT":
        return Shape(ActiveChargingProfile)
    kind = segments[0] if segments else ""
    return Shape(RESULTS[ProfileRequest(kind)] if kind in set(ProfileRequest) else None)


def alike(kind: type[Any] | None, one: Version, other: Version) -> bool:
    """Whether what the one says of it is what the other would say."""
    if kind is None or one.number == other.number:
        return True
    return kind in one.codecs and kind in other.codecs and one.codecs[kind] is other.codecs[kind]
