"""What a hub keeps of what passes through it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.handshake import Interface, Module


class Told(Struct, frozen=True):
    """Whose object was told to whom, and in which version; `party` None: to everybody."""

    owner: PartyId
    key: str
    party: PartyId | None
    version: str


class Detour(Struct, frozen=True, kw_only=True):
    """A URL of one client as another may reach it: through us, under an id that nobody can guess.

    `connection_id` may go there, and on `towards` it goes on, to `party`. `about` says what a result is of.
    """

    id: str
    connection_id: str
    towards: str
    party: PartyId
    module: Module
    interface: Interface
    method: str
    about: str
    url: str


class Counted(Struct, frozen=True, kw_only=True):
    """One request for the settlement: who asked whom what, how much, and how it went; `way` in one word."""

    holder: PartyId
    id: str
    at: datetime
    asker: PartyId
    answerer: PartyId
    module: str
    method: str
    way: str
    bytes_in: int
    bytes_out: int
    http: int
    status: int
    took_ms: int


class Tally(Struct, frozen=True, kw_only=True):
    """What one asked of another in one module within some time; `granted` of the `requests` were answered with 1xxx."""

    asker: PartyId
    answerer: PartyId
    module: str
    way: str
    requests: int
    granted: int
    bytes_in: int
    bytes_out: int
