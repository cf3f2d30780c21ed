"""The versions as the tester talks them: facts about the talk, and who says what it owns in them."""

from __future__ import annotations

from msgspec import Struct

from laddnav.ocpi.conform.samples import Ours, Ours211, Ours230

_CORE = frozenset({"cdrs", "commands", "credentials", "locations", "sessions", "tariffs", "tokens"})
_LATER = _CORE | {"chargingprofiles", "hubclientinfo"}


class Dialect(Struct, frozen=True, kw_only=True):
    """`routes`: messages have ids and name their parties, and every endpoint says its interface."""

    number: str
    ours: type[Ours]
    routes: bool
    modules: frozenset[str]
    party_name: str  # what an object of the wrong owner is refused by
    patches_tariffs: bool = False
    names_hub: bool = False  # credentials say in a field of its own who the hub is, and list whom it reaches
    result: str = "CommandResult"  # what the result of a command is


# What is spoken until the peer's own list has been read.
USUAL = Dialect(number="2.2.1", ours=Ours, routes=True, modules=_LATER, party_name="party_id")
DIALECTS = {
    one.number: one
    for one in (
        Dialect(
            number="2.1.1",
            ours=Ours211,
            routes=False,
            modules=_CORE,
            party_name="",
            patches_tariffs=True,
            result="CommandResponse",
        ),
        USUAL,
        Dialect(
            number="2.3.0",
            ours=Ours230,
            routes=True,
            modules=_LATER | {"bookings", "invoicereconciliation", "payments"},
            party_name="party_id",
            names_hub=True,
        ),
    )
}
SPOKEN_BY_NOBODY = "1.0"
WITHDRAWN = frozenset({"2.0", "2.1", "2.2"})  # each has a successor with the same modules
