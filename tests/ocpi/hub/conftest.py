"""A hub of ours and four partners behind it that we did not write, each in its own version."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest

from laddnav.kit.ids import PartyId
from laddnav.ocpi.sides import OFFERED, PASSED_ON
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Endpoint, Interface, Module
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


SESSION: dict[str, Any] = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "S1",
    "start_date_time": "2026-11-23T08:00:00Z",
    "kwh": 1.50,
    "cdr_token": {"country_code": "NL", "party_id": "TNM", "uid": "C1", "type": "RFID", "contract_id": "NL-TNM-C1"},
    "auth_method": "WHITELIST",
    "location_id": "LOC1",
    "evse_uid": "EVSE1",
    "connector_id": "1",
    "currency": "SEK",
    "status": "ACTIVE",
    "last_updated": "2026-11-23T08:00:00.5Z",
    "unheard_of": {"kept": "as it is"},
}


@asynccontextmanager
async def behind(hub: Installation, party: PartyId, role: Role, version: str, *more: Module) -> AsyncIterator[Behind]:
    """A partner that has registered with what its role serves, and with both sides of some more."""
    async with peer() as at:
        own = {side for side in OFFERED[role] if side[0] in PASSED_ON & VERSIONS[version].modules}
        own |= {(module, side) for module in more for side in Interface}
        endpoints = tuple(
            Endpoint(identifier=module, role=side, url=f"{at.url}/{module}") for module, side in sorted(own)
        )
        token = await befriended(hub, party, role, endpoints=endpoints, version=version)
        async with stranger(token) as ask:
            yield Behind(hub, at, party, version, ask)


@pytest.fixture
async def street(database_url: str, clock: SetClock) -> AsyncIterator[Street]:
    async with installed(database_url, clock, HUB, Role.HUB) as hub:
        comers = [behind(hub, *one) for one in WHO]
        try:
            yield Street(hub, *[await one.__aenter__() for one in comers])
        finally:
            await asyncio.gather(*(one.__aexit__(None, None, None) for one in comers))
