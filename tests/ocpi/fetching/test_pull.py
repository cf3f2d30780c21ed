"""What one has the other fetches: all of it at first, then what changed, and what no push brought."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.locations import actions as locations
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.partners import NEWEST
from laddnav.ocpi.wire.handshake import Module
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status as SessionStatus
from laddnav.tariffs import actions as tariffs
from laddnav.tokens import actions as tokens
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import carded, charged, furnished
from tests.ocpi.network import CPO, EMSP, Installation, Pair, introduced


async def test_everything_is_fetched_after_registration(cpo: Installation, emsp: Installation, clock: SetClock) -> None:
    """TRN-058, TRN-078, LOC-001, TAR-001, TOK-011, TOK-012, SES-003: what there was before, page by page."""
    await furnished(cpo)
    async with cpo.database.unit() as unit:
        for number in range(230):
            await locations.keep(unit, CPO, things.location(f"L{number:03}", CPO, evses=(things.evse(f"E{number}"),)))
    for number in range(120):
        await carded(emsp, f"CARD{number}")
    await introduced(cpo, emsp)
    await cpo.pull()
    await emsp.pull()
    async with emsp.database.unit() as unit:
        assert await locations.count(unit, EMSP) == 231
        assert await tariffs.find(unit, EMSP, CPO, "T1") is not None
        pulls = {one.module: one for one in await partners.pulls(unit, await emsp.connection())}
    assert (pulls[Module.LOCATIONS].seen, pulls[Module.LOCATIONS].skipped) == (231, 0)
    assert all(one.finished_at and one.next_url is None and one.last_error is None for one in pulls.values())
    async with cpo.database.unit() as unit:
        assert len(await tokens.page(unit, CPO, EMSP, limit=500)) == 120


async def test_a_second_pull_fetches_what_changed(pair: Pair, clock: SetClock) -> None:
    """LOC-002, TRN-065: by date_from, with some overlap for clocks that differ."""
    cpo, emsp = pair
    await furnished(cpo)
    await emsp.pull()
    clock.advance(timedelta(hours=5))
    async with cpo.database.unit() as unit:
        await locations.keep(unit, CPO, things.location("LOC2", CPO, last_updated=unit.now))
    await emsp.pull()
    async with emsp.database.unit() as unit:
        pulls = {one.module: one for one in await partners.pulls(unit, await emsp.connection())}
        assert await locations.count(unit, EMSP) == 2
    assert pulls[Module.LOCATIONS].seen == 1


async def test_a_pull_that_broke_off_goes_on_where_it_was(
    cpo: Installation, emsp: Installation, clock: SetClock
) -> None:
    async with cpo.database.unit() as unit:
        for number in range(150):
            await locations.keep(unit, CPO, things.location(f"L{number:03}", CPO, evses=(things.evse(f"E{number}"),)))
    await introduced(cpo, emsp)
    connection = await emsp.connection()
    endpoint = f"{cpo.url}/ocpi/cpo/{NEWEST}/locations"
    async with emsp.database.unit() as unit:
        task = next(one for one in await partners.pulls(unit, connection) if one.module is Module.LOCATIONS)
        await store.pulls.pulled(
            unit, replace(task, started_at=unit.now, seen=100, next_url=f"{endpoint}?offset=100&limit=100")
        )
    await cpo.down()
    await emsp.pull()
    async with emsp.database.unit() as unit:
        task = next(one for one in await partners.pulls(unit, connection) if one.module is Module.LOCATIONS)
        assert task.last_error and task.next_url
    await cpo.up()
    clock.advance(timedelta(minutes=5))
    await emsp.pull()
    async with emsp.database.unit() as unit:
        task = next(one for one in await partners.pulls(unit, connection) if one.module is Module.LOCATIONS)
        assert await locations.count(unit, EMSP) == 50
    assert (task.seen, task.next_url, task.last_error) == (150, None, None)


async def test_sessions_and_cdrs_are_fetched_where_no_push_came(pair: Pair, clock: SetClock) -> None:
    """SES-004, TRN-090: and the next time those since then."""
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    session_id = await charged(cpo, clock)
    async with cpo.database.unit() as unit:
        store.connections.update(unit, replace(await cpo.connection(), endpoints=()))
    await cpo.settle()
    clock.advance(timedelta(hours=6))
    await emsp.pull()
    async with emsp.database.unit() as unit:
        assert (await sessions.fetch(unit, EMSP, CPO, session_id)).status is SessionStatus.COMPLETED
        assert len(await cdrs.page(unit, EMSP)) == 1
    await charged(cpo, clock)
    await cpo.settle()
    clock.advance(timedelta(hours=6))
    await emsp.pull()
    async with emsp.database.unit() as unit:
        assert len(await cdrs.page(unit, EMSP)) == 2
        pulls = {one.module: one for one in await partners.pulls(unit, await emsp.connection())}
    assert (pulls[Module.SESSIONS].seen, pulls[Module.CDRS].seen) == (1, 1)
