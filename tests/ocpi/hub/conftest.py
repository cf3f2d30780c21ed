"""A hub of ours and four partners behind it that we did not write, each in its own version."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import pytest

from laddnav.kit.ids import PartyId
from laddnav.ocpi.rules import PASSED_ON, passed_on
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Endpoint
from laddnav.ocpi.wire.routing import Route
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import Answer, Ask, Installation, befriended, installed, stranger
from tests.ocpi.peer import Peer, peer

HUB = PartyId("DE", "HUB")


class Behind:
    """One partner: what the hub asks it is in `peer`, and `ask` is how it asks the hub."""

    def __init__(self, hub: Installation, at: Peer, party: PartyId, version: str, ask: Ask) -> None:
        self.hub, self.peer, self.party, self.version = hub, at, party, version
        self._ask = ask

    def url(self, path: str) -> str:
        return f"{self.hub.url}/ocpi/hub/{self.version}/{path}"

    async def ask(self, method: str, path: str, words: Any = None, to: PartyId | None = None, **headers: str) -> Answer:
        """`path` below the hub's version, such as `sender/locations`, or a whole URL."""
        route = Route(to=to, origin=self.party) if VERSIONS[self.version].routes else Route()
        body = None if words is None else words if isinstance(words, bytes) else encoded(words)
        url = path if path.startswith("http") else self.url(path)
        said = routing.route_headers(route) | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._ask(method, url, body, said)

    def takes(self, *paths: str) -> None:
        """Says yes to whatever comes there."""
        self.peer.answers |= {path: {} for path in paths}


class Street(NamedTuple):
    """Behind one hub: a CPO and an eMSP of 2.2.1, an old CPO of 2.1.1 and a new eMSP of 2.3.0."""

    hub: Installation
    cpo: Behind
    emsp: Behind
    old: Behind
    new: Behind


CPO, EMSP, OLD, NEW = (PartyId.parse(text) for text in ("SE*LAD", "NL*TNM", "NO*OLD", "FR*NEW"))
WHO = ((CPO, Role.CPO, "2.2.1"), (EMSP, Role.EMSP, "2.2.1"), (OLD, Role.CPO, "2.1.1"), (NEW, Role.EMSP, "2.3.0"))


@pytest.fixture
async def street(database_url: str, clock: SetClock) -> AsyncIterator[Street]:
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(installed(database_url, clock, HUB, Role.HUB))
        behind = []
        for party, role, version in WHO:
            at = await stack.enter_async_context(peer())
            own = CPO_SIDES if role is Role.CPO else EMSP_SIDES
            endpoints = tuple(Endpoint(identifier=module, role=side, url=f"{at.url}/{module}") for module, side in own)
            token = await befriended(hub, party, role, endpoints=endpoints, version=version)
            ask = await stack.enter_async_context(stranger(token))
            behind.append(Behind(hub, at, party, version, ask))
        yield Street(hub, *behind)


# What a partner serves is what it does not see at the hub.
_OLDEST = VERSIONS["2.1.1"]
CPO_SIDES = passed_on(_OLDEST, Role.EMSP)
EMSP_SIDES = passed_on(_OLDEST, Role.CPO)
assert {module for module, _ in CPO_SIDES} <= PASSED_ON
