"""Installations and partners for the tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from laddnav.ocpi.connections import partners
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation, Pair, befriended, installed, introduced, stranger
from tests.ocpi.peer import Peer, peer


@pytest.fixture
async def cpo(database_url: str, clock: SetClock) -> AsyncIterator[Installation]:
    async with installed(database_url, clock, CPO, Role.CPO) as one:
        yield one


@pytest.fixture
async def emsp(other_database_url: str, clock: SetClock) -> AsyncIterator[Installation]:
    async with installed(other_database_url, clock, EMSP, Role.EMSP) as one:
        yield one


@pytest.fixture
async def at_cpo(cpo: Installation) -> AsyncIterator[Ask]:
    """How somebody else's eMSP, NL*TNM, asks our CPO."""
    async with stranger(await befriended(cpo, EMSP, Role.EMSP)) as ask:
        yield ask


@pytest.fixture
async def at_emsp(emsp: Installation) -> AsyncIterator[Ask]:
    """How somebody else's CPO, SE*LAD, asks our eMSP."""
    async with stranger(await befriended(emsp, CPO, Role.CPO)) as ask:
        yield ask


@pytest.fixture
async def pair(cpo: Installation, emsp: Installation) -> Pair:
    await introduced(cpo, emsp)
    return Pair(cpo, emsp)


@pytest.fixture
async def they(cpo: Installation) -> AsyncIterator[Peer]:
    """An eMSP that our CPO is registered with."""
    async with peer() as one:
        await partners.register(cpo.database, cpo.clients, one.versions_url, "token-a", CPO, Role.CPO)
        yield one


@pytest.fixture
async def their_cpo(emsp: Installation) -> AsyncIterator[Peer]:
    """A CPO that our eMSP is registered with."""
    async with peer() as one:
        one.answers["/v"]["endpoints"] = [
            one.endpoint(module, "SENDER") for module in ("credentials", "locations", "tariffs", "sessions", "cdrs")
        ]
        one.answers["/credentials"] = one.credentials("their-token", ("CPO", "SE", "LAD"))
        one.answers |= {"/locations": [], "/tariffs": [], "/sessions": [], "/cdrs": []}
        await partners.register(emsp.database, emsp.clients, one.versions_url, "token-a", EMSP, Role.EMSP)
        yield one
