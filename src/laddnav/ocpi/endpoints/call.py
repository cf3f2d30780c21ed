"""What an endpoint gets and gives, and the two ways to be one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from msgspec import Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.model import Connection
from laddnav.ocpi.rules import owner_among
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.handshake import opposite
from laddnav.ocpi.wire.routing import Route
from laddnav.ocpi.wire.version import Version

M = TypeVar("M")


class Call(Struct, frozen=True, kw_only=True):
    """One request, after it is clear who asks. `segments` are what stands behind the module in the URL, decoded.

    `ours` is who of us it is for: one, wherever the endpoint is not one for `several`. `token` is what the caller
    showed; "" where none was needed.
    """

    ours: tuple[Connection, ...]
    version: Version
    method: str
    url: str  # of the endpoint itself, without query
    segments: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    settings: Settings
    token: str

    def __repr__(self) -> str:
        """Without the token, and without the body, where a token may be too."""
        return f"Call({self.method} {self.url} on {self.connection.id})"

    @property
    def connection(self) -> Connection:
        return self.ours[0]

    @property
    def holder(self) -> PartyId:
        return self.connection.holder

    def codec(self, kind: type[M]) -> Codec[Any, M]:
        return self.version.codecs[kind]

    def hearing(self, ref: str = "") -> Hearing:
        return hearing(self.connection, ref)

    def owner(self) -> PartyId:
        """Whose object the URL names by its first two segments. Raises NotAPartyId, NotAmongThem."""
        return owner_among(self.connection, PartyId.of(self.segments[0], self.segments[1]))


def hearing(connection: Connection, ref: str = "") -> Hearing:
    """`ref` names the row in which something new is kept."""
    role = connection.their_role or opposite(connection.our_role)
    return Hearing(holder=connection.holder, sender=connection.party or connection.holder, role=role, ref=ref)


class Reply(Struct, frozen=True, kw_only=True):
    """`data` is JSON already. A no that carries data too has another `status` than 1000, and a `message`.

    `whole` is an envelope that somebody else sealed, passed on as it came, and `route` how that one routed it.
    """

    http: int = 200
    status: int = 1000
    message: str = "Success"
    data: bytes | None = None
    headers: Mapping[str, str] = {}
    whole: bytes | None = None
    route: Route | None = None


DONE = Reply()
MADE = Reply(http=201)


def kept(*, new: bool) -> Reply:
    """OCPI 2.2.1 transport_and_format_response_format: 201 for what is new."""
    return MADE if new else DONE


def always(_: Version) -> bool:
    return True


class Within(Struct, frozen=True):
    """An endpoint that does all it does in one Unit, the same in which the caller was recognised.

    `spoken`: which versions have it. `several`: it may be for several of us at once. `shares`: its Unit may share a
    transaction with others, for it locks nothing but the object that the URL names, and awaits nothing but the Unit;
    so do all that only read. It reads its body to the end, or is refused. `acts`: it does more than that, although it
    is a GET.
    """

    do: Callable[[Unit, Call], Awaitable[Reply]]
    spoken: Callable[[Version], bool] = always
    several: bool = False
    shares: bool = False
    acts: bool = False


class Beyond(Struct, frozen=True):
    """An endpoint that asks others meanwhile, and so opens its Units itself."""

    do: Callable[[Database, Clients, Call], Awaitable[Reply]]
    spoken: Callable[[Version], bool] = always
    several: bool = False


Endpoint = Within | Beyond
# By method and the number of segments.
Table = Mapping[tuple[str, int], Endpoint]
