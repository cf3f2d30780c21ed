"""The tester asks a partner that is connected, from its page: only what changes nothing, and with a report to send."""

from __future__ import annotations

import asyncio

import aiohttp
from starlette.requests import Request
from starlette.responses import Response

from laddnav.db.unit import Database
from laddnav.ocpi.connections import examining, partners
from laddnav.people.model import Role
from tests.ocpi.peer import peer, said
from tests.things import settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_handshakes import connect

__all__ = ["client"]

CARD = "04A3B37F112233"


async def asked(site: Site, client: aiohttp.ClientSession, csrf: str, path: str) -> str:
    """The page once the run is over."""
    async with client.post(f"{site.url}{path}", data={"csrf": csrf}) as answer:
        text = await answer.text()
    async with asyncio.timeout(60):
        while "Stop</button>" in text:
            async with client.get(f"{site.url}{path}") as answer:
                text = await answer.text()
    return " ".join(text.split())


async def test_a_partner_is_asked_only_what_changes_nothing_and_gets_a_report(
    site: Site, client: aiohttp.ClientSession, database: Database
) -> None:
    """The last report stays while the next run has none; no token and no card is in it."""
    csrf = await sign_in(client, site, Role.ADMIN)
    await settled(database)
    async with peer() as they:
        they.answers["/tokens"] = [{"uid": CARD, "type": "RFID", "valid": True}]
        path, _ = await connect(site, client, csrf, they.versions_url)
        path = path.replace("handshakes", "conformance")
        async with client.get(f"{site.url}{path}") as answer:
            assert "Nobody has asked yet" in await answer.text()
        they.asked.clear()
        text = await asked(site, client, csrf, path)
        assert {one.method for one in they.asked} == {"GET"} and len(they.asked) > 20
        assert "MUST failed" in text and "What they must do and do not" in text
        for kind, begins in (("html", "<!doctype html>"), ("json", "{")):
            async with client.get(f"{site.url}{path}/report.{kind}") as answer:
                report = await answer.text()
                assert answer.headers["content-disposition"].startswith("attachment") and report.startswith(begins)
            assert "TOK-" in report and not [one for one in (CARD, "their-token", "token-of-theirs") if one in report]
        they.answers["/versions"] = said(200, 1000, [])
        text = await asked(site, client, csrf, path)
        assert "The last run has no report" in text and "MUST failed" in text


async def test_a_run_is_stopped_and_none_begins_beside_it(
    site: Site, client: aiohttp.ClientSession, database: Database
) -> None:
    csrf = await sign_in(client, site, Role.ADMIN)
    await settled(database)
    go_on = asyncio.Event()

    async def patiently(_: Request) -> Response:
        await go_on.wait()
        return said(200, 1000, [{"version": "2.2.1", "url": f"{they.url}/v"}])

    async with peer() as they:
        path, _ = await connect(site, client, csrf, they.versions_url)
        path = path.replace("handshakes", "conformance")
        they.answers["/versions"] = patiently
        async with client.post(f"{site.url}{path}", data={"csrf": csrf}) as answer:
            assert "Stop</button>" in await answer.text()
        async with client.post(f"{site.url}{path}", data={"csrf": csrf}) as answer:
            assert "asks this partner already" in await answer.text()
        async with client.post(f"{site.url}{path}/stop", data={"csrf": csrf}) as answer:
            assert "It stops with the next question" in await answer.text()
        they.asked.clear()
        go_on.set()
        run = None
        async with asyncio.timeout(30):
            while run is None or run.ended_at is None:
                async with database.unit() as unit:
                    run = await examining.find(unit, await partners.fetch(unit, path.split("/")[2]))
    assert run.problem == "Stopped by a person" and run.report is None and len(they.asked) < 10
