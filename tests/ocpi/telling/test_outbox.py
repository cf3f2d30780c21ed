"""What is to be told waits, is tried again, and arrives once; and the newest of it."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import timedelta

from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import Exchange
from laddnav.ocpi.sides import RECEIVER
from laddnav.ocpi.wire.handshake import Endpoint, Module
from laddnav.parties.model import Role
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status as SessionStatus
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import carded, charged, furnished
from tests.ocpi.network import CPO, EMSP, Installation, Pair, befriended
from tests.ocpi.peer import peer, said

PUSHED = (Module.TARIFFS, Module.CDRS)


async def test_what_a_partner_missed_arrives_once_when_it_is_back(pair: Pair, clock: SetClock) -> None:
    """CDR-004: nothing is lost while the partner is down, nothing arrives twice."""
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    await cpo.settle()
    await emsp.down()
    first = await charged(cpo, clock)
    await cpo.settle()
    second = await charged(cpo, clock, energy="20")
    await cpo.settle()
    waiting = await cpo.connection()
    assert waiting.waiting == 4 and waiting.failures > 0 and waiting.last_error and not waiting.dead
    await emsp.up()
    clock.advance(timedelta(minutes=30))
    await cpo.settle()
    async with emsp.database.unit() as unit:
        received = await cdrs.page(unit, EMSP)
        assert [one.session_id for one in reversed(received)] == [first, second]
        assert (await sessions.fetch(unit, EMSP, CPO, second)).status is SessionStatus.COMPLETED
    now = await cpo.connection()
    assert (now.waiting, now.dead, now.failures, now.last_error) == (0, 0, 0, None)


async def test_while_the_line_is_down_a_partner_is_left_alone_for_longer_and_longer(
    pair: Pair, clock: SetClock
) -> None:
    cpo, emsp = pair
    await emsp.down()
    await furnished(cpo)
    await cpo.settle()
    once = await cpo.connection()
    await cpo.settle()
    assert (await cpo.connection()).failures == once.failures == 1
    assert once.retry_at is not None and once.retry_at - clock.now() == timedelta(seconds=1)
    for failures, wait in ((2, 2), (3, 4), (4, 8)):
        clock.advance(timedelta(minutes=20))
        await cpo.settle()
        now = await cpo.connection()
        assert now.failures == failures and now.retry_at == clock.now() + timedelta(seconds=wait)
    assert now.waiting == 2


async def test_the_newest_state_wins(pair: Pair, clock: SetClock) -> None:
    """Ten changes while nobody listens are one message."""
    cpo, emsp = pair
    await furnished(cpo)
    await cpo.settle()
    await emsp.down()
    for number in range(10):
        async with cpo.database.unit() as unit:
            at = clock.advance(timedelta(seconds=1))
            await locations.keep(unit, CPO, things.location(owner=CPO, name=f"Name {number}", last_updated=at))
        await cpo.settle()
    assert (await cpo.connection()).waiting == 1
    before = len(await _exchanges(cpo))
    await emsp.up()
    clock.advance(timedelta(minutes=30))
    await cpo.settle()
    async with emsp.database.unit() as unit:
        assert (await locations.fetch(unit, EMSP, CPO, "LOC1")).name == "Name 9"
    assert len(await _exchanges(cpo)) == before + 1


async def test_a_change_of_what_the_partner_lost_is_mended_by_the_whole(pair: Pair) -> None:
    """TRN-043, TRN-044."""
    cpo, emsp = pair
    await furnished(cpo)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        await unit.execute("delete from ocpi_words")
    async with cpo.database.unit() as unit:
        await locations.report_status(unit, CPO, CPO, "LOC1", "EVSE2", Status.OUTOFORDER, unit.now)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        location = await locations.fetch(unit, EMSP, CPO, "LOC1")
        assert location.evses[1].status is Status.OUTOFORDER
    assert (await cpo.connection()).dead == 0


async def test_what_is_refused_is_shown_and_can_be_sent_again(pair: Pair, clock: SetClock) -> None:
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    connection = await emsp.connection()
    async with emsp.database.unit() as unit:
        store.connections.update(unit, replace(connection, roles=()))
    await charged(cpo, clock)
    await cpo.settle()
    shown = await cpo.connection()
    dead = [one for one in await cpo.deliveries() if one.state == "dead"]
    assert shown.dead == len(dead) == 4 and "no party of this connection" in (dead[0].last_error or "")
    async with emsp.database.unit() as unit:
        store.connections.update(unit, connection)
    async with cpo.database.unit() as unit:
        assert await partners.resend(unit, shown, dead[0].id) == 1
        assert await partners.resend(unit, shown) == 3
    await cpo.settle()
    assert (await cpo.connection()).dead == 0
    async with emsp.database.unit() as unit:
        assert len(await cdrs.page(unit, EMSP)) == 1


async def test_a_cdr_repeated_after_a_lost_answer_is_one_cdr(pair: Pair, clock: SetClock) -> None:
    """CDR-003, CDR-004."""
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    await charged(cpo, clock)
    await cpo.settle()
    done = next(one for one in await cpo.deliveries() if one.module is Module.CDRS)
    async with cpo.database.unit() as unit:
        assert await partners.resend(unit, await cpo.connection(), done.id) == 1
    await cpo.settle()
    await emsp.pull()
    async with emsp.database.unit() as unit:
        assert len(await cdrs.page(unit, EMSP)) == 1
    assert (await cpo.connection()).dead == 0


async def _exchanges(one: Installation) -> list[Exchange]:
    await one.clients.journal.flush()
    async with one.database.unit() as unit:
        return [e for e in await partners.exchanges(unit, await one.connection(), 500) if e.direction == "out"]


async def test_who_was_away_for_a_day_catches_up_by_itself(cpo: Installation, clock: SetClock) -> None:
    """CDR-002, CDR-004: nothing is given up or counted meanwhile; then the newest of each, and every CDR in turn."""
    async with peer() as one:
        nowhere = tuple(Endpoint(identifier=name, role=RECEIVER, url="http://127.0.0.1:9") for name in PUSHED)
        await befriended(cpo, EMSP, Role.EMSP, endpoints=nowhere)
        away = await cpo.connection()
        one.otherwise = said(200, 1000)
        for hour in range(24):
            async with cpo.database.unit() as unit:
                store.deliveries.queue_news(unit, away, Module.TARIFFS, f"t{hour % 2}", "DELETE")
                store.deliveries.queue_bytes(unit, away, Module.CDRS, f"c{hour}", f"c{hour}", b'"%d"' % hour)
            await cpo.settle()
            clock.advance(timedelta(hours=1))
        waiting = await cpo.connection()
        assert (waiting.waiting, waiting.dead, waiting.failures) == (26, 0, 24)
        assert {(each.state, each.attempts) for each in await cpo.deliveries()} == {("waiting", 0)}
        there = tuple(replace(each, url=f"{one.url}/{each.identifier}") for each in nowhere)
        async with cpo.database.unit() as unit:
            store.connections.update(unit, replace(waiting, endpoints=there))
        await cpo.settle()
        assert [each.body for each in one.asked if each.method == "POST"] == [str(hour) for hour in range(24)]
        assert sorted(each.path for each in one.asked if each.method == "DELETE") == [
            "/tariffs/SE/LAD/t0",
            "/tariffs/SE/LAD/t1",
        ]
    after = await cpo.connection()
    assert (after.waiting, after.dead, after.failures, after.last_error) == (0, 0, 0, None)


async def test_a_record_that_arrived_once_is_new_no_more(cpo: Installation) -> None:
    """INV-004, INV-005: however often it is heard that it was; a CDR is POSTed whenever it is sent."""
    await befriended(cpo, EMSP, Role.EMSP)
    connection = await cpo.connection()

    async def heard() -> None:
        async with cpo.database.unit() as unit:
            for module in (Module.INVOICE_RECONCILIATION, Module.CDRS):
                store.deliveries.queue_news(unit, connection, module, "1", "POST")

    async def arrived(*meanwhile: Awaitable[None]) -> dict[Module, str]:
        async with cpo.database.unit() as unit:
            claimed = await store.deliveries.claim(unit, "me", unit.now + timedelta(minutes=5), 8, ())
        for one in meanwhile:
            await one
        (some,) = claimed.values()
        async with cpo.database.unit() as unit:
            for each in some:
                store.deliveries.delivered(unit, each, None)
        return {each.module: each.method for each in some}

    await heard()
    await heard()
    assert await arrived(heard()) == {Module.INVOICE_RECONCILIATION: "POST", Module.CDRS: "POST"}
    assert await arrived() == {Module.INVOICE_RECONCILIATION: "PUT", Module.CDRS: "POST"}
    await heard()
    assert await arrived() == {Module.INVOICE_RECONCILIATION: "PUT", Module.CDRS: "POST"}
