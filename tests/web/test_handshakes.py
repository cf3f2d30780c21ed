"""A partner is connected from a page that shows each step, and what to do where one fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp
import pytest

from laddnav.db.unit import Database
from laddnav.people.model import Role
from tests.ocpi.peer import Peer, peer, said
from tests.things import US, settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in

__all__ = ["client"]


async def connect(site: Site, client: aiohttp.ClientSession, csrf: str, url: str, **more: str) -> tuple[str, str]:
    """(the path of the page that shows the steps, its words once nothing is under way)."""
    form = {"csrf": csrf, "versions_url": url, "token": "token-of-theirs", "us": f"{US} CPO", **more}
    async with client.post(f"{site.url}/partners/register", data=form) as answer:
        path, text = answer.url.path, await answer.text()
    return path, await over(site, client, path, "Try again", "To the partner") if path.endswith("/handshakes") else text


async def over(site: Site, client: aiohttp.ClientSession, path: str, *ends: str) -> str:
    """The words of the page once nothing is under way."""
    text = "Under way"
    async with asyncio.timeout(30):
        while "Under way" in text or not any(word in text for word in ends):
            async with client.get(f"{site.url}{path}") as answer:
                text = await answer.text()
    return " ".join(text.split())


async def test_each_step_of_a_registration_is_seen(
    site: Site, client: aiohttp.ClientSession, database: Database
) -> None:
    """And those of a renewal beside them, the newest first."""
    csrf = await sign_in(client, site, Role.ADMIN)
    await settled(database)
    async with peer() as they:
        path, text = await connect(site, client, csrf, they.versions_url)
        steps = [
            "Fetch their versions",
            "Choose the version",
            "their modules",
            "Send our",
            "Take their",
            "Begin to fetch",
        ]
        places = [text.index(step) for step in steps]
        assert places == sorted(places) and path.endswith("/handshakes") and "Done" in text
        assert all(
            word in text for word in ("2.1.1, 2.2.1", "cdrs, commands", "POST", "HTTP 200 · OCPI 1000", "NL*TNM")
        )
        partner = path.removesuffix("/handshakes")
        they.answers["/credentials"] = said(200, 2001, message="token is required")
        async with client.post(f"{site.url}{partner}/renew", data={"csrf": csrf}) as answer:
            assert answer.url.path == path
        text = await over(site, client, path, "Failed")
        assert text.index("We renew the tokens") < text.index("We register with them")
        assert "token is required" in text and "OCPI 2001" in text and "They cannot read what we say" in text
        async with client.get(f"{site.url}{partner}") as answer:
            assert "The last handshake with this partner failed" in await answer.text()


def refuses(they: Peer) -> str:
    they.answers["/versions"] = said(401, 2002, message="who are you?")
    return they.versions_url


def lacks_modules(they: Peer) -> str:
    they.answers["/v"]["endpoints"] = they.answers["/v"]["endpoints"][:1]
    return they.versions_url


def knows_us(they: Peer) -> str:
    they.answers["/credentials"] = said(405, 2000, message="registered already")
    return they.versions_url


def is_elsewhere(they: Peer) -> str:
    return f"{they.url.removesuffix(they.url.rpartition(':')[2])}9/versions"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (refuses, ("who are you?", "HTTP 401", "ask for a new one")),
        (lacks_modules, ("Fetch its details", "open the modules to you")),
        (knows_us, ("registered already", "HTTP 405", "ask them to remove us")),
        (is_elsewhere, ("cannot be reached", "Compare the address")),
    ],
)
async def test_where_it_fails_is_seen_with_what_was_said_and_what_to_do(
    site: Site, client: aiohttp.ClientSession, database: Database, wrong: Callable[[Peer], str], words: tuple[str, ...]
) -> None:
    """The address stands in the form when it is tried again; the token was good for one time and is nowhere."""
    csrf = await sign_in(client, site, Role.ADMIN)
    await settled(database)
    async with peer() as they:
        url = wrong(they)
        _, text = await connect(site, client, csrf, url)
        assert all(word in text for word in (*words, "Failed", "Try again")) and "token-of-theirs" not in text
        again = text.split("/partners/new?versions_url=")[1].split('"')[0]
        async with client.get(f"{site.url}/partners/new?versions_url={again}") as answer:
            assert f'value="{url}"' in await answer.text()


async def test_what_cannot_begin_says_so_at_once_and_leaves_nothing(
    site: Site, client: aiohttp.ClientSession, database: Database
) -> None:
    """A key that was given is nowhere in what comes back."""
    csrf = await sign_in(client, site, Role.ADMIN)
    await settled(database)
    _, text = await connect(site, client, csrf, "https://they.example/versions", trusted="nonsense", key="PRIVATE")
    assert "cannot guard the line" in text and "PRIVATE" not in text
    async with client.get(f"{site.url}/partners") as answer:
        assert "No partners yet" in await answer.text()
