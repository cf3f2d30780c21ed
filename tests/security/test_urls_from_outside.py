"""Wherever a partner says a URL, it cannot lead us into our own network: in no spelling, by no name and no redirect."""

from __future__ import annotations

import ast
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from msgspec import Struct
from msgspec.structs import replace
from starlette.responses import JSONResponse, Response

import laddnav.ocpi
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi.calls.guard import ForbiddenAddress, GuardedResolver, checked
from laddnav.ocpi.connections import partners
from laddnav.ocpi.connections.offers import look_again
from laddnav.ocpi.wire.codec import encoded
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties.model import Role
from laddnav.sessions import actions as sessions
from tests.clock import SetClock
from tests.ocpi.commands.test_while_it_charges import charging
from tests.ocpi.furnishing import locations_made
from tests.ocpi.network import CPO, Installation, installed, stranger
from tests.ocpi.peer import Peer, envelope, peer

# A private address, and the one at which clouds hand out their keys, as they may be spelt.
INWARD = (
    "10.0.0.1",
    "10.1",
    "167772161",
    "0xa000001",
    "012.0.0.1",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::a00:1]",
    "[fd00::1]",
    "169.254.169.254",
    "2852039166",
    "partner.example@10.0.0.1",
)
# Ours, said before anything is sent; that nobody answers there would be said otherwise.
REFUSED = re.compile("no public address|is no host of|is no URL|sends us elsewhere|not a canonical")


class Led(Struct, frozen=True):
    """One of ours, a partner, and where the partner would have us go."""

    cpo: Installation
    they: Peer
    url: str

    async def register(self, versions_url: str | None = None) -> Any:
        cpo, url = self.cpo, versions_url or self.they.versions_url
        return await partners.register(cpo.database, cpo.clients, url, "token-a", CPO, Role.CPO)

    async def refused(self, call: Awaitable[object]) -> str:
        try:
            await call
        except (Refusal, Trouble) as error:
            return str(error)
        return "it was called"


async def by_the_versions_url(led: Led) -> str:
    return await led.refused(led.register(led.url))


async def by_the_url_of_a_version(led: Led) -> str:
    led.they.answers["/versions"] = [{"version": "2.2.1", "url": led.url}]
    return await led.refused(led.register())


async def by_a_redirect(led: Led) -> str:
    led.they.answers["/versions"] = Response(status_code=307, headers={"Location": led.url})
    return await led.refused(led.register())


async def by_the_endpoint_of_credentials(led: Led) -> str:
    led.they.answers["/v"]["endpoints"][0]["url"] = led.url
    return await led.refused(led.register())


async def by_credentials_that_are_answered(led: Led) -> str:
    led.they.answers["/credentials"] |= {"url": led.url}
    connection = await led.register()
    return await led.refused(look_again(led.cpo.database, led.cpo.clients, connection))


async def by_credentials_that_are_posted(led: Led) -> str:
    async with led.cpo.database.unit() as unit:
        token = (await partners.invite(unit, led.cpo.settings, CPO, Role.CPO)).token
    async with stranger(token) as ask:
        body = encoded(led.they.credentials("token-b") | {"url": led.url})
        answer = await ask("POST", f"{led.cpo.url}/ocpi/2.2.1/credentials", body)
    assert answer.both == (200, 3001)
    return str(answer.words["status_message"])


async def by_an_endpoint_that_is_pushed_to(led: Led) -> str:
    led.they.answers["/v"]["endpoints"][1]["url"] = led.url
    await led.register()
    await locations_made(led.cpo, 1)
    await led.cpo.settle()
    (delivery,) = await led.cpo.deliveries()
    return f"{delivery.last_error} {(await led.cpo.connection()).last_error}"


async def by_an_endpoint_that_is_fetched_from(led: Led) -> str:
    led.they.answers["/v"]["endpoints"][5]["url"] = led.url
    await led.register()
    await led.cpo.pull()
    async with led.cpo.database.unit() as unit:
        (task,) = [one for one in await partners.pulls(unit, await led.cpo.connection()) if one.module is Module.TOKENS]
    return str(task.last_error)


async def by_the_url_of_a_result(led: Led) -> str:
    """Refused when it is said, where it is an address; else when it is to be called."""
    await led.register()
    session = await charging(led.cpo)
    async with stranger(led.they.last("POST", "/credentials").body["token"]) as ask:
        stop = encoded({"response_url": led.url, "session_id": session.id})
        answer = await ask("POST", f"{led.cpo.url}/ocpi/cpo/2.2.1/commands/STOP_SESSION", stop)
    if answer.status != 1000:
        return str(answer.words["status_message"])
    async with led.cpo.database.unit() as unit:
        (kept,) = await partners.commands(unit, await led.cpo.connection())
        await sessions.answer_stop(unit, CPO, session.id, "ACCEPTED", kept.id)
    await led.cpo.settle()
    return f"{[one.last_error for one in await led.cpo.deliveries()]} {(await led.cpo.connection()).last_error}"


PLACES: tuple[Callable[[Led], Awaitable[str]], ...] = (
    by_the_versions_url,
    by_the_url_of_a_version,
    by_a_redirect,
    by_the_endpoint_of_credentials,
    by_credentials_that_are_answered,
    by_credentials_that_are_posted,
    by_an_endpoint_that_is_pushed_to,
    by_an_endpoint_that_is_fetched_from,
    by_the_url_of_a_result,
)


@pytest.fixture
async def cpo(database_url: str, clock: SetClock) -> AsyncIterator[Installation]:
    async with installed(database_url, clock, CPO, Role.CPO) as one:
        yield one


@pytest.fixture
async def they() -> AsyncIterator[Peer]:
    async with peer() as one:
        yield one


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("host", ["10.0.0.1", "167772161"])
async def test_nobody_is_led_inwards(
    cpo: Installation, they: Peer, place: Callable[[Led], Awaitable[str]], host: str
) -> None:
    """An address is seen in the URL; in another spelling it is seen where it is to be called."""
    assert REFUSED.search(said := await place(Led(cpo, they, f"http://{host}/inside"))), said


async def test_nobody_is_led_inwards_in_any_spelling(cpo: Installation, they: Peer) -> None:
    said = {host: await by_the_versions_url(Led(cpo, they, f"http://{host}/")) for host in INWARD}
    assert [host for host, why in said.items() if not REFUSED.search(why)] == [], said


async def test_the_next_page_is_asked_for_where_the_first_one_was(cpo: Installation, they: Peer) -> None:
    """And where a partner says that it keeps something is written down, and not called."""
    page = JSONResponse(envelope(1000, [{}]), headers={"Link": '<http://10.0.0.1/tokens?offset=1>; rel="next"'})
    they.answers["/tokens"] = [page, JSONResponse(envelope(1000, []))]
    they.answers["/locations/SE/LAD/L000"] = JSONResponse(envelope(1000), headers={"Location": "http://10.0.0.1/"})
    await Led(cpo, they, "").register()
    await cpo.pull()
    await locations_made(cpo, 1)
    await cpo.settle()
    async with cpo.database.unit() as unit:
        (task,) = [one for one in await partners.pulls(unit, await cpo.connection()) if one.module is Module.TOKENS]
    assert they.many("GET", "/tokens") == 2 and task.last_error is None
    assert [(one.state, one.location_url) for one in await cpo.deliveries()] == [("done", "http://10.0.0.1/")]


# Names ----------------------------------------------------------------------------------------------------------------


class Names(AbstractResolver):
    """A name that leads somewhere else each time it is asked for."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = iter(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in next(self._answers)
        ]

    async def close(self) -> None:
        pass


async def test_of_a_name_only_its_public_addresses_are_called() -> None:
    resolver = GuardedResolver(False, Names(("10.0.0.1", "1.1.1.1", "169.254.169.254")))
    assert [one["host"] for one in await resolver.resolve("partner.example")] == ["1.1.1.1"]


async def test_a_name_that_becomes_another_is_judged_each_time() -> None:
    """What was public when the URL was said may be ours when it is called."""
    resolver = GuardedResolver(False, Names(("1.1.1.1",), ("127.0.0.1",), ("::ffff:10.0.0.1",)))
    assert await resolver.resolve("partner.example")
    for _ in range(2):
        with pytest.raises(OSError, match="no public address"):
            await resolver.resolve("partner.example")


async def test_partners_may_live_in_a_private_network_that_is_named_and_in_no_other() -> None:
    """In whatever spelling, by a name or an address, and encrypted all the same."""
    ours = (ip_network("10.8.0.0/16"), ip_network("fd00:8::/32"))
    for inside in ("10.8.0.1", "[::ffff:10.8.255.255]", "[64:ff9b::a08:1]", "[fd00:8::1]"):
        assert checked(f"https://{inside}/", False, ours)
    for outside in ("10.9.0.1", "127.0.0.1", "169.254.169.254", "[fd00:9::1]", "[::ffff:10.9.0.1]"):
        with pytest.raises(ForbiddenAddress, match="no public address"):
            checked(f"https://{outside}/", False, ours)
    with pytest.raises(ForbiddenAddress, match="not encrypted"):
        checked("http://10.8.0.1/", False, ours)
    resolver = GuardedResolver(False, Names(("10.8.0.1", "10.9.0.1", "127.0.0.1")), ours)
    assert [one["host"] for one in await resolver.resolve("partner.example")] == ["10.8.0.1"]


async def test_a_network_that_is_named_is_open_for_calls_and_for_results(database_url: str, clock: SetClock) -> None:
    """And nobody answers in it here, of which a partner may hear."""
    unused = ip_network("127.9.0.0/16")
    async with installed(database_url, clock, CPO, Role.CPO, networks=(unused,)) as cpo, peer() as they:
        cpo.clients.settings = replace(cpo.settings, allow_loopback=False)
        led = Led(cpo, they, "https://127.9.0.1:9/inside")
        assert "cannot be reached" in (said := await by_the_versions_url(led)) and not REFUSED.search(said), said
        assert REFUSED.search(await by_the_versions_url(Led(cpo, they, "https://127.8.0.1:9/inside")))


@pytest.mark.parametrize("host", ["partner.example", "1.1.1.1"])
def test_where_partners_are_not_on_this_machine_nothing_is_said_unencrypted(host: str) -> None:
    assert checked(f"https://{host}/", False)
    with pytest.raises(ForbiddenAddress, match="not encrypted"):
        checked(f"http://{host}/", False)


def test_there_is_one_way_out() -> None:
    """Whatever is called, is called where the guard stands; the tester has a way of its own, for it guards nobody."""
    folder = Path(laddnav.ocpi.__path__[0])
    ways = {
        str(file.relative_to(folder))
        for file in folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("ClientSession", "open_connection"))
    }
    assert {way for way in ways if not way.startswith("conform/")} == {"calls/lines.py"}
