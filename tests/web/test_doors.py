"""Who may come in where: signed in, with the role, with a form of their own visit."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from laddnav.people.model import Role
from laddnav.people.rules import opens
from laddnav.web.app import DOORS
from laddnav.web.asked import Door, inside
from tests.things import settled
from tests.web.site import Site

GUARDED = [door for door in DOORS if door.role is not None]
FORMS = [door for door in GUARDED if door.method == "POST"]


def name(door: Door) -> str:
    return f"{door.method} {door.path}"


@pytest_asyncio.fixture(loop_scope="session")
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser without scripts, which goes nowhere by itself."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def sign_in(client: aiohttp.ClientSession, site: Site, role: Role) -> str:
    """Its CSRF token."""
    signed_in = await site.visit(role)
    client.cookie_jar.update_cookies({site.cookie: signed_in.secret}, URL(site.url))
    return signed_in.visit.csrf


async def ask(client: aiohttp.ClientSession, site: Site, door: Door, **form: str) -> aiohttp.ClientResponse:
    url = site.url + door.path.replace("{id}", "x").replace("{ref}", "x")
    return await client.request(door.method, url, data=form or None, allow_redirects=False)


async def test_every_guarded_page_leads_to_the_sign_in_and_back(site: Site, client: aiohttp.ClientSession) -> None:
    for door in GUARDED:
        answer = await ask(client, site, door)
        if door.method == "GET":
            assert answer.status == 303, name(door)
            begins = "/my/sign-in" if door.role is Role.DRIVER else "/sign-in?next=/"
            assert answer.headers["Location"].startswith(begins), name(door)
        else:
            assert answer.status == 401, name(door)


async def test_a_part_of_a_page_hears_that_the_visit_is_over(site: Site, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{site.url}/sessions", headers={"HX-Request": "true"}) as answer:
        assert answer.status == 401


async def test_no_form_is_taken_without_the_csrf_token_of_its_visit(site: Site, client: aiohttp.ClientSession) -> None:
    await sign_in(client, site, Role.ADMIN)
    for door in FORMS:
        assert (await ask(client, site, door)).status == 403, name(door)
        assert (await ask(client, site, door, csrf="of somebody else")).status == 403, name(door)


async def test_a_form_that_another_site_sends_is_refused(site: Site, client: aiohttp.ClientSession) -> None:
    form = await site.person(Role.ADMIN)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    async with client.post(f"{site.url}/sign-in", data=form, headers=elsewhere, allow_redirects=False) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SUPPORT, Role.FINANCE, Role.OPERATOR])
async def test_a_role_opens_its_own_doors_and_no_others(site: Site, client: aiohttp.ClientSession, role: Role) -> None:
    csrf = await sign_in(client, site, role)
    for door in GUARDED:
        assert door.role is not None
        if not opens(role, door.role, *door.also):
            form = {"csrf": csrf} if door.method == "POST" else {}
            assert (await ask(client, site, door, **form)).status == 403, name(door)


async def test_what_is_not_there_is_said_with_404(site: Site, client: aiohttp.ClientSession) -> None:
    await sign_in(client, site, Role.VIEWER)
    kinds = (
        "stations",
        "sessions",
        "cdrs",
        "invoices",
        "reconciliations",
        "settlements",
        "compared-tables",
        "hosts",
        "locations",
        "tariffs",
        "partners",
        "terminals",
        "hub",
        "fleets",
        "bookings",
    )
    for path in (f"/{kind}/x" for kind in kinds):
        async with client.get(site.url + path) as answer:
            assert answer.status == 404, path


async def test_a_wrong_password_says_neither_which_was_wrong_nor_lets_in(
    site: Site, client: aiohttp.ClientSession
) -> None:
    for who in ("admin", "nobody"):
        form = {"name": who, "password": "not the password", "next": "/"}
        async with client.post(f"{site.url}/sign-in", data=form, allow_redirects=False) as answer:
            assert answer.status == 401
            assert "Name or password is wrong." in await answer.text()
            assert not answer.cookies


async def test_guessing_is_slowed_down(site: Site, client: aiohttp.ClientSession) -> None:
    form = {"name": "admin", "password": "not the password", "next": "/"}
    statuses = []
    for _ in range(8):
        async with client.post(f"{site.url}/sign-in", data=form, allow_redirects=False) as answer:
            statuses.append(answer.status)
    assert 429 in statuses


async def test_the_cookie_of_a_visit_is_kept_from_scripts_and_other_sites(
    site: Site, client: aiohttp.ClientSession
) -> None:
    form = await site.person(Role.ADMIN)
    async with client.post(f"{site.url}/sign-in", data=form, allow_redirects=False) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_an_ended_visit_opens_nothing(site: Site, client: aiohttp.ClientSession) -> None:
    csrf = await sign_in(client, site, Role.VIEWER)
    async with client.post(f"{site.url}/sign-out", data={"csrf": csrf}, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/sign-in"
    async with client.get(f"{site.url}/", allow_redirects=False) as answer:
        assert answer.status == 303


async def test_a_form_too_large_for_any_of_ours_is_refused(site: Site, client: aiohttp.ClientSession) -> None:
    form = {"name": "a" * 100_000, "password": "b"}
    async with client.post(f"{site.url}/sign-in", data=form, allow_redirects=False) as answer:
        assert answer.status == 413
        assert "This is more than 65 kB, the most that is read here." in await answer.text()


async def test_pages_may_load_nothing_from_elsewhere_and_stand_in_no_frame(
    site: Site, client: aiohttp.ClientSession
) -> None:
    async with client.get(f"{site.url}/sign-in") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


async def test_what_is_under_static_is_kept_by_browsers_until_it_changes(
    site: Site, client: aiohttp.ClientSession
) -> None:
    async with client.get(f"{site.url}/sign-in") as answer:
        page = await answer.text()
    style = page.split('rel="stylesheet" href="')[1].split('"')[0]
    async with client.get(site.url + style) as answer:
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]


async def test_the_map_is_told_where_the_locations_are(site: Site, client: aiohttp.ClientSession) -> None:
    await settled(site.database)
    await sign_in(client, site, Role.VIEWER)
    async with client.get(f"{site.url}/network.geojson") as answer:
        (feature,) = (await answer.json(content_type=None))["features"]
    assert feature["geometry"]["coordinates"] == [11.96679, 57.70716]
    assert feature["properties"]["says"] == "2 Available"


def test_a_form_leads_only_to_pages_of_ours() -> None:
    assert inside("/sessions?show=all") == "/sessions?show=all"
    for outside in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "", "/a\r\nb"):
        assert inside(outside) == "/"
