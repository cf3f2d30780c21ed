"""Two CPOs and an eMSP of ours in one installation, and a partner that has a line to all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.lines import Speaker
from laddnav.parties import actions as parties
from laddnav.parties.model import Role
from tests import things
from tests.ocpi.connections.several.speakers import (
    SECOND,
    on_line,
)
from tests.ocpi.network import CPO, EMSP, Ask, Installation, Pair, stranger


@pytest.fixture
async def several(cpo: Installation) -> Installation:
    """One of ours where two companies live."""
    async with cpo.database.unit() as unit:
        await parties.add(unit, things.party(SECOND, ref=unit.new_id(), name="Company two"))
    return cpo


@pytest.fixture
async def pair(several: Installation, emsp: Installation) -> Pair:
    """SE*LAD as CPO and eMSP, and SE*TWO as CPO, on one line with NL*TNM as eMSP and CPO."""
    also = (Speaker(CPO, Role.EMSP), Speaker(SECOND, Role.CPO))
    async with several.database.unit() as unit:
        invitation = await partners.invite(unit, several.settings, CPO, Role.CPO, also=also)
    await partners.register(
        emsp.database,
        emsp.clients,
        invitation.versions_url,
        invitation.token,
        EMSP,
        Role.EMSP,
        also=[Speaker(EMSP, Role.CPO)],
    )
    return Pair(several, emsp)


@pytest.fixture
async def ask(pair: Pair) -> AsyncIterator[Ask]:
    """How NL*TNM asks, with whatever headers."""
    token = await pair.emsp.clients.token_for(await on_line(pair.emsp, EMSP, Role.EMSP))
    async with stranger(token) as one:
        yield one
