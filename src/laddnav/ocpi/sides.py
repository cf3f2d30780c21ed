"""What each of our roles offers, in which version of OCPI, and where it stands below our URL."""

from __future__ import annotations

from collections.abc import Iterable

from laddnav.ocpi.wire.handshake import Endpoint, Interface, Module, VersionDetails, opposite
from laddnav.ocpi.wire.version import Version
from laddnav.parties.model import Role

SENDER, RECEIVER = Interface.SENDER, Interface.RECEIVER

Side = tuple[Module, Interface]

# Which sides of which modules each of our roles serves (OCPI 2.2.1 introduction_typical_roles).
OFFERED: dict[Role, tuple[Side, ...]] = {
    Role.CPO: (
        (Module.LOCATIONS, SENDER),
        (Module.TARIFFS, SENDER),
        (Module.SESSIONS, SENDER),
        (Module.CDRS, SENDER),
        (Module.TOKENS, RECEIVER),
        (Module.COMMANDS, RECEIVER),
        (Module.CHARGING_PROFILES, RECEIVER),
        (Module.HUB_CLIENT_INFO, RECEIVER),
        (Module.INVOICE_RECONCILIATION, SENDER),
        (Module.INVOICE_RECONCILIATION, RECEIVER),
        (Module.TERMINALS, RECEIVER),
        (Module.CONFIRMATIONS, RECEIVER),
        (Module.BOOKINGS, SENDER),
        (Module.BOOKING_LOCATIONS, SENDER),
    ),
    Role.EMSP: (
        (Module.LOCATIONS, RECEIVER),
        (Module.TARIFFS, RECEIVER),
        (Module.SESSIONS, RECEIVER),
        (Module.CDRS, RECEIVER),
        (Module.TOKENS, SENDER),
        (Module.COMMANDS, SENDER),
        (Module.CHARGING_PROFILES, SENDER),
        (Module.HUB_CLIENT_INFO, RECEIVER),
        (Module.INVOICE_RECONCILIATION, SENDER),
        (Module.INVOICE_RECONCILIATION, RECEIVER),
        (Module.BOOKINGS, RECEIVER),
        (Module.BOOKING_LOCATIONS, RECEIVER),
    ),
    Role.NSP: (
        (Module.LOCATIONS, RECEIVER),
        (Module.TARIFFS, RECEIVER),
        (Module.HUB_CLIENT_INFO, RECEIVER),
    ),
    # A database of all places where one can charge in public (OCPI 2.2.1 terminology_roles).
    Role.NAP: (
        (Module.LOCATIONS, RECEIVER),
        (Module.LOCATIONS, SENDER),
        (Module.TARIFFS, RECEIVER),
        (Module.TARIFFS, SENDER),
        (Module.HUB_CLIENT_INFO, RECEIVER),
    ),
    # Limits charges for others, by contract with their CPO or eMSP (OCPI 2.2.1 mod_charging_profiles_module).
    Role.SCSP: (
        (Module.SESSIONS, RECEIVER),
        (Module.CHARGING_PROFILES, SENDER),
        (Module.HUB_CLIENT_INFO, RECEIVER),
    ),
    # Nothing of its own: it is registered, and heard of (OCPI 2.2.1 types_role_enum).
    Role.OTHER: ((Module.HUB_CLIENT_INFO, RECEIVER),),
    # As an eMSP whose drivers need no contract (OCPI 2.3.0 mod_payments_transaction_flow).
    Role.PTP: (
        (Module.LOCATIONS, RECEIVER),
        (Module.TARIFFS, RECEIVER),
        (Module.SESSIONS, RECEIVER),
        (Module.CDRS, RECEIVER),
        (Module.TOKENS, SENDER),
        (Module.COMMANDS, SENDER),
        (Module.HUB_CLIENT_INFO, RECEIVER),
        (Module.TERMINALS, SENDER),
        (Module.CONFIRMATIONS, SENDER),
    ),
    Role.HUB: ((Module.HUB_CLIENT_INFO, SENDER),),
}

# What an eMSP serves to whoever limits its drivers' charges for it, and to nobody else
# (OCPI 2.2.1 mod_charging_profiles_toplogies_emsp_scspp).
DELEGATED: tuple[Side, ...] = ((Module.SESSIONS, SENDER), (Module.CHARGING_PROFILES, RECEIVER))
# What a role serves beside the other side of the same module, whose URLs look alike.
APART: dict[Role, frozenset[Side]] = {
    Role.NAP: frozenset({(Module.LOCATIONS, SENDER), (Module.TARIFFS, SENDER)}),
    Role.EMSP: frozenset(DELEGATED),
}
# What is between a hub and a platform, and for nobody behind either
# (OCPI 2.2.1 transport_and_format_message_routing).
UNROUTED = frozenset({Module.CREDENTIALS, Module.HUB_CLIENT_INFO})
# What goes from one client of a hub to another, and what of it is meant for everybody; the rest concerns two parties
# (OCPI 2.2.1 transport_and_format_message_routing_broadcast_push).
PASSED_ON = frozenset(one for one in Module if one.offered_as is one) - UNROUTED
FOR_ALL = frozenset({Module.LOCATIONS, Module.TARIFFS, Module.TOKENS})
# What we say and hear in each role: as hub for others, and at URLs of its own (`hub/through.py`).
TOLD: dict[Role, tuple[Side, ...]] = OFFERED | {
    Role.EMSP: OFFERED[Role.EMSP] + DELEGATED,
    Role.HUB: (*OFFERED[Role.HUB], *((module, side) for module in sorted(PASSED_ON) for side in Interface)),
}
# What has no list to be fetched: requests and their results.
ASKED_ONLY = frozenset({Module.COMMANDS, Module.CHARGING_PROFILES, Module.PAYMENTS})


def path_of(role: Role) -> str:
    """The part of our URLs that names our role."""
    return role.value.lower()


def place_of(role: Role, number: str, side: Side) -> str:
    """Where an endpoint of ours stands, below our /ocpi."""
    module, interface = side
    aside = f"{interface.value.lower()}/" if side in APART.get(role, ()) else ""
    return f"/{path_of(role)}/{number}/{aside}{module}"


def aside(role: Role, name: str) -> Interface | None:
    """Which side a part of a URL names, where this role has one that stands apart."""
    return next((interface for _, interface in APART.get(role, ()) if interface.value.lower() == name), None)


def hub_endpoint(base: str, number: str, interface: Interface, module: Module) -> str:
    """Apart from the other side of the same module, whose URLs look alike."""
    return f"{base}/{path_of(Role.HUB)}/{number}/{interface.value.lower()}/{module}"


def told(role: Role, version: Version) -> tuple[Side, ...]:
    """What we say and hear in a version; in one that cannot limit charges nothing is delegated."""
    without = DELEGATED if role is Role.EMSP and Module.CHARGING_PROFILES not in version.modules else ()
    return tuple(side for side in TOLD[role] if side[0] in version.modules and side not in without)


def passed_on(version: Version, theirs: Role | None) -> tuple[Side, ...]:
    """What a client finds at a hub: both sides, or where a version has no word for sides, those that it deals with."""
    if version.routes:
        return tuple((module, side) for module in sorted(PASSED_ON & version.modules) for side in Interface)
    sides = OFFERED[opposite(opposite(Role.CPO) if theirs is None else theirs)]
    return tuple(side for side in sides if side[0] in PASSED_ON & version.modules)


def fetched(role: Role) -> tuple[Module, ...]:
    """Whose lists we fetch: of what we are the Receiver; as hub of what is for all, for the rest would not be shown."""
    heard = (module for module, interface in TOLD[role] if interface is RECEIVER and module not in ASKED_ONLY)
    return tuple(module for module in heard if role is not Role.HUB or module in FOR_ALL)


def details(
    offers: Iterable[tuple[Role, Iterable[Side]]], version: Version, base: str, theirs: Role | None = None
) -> VersionDetails:
    """What a partner finds that is offered this; `base` is our /ocpi. The credentials stand in it once, as SENDER.

    So does each side of a module that several of our roles serve (OCPI 2.2.1
    version_information_endpoint_endpoint_class).
    """
    number = version.number
    sides: dict[Side, Role] = {}
    passing: list[Side] = []
    for role, offered in offers:
        for module, interface in offered:
            if module in version.modules and _is_meant(role, (module, interface), version, theirs):
                sides.setdefault((module.offered_as, interface), role)
        if role is Role.HUB:
            passing += passed_on(version, theirs)
    modules = [
        Endpoint(identifier=module, role=interface, url=base + place_of(role, number, (module, interface)))
        for (module, interface), role in sides.items()
    ]
    modules += [
        Endpoint(identifier=module, role=interface, url=hub_endpoint(base, number, interface, module))
        for module, interface in passing
    ]
    credentials = Endpoint(identifier=Module.CREDENTIALS, role=SENDER, url=f"{base}/{number}/{Module.CREDENTIALS}")
    return VersionDetails(version=number, endpoints=(credentials, *modules))


def _is_meant(role: Role, side: Side, version: Version, theirs: Role | None) -> bool:
    """Of two sides of a module that a version cannot tell apart, the one that such a partner deals with."""
    module, interface = side
    other = (module, RECEIVER if interface is SENDER else SENDER)
    if version.routes or APART.get(role, frozenset()).isdisjoint((side, other)):
        return True
    return other in OFFERED[theirs or Role.CPO]
