"""Who offers what, and whom the tester plays towards whom: every role by the sides of the modules that belong to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from laddnav.kit.refusal import Refusal

Sides = frozenset[tuple[str, str]]

# What each of our roles offers, module by module; SENDER is the side of who owns the data.
OFFERED: Mapping[str, Mapping[str, str]] = {
    "EMSP": {
        "locations": "RECEIVER",
        "tariffs": "RECEIVER",
        "sessions": "RECEIVER",
        "cdrs": "RECEIVER",
        "tokens": "SENDER",
        "commands": "SENDER",
        "chargingprofiles": "SENDER",
        "hubclientinfo": "RECEIVER",
    },
    "CPO": {
        "locations": "SENDER",
        "tariffs": "SENDER",
        "sessions": "SENDER",
        "cdrs": "SENDER",
        "tokens": "RECEIVER",
        "commands": "RECEIVER",
        "chargingprofiles": "RECEIVER",
        "payments": "RECEIVER",
        "hubclientinfo": "RECEIVER",
    },
    "NSP": {
        "locations": "RECEIVER",
        "tariffs": "RECEIVER",
        "hubclientinfo": "RECEIVER",
    },
    "PTP": {
        "locations": "RECEIVER",
        "tariffs": "RECEIVER",
        "sessions": "RECEIVER",
        "cdrs": "RECEIVER",
        "tokens": "SENDER",
        "commands": "SENDER",
        "payments": "SENDER",
        "hubclientinfo": "RECEIVER",
    },
    "SCSP": {
        "sessions": "RECEIVER",
        "chargingprofiles": "SENDER",
        "hubclientinfo": "RECEIVER",
    },
}
HUB = "HUB"  # played by a hub: whoever else is played then stands behind it
# As whom a peer of each role is tested, what is usual first; of the two at a hub, the second may be played besides.
TESTED_AS: Mapping[str, tuple[str, ...]] = {
    "CPO": ("EMSP", "NSP", "PTP", "SCSP"),
    "EMSP": ("CPO",),
    "HUB": ("CPO", "EMSP"),
    "NAP": ("CPO", "NSP"),
    "NSP": ("CPO",),
    "SCSP": ("CPO",),
    "PTP": ("CPO",),
    "OTHER": ("CPO",),
}
OPPOSITE = {"SENDER": "RECEIVER", "RECEIVER": "SENDER"}
# What a peer of each role offers as a rule (introduction_typical_roles); a hub and a terminal provider have their mark.
_TYPICAL: Mapping[str, Sides] = {
    "CPO": frozenset((module, side) for module, side in OFFERED["CPO"].items() if module != "payments"),
    "EMSP": frozenset(OFFERED["EMSP"].items()),
    "NSP": frozenset(OFFERED["NSP"].items()),
    "NAP": frozenset({*OFFERED["NSP"].items(), ("locations", "SENDER"), ("tariffs", "SENDER")}),
    "SCSP": frozenset(OFFERED["SCSP"].items()),
    "OTHER": frozenset({("hubclientinfo", "RECEIVER")}),
}
_MARKS: Mapping[tuple[str, str], str] = {("hubclientinfo", "SENDER"): "HUB", ("payments", "SENDER"): "PTP"}


class UnknownRole(Refusal):
    """A role that is not of OCPI, or that the tester cannot play towards such a peer."""

    def __init__(self, role: str, known: Iterable[str], why: str) -> None:
        super().__init__(f"{role!r} is none of {', '.join(known)}, {why}")


def seeming(offered: Iterable[tuple[str, str | None]]) -> str:
    """What somebody is who offers these sides of modules."""
    sides = {one for one in offered if one[0] != "credentials"}
    marked = next((role for mark, role in _MARKS.items() if mark in sides), None)
    return marked or min(_TYPICAL, key=lambda role: len(sides ^ _TYPICAL[role]))


def cast(our_role: str | None, their_role: str | None) -> tuple[str | None, str | None]:
    """(whom we play, what they are), each as far as it is said or follows from the other. Raises UnknownRole.

    As a hub we play whom such a peer deals with, behind it.
    """
    if their_role is not None and their_role not in TESTED_AS:
        raise UnknownRole(their_role, TESTED_AS, "the roles that can be tested")
    if our_role is not None and our_role not in (*OFFERED, HUB):
        raise UnknownRole(our_role, (*OFFERED, HUB), "the roles that the tester plays")
    if our_role == HUB:
        if their_role == HUB:
            raise UnknownRole(HUB, TESTED_AS[HUB], "as which the tester tests a HUB")
        our_role = None
    if their_role is not None and our_role is not None and our_role not in TESTED_AS[their_role]:
        raise UnknownRole(our_role, TESTED_AS[their_role], f"as which the tester tests a {their_role}")
    if their_role is not None:
        return our_role or TESTED_AS[their_role][0], their_role
    return our_role, None


def other(our_role: str, their_role: str) -> str | None:
    """Whom the tester can play beside itself, where both are clients of one hub."""
    both = TESTED_AS[their_role] if their_role == "HUB" else ()
    return next((role for role in both if role != our_role), None)


def facing(our_role: str) -> str:
    """What a peer is of whom nobody says more than whom we play towards it."""
    return next(role for role, ours in TESTED_AS.items() if our_role in ours)
