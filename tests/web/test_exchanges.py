"""The log of a partner, looked through by somebody who wants to know what went wrong."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio

from laddnav.db.unit import Database
from laddnav.ocpi import store
from laddnav.ocpi.connections import partners
from laddnav.ocpi.model import Connection, Exchange
from laddnav.ocpi.settings import Settings
from laddnav.parties.model import Role as PartyRole
from laddnav.people.model import Role
from tests.clock import SetClock
from tests.things import US, settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in

__all__ = ["client"]


def exchange(connection: Connection, clock: SetClock, url: str, problem: str | None = None) -> Exchange:
    at = clock.advance(timedelta(seconds=1))
    return Exchange(
        holder=connection.holder,
        connection_id=connection.id,
        id=clock.new_id(),
        at=at,
        direction="out" if problem else "in",
        method="PUT" if problem else "POST",
        url=url,
        http_status=500 if problem else 200,
        ocpi_status=None if problem else 1000,
        problem=problem,
        request_body='{"status": "WANTED"}' if problem else None,
        response_body="<p>oh & dear</p>" if problem else None,
        request_id=f"request-{url[-1]}",
        correlation_id=f"correlation-{url[-1]}",
        took_ms=12,
    )


@pytest_asyncio.fixture(loop_scope="session")
async def partner(site: Site, client: aiohttp.ClientSession, database: Database, clock: SetClock) -> str:
    """The path of its exchanges: 60 that went well and one that did not."""
    await sign_in(client, site, Role.VIEWER)
    await settled(database)
    async with database.unit() as unit:
        made = await partners.invite(unit, Settings(public_url=site.url, key=bytes(32)), US, PartyRole.CPO, name="They")
        connection = await partners.fetch(unit, made.connection_id)
    failed = exchange(connection, clock, "https://they.example/sessions/7", "It broke HERE")
    went = [exchange(connection, clock, "https://us.example/ocpi/cpo/2.2.1/commands/8") for _ in range(60)]
    await store.exchanges.append(database, [failed, *went])
    return f"{site.url}/partners/{connection.ref}/exchanges"


async def rows(client: aiohttp.ClientSession, url: str) -> tuple[int, str]:
    async with client.get(url) as answer:
        assert answer.status == 200, url
        text = await answer.text()
    return text.count('data-label="HTTP"'), " ".join(text.split())


async def test_all_of_them_are_there_page_by_page(client: aiohttp.ClientSession, partner: str) -> None:
    many, text = await rows(client, partner)
    assert many == 50
    older = text.split("cursor=")[1].split('"')[0]
    many, text = await rows(client, f"{partner}?cursor={older}")
    assert many == 11 and "It broke HERE" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("words=broke+here", 1),
        ("words=SESSIONS", 1),
        ("words=correlation-7", 1),
        ("words=correlation", 0),
        ("words=wanted", 1),
        ("words=DEAR%3C", 1),
        ("failed=yes", 1),
        ("direction=out", 1),
        ("direction=in&failed=yes", 0),
        ("words=%25", 0),
        ("direction=sideways", 50),
    ],
)
async def test_what_is_looked_for_is_found(client: aiohttp.ClientSession, partner: str, query: str, found: int) -> None:
    """An id as a whole, anything else in part; what stands for anything elsewhere stands for itself here."""
    many, text = await rows(client, f"{partner}?{query}")
    assert many == found
    assert ("Nothing like that" in text) is (found == 0)


async def test_what_failed_is_shown_with_what_was_said_and_what_to_do(
    client: aiohttp.ClientSession, partner: str
) -> None:
    """What went well is there too, and says that nothing more is kept."""
    _, text = await rows(client, f"{partner}?failed=yes")
    failed = text.split(f"{partner.split('/partners')[1]}/")[1].split('"')[0]
    async with client.get(f"{partner}/{failed}") as answer:
        text = await answer.text()
    assert all(
        word in text
        for word in ("It broke HERE", "Something is wrong on their side", "WANTED", "oh &amp; dear", "Failed")
    )
    _, text = await rows(client, f"{partner}?direction=in")
    well = text.split(f"{partner.split('/partners')[1]}/")[1].split('"')[0]
    async with client.get(f"{partner}/{well}") as answer:
        assert "It went well" in await answer.text()
    async with client.get(f"{partner}/nonsense") as answer:
        assert answer.status == 404 and "There is no such exchange" in await answer.text()
