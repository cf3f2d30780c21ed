"""Several of our parties, in several roles, on one line: each has its own road to the partner, and none another's."""

from __future__ import annotations

from datetime import timedelta

from laddnav.cdrs import actions as cdrs
from laddnav.locations import actions as locations
from laddnav.ocpi import store
from laddnav.ocpi.commands import commands
from laddnav.ocpi.commands.ask import Asker
from laddnav.ocpi.connections import partners
from laddnav.ocpi.wire.commands import Verdict
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties.model import Role
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, TokenKey
from tests import things
from tests.clock import SetClock
from tests.ocpi.connections.several.speakers import (
    SECOND,
    carded,
    charged,
    furnished,
    on_line,
)
from tests.ocpi.network import CPO, EMSP, Pair


async def test_each_cpo_has_its_own_road(pair: Pair, clock: SetClock) -> None:
    """HUB-002, HUB-007, HUB-008, CRED-032: places, tokens, a command, Sessions and CDRs of two CPOs on one line."""
    cpo, emsp = pair
    await furnished(cpo, CPO)
    await furnished(cpo, SECOND)
    token = await carded(emsp, EMSP)
    await emsp.settle()
    await cpo.settle()
    for holder in (CPO, SECOND):
        async with cpo.database.unit() as unit:
            assert (await tokens.fetch(unit, holder, TokenKey(EMSP, token.type, token.uid))).valid
        asked = await commands.start_session(
            emsp.database, emsp.clients, EMSP, token=token, owner=holder, location_id=f"AT-{holder.party}"
        )
        assert asked.verdict is Verdict.ACCEPTED
        async with cpo.database.unit() as unit:
            (session,) = await sessions.page(unit, holder, statuses=[Status.PENDING])
            await sessions.answer_start(unit, holder, session.id, "ACCEPTED")
        await cpo.settle()
        await charged(cpo, holder, clock)
        await cpo.settle()
    async with emsp.database.unit() as unit:
        assert {one.owner for one in await cdrs.page(unit, EMSP)} == {CPO, SECOND}
        assert {one.owner for one in await sessions.page(unit, EMSP, statuses=[Status.COMPLETED])} == {CPO, SECOND}
        for holder in (CPO, SECOND):
            assert await locations.find(unit, EMSP, holder, f"AT-{holder.party}") is not None
        results = await unit.fetch("select result from ocpi_command where direction = 'out'")
        assert [row["result"] for row in results] == ["ACCEPTED", "ACCEPTED"]
    async with cpo.database.unit() as unit:
        assert [one.dead for one in await partners.connections(unit)] == [0, 0, 0]


async def test_our_emsp_has_its_road_on_the_same_line(pair: Pair, clock: SetClock) -> None:
    """CRED-032: the other way round, with the same token each way; who may charge is asked of the eMSP alone."""
    cpo, emsp = pair
    await furnished(emsp, EMSP)
    token = await carded(cpo, CPO)
    await cpo.settle()
    await emsp.settle()
    await charged(emsp, EMSP, clock)
    await emsp.settle()
    async with cpo.database.unit() as unit:
        assert await locations.find(unit, CPO, EMSP, "AT-TNM") is not None
        assert [one.owner for one in await cdrs.page(unit, CPO)] == [EMSP]
        assert await locations.find(unit, SECOND, EMSP, "AT-TNM") is None
    given = await Asker(emsp.database, emsp.clients)(EMSP, token, token.uid, None)
    assert given is not None and given.allowed is Allowed.ALLOWED
    unheard = await Asker(emsp.database, emsp.clients)(EMSP, None, token.uid, None)
    assert unheard is not None and unheard.token is not None and unheard.token.owner == CPO


async def test_nothing_is_told_twice_on_one_line(pair: Pair) -> None:
    """One delivery for each of our parties, in whatever roles it speaks there."""
    cpo, _ = pair
    await furnished(cpo, CPO)
    await carded(cpo, CPO)
    await cpo.settle()
    async with cpo.database.unit() as unit:
        rows = await unit.fetch("select holder, module, object_key from ocpi_delivery order by module")
    assert [(row["holder"], row["module"]) for row in rows] == [
        ("SE*LAD", "locations"),
        ("SE*LAD", "tariffs"),
        ("SE*LAD", "tokens"),
    ]


async def test_what_is_for_all_of_theirs_goes_to_each_by_name(pair: Pair) -> None:
    """HUB-007, HUB-008: to each CPO of theirs a Token, for a message has one TO."""
    cpo, emsp = pair
    await carded(emsp, EMSP)
    await emsp.settle()
    async with cpo.database.unit() as unit:
        for holder in (CPO, SECOND):
            assert await tokens.by_uid(unit, holder, "CARD1")
    assert [one.state for one in await emsp.deliveries()] == ["done", "done"]


async def test_a_list_of_all_of_theirs_is_fetched_once(pair: Pair) -> None:
    """HUB-011: without TO headers, where several of them may have something for us."""
    cpo, emsp = pair
    for holder in (CPO, SECOND):
        async with cpo.database.unit() as unit:
            await locations.keep(unit, holder, things.location(f"AT-{holder.party}", holder))
    await emsp.pull()
    await emsp.clients.journal.flush()
    async with emsp.database.unit() as unit:
        for holder in (CPO, SECOND):
            assert await locations.find(unit, EMSP, holder, f"AT-{holder.party}") is not None
        rows = await unit.fetch("select url from ocpi_exchange where direction = 'out' and method = 'GET'")
    assert sum("/locations" in row["url"] for row in rows) == 1


async def test_a_partner_that_is_down_holds_up_all_of_us(pair: Pair, clock: SetClock) -> None:
    cpo, emsp = pair
    await emsp.down()
    await furnished(cpo, CPO)
    await cpo.settle()
    await furnished(cpo, SECOND)
    await cpo.settle()
    first, second = await on_line(cpo, CPO, Role.CPO), await on_line(cpo, SECOND, Role.CPO)
    assert first.failures == second.failures == 1 and first.retry_at == second.retry_at
    async with cpo.database.unit() as unit:
        tried = await partners.deliveries(unit, second)
    assert tried and not any(one.attempts for one in tried)
    await emsp.up()
    clock.advance(timedelta(minutes=30))
    await cpo.settle()
    assert (await on_line(cpo, SECOND, Role.CPO)).failures == 0
    async with emsp.database.unit() as unit:
        assert await locations.find(unit, EMSP, SECOND, "AT-TWO") is not None


async def test_all_of_us_together_send_so_much_at_a_time(pair: Pair) -> None:
    """A partner has one share, however many of us speak to it; one of eight is for what somebody waits for."""
    cpo, _ = pair
    for holder in (CPO, SECOND):
        connection = await on_line(cpo, holder, Role.CPO)
        async with cpo.database.unit() as unit:
            for number in range(5):
                store.deliveries.queue_news(unit, connection, Module.TARIFFS, f"t{number}", "PUT")
    async with cpo.database.unit() as unit:
        claimed = await store.deliveries.claim(unit, "me", unit.now + timedelta(minutes=5), 8, ())
        assert [len(some) for some in claimed.values()] == [7]
        assert await store.deliveries.claim(unit, "me", unit.now + timedelta(minutes=5), 8, claimed) == {}
