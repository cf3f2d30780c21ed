"""The page of one partner: which version is spoken, which could be, and what does not reach them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio
from msgspec.structs import replace

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.ocpi import store
from laddnav.ocpi.connections import offers, partners
from laddnav.ocpi.deviations.policy import Calls, Lists, Objects, Policy, Pushes, switches_of
from laddnav.ocpi.deviations.quirks import FIELDS
from laddnav.ocpi.model import Connection
from laddnav.ocpi.settings import Settings
from laddnav.ocpi.wire.handshake import Module, State
from laddnav.parties.model import Role as PartyRole
from laddnav.people.model import Role
from laddnav.web.pages.deviations import GROUPS, REPAIRS, SWITCHES
from tests.things import US, settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in

__all__ = ["client"]


@pytest_asyncio.fixture(loop_scope="session")
async def older(site: Site, client: aiohttp.ClientSession, database: Database) -> AsyncIterator[Connection]:
    """A partner behind a hub with whom 2.2.1 is spoken, though it offers 2.3.0."""
    await sign_in(client, site, Role.ADMIN)
    await settled(database)
    async with database.unit() as unit:
        settings = Settings(public_url=site.url, key=bytes(32))
        made = await partners.invite(unit, settings, US, PartyRole.CPO, name="They", version="2.2.1")
        known = replace(
            await partners.fetch(unit, made.connection_id),
            state=State.CONNECTED,
            hub=PartyId("NL", "HUB"),
            offers=("2.2.1", "2.3.0", "3.0"),
        )
        store.connections.update(unit, known)
        store.words.put_loss(unit, US, Module.LOCATIONS, "2.2.1", "loc1", ["help_phone", "parking_places"])
    yield known


async def test_a_partner_s_page_says_what_does_not_reach_it_and_how_it_could(
    site: Site, client: aiohttp.ClientSession, older: Connection
) -> None:
    async with client.get(f"{site.url}/partners/{older.ref}") as answer:
        text = await answer.text()
    assert all(
        word in text for word in ("2.2.1, 2.3.0, 3.0", "NL*HUB", "Speak OCPI 2.3.0", "OCPI 2.2.1 has no words for it")
    )
    assert "help_phone" in text and "parking_places" in text


@pytest.mark.parametrize(
    ("version", "offered", "better"),
    [
        ("2.2.1", ("2.1.1", "2.2.1", "2.3.0", "3.0"), "2.3.0"),
        ("2.1.1", ("2.1.1", "2.2.1"), "2.2.1"),
        ("2.3.0", ("2.2.1", "2.3.0"), None),
        ("2.2.1", (), None),
    ],
)
async def test_a_better_version_is_the_newest_that_both_speak(
    older: Connection, version: str, offered: tuple[str, ...], better: str | None
) -> None:
    """VER-022, VER-020."""
    assert offers.better(replace(older, version=version, offers=offered)) == better


def test_every_repair_and_every_switch_has_its_words() -> None:
    assert list(REPAIRS) == list(FIELDS)
    assert switches_of(Policy()).keys() == SWITCHES.keys() and set(GROUPS) == set(Policy.__struct_fields__)


async def test_several_of_us_are_on_one_page_and_one_line(
    site: Site, client: aiohttp.ClientSession, older: Connection, database: Database
) -> None:
    """CRED-032: chosen when the token is made, and seen on the page of each."""
    csrf = await sign_in(client, site, Role.ADMIN)
    form = {"csrf": csrf, "name": "Both", "us": f"{US} CPO", f"as {US} EMSP": "yes"}
    async with client.post(f"{site.url}/partners/invite", data=form) as answer:
        text = await answer.text()
    assert "Who of us speaks here" in text
    assert f"{US} CPO ↔" in text and f"{US} EMSP ↔" in text
    async with database.unit() as unit:
        made = [one for one in await partners.connections(unit) if one.name == "Both"]
    assert [one.our_role for one in made] == [PartyRole.CPO, PartyRole.EMSP] and len({one.line for one in made}) == 1
    assert all(f"/partners/{one.ref}" in text for one in made)
    form = {"csrf": csrf, f"as {US} EMSP": "yes"}
    async with client.post(f"{site.url}/partners/{older.ref}/roles", data=form) as answer:
        assert (await answer.text()).count("not registered") or answer.status >= 400
    async with database.unit() as unit:
        assert [one.our_role for one in await partners.beside(unit, older)] == [PartyRole.CPO]


async def test_an_administrator_says_how_a_partner_deviates(
    site: Site, client: aiohttp.ClientSession, older: Connection, database: Database
) -> None:
    """What is not ticked goes by the text; what cannot be is refused, and nothing changed."""
    csrf = await sign_in(client, site, Role.ADMIN)
    path = f"{site.url}/partners/{older.ref}/deviations"
    async with client.get(path) as answer:
        page = await answer.text()
    assert "Wants every message in its order" in page and "Numbers written as texts" in page
    as_a_rule = {
        name: str(value) for name, value in switches_of(Policy()).items() if type(value) is int or value is True
    }
    ticked = {"objects.quirks quoted-number": "yes", "pushes.in_order": "yes", "calls.raw_token": "raw"}
    for absences, said in (
        ("3", "like that from now on"),
        ("999", "lists.absences"),
        ("", "lists.absences"),
    ):
        async with client.post(path, data={**as_a_rule, **ticked, "csrf": csrf, "lists.absences": absences}) as answer:
            assert said in await answer.text()
        async with database.unit() as unit:
            policy = (await partners.fetch(unit, older.ref)).policy
        assert policy == Policy(
            calls=Calls(raw_token=True),
            objects=Objects(quirks=("quoted-number",)),
            lists=Lists(absences=3),
            pushes=Pushes(in_order=True),
        )


async def test_what_a_partner_demands_and_what_guards_its_line_have_pages(
    site: Site, client: aiohttp.ClientSession, older: Connection
) -> None:
    """A key that was given is nowhere in what comes back; what cannot guard a line is refused."""
    csrf = await sign_in(client, site, Role.ADMIN)
    async with client.get(f"{site.url}/partners/{older.ref}/demands") as answer:
        assert "Nothing is missing" in await answer.text()
    path = f"{site.url}/partners/{older.ref}/guard"
    async with client.get(path) as answer:
        assert "Trusted there" in await answer.text()
    async with client.post(path, data={"csrf": csrf, "trusted": "nonsense", "key": "PRIVATE"}) as answer:
        page = await answer.text()
    assert "cannot guard the line" in page and "PRIVATE" not in page


async def test_what_waits_what_was_given_up_and_what_was_told_are_looked_through(
    site: Site, client: aiohttp.ClientSession, older: Connection, database: Database
) -> None:
    """What is empty says so; all that was given up goes again at once, and what is tried again needs not wait."""
    csrf = await sign_in(client, site, Role.ADMIN)
    path = f"{site.url}/partners/{older.ref}/outbox"

    async def shown(query: str = "") -> str:
        async with client.get(path + query) as answer:
            return await answer.text()

    assert "Nothing waits" in await shown() and "Nothing was given up" in await shown("?state=dead")
    async with database.unit() as unit:
        for number in range(60):
            store.deliveries.queue_news(unit, older, Module.LOCATIONS, f"loc-{number:02}", "PUT")
    async with database.unit() as unit:
        waiting = await partners.outbox(unit, older, "waiting", 60)
        for one in waiting[:2]:
            store.deliveries.again(unit, one, unit.now + timedelta(days=1), "no postal_code", dead=one is waiting[0])
    text = await shown()
    row = 'data-label="Failed tries"'
    assert text.count(row) == 50 and "loc-59" not in text
    assert (await shown(f"?cursor={text.split('cursor=')[1].split(chr(34))[0]}")).count(row) == 9
    text = await shown("?state=dead")
    assert "loc-59" in text and "no postal_code" in text and "Send all again" in text
    async with client.post(f"{site.url}/partners/{older.ref}/resend", data={"csrf": csrf}) as answer:
        assert "Sent again: 1" in await answer.text()
    async with database.unit() as unit:
        assert (
            await partners.outbox(unit, older, "dead") == ()
            and len(await partners.outbox(unit, older, "waiting", 99)) == 60
        )
