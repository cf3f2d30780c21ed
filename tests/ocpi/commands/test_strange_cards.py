"""A card of which no eMSP ever told us: all are asked at once, and the one whose it is decides."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from laddnav.kit.ids import EvseRef, PartyId
from laddnav.ocpi.commands.ask import Asker
from laddnav.ocpi.connections import partners
from laddnav.parties.model import Role
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Whitelist
from tests import things
from tests.ocpi.network import CPO, Installation
from tests.ocpi.peer import Peer, peer, said
from tests.ocpi.wording import words

ONE, OTHER = PartyId("NL", "TNM"), PartyId("DE", "8AC")
ASKED = "/tokens/NEW1/authorize"


@pytest.fixture
async def two(cpo: Installation) -> AsyncIterator[tuple[Peer, Peer]]:
    """Two eMSPs whose drivers may charge at our CPO."""
    async with peer() as one, peer() as other:
        other.answers["/credentials"] = other.credentials("b", ("EMSP", OTHER.country, OTHER.party))
        for each in (one, other):
            await partners.register(cpo.database, cpo.clients, each.versions_url, "a", CPO, Role.CPO)
        yield one, other


async def test_whoever_knows_a_strange_card_decides(cpo: Installation, two: tuple[Peer, Peer]) -> None:
    """TOK-034, TOK-053"""
    one, other = two
    one.answers[ASKED] = said(404, 2004, message="Who is that?")
    other.answers[ASKED] = {"allowed": "ALLOWED", "token": words(things.token("NEW1", OTHER))}
    ask = Asker(cpo.database, cpo.clients)
    given = await tokens.authorize(cpo.database, CPO, "NEW1", evse=EvseRef("LOC1", "EVSE1"), ask=ask)
    assert (given.allowed, given.token and given.token.owner, given.asked) == (Allowed.ALLOWED, OTHER, True)
    one.answers[ASKED] = {"allowed": "NOT_ALLOWED"}
    assert (await tokens.authorize(cpo.database, CPO, "NEW1", ask=ask)).allowed is Allowed.ALLOWED
    assert other.many("POST", ASKED) == 2


async def test_nobody_says_yes_at_the_cost_of_another(cpo: Installation, two: tuple[Peer, Peer]) -> None:
    """Neither with a strange card nor with one of its own drivers."""
    one, other = two
    other.answers[ASKED] = said(404, 2004, message="Who is that?")
    one.answers[ASKED] = {"allowed": "ALLOWED", "token": words(things.token("NEW1", OTHER))}
    ask = Asker(cpo.database, cpo.clients)
    assert (await tokens.authorize(cpo.database, CPO, "NEW1", ask=ask)).allowed is Allowed.NOT_ALLOWED
    async with cpo.database.unit() as unit:
        await tokens.keep(unit, CPO, things.token("NEW1", ONE, whitelist=Whitelist.NEVER))
    given = await tokens.authorize(cpo.database, CPO, "NEW1", ask=ask)
    assert (given.allowed, given.token and given.token.owner) == (Allowed.NOT_ALLOWED, ONE)


async def test_a_card_that_nobody_knows_does_not_charge(cpo: Installation, two: tuple[Peer, Peer]) -> None:
    """Nor one of which somebody says yes without saying whose it is."""
    for each in two:
        each.answers[ASKED] = said(404, 2004, message="Who is that?")
    ask = Asker(cpo.database, cpo.clients)
    assert (await tokens.authorize(cpo.database, CPO, "NEW1", ask=ask)).allowed is Allowed.NOT_ALLOWED
    two[0].answers[ASKED] = {"allowed": "ALLOWED"}
    assert (await tokens.authorize(cpo.database, CPO, "NEW1", ask=ask)).allowed is Allowed.NOT_ALLOWED
