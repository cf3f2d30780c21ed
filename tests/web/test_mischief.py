"""What partners, stations and strangers write is shown as what it is: text; and no page breaks on it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio
from starlette.requests import Request

from laddnav.billing import actions as billing
from laddnav.db.outbox import drain
from laddnav.db.unit import Database
from laddnav.locations import actions as locations
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.connections import partners
from laddnav.ocpi.settings import Settings
from laddnav.parties.model import Role as PartyRole
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.web.app import DOORS
from laddnav.web.asked import Asked, Console
from tests import things
from tests.clock import SetClock
from tests.things import US, settled
from tests.web.site import PASSWORD, Site, begin, measure, stop
from tests.web.test_doors import client, sign_in

__all__ = ["client"]

SCRIPT = "<script>alert(1)</script>"
NASTY = f"\"'>{SCRIPT}<img src=x onerror=alert(1)>{{{{7*7}}}}</script><!--"
NONSENSE = ["%00", "a%00b", "%ED%A0%80", "%FF", "'", "%25", "x" * 3000, "%E2%80%AE", "-1", "9" * 40]


@pytest_asyncio.fixture(loop_scope="session")
async def admin(site: Site, client: aiohttp.ClientSession) -> AsyncIterator[aiohttp.ClientSession]:
    await sign_in(client, site, Role.ADMIN)
    yield client


async def text_of(client: aiohttp.ClientSession, url: str) -> str:
    async with client.get(url) as answer:
        assert answer.status == 200, url
        return await answer.text()


# Shown as text --------------------------------------------------------------------------------------------------------


async def test_no_name_that_others_choose_becomes_markup(
    site: Site, admin: aiohttp.ClientSession, database: Database, clock: SetClock
) -> None:
    station = await settled(database)
    async with database.unit() as unit:
        await locations.keep(unit, US, things.location(name=NASTY, city=NASTY, address=NASTY, last_updated=clock.now()))
        await locations.add_station(unit, US, "ST'><b>x")
        locations.knocked(unit, NASTY, address=NASTY, protocols=NASTY)
        locations.booted(unit, station, vendor=NASTY, model=NASTY, serial_number=NASTY, firmware=NASTY)
        settings = Settings(public_url=site.url, key=bytes(32))
        await partners.invite(unit, settings, US, PartyRole.CPO, name=NASTY)
        people.note(unit, NASTY, NASTY, NASTY, NASTY)
        await people.create_key(unit, name=NASTY[:60].strip(), role=Role.VIEWER, holder=None, by=NASTY)
    charge = await begin(site, clock, station)
    await measure(site, clock, station, charge, 2000, 3000)
    await stop(site, clock, charge, 4000)
    await drain(database)
    doors = [door for door in DOORS if door.method == "GET" and "{" not in door.path]
    pages = [door.path for door in doors if door.role is not Role.DRIVER]
    async with database.unit() as unit:
        (invoice,) = await billing.invoices(unit, US)
    pages += [f"/sessions/{charge.ref}", "/stations/ST1", f"/invoices/{invoice.ref}"]
    for path in pages:
        if path.endswith("json"):
            continue  # what the map writes by textContent
        html = await text_of(admin, site.url + path)
        assert SCRIPT not in html and "<img src=x" not in html and "<b>x" not in html, path
        assert "49" not in re.findall(r"onerror=alert\(1\)&gt;(..)", html), path


async def test_the_figures_of_a_curve_cannot_leave_their_element(
    site: Site, admin: aiohttp.ClientSession, database: Database, clock: SetClock
) -> None:
    station = await settled(database)
    charge = await begin(site, clock, station)
    async with database.unit() as unit:
        change = "update session set body = replace(body, '\"SEK\"', $2), revision = revision + 1 where id = $1"
        await unit.execute(change, charge.id, '"</script><b>"')
    await measure(site, clock, station, charge, 2000, 3000)
    html = await text_of(admin, f"{site.url}/sessions/{charge.ref}")
    drawn = re.search(r'<script type="application/json">(.*?)</script>', html, re.S)
    assert drawn is not None and json.loads(drawn[1])["currency"] == "</script><b>"


# Broken by nothing ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", NONSENSE)
async def test_no_word_in_a_url_breaks_a_page(site: Site, admin: aiohttp.ClientSession, word: str) -> None:
    for door in DOORS:
        if door.method != "GET":
            continue
        path = re.sub(r"\{\w+\}", word, door.path)
        async with admin.get(f"{site.url}{path}?cursor={word}&show={word}&next={word}&id={word}") as answer:
            assert answer.status < 500, path
    async with admin.get(f"{site.url}/live?after={word}-{word}") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("word", ["\x00", "9" * 40, "٣", "\u202e", "x" * 3000, "-1", ""])
async def test_no_word_in_a_form_breaks_a_page(site: Site, client: aiohttp.ClientSession, word: str) -> None:
    fields = ["name", "role", "holder", "id", "number", "evse", "uid", "us", "token", "delivery", "security_profile"]
    fields += ["versions_url", "back", "password", "new_password"]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as visitor:
        csrf = await sign_in(visitor, site, Role.ADMIN)
        for door in DOORS:
            if door.method != "POST" or door.path in ("/sign-out", "/look"):
                continue
            form = dict.fromkeys(fields, word)
            path = re.sub(r"\{\w+\}", "%00", door.path)
            for _ in range(2):
                async with visitor.post(site.url + path, data=form | {"csrf": csrf}, allow_redirects=False) as answer:
                    assert answer.status < 500, path
                if not answer.headers.get("Location", "").startswith("/sign-in"):
                    break
                csrf = await sign_in(visitor, site, Role.ADMIN)  # this door or the one before ends the visit


@pytest.mark.parametrize("body", [b"&".join(b"a%d=1" % number for number in range(60)), b"x" * 70_000, b"\xff=\xfe"])
async def test_a_form_that_is_none_of_ours_is_refused(site: Site, admin: aiohttp.ClientSession, body: bytes) -> None:
    async with admin.post(f"{site.url}/sign-out", data=body, allow_redirects=False) as answer:
        assert 300 <= answer.status < 500
    assert await text_of(admin, f"{site.url}/account")


async def test_a_delivery_that_is_no_number_is_not_taken_for_all_of_them(
    site: Site, admin: aiohttp.ClientSession, database: Database
) -> None:
    await settled(database)
    async with database.unit() as unit:
        settings = Settings(public_url=site.url, key=bytes(32))
        made = await partners.invite(unit, settings, US, PartyRole.CPO, name="They")
        await unit.execute(
            "insert into ocpi_delivery (holder, connection_id, module, object_key, method, path, queued_at, run_at,"
            " dead_at) values ($1, $2, 'tariffs', 't1', 'PUT', 't1', $3, $3, $3)",
            str(US),
            made.connection_id,
            unit.now,
        )
    csrf = await csrf_of(database)
    for delivery, still_dead in (("nonsense", 1), ("9" * 40, 1), ("", 0)):
        form = {"csrf": csrf, "delivery": delivery}
        async with admin.post(f"{site.url}/partners/{made.connection_id}/resend", data=form) as answer:
            assert answer.status == 200
        async with database.unit() as unit:
            assert (await partners.fetch(unit, made.connection_id)).dead == still_dead


async def csrf_of(database: Database) -> str:
    async with database.unit() as unit:
        return str(await unit.value("select csrf from visit"))


@pytest.mark.parametrize("id", ["", " ", "a/b", "..", "x" * 256, "a\nb"])
async def test_a_station_has_a_name_that_fits_into_its_address(
    site: Site, admin: aiohttp.ClientSession, database: Database, id: str
) -> None:
    await settled(database)
    form = {"csrf": await csrf_of(database), "holder": str(US), "id": id or " ", "security_profile": "1"}
    async with admin.post(f"{site.url}/stations", data=form) as answer:
        assert answer.status == 200
    async with database.unit() as unit:
        assert [one.id for one in await locations.stations(unit)] == ["ST1"]


# What goes with every answer ------------------------------------------------------------------------------------------


async def test_every_answer_of_the_console_is_kept_to_itself(
    site: Site, admin: aiohttp.ClientSession, database: Database, clock: SetClock
) -> None:
    """Papers and refusals too: nothing from elsewhere runs in it, frames it, guesses its kind or keeps it."""
    station = await settled(database)
    charge = await begin(site, clock, station)
    await measure(site, clock, station, charge, 2000)
    await stop(site, clock, charge, 4000)
    await drain(database)
    async with database.unit() as unit:
        (invoice,) = await billing.invoices(unit, US)
    paths = [door.path for door in DOORS if door.method == "GET" and "{" not in door.path]
    for path in (*paths, f"/invoices/{invoice.ref}.pdf", "/sessions/x"):
        async with admin.get(site.url + path, allow_redirects=False) as answer:
            said = answer.headers
            assert "default-src 'none'" in said["Content-Security-Policy"], path
            assert "frame-ancestors 'none'" in said["Content-Security-Policy"], path
            assert "unsafe" not in said["Content-Security-Policy"], path
            assert (said["X-Content-Type-Options"], said["Cache-Control"]) == ("nosniff", "no-store"), path


# Guessing -------------------------------------------------------------------------------------------------------------


async def test_at_an_open_visit_the_password_is_guessed_no_faster_than_at_the_door(
    site: Site, client: aiohttp.ClientSession, database: Database, clock: SetClock
) -> None:
    form = await site.person(Role.ADMIN)
    async with client.post(f"{site.url}/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
    csrf = await csrf_of(database)

    async def change(password: str) -> tuple[int, str]:
        form = {"csrf": csrf, "password": password, "new_password": PASSWORD + PASSWORD}
        async with client.post(f"{site.url}/account/password", data=form) as answer:
            return answer.status, await answer.text()

    for _ in range(6):
        assert (await change("not the password"))[0] == 422
    assert "Too many attempts" in (await change(PASSWORD))[1]
    clock.advance(timedelta(minutes=2))
    assert "The password is changed" in (await change(PASSWORD))[1]


@pytest.mark.parametrize(
    ("scheme", "url", "secure"),
    [
        ("http", "http://127.0.0.1:8480", False),
        ("https", "http://127.0.0.1:8480", True),
        ("http", "https://ladd.example", True),  # behind a proxy that encrypts, we ourselves are asked in plain
    ],
)
async def test_cookies_travel_encrypted_where_the_installation_is_reached_so(
    database: Database, scheme: str, url: str, secure: bool
) -> None:
    clients = Clients(database, Settings(public_url=url, key=bytes(32)))
    scope = {"type": "http", "scheme": scheme, "path": "/", "query_string": b"", "headers": [], "server": ("x", 80)}
    asked = Asked(Request(scope), Console(database=database, url=url, clients=clients), None, ())
    assert asked.secure is secure
    assert ("Secure" in asked.done("/", "Done.").headers["Set-Cookie"]) is secure
    await clients.close()
