"""What partners know of us stays true, and no token grows old."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from laddnav.kit.ids import PartyId
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.renewing import give_up_stranded, renew_due, surroundings
from laddnav.ocpi.wire.handshake import State
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Installation, befriended, installed, stranger
from tests.ocpi.peer import Peer, peer, said


@pytest.fixture
async def they(cpo: Installation) -> AsyncIterator[Peer]:
    async with peer() as one:
        await partners.register(cpo.database, cpo.clients, one.versions_url, "token-a", CPO, Role.CPO)
        one.answers["PUT /credentials"] = said(200, 1000, one.credentials("their-second"))
        yield one


async def test_tokens_are_renewed_once_a_month(cpo: Installation, they: Peer, clock: SetClock) -> None:
    """CRED-044: and who does not take the new one is asked again in a day, with the old one good meanwhile."""
    assert await renew_due(cpo.database, cpo.clients) == 0
    clock.advance(timedelta(days=29))
    they.answers["PUT /credentials"] = said(200, 3000)
    assert await renew_due(cpo.database, cpo.clients) == 1
    assert await renew_due(cpo.database, cpo.clients) == 0
    they.answers["PUT /credentials"] = said(200, 1000, they.credentials("their-second"))
    clock.advance(timedelta(days=1, hours=1))
    assert await renew_due(cpo.database, cpo.clients) == 1
    old, new = (one.body["token"] for one in they.asked if one.method == "PUT")
    assert old != new
    clock.advance(timedelta(days=1, hours=1))
    assert await renew_due(cpo.database, cpo.clients) == 0


async def test_of_two_processes_one_renews_the_tokens(cpo: Installation, they: Peer, clock: SetClock) -> None:
    """CRED-044: however exactly at the same moment they find that it is time."""
    clock.advance(timedelta(days=30))
    told = await asyncio.gather(*(renew_due(cpo.database, cpo.clients) for _ in range(3)))
    assert sorted(told) == [0, 0, 1] and they.many("PUT", "/credentials") == 1


async def test_a_partner_is_told_when_we_are_not_as_we_said(cpo: Installation, they: Peer) -> None:
    """VER-024, CRED-042: once, by a PUT, which makes it look at our endpoints again; what a hub reaches counts too."""
    async with cpo.database.unit() as unit:
        await unit.execute("update party set name = 'Another name' where holder = $1", str(CPO))
    assert await renew_due(cpo.database, cpo.clients) == 1
    assert they.last("PUT", "/credentials").body["roles"][0]["business_details"]["name"] == "Another name"
    assert await renew_due(cpo.database, cpo.clients) == 0


async def test_a_registration_that_broke_off_lets_nobody_in(cpo: Installation, clock: SetClock) -> None:
    """Its token was good before it was sent; a process that was killed meanwhile takes none of it back."""
    token = await befriended(cpo, EMSP, Role.EMSP, state=State.REGISTERING)
    async with stranger(token) as ask:
        assert await give_up_stranded(cpo.database) == 0
        assert (await ask("GET", f"{cpo.url}/ocpi/versions")).http == 200
        clock.advance(timedelta(minutes=16))
        assert await give_up_stranded(cpo.database) == 1
        assert (await ask("GET", f"{cpo.url}/ocpi/versions")).http == 401
    assert await give_up_stranded(cpo.database) == 0


async def test_as_long_as_nothing_is_different_no_line_is_read(database_url: str, clock: SetClock) -> None:
    """VER-024: then all of them are, once; and what another reaches through us as its hub counts too."""
    statements: list[str] = []
    hub = PartyId("SE", "HUB")
    async with installed(database_url, clock, hub, Role.HUB, statements=statements) as one:
        for party in ("AAA", "BBB"):
            await befriended(one, PartyId("NL", party), Role.EMSP, version="2.3.0")

        async def read() -> int:
            statements.clear()
            assert await renew_due(one.database, one.clients) == 0
            return sum("from ocpi_connection c join" in each for each in statements)

        assert await read() and await read() == 0 and sum("select" in each for each in statements) == 3
        await befriended(one, PartyId("NL", "CCC"), Role.EMSP, version="2.3.0")
        async with one.database.unit() as unit:
            told = await store.lines.perhaps_due(unit, await surroundings(unit, one.settings), 9)
        assert len(told) == 3
