"""Whatever partners and programs say where our own descriptions say that something can be said: nothing breaks us."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import aiohttp
import pytest

from laddnav.ocpi.connections.partners import NEWEST
from laddnav.ocpi.openapi import document
from laddnav.ocpi.sides import OFFERED, path_of
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.handshake import opposite
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.parties.model import Role
from laddnav.people.model import Role as KeyRole
from laddnav.server.http import Serving
from tests.clock import SetClock
from tests.fuzz import MODES, fuzz
from tests.ocpi.network import CPO, EMSP, befriended, installed
from tests.security.house import asked, connection_of, furnished
from tests.server.conftest import LAD, a_key, served

__all__ = ["served"]

# What is the partner's own, and what there is of ours.
KNOWN = {
    "country_code": EMSP.country,
    "party_id": EMSP.party,
    "location_id": "LOC1",
    "evse_uid": "EVSE1",
    "connector_id": "1",
    "id": "X1",
}


async def fuzzed(url: str, clock: SetClock, role: Role, versions: Iterable[str], **how: Any) -> None:
    """Our OCPI in this role, by a partner who knows its way there."""
    async with installed(url, clock, CPO, role, partner_rate=0) as one:
        token = await befriended(one, EMSP, opposite(role))
        await furnished(one, clock, EMSP)
        await asked(one, await connection_of(one, CPO, EMSP, role))
        description = document("")
        whose = tuple(f"/{path_of(role)}/{version}/" for version in versions)
        paths = {path: said for path, said in description["paths"].items() if path.startswith(whose)}
        shown = routing.authorization(token, encoded=True)
        await asyncio.to_thread(fuzz, description | {"paths": paths}, f"{one.url}/ocpi", shown, known=KNOWN, **how)


async def described(served: Serving) -> Any:
    async with aiohttp.ClientSession() as web, web.get(f"{served.url}/api/v1/openapi.json") as answer:
        return await answer.json()


@pytest.mark.parametrize("role", [Role.CPO, Role.EMSP], ids=str)
async def test_no_request_of_a_partner_breaks_us(database_url: str, clock: SetClock, role: Role) -> None:
    await fuzzed(database_url, clock, role, [NEWEST], examples=2)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("role", OFFERED, ids=str)
async def test_no_request_of_any_partner_breaks_us(database_url: str, clock: SetClock, role: Role) -> None:
    await fuzzed(database_url, clock, role, VERSIONS, examples=5, modes=MODES)


async def test_no_request_of_a_program_breaks_us(served: Serving) -> None:
    key = await a_key(served.database, KeyRole.ADMIN, LAD)
    url = f"{served.url}/api/v1"
    await asyncio.to_thread(fuzz, without_streams(await described(served)), url, f"Bearer {key}", examples=2)


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_no_request_of_any_program_breaks_us(served: Serving) -> None:
    key = await a_key(served.database, KeyRole.ADMIN, None)
    url, description = f"{served.url}/api/v1", without_streams(await described(served))
    await asyncio.to_thread(fuzz, description, url, f"Bearer {key}", examples=10, modes=MODES)


def without_streams(description: dict[str, Any]) -> dict[str, Any]:
    """What never ends is not waited for."""
    return description | {"paths": {path: said for path, said in description["paths"].items() if path != "/events"}}
