"""A hub that remembers its clients passes on by what is so now, whichever process changed it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.hub.rules import paired
from laddnav.ocpi.model import Connection
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.hub.conftest import CPO, EMSP, HUB, Behind, behind
from tests.ocpi.network import Installation, installed
from tests.ocpi.peer import said

REVISION = "select revision from ocpi_line where id = $1"
TAKEN = (200, 1000)
UNKNOWN = (200, 4001)
NOT_CONNECTED = (200, 4003)


class Pair(NamedTuple):
    hub: Installation
    cpo: Behind
    emsp: Behind
    elsewhere: Database  # another process of the hub, of whose changes nobody tells this one


@pytest.fixture
async def pair(database_url: str, clock: SetClock) -> AsyncIterator[Pair]:
    async with (
        installed(database_url, clock, HUB, Role.HUB) as hub,
        behind(hub, CPO, Role.CPO, "2.2.1") as cpo,
        behind(hub, EMSP, Role.EMSP, "2.2.1") as emsp,
    ):
        cpo.takes("/locations/L1", "/elsewhere/L1")
        elsewhere = await Database.connect(database_url, clock=clock)
        yield Pair(hub, cpo, emsp, elsewhere)
        await elsewhere.close()


async def test_what_another_process_changes_about_a_client_holds_with_the_next_request(pair: Pair) -> None:
    """HUB-054: who is kept from whom, who is suspended or away, where its endpoint is and what token it is shown."""
    cpo, emsp, elsewhere = pair.cpo, pair.emsp, pair.elsewhere

    async def asked() -> tuple[int, int]:
        return (await emsp.ask("GET", "sender/locations/L1", to=CPO)).both

    assert await asked() == TAKEN
    async with elsewhere.unit() as unit:
        store.hub.deny(unit, HUB, paired(CPO, EMSP, "locations"))
    assert await asked() == UNKNOWN
    async with elsewhere.unit() as unit:
        await store.hub.allow(unit, HUB, paired(CPO, EMSP, "locations"))
    assert await asked() == TAKEN

    async with elsewhere.unit() as unit:
        await partners.suspend(unit, await _of_cpo(elsewhere))
    assert await asked() == NOT_CONNECTED
    async with elsewhere.unit() as unit:
        await partners.resume(unit, await _of_cpo(elsewhere))
    assert await asked() == TAKEN

    connection = await _of_cpo(elsewhere)
    async with elsewhere.unit() as unit:
        store.lines.not_reached(unit, connection.line, unit.now + timedelta(minutes=1), "nobody there")
    assert await asked() == NOT_CONNECTED
    async with elsewhere.unit() as unit:
        store.lines.reached(unit, connection.line)
    assert await asked() == TAKEN

    moved = [replace(one, url=one.url.replace("/locations", "/elsewhere")) for one in connection.endpoints]
    async with elsewhere.unit() as unit:
        store.connections.update(unit, replace(connection, endpoints=tuple(moved)))
        store.lines.set_outbound(unit, connection.line, pair.hub.clients.seal.sealed("another"))
    assert await asked() == TAKEN
    last = cpo.peer.asked[-1]
    assert (last.path, last.headers["authorization"]) == ("/elsewhere/L1", "Token YW5vdGhlcg==")


async def test_a_revision_is_given_once(pair: Pair) -> None:
    """What somebody saw of a change that was undone is not taken for the next one."""
    connection, revisions = await _of_cpo(pair.elsewhere), list[int]()
    with pytest.raises(LookupError):
        async with pair.elsewhere.unit() as unit:
            store.connections.update(unit, replace(connection, name="Undone"))
            revisions.append(await unit.value(REVISION, connection.line))
            raise LookupError
    async with pair.elsewhere.unit() as unit:
        store.connections.update(unit, replace(connection, name="Done"))
        revisions.append(await unit.value(REVISION, connection.line))
    assert len(set(revisions)) == 2


async def test_what_is_answered_is_in_the_log_whatever_becomes_of_the_process(pair: Pair) -> None:
    """A month is settled by it."""
    pair.cpo.peer.answers["/locations/L2"] = said(404, 2003, None)
    for id in ("L1", "L2"):
        await pair.emsp.ask("GET", f"sender/locations/{id}", to=CPO)
    async with pair.elsewhere.unit() as unit:
        rows = await unit.fetch(
            "select http_status, ocpi_status from hub_request where holder = $1 order by id", str(HUB)
        )
    assert [tuple(row) for row in rows] == [TAKEN, (404, 2003)]


async def _of_cpo(database: Database) -> Connection:
    async with database.unit() as unit:
        return next(one for one in await partners.connections(unit, HUB) if CPO in one.parties)
