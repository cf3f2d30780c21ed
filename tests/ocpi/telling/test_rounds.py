"""What goes out together: to a partner so many at a time, and what somebody waits for does not wait for the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from starlette.requests import Request
from starlette.responses import Response

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.deviations.policies import adapt
from laddnav.ocpi.deviations.policy import Policy, Pushes
from laddnav.ocpi.model import Connection
from laddnav.ocpi.store.deliveries import Round
from laddnav.ocpi.wire import routing
from laddnav.ocpi.wire.handshake import Endpoint, Interface, Module
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import CPO, EMSP, Installation, befriended, installed
from tests.ocpi.peer import Peer, peer, said

LEASE = timedelta(minutes=5)


def queue(unit: Unit, connection: Connection, many: int) -> None:
    for number in range(many):
        store.deliveries.queue_news(unit, connection, Module.TARIFFS, f"t{number}", "DELETE")


def queue_result(unit: Unit, connection: Connection, url: str) -> None:
    store.deliveries.queue_bytes(unit, connection, Module.COMMANDS, unit.new_id(), url, b"{}")


@asynccontextmanager
async def pushing(cpo: Installation) -> AsyncIterator[None]:
    running = asyncio.create_task(cpo.courier.run())
    try:
        async with asyncio.timeout(10):
            yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_result_does_not_wait_for_pushes_that_hang(cpo: Installation, they: Peer) -> None:
    """CMD-008, CMD-015: on the same line, however many of them there are."""
    hanging, told, stop = asyncio.Semaphore(0), asyncio.Event(), asyncio.Event()

    async def hangs(request: Request) -> Response:
        hanging.release()
        await stop.wait()
        return said(200, 1000)

    async def taken(request: Request) -> Response:
        told.set()
        return said(200, 1000)

    they.answers |= {f"DELETE /tariffs/SE/LAD/t{number}": hangs for number in range(12)} | {"/result": taken}
    connection = await cpo.connection()
    async with cpo.database.unit() as unit:
        queue(unit, connection, 12)
    try:
        async with pushing(cpo):
            for _ in range(7):
                await hanging.acquire()
            async with cpo.database.unit() as unit:
                queue_result(unit, connection, f"{they.url}/result")
            cpo.database.wake()
            await told.wait()
            assert hanging.locked() and they.many("POST", "/result") == 1
            shown = they.last("POST", "/result").headers["authorization"]
            assert shown == routing.authorization("their-token", encoded=True)
    finally:
        stop.set()


@pytest.mark.parametrize(
    ("at_once", "alone", "both", "beside"),
    [(8, 7, (7, 1), (0, 1)), (3, 2, (2, 1), (0, 1)), (2, 2, (1, 1), (0, 0)), (1, 1, (0, 1), (0, 0))],
)
async def test_one_of_those_that_a_partner_bears_is_for_what_is_waited_for(
    cpo: Installation, at_once: int, alone: int, both: tuple[int, int], beside: tuple[int, int]
) -> None:
    """pushes.at_once: and who bears but one or two gets it first, once nothing else is under way."""
    await befriended(cpo, EMSP, Role.EMSP)
    connection = await cpo.connection()

    async def claimed(*busy: Round) -> Iterator[int]:
        async with cpo.database.unit() as unit:
            found = await store.deliveries.claim(unit, "me", unit.now + LEASE, 8, busy)
            store.deliveries.take_back(unit, "me")
        return (len(found.get(Round(connection.line, kind), ())) for kind in (False, True))

    async with cpo.database.unit() as unit:
        await adapt(unit, connection.ref, Policy(pushes=Pushes(at_once=at_once)))
        queue(unit, connection, 12)
    assert tuple(await claimed()) == (alone, 0)
    async with cpo.database.unit() as unit:
        queue_result(unit, connection, "https://them.example")
    assert tuple(await claimed()) == both
    assert tuple(await claimed(Round(connection.line, False))) == beside


@pytest.mark.parametrize(("at_once", "most"), [(8, (7, 1)), (2, (0, 2)), (1, (0, 1))])
async def test_a_partner_gets_no_more_at_a_time_from_two_processes_than_from_one(
    cpo: Installation, at_once: int, most: tuple[int, int]
) -> None:
    """pushes.at_once: and as soon as the first of them has sent what it has, the second may."""
    await befriended(cpo, EMSP, Role.EMSP)
    connection = await cpo.connection()
    async with cpo.database.unit() as unit:
        await adapt(unit, connection.ref, Policy(pushes=Pushes(at_once=at_once)))
        queue(unit, connection, 12)
        queue_result(unit, connection, "https://them.example")
        queue_result(unit, connection, "https://them.example")

    async def claimed(name: str) -> tuple[int, int]:
        async with cpo.database.unit() as unit:
            found = await store.deliveries.claim(unit, name, unit.now + LEASE, 8, ())
        others, waited_for = (len(found.get(Round(connection.line, kind), ())) for kind in (False, True))
        return others, waited_for

    assert sorted(await asyncio.gather(claimed("one"), claimed("other")), reverse=True) == [most, (0, 0)]
    async with cpo.database.unit() as unit:
        store.deliveries.take_back(unit, "one")
        store.deliveries.take_back(unit, "other")
    assert await claimed("other") == most


async def test_what_was_taken_up_for_a_line_that_is_suspended_waits_no_longer_than_that(
    cpo: Installation, they: Peer, clock: SetClock
) -> None:
    connection = await cpo.connection()
    they.answers["DELETE /tariffs/SE/LAD/t0"] = said(200, 1000)
    async with cpo.database.unit() as unit:
        queue(unit, connection, 1)
    async with cpo.database.unit() as unit:
        claimed = await store.deliveries.claim(unit, "test", unit.now + LEASE, 8, ())
        await partners.suspend(unit, connection)
    (some,) = claimed.values()
    await cpo.courier.round(some)
    async with cpo.database.unit() as unit:
        await partners.resume(unit, connection)
    assert await cpo.courier.once() == 1
    assert [(one.state, one.attempts) for one in await cpo.deliveries()] == [("done", 0)]


async def test_what_goes_out_together_is_read_and_noted_together(database_url: str, clock: SetClock) -> None:
    """To ten partners, seven each, who answer once all were asked: as many statements as to one, or a few more."""
    statements: list[str] = []
    all_asked = asyncio.Event()

    async def patiently(_: Request) -> Response:
        if len(one.asked) == 70:
            all_asked.set()
        await all_asked.wait()
        return said(200, 1000)

    async with peer() as one, installed(database_url, clock, CPO, Role.CPO, statements=statements) as cpo:
        one.answers |= {f"/tariffs/SE/LAD/t{number}": patiently for number in range(7)}
        there = Endpoint(identifier="tariffs", role=Interface.RECEIVER, url=f"{one.url}/tariffs")
        for number in range(10):
            await befriended(cpo, PartyId("NL", f"P{number:02}"), Role.EMSP, endpoints=(there,))
        async with cpo.database.unit() as unit:
            for connection in await partners.connections(unit):
                queue(unit, connection, 7)
        statements.clear()
        assert await cpo.courier.once() == 70
        assert len(one.asked) == 70 and len(statements) < 40
