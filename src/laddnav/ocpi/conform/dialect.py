"""How the tester talks in each version: facts about the talk, not about the objects."""

from __future__ import annotations

from msgspec import Struct

_CORE = frozenset({"cdrs", "commands", "credentials", "locations", "sessions", "tariffs", "tokens"})
_LATER = _CORE | {"chargingprofiles", "hubclientinfo"}


class Dialect(Struct, frozen=True, kw_only=True):
    """`routes`: messages have ids and name their parties, and every endpoint says its interface."""

    routes: bool
    modules: frozenset[str]
    party_name: str  # what an object of the wrong owner is refused by
    patches_tariffs: bool = False
    result: str = "CommandResult"  # what the result of a command is


DIALECTS = {
    "2.1.1": Dialect(routes=False, modules=_CORE, party_name="", patches_tariffs=True, result="CommandResponse"),
    "2.2.1": Dialect(routes=True, modules=_LATER, party_name="party_id"),
    "2.3.0": Dialect(
        routes=True, modules=_LATER | {"bookings", "invoicereconciliation", "payments"}, party_name="party_id"
    ),
}
