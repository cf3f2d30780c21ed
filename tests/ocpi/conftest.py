"""Installations and partners for the tests of this folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Installation, installed, introduced


@pytest.fixture
async def cpo(database_url: str, clock: SetClock) -> AsyncIterator[Installation]:
    async with installed(database_url, clock, CPO, Role.CPO) as one:
        yield one


@pytest.fixture
async def emsp(other_database_url: str, clock: SetClock) -> AsyncIterator[Installation]:
    async with installed(other_database_url, clock, EMSP, Role.EMSP) as one:
        yield one


@pytest.fixture
async def pair(cpo: Installation, emsp: Installation) -> tuple[Installation, Installation]:
    """(CPO, eMSP), registered with each other."""
    await introduced(cpo, emsp)
    return cpo, emsp
