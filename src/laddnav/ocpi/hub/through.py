"""A request on its way through a hub: who asks whom what, as its URL and its headers say.

Our endpoints are at `/ocpi/hub/{version}/{interface}/{module}`, for a hub serves both interfaces of every module and
their URLs look alike; what leads back to somebody is at `/ocpi/hub/{version}/via/{module}/{id}`.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpi.endpoints.call import Call
from laddnav.ocpi.http import NoSuchMethod, Request
from laddnav.ocpi.model import Connection
from laddnav.ocpi.rules import owner_among
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.sides import PASSED_ON, hub_endpoint, path_of
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.handshake import Interface, Module, State
from laddnav.ocpi.wire.routing import Route
from laddnav.ocpi.wire.version import Version
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role

INTERFACES = {one.value.lower(): one for one in Interface}
VIA = "via"
METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


class Through(Struct, frozen=True, kw_only=True):
    """One request; `interface` None: along a detour, whose id is its one segment. `to` None: nobody was named."""

    connection: Connection
    version: Version
    speaker: PartyId
    to: PartyId | None
    method: str
    interface: Interface | None
    module: Module
    segments: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    correlation: str
    settings: Settings

    def __repr__(self) -> str:
        """Without the body, where tokens may be."""
        return f"Through({self.method} {self.module} on {self.connection.id})"

    @property
    def hub(self) -> PartyId:
        return self.connection.holder

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(one.role for one in self.connection.roles if one.party == self.speaker)

    @property
    def url(self) -> str:
        """Of the endpoint itself."""
        base, interface = self.settings.base, self.interface or Interface.SENDER
        return hub_endpoint(base, self.version.number, interface, self.module)

    def call(self) -> Call:
        """The same for the endpoint of a Receiver."""
        return Call(
            ours=(self.connection,),
            version=self.version,
            method=self.method,
            url=self.url,
            segments=self.segments,
            query=self.query,
            body=self.body,
            settings=self.settings,
            token="",
        )


def through(connection: Connection, request: Request, settings: Settings) -> Through | None:
    """None: this is not for anybody behind the hub. Raises NoSuchMethod, NotAmongThem, NotAPartyId."""
    path = request.path
    if connection.our_role is not Role.HUB or len(path) < 4 or path[0] != path_of(Role.HUB):
        return None
    if connection.state is not State.CONNECTED:
        return None
    version, place, module = VERSIONS.get(path[1]), path[2], path[3]
    if version is None or module not in PASSED_ON & version.modules or place not in (*INTERFACES, VIA):
        return None
    if place == VIA and len(path) != 5:
        return None
    if request.method not in METHODS:
        raise NoSuchMethod(request.method, list(METHODS))
    route = routing.route_in(request.said) if version.routes else Route()
    origin = route.origin or connection.chief
    assert origin is not None, "who is registered has said who it is"
    return Through(
        connection=connection,
        version=version,
        speaker=owner_among(connection, origin),
        to=route.to,
        method=request.method,
        interface=INTERFACES.get(place),
        module=Module(module),
        segments=path[4:],
        query=request.query,
        body=request.body,
        correlation=request.ids.correlation,
        settings=settings,
    )


def by_way_of(settings: Settings, version: Version, module: Module, id: str) -> str:
    return f"{settings.base}/{path_of(Role.HUB)}/{version.number}/{VIA}/{module}/{id}"
