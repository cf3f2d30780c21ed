"""A hub that we did not write, and one of our installations behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from laddnav.kit.ids import PartyId
from laddnav.ocpi.connections import partners
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Interface, Module
from tests.ocpi.network import Answer, Ask, Installation, stranger
from tests.ocpi.peer import Asked, Peer, peer, said

HUB = PartyId("DE", "HUB")


class Hub:
    """What it is asked, and how it asks what others want of us."""

    def __init__(self, they: Peer, one: Installation, ask: Ask, version: str) -> None:
        self.they = they
        self.base = f"{one.url}/ocpi/{one.role.value.lower()}/{version}"
        self._here = f"{one.url}/ocpi"
        self._to = one.holder
        self._ask = ask

    async def passes(
        self, origin: PartyId | None, method: str, path: str, words: Any = None, *, to: PartyId | None = None
    ) -> Answer:
        """On behalf of `origin`; None: without headers, as for what is not routed."""
        headers = {} if origin is None else routed(origin, to or self._to)
        url = path if path.startswith("http") else f"{self.base}/{path}"
        return await self._ask(method, url, None if words is None else encoded(words), headers)

    async def tells(self, party: PartyId, role: str, status: str, at: str) -> None:
        """Of one of its clients."""
        client = {"country_code": party.country, "party_id": party.party, "role": role, "status": status}
        path = f"hubclientinfo/{party.country}/{party.party}"
        answer = await self.passes(None, "PUT", path, client | {"last_updated": at})
        assert answer.status == 1000

    def heard(self, module: Module, method: str | None = None) -> list[Asked]:
        return [
            one
            for one in self.they.asked
            if one.path.startswith(f"/{module}/") and method in (None, one.method) and "hubclientinfo" not in one.path
        ]


def routed(origin: PartyId, to: PartyId) -> Mapping[str, str]:
    return {
        "OCPI-from-country-code": origin.country,
        "OCPI-from-party-id": origin.party,
        "OCPI-to-country-code": to.country,
        "OCPI-to-party-id": to.party,
    }


def way(asked: Asked) -> tuple[str | None, str | None]:
    """(from whom, to whom) a request says that it is."""

    def party(side: str) -> str | None:
        country = asked.headers.get(f"ocpi-{side}-country-code")
        return None if country is None else f"{country}*{asked.headers[f'ocpi-{side}-party-id']}"

    return party("from"), party("to")


@asynccontextmanager
async def hubbed(
    one: Installation, version: str = "2.2.1", *, roles: tuple[tuple[str, str, str], ...] = (("HUB", "DE", "HUB"),)
) -> AsyncIterator[Hub]:
    """Registered with a hub that serves every module from both sides, and takes whatever it is told."""
    async with peer() as they:
        they.answers["/versions"] = [{"version": version, "url": f"{they.url}/v"}]
        they.answers["/v"] = {
            "version": version,
            "endpoints": [
                {"identifier": module, "role": interface, "url": f"{they.url}/{module}/{interface}"}
                for module in Module
                for interface in Interface
                if module is not Module.CREDENTIALS
            ]
            + [they.endpoint("credentials", "SENDER")],
        }
        they.answers["/credentials"] = they.credentials("their-token", *roles)
        if version == "2.3.0":
            they.answers["/credentials"] |= {"hub_party_id": "DEHUB"}
        they.otherwise = said(200, 1000, [])
        await partners.register(one.database, one.clients, they.versions_url, "token-a", one.holder, one.role, version)
        token = next(asked.body["token"] for asked in they.asked if asked.path == "/credentials")
        async with stranger(token) as ask:
            yield Hub(they, one, ask, version)
