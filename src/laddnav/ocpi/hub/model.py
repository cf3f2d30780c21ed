"""What a hub keeps of what passes through it."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from laddnav.kit.ids import PartyId, fold
from laddnav.ocpi.wire.clients import ClientStatus
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.parties.model import Role


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


class HubMember(Struct, frozen=True, kw_only=True):
    """One party in one role behind a hub of ours, and since when its status is so.

    `party` None: it is invited and has not said yet who it is. `ref`, `name` and `version` are those of the connection
    to it; None: there is none any more.
    """

    holder: PartyId
    party: PartyId | None
    role: Role | None
    status: ClientStatus
    since: datetime
    ref: str | None
    name: str | None
    version: str | None

    @property
    def key(self) -> str:
        """Its place in the list of all."""
        return fold(f"{self.party}/{self.role}")


class Apart(Struct, frozen=True, kw_only=True):
    """Two parties that do not reach each other, in one module or (None) in all, and since when."""

    holder: PartyId
    one: PartyId
    other: PartyId
    module: Module | None
    since: datetime

    @property
    def key(self) -> str:
        """Its place in the list of all."""
        return f"{self.one}/{self.other}/{self.module or ''}"


class Sought(Struct, frozen=True, kw_only=True):
    """What of the log somebody looks for; None: it does not matter. `client` asked or was asked."""

    client: PartyId | None = None
    module: Module | None = None
    granted: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
