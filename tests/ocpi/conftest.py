"""Installations and partners for the tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Ask, Installation, Pair, befriended, installed, introduced, stranger


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
