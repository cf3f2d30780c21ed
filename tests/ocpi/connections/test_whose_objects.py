"""Whose objects may come from where: no partner can make itself another one, or us, by what it calls itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from laddnav.kit.ids import PartyId
from laddnav.ocpi.connections import partners
from laddnav.ocpi.rules import PartyTaken, hearing_alike
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import State
from laddnav.parties.model import Role
from tests.ocpi.network import CPO, EMSP, Answer, Installation, befriended, stranger
from tests.ocpi.peer import Peer, peer

OTHER = PartyId("DE", "XYZ")
US = ("EMSP", CPO.country, CPO.party)
THEM = ("EMSP", EMSP.country, EMSP.party)


@pytest.fixture
async def they() -> AsyncIterator[Peer]:
    """Somebody new."""
    async with peer() as one:
        yield one


async def say(cpo: Installation, they: Peer, token: str, method: str, *roles: tuple[str, str, str]) -> Answer:
    async with stranger(token) as ask:
        body = encoded(they.credentials("token-b", *roles))
        return await ask(method, f"{cpo.url}/ocpi/2.2.1/credentials", body)


async def invited(cpo: Installation) -> str:
    async with cpo.database.unit() as unit:
        return (await partners.invite(unit, cpo.settings, CPO, Role.CPO)).token


async def connected(cpo: Installation) -> list[Any]:
    async with cpo.database.unit() as unit:
        return [one for one in await partners.connections(unit) if one.state is State.CONNECTED]


@pytest.mark.parametrize("roles", [(US,), (("CPO", *US[1:]), THEM)])
async def test_nobody_registers_as_ourselves(cpo: Installation, they: Peer, roles: Any) -> None:
    """Its Locations, Tariffs and Tokens would be taken for our own."""
    answer = await say(cpo, they, await invited(cpo), "POST", *roles)
    assert answer.both == (200, 2000)
    assert await connected(cpo) == []


async def test_nobody_registers_as_another_partner(cpo: Installation, they: Peer) -> None:
    """It would read that one's Sessions and CDRs, and write its Tokens."""
    await befriended(cpo, EMSP, Role.EMSP)
    answer = await say(cpo, they, await invited(cpo), "POST", ("EMSP", "DE", "XYZ"), THEM)
    assert answer.both == (200, 2000)
    assert [one.party for one in await connected(cpo)] == [EMSP]


async def test_nobody_becomes_another_partner_later(cpo: Installation, they: Peer) -> None:
    await befriended(cpo, EMSP, Role.EMSP)
    token = await befriended(cpo, OTHER, Role.EMSP)
    assert (await say(cpo, they, token, "PUT", ("EMSP", "DE", "XYZ"), THEM)).both == (200, 2000)
    assert (await say(cpo, they, token, "PUT", US)).both == (200, 2000)
    assert {one.party: one.parties for one in await connected(cpo)} == {EMSP: {EMSP}, OTHER: {OTHER}}
    assert (await say(cpo, they, token, "PUT", ("EMSP", "DE", "XYZ"), ("NSP", "DE", "XYZ"))).both == (200, 1000)


async def test_a_suspended_partner_keeps_its_name(cpo: Installation, they: Peer) -> None:
    await befriended(cpo, EMSP, Role.EMSP, state=State.SUSPENDED)
    assert (await say(cpo, they, await invited(cpo), "POST", THEM)).both == (200, 2000)


async def test_one_that_left_may_come_back(cpo: Installation, they: Peer) -> None:
    await befriended(cpo, EMSP, Role.EMSP, state=State.REMOVED)
    assert (await say(cpo, they, await invited(cpo), "POST", THEM)).both == (200, 1000)


async def test_a_company_may_be_a_partner_of_both_our_roles(emsp: Installation, they: Peer) -> None:
    """As CPO of our drivers and as eMSP at our stations it brings other things, and they do not meet."""
    await befriended(emsp, CPO, Role.CPO)
    async with emsp.database.unit() as unit:
        token = (await partners.invite(unit, emsp.settings, emsp.holder, Role.CPO)).token
    assert (await say(emsp, they, token, "POST", US)).both == (200, 1000)


async def test_nobody_comes_as_a_partner_of_another_role_of_ours_that_hears_the_same(
    emsp: Installation, they: Peer
) -> None:
    """A CPO of our drivers is not told apart from one of whom we hear as navigation service, or at our terminals."""
    await befriended(emsp, CPO, Role.CPO)
    for role in (Role.NSP, Role.PTP):
        async with emsp.database.unit() as unit:
            token = (await partners.invite(unit, emsp.settings, emsp.holder, role)).token
        assert (await say(emsp, they, token, "POST", US)).both == (200, 2000)
    assert hearing_alike(Role.CPO) == (Role.CPO,)


async def test_with_whom_we_register_is_nobody_that_we_know(cpo: Installation, they: Peer) -> None:
    await befriended(cpo, EMSP, Role.EMSP)
    with pytest.raises(PartyTaken):
        await partners.register(cpo.database, cpo.clients, they.versions_url, "token-a", CPO, Role.CPO)
    async with cpo.database.unit() as unit:
        assert [one.party for one in await partners.connections(unit)] == [EMSP]


async def test_of_two_that_claim_a_name_at_once_one_gets_it(cpo: Installation, they: Peer) -> None:
    tokens = [await invited(cpo) for _ in range(4)]
    answers = await asyncio.gather(*(say(cpo, they, token, "POST", THEM) for token in tokens))
    assert sorted(answer.status for answer in answers) == [1000, 2000, 2000, 2000]
    assert len(await connected(cpo)) == 1
