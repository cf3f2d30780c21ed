"""What a person may do so that a run sees what this one did not."""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from laddnav.ocpi.conform.catalogue import Requirement
from laddnav.ocpi.conform.checks.finding import CHECKS
from laddnav.ocpi.conform.counterpart import SECONDLY
from laddnav.ocpi.conform.record import Record

_WAIT = "while `laddnav conform --wait 120` runs"


class Hint(Struct, frozen=True, kw_only=True):
    """`do`: what to do for these ids, or for what checks can see of these modules, of a peer in one of `roles`.

    No `roles`: in any.
    """

    do: str
    ids: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()

    def fits(self, one: Requirement, role: str | None) -> bool:
        named = one.id in self.ids or (one.module in self.modules and one.id in _seen_by_checks())
        return named and (not self.roles or role in self.roles)


@cache
def _seen_by_checks() -> frozenset[str]:
    return frozenset(id for ids in CHECKS.values() for id in ids)


def _hint(do: str, named: str, roles: str = "") -> Hint:
    """Ids have a dash, modules have none."""
    words = named.split(",")
    return Hint(
        do=do,
        ids=frozenset(word for word in words if "-" in word),
        modules=frozenset(word for word in words if "-" not in word),
        roles=frozenset(roles.split()),
    )


# The first that fits is said.
HINTS = (
    _hint("take a client of the hub off the net, and ask it something through the hub", "HUB-022", "HUB"),
    _hint("have the hub know another hub, with a party behind that one", "HUB-014", "HUB"),
    _hint("have a third client on either side of the hub; see what it hears", "HUB-031,HUB-035", "HUB"),
    _hint("forbid two clients each other in the hub, and ask through it", "HUB-054", "HUB"),
    _hint("connect a client to the hub in another version, and ask it through the hub", "HUB-055", "HUB"),
    _hint("leave a client of the hub silent until the hub looks for it", "HCI-014", "HUB"),
    _hint("have the hub invite a client that does not come", "HCI-009", "HUB"),
    _hint("name a second invitation of the hub with `--second-token`", "hub routing,hubclientinfo", "HUB"),
    _hint("play a hub with `--as HUB`, and see whom the partner addresses", "hub routing,hubclientinfo"),
    _hint(f"have the partner limit the charge that it was told of, {_WAIT}", "chargingprofiles", "SCSP EMSP"),
    _hint(f"have a driver pay at a terminal of the partner and its money captured, {_WAIT}", "payments", "PTP"),
    _hint(f"have a driver of the partner begin, reserve or end a charge, {_WAIT}", "commands", "EMSP PTP"),
    _hint("name a place for a real charge with `--evse`, and have a station do as it is told", "commands", "CPO"),
    _hint(f"play an SCSP with `--as SCSP`, and have somebody charge {_WAIT}", "chargingprofiles", "CPO"),
    _hint(
        f"have a place, a price or a charge of the partner change, {_WAIT}", "locations,tariffs,sessions,cdrs", "CPO"
    ),
    _hint(f"have a place or a price change that the partner tells on, {_WAIT}", "locations,tariffs", "NAP"),
    _hint(f"have a Token of the partner change, {_WAIT}", "tokens", "EMSP PTP"),
)


def advice(one: Requirement, record: Record) -> str | None:
    """None where nobody could do more than look."""
    role = record.their_role
    hint = next((hint for hint in HINTS if hint.fits(one, role)), None)
    if hint is None or ("--second-token" in hint.do and record.last(f"{SECONDLY}POST credentials") is not None):
        return None
    if "--as HUB" in hint.do and record.hub is not None:
        return None
    return hint.do
