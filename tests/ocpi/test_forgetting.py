"""What is over is forgotten in its time, and nothing else is."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from laddnav.db.unit import Unit
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.forgetting import forget_old
from laddnav.ocpi.hub.model import Counted
from laddnav.ocpi.model import Connection, Exchange, KeptCommand, Message
from laddnav.ocpi.wire.commands import CommandState
from laddnav.ocpi.wire.handshake import Module, Step
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.ocpi.network import EMSP, Installation, befriended

COUNT = """
select (select count(*) from ocpi_command) as commands, (select count(*) from hub_request) as requests
"""
KEYS = "select split_part(object_key, ' ', 1) || ' ' || (delivered_at is not null) from ocpi_delivery order by id"
SOMEBODY_WAITS = "select exists (select from pg_stat_activity where wait_event_type = 'Lock')"


async def test_what_is_over_is_forgotten_in_its_time_and_in_small_bites(cpo: Installation, clock: SetClock) -> None:
    """A partner that heard of a place has to hear of its end, so that word stays; and what is open or dead stays."""
    await befriended(cpo, EMSP, Role.EMSP)
    connection = await cpo.connection()
    async with cpo.database.unit() as unit:
        for state in (CommandState.ACCEPTED, CommandState.DONE, CommandState.TIMED_OUT):
            store.commands.insert(unit, command(unit, connection, state))
        for module, key in ((Module.SESSIONS, "s1"), (Module.LOCATIONS, "l1"), (Module.CDRS, "c1")):
            store.deliveries.queue_news(unit, connection, module, key, "PUT")
        for key in ("l2", "l2/e1"):
            message = Message(method="PUT", url=f"https://them.example/{key}", body=b"{}")
            store.deliveries.queue_message(unit, connection, Module.LOCATIONS, key, message)
        await unit.execute("update ocpi_delivery set delivered_at = $1 where object_key <> 'c1'", unit.now)
        store.hub.count(unit, counted(unit, connection))
        await unit.execute("update ocpi_connection set our_role = 'HUB'")

    async def after(days: int) -> tuple[int, list[int], list[str]]:
        clock.advance(timedelta(days=days))
        many = await forget_old(cpo.database, cpo.settings.keeping, bite=1)
        async with cpo.database.unit() as unit:
            counts = await unit.fetch_one(COUNT)
            return many, list(counts or ()), [row[0] for row in await unit.fetch(KEYS)]

    everything = ["s1 true", "l1 true", "c1 false", "l2 true", "l2/e1 true"]
    assert await after(29) == (0, [3, 1], everything)
    assert await after(2) == (4, [1, 1], ["l1 true", "c1 false", "l2 true"])
    assert await after(370) == (1, [1, 0], ["l1 true", "c1 false", "l2 true"])
    async with cpo.database.unit() as unit:
        await partners.leave(unit, connection, Step.WE_REMOVE)
    assert await after(1) == (2, [1, 0], [])


async def test_a_command_is_kept_from_when_it_was_over(cpo: Installation, clock: SetClock) -> None:
    """And what was said is forgotten before, in small bites too."""
    await befriended(cpo, EMSP, Role.EMSP)
    connection = await cpo.connection()
    async with cpo.database.unit() as unit:
        asked = command(unit, connection, CommandState.ACCEPTED)
        store.commands.insert(unit, asked)
        said = [exchange(unit, connection) for _ in range(3)]
    await store.exchanges.append(cpo.database, said)
    clock.advance(timedelta(days=29))
    async with cpo.database.unit() as unit:
        store.commands.move(unit, asked, CommandState.DONE, "ACCEPTED")
    forgotten = []
    for days in (0, 2, 29):
        clock.advance(timedelta(days=days))
        forgotten.append(await forget_old(cpo.database, cpo.settings.keeping, bite=2))
    assert forgotten == [3, 0, 1]


async def test_news_that_come_while_it_is_forgotten_are_kept(cpo: Installation, clock: SetClock) -> None:
    await befriended(cpo, EMSP, Role.EMSP)
    connection = await cpo.connection()
    async with cpo.database.unit() as unit:
        store.deliveries.queue_news(unit, connection, Module.SESSIONS, "s1", "PUT")
        await unit.execute("update ocpi_delivery set delivered_at = $1", unit.now)
    clock.advance(timedelta(days=31))
    async with asyncio.timeout(10), cpo.database.unit() as unit:
        store.deliveries.queue_news(unit, connection, Module.SESSIONS, "s1", "PUT")
        await unit.value("select 1 from ocpi_delivery")
        forgetting = asyncio.create_task(forget_old(cpo.database, cpo.settings.keeping))
        while not await _somebody_waits(cpo):
            await asyncio.sleep(0.01)
    await forgetting
    async with cpo.database.unit() as unit:
        assert [row[0] for row in await unit.fetch(KEYS)] == ["s1 false"]


async def _somebody_waits(cpo: Installation) -> bool:
    """Within one transaction it would be so or not for ever."""
    async with cpo.database.unit() as unit:
        return bool(await unit.value(SOMEBODY_WAITS))


def command(unit: Unit, connection: Connection, state: CommandState) -> KeptCommand:
    return KeptCommand(
        holder=connection.holder,
        id=unit.new_id(),
        connection_id=connection.id,
        direction="in",
        kind="UNLOCK_CONNECTOR",
        body=b"{}",
        response_url=None,
        state=state,
        result=None,
        session_id=None,
        asked_at=unit.now,
        expires_at=unit.now,
        answered_at=None,
    )


def counted(unit: Unit, connection: Connection) -> Counted:
    return Counted(
        holder=connection.holder,
        id=unit.new_id(),
        at=unit.now,
        asker=EMSP,
        answerer=connection.holder,
        module="tokens",
        method="GET",
        way="forwarded",
        bytes_in=0,
        bytes_out=9,
        http=200,
        status=1000,
        took_ms=1,
    )


def exchange(unit: Unit, connection: Connection) -> Exchange:
    return Exchange(
        holder=connection.holder,
        connection_id=connection.id,
        id=unit.new_id(),
        at=unit.now,
        direction="in",
        method="GET",
        url="/ocpi/versions",
        http_status=200,
        ocpi_status=1000,
        problem=None,
        request_id=unit.new_id(),
        correlation_id=unit.new_id(),
        took_ms=1,
    )
