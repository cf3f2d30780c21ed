"""How the tester talks in each version: facts about the talk, not about the objects."""

from __future__ import annotations

from msgspec import Struct


class Dialect(Struct, frozen=True, kw_only=True):
    """`routes`: messages have ids and name their parties, and every endpoint says its interface."""

    encodes_token: bool
    routes: bool
    party_name: str  # what an object of the wrong owner is refused by
    patches_tariffs: bool = False
    result: str = "CommandResult"  # what the result of a command is


DIALECTS = {
    "2.1.1": Dialect(encodes_token=False, routes=False, party_name="", patches_tariffs=True, result="CommandResponse"),
    "2.2.1": Dialect(encodes_token=True, routes=True, party_name="party_id"),
    "2.3.0": Dialect(encodes_token=True, routes=True, party_name="party_id"),
}
