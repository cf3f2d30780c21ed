"""Partners that break off, never end, or say what nobody says: they harm nobody but themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from laddnav.cdrs import actions as cdrs
from laddnav.kit.ids import EvseRef
from laddnav.locations import actions as locations
from laddnav.ocpi import http
from laddnav.ocpi.calls.guard import may_be_called
from laddnav.ocpi.commands.ask import Asker
from laddnav.ocpi.connections import partners
from laddnav.ocpi.endpoints.call import hearing
from laddnav.ocpi.fetching.pull import pull_due
from laddnav.ocpi.http import STRANGERS_MAX
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import count_in
from laddnav.ocpi.wire.versions import VERSIONS
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Whitelist
from tests import things
from tests.clock import SetClock
from tests.ocpi.furnishing import carded, charged, furnished, locations_made
from tests.ocpi.network import CPO, EMSP, Ask, Installation, Pair, no_luck, stranger
from tests.ocpi.peer import Peer, envelope, said
from tests.ocpi.wording import cdr, session, words


async def pulled(one: Installation, module: Module) -> Any:
    async with one.database.unit() as unit:
        return {each.module: each for each in await partners.pulls(unit, await one.connection())}[module]


async def somebody_waits(one: Installation) -> bool:
    """For a row that somebody else holds."""
    async with one.database.unit() as unit:
        return bool(await unit.value("select exists (select from pg_stat_activity where wait_event_type = 'Lock')"))


# Lists ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["²", "٣", "-1", "1e9", "9" * 5000, "", "0x10"])
def test_a_count_that_is_none_counts_nothing(text: str) -> None:
    assert count_in(text) == 0


async def test_a_list_with_a_count_that_is_none_is_fetched(emsp: Installation, their_cpo: Peer) -> None:
    """TRN-069: its header would otherwise break our round, and nobody's list would be fetched any more."""
    objects = [words(things.location(f"L{number}", CPO, evses=())) for number in range(3)]
    their_cpo.answers["/locations"] = JSONResponse(envelope(1000, objects), headers={"X-Total-Count": "²"})
    await emsp.pull()
    async with emsp.database.unit() as unit:
        assert await locations.count(unit, EMSP) == 3


async def test_a_crawl_that_breaks_off_goes_on_from_there(emsp: Installation, their_cpo: Peer, clock: SetClock) -> None:
    asked: list[int] = []

    async def page(request: Request) -> Response:
        offset = int(request.query_params["offset"])
        asked.append(offset)
        if offset == 20 and asked.count(20) == 1:
            return said(500, 3000)
        objects = [words(things.location(f"L{offset + number}", CPO, evses=())) for number in range(10)]
        following = f'<{their_cpo.url}/locations?offset={offset + 10}&limit=10>; rel="next"'
        return JSONResponse(envelope(1000, objects), headers={"Link": following} if offset < 30 else {})

    their_cpo.answers["/locations"] = page
    await emsp.pull()
    task = await pulled(emsp, Module.LOCATIONS)
    assert (task.seen, task.finished_at) == (20, None) and "offset=20" in task.next_url and task.last_error
    clock.advance(timedelta(minutes=5))
    await emsp.pull()
    task = await pulled(emsp, Module.LOCATIONS)
    assert (task.seen, task.next_url, task.last_error) == (40, None, None)
    assert asked == [0, 10, 20, 20, 30]


async def test_a_list_without_end_leaves_the_others_their_turn(emsp: Installation, their_cpo: Peer) -> None:
    pages = 0

    async def page(request: Request) -> Response:
        nonlocal pages
        pages += 1
        following = f'<{their_cpo.url}/locations?offset={pages}>; rel="next"'
        return JSONResponse(envelope(1000, [{"id": "nothing"}]), headers={"Link": following})

    their_cpo.answers["/locations"] = page
    their_cpo.answers["/tariffs"] = [words(things.tariff("T1", CPO))]
    for _ in range(6):
        await pull_due(emsp.database, emsp.clients, no_luck, limit=1, turn=0)
    assert (await pulled(emsp, Module.TARIFFS)).finished_at is not None
    task = await pulled(emsp, Module.LOCATIONS)
    assert task.finished_at is None and task.seen == pages >= 2


async def test_what_is_pushed_while_it_is_fetched_is_kept_once(emsp: Installation, their_cpo: Peer) -> None:
    """Both are the first to tell of a Session: who comes second finds its key taken, and looks again."""
    their_cpo.answers["/sessions"] = [session(id="S1", kwh=1), session(id="S2", kwh=1)]
    connection = await emsp.connection()
    version = VERSIONS[connection.version]
    async with emsp.database.unit() as unit:
        body = encoded(session(id="S1", kwh=1))
        heard = version.codecs[Session].decode(body, hearing(connection, unit.new_id()))
        await sessions.hear(unit, heard)
        await unit.value("select 1")
        pulling = asyncio.create_task(emsp.pull())
        async with asyncio.timeout(10):
            while not await somebody_waits(emsp):
                await asyncio.sleep(0.01)
    await pulling
    task = await pulled(emsp, Module.SESSIONS)
    assert (task.seen, task.skipped, task.last_error) == (2, 0, None)
    async with emsp.database.unit() as unit:
        assert [one.id for one in await sessions.page(unit, EMSP)] == ["S2", "S1"]


# Answers --------------------------------------------------------------------------------------------------------------


async def test_a_place_that_is_no_url_does_not_keep_a_delivery_from_having_arrived(
    cpo: Installation, they: Peer
) -> None:
    answer = said(201, 1000)
    answer.headers["Location"] = "http://[nowhere"
    they.answers["/locations/SE/LAD/L000"] = answer
    await locations_made(cpo, 1)
    await cpo.settle()
    (one,) = await cpo.deliveries()
    assert (one.state, one.location_url) == ("done", None)


async def test_a_message_that_nobody_can_print_is_kept_as_what_can_be_printed(cpo: Installation, they: Peer) -> None:
    they.answers["/locations/SE/LAD/L000"] = said(200, 2001, message="no\x00no\x1b[2J" + "x" * 5000)
    await locations_made(cpo, 1)
    await cpo.settle()
    await cpo.clients.journal.flush()
    (one,) = await cpo.deliveries()
    assert one.state == "dead" and one.last_error is not None
    assert "no\N{REPLACEMENT CHARACTER}no\N{REPLACEMENT CHARACTER}[2J" in one.last_error and len(one.last_error) < 500
    async with cpo.database.unit() as unit:
        problems = [each.problem for each in await partners.exchanges(unit, await cpo.connection())]
    assert any("no\N{REPLACEMENT CHARACTER}no" in (problem or "") for problem in problems)


async def test_what_happens_while_a_partner_is_suspended_is_told_afterwards(pair: Pair, clock: SetClock) -> None:
    """CDR-002: a CDR is money; it must not be lost because a line was closed when it closed."""
    cpo, emsp = pair
    await furnished(cpo)
    await carded(emsp)
    await emsp.settle()
    async with cpo.database.unit() as unit:
        await partners.suspend(unit, await cpo.connection())
    await charged(cpo, clock)
    await cpo.settle()
    async with emsp.database.unit() as unit:
        assert len(await cdrs.page(unit, EMSP)) == 0
    async with cpo.database.unit() as unit:
        await partners.resume(unit, await cpo.connection())
    await cpo.settle()
    async with emsp.database.unit() as unit:
        assert len(await cdrs.page(unit, EMSP)) == 1


# Requests -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "emsp/2.2.1/locations/SE/LAD/%00",
        "emsp/2.2.1/tariffs/SE/LAD/a%00b",
        "emsp/2.2.1/sessions/SE/LAD/%ED%A0%80",
        "emsp/2.2.1/tokens?offset=9007199254740991",
        "emsp/2.2.1/tokens?date_from=0001-01-01T00:00:00Z",
    ],
)
async def test_nonsense_in_a_url_is_answered_and_never_breaks_us(at_emsp: Ask, emsp: Installation, path: str) -> None:
    answer = await at_emsp("GET", f"{emsp.url}/ocpi/{path}")
    assert answer.http in (200, 404) and answer.status != 3000


async def test_a_command_that_nobody_sent_is_401_however_it_is_written(emsp: Installation) -> None:
    async with stranger(None) as ask:
        answer = await ask("POST", f"{emsp.url}/ocpi/emsp/2.2.1/commands/START_SESSION/%00", b"{}")
    assert answer.http < 500


@pytest.mark.parametrize("hours", ["1e30", "-1e30", "99999999999"])
async def test_more_hours_than_there_are_cannot_be_read(at_emsp: Ask, emsp: Installation, hours: str) -> None:
    body = encoded(cdr()).replace(b'"total_time":', b'"total_time":%s,"x":' % hours.encode())
    assert (await at_emsp("POST", f"{emsp.url}/ocpi/emsp/2.2.1/cdrs", body)).both == (200, 2001)


@pytest.mark.parametrize("header", [f"Content-Length: {STRANGERS_MAX + 1}", "Transfer-Encoding: chunked"])
async def test_the_long_body_of_a_stranger_is_not_taken_in(emsp: Installation, header: str) -> None:
    """The answer is there before the body: whoever has no token fills no memory."""
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", emsp.port)
        writer.write(
            f"POST /ocpi/emsp/2.2.1/cdrs HTTP/1.1\r\nHost: x\r\nAuthorization: Token no\r\n{header}\r\n\r\n".encode()
        )
        await writer.drain()
        assert b" 401 " in await reader.readline()
        writer.close()


# Where we may be led --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.1.2.3",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "2002:7f00:1::",
    ],
)
def test_no_address_leads_into_our_own_network(address: str) -> None:
    assert not may_be_called(address, allow_loopback=False)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_may_be_called(address: str) -> None:
    assert may_be_called(address, allow_loopback=False)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:7f00:1]", "localhost"])
async def test_no_spelling_of_this_machine_is_called(emsp: Installation, their_cpo: Peer, host: str) -> None:
    """A client that allows no loopback, as all do outside tests and the demo."""
    closed = type(emsp.clients)(emsp.database, replace(emsp.settings, allow_loopback=False))
    port = their_cpo.url.rsplit(":", 1)[1]
    try:
        with pytest.raises((aiohttp.ClientError, OSError, ValueError)):
            async with closed.session("x").get(f"http://{host}:{port}/versions"):
                pass
    finally:
        await closed.close()
    assert their_cpo.many("GET", "/versions") == 1  # from the registration


# What the log keeps ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def known(pair: Pair) -> AsyncIterator[Pair]:
    await furnished(pair.cpo)
    await carded(pair.emsp, whitelist=Whitelist.NEVER)
    await pair.emsp.settle()
    yield pair


async def test_the_log_of_exchanges_names_no_card(known: Pair) -> None:
    cpo = known.cpo
    ask = Asker(cpo.database, cpo.clients)
    await tokens.authorize(cpo.database, CPO, "CARD1", evse=EvseRef("LOC1", "EVSE1"), ask=ask)
    for one in known:
        await one.clients.journal.flush()
        async with one.database.unit() as unit:
            kept = await partners.exchanges(unit, await one.connection())
        urls = [each.url for each in kept if "/tokens" in each.url]
        assert any(url.endswith("/tokens/…") for url in urls)
        assert "card1" not in str(kept).lower()


@pytest.mark.parametrize("place", ["emsp/2.2.1/tokens", "hub/2.2.1/receiver/tokens"])
def test_no_url_in_the_log_names_a_card(place: str) -> None:
    """In its own module or on its way through a hub of ours."""
    assert http.shown(f"{place}/SE/LAD/CARD1".split("/")) == f"{place}/…"
