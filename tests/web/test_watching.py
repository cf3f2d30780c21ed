"""What a station noticed, and the certificates it has, on its page and among what needs attention."""

from __future__ import annotations

from datetime import datetime, timedelta

import aiohttp
from msgspec.structs import replace
from playwright.async_api import Page, expect

from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.ocpp import store
from laddnav.ocpp.security import noticing
from laddnav.ocpp.security.model import Signing
from laddnav.ocpp.wire.security import SecurityNoticed, Use
from laddnav.people.model import Role
from laddnav.web.pages.attention import SHOWN
from laddnav.web.pages.proofs import standing
from tests.clock import SetClock
from tests.things import LONG_AGO, US, settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read

__all__ = ["client"]

DAY = timedelta(days=1)
MORE_STATIONS = """
insert into station (id, ref, holder, accepted, security_profile, protocols, on_connect, heartbeat_interval,
  boot_retry_interval, created_at)
select 'MORE' || n, 'MORE' || n, holder, accepted, security_profile, protocols, on_connect, heartbeat_interval,
  boot_retry_interval, created_at from station, generate_series(1, $1::integer) n where id = 'ST1'
"""
ALL_ATTACKED = """
insert into ocpp_security_event (holder, station_id, kind, critical, at, told_at)
select holder, id, 'AttemptedReplayAttacks', true, created_at, created_at from station where id like 'MORE%'
"""
ASKED = Signing(holder=US, id="C1", station_id="ST1", use=Use.STATION, number=None, csr="", asked_at=LONG_AGO)


async def test_what_a_station_noticed_is_shown_and_marked_as_seen(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    """A04.FR.02; who only looks cannot mark, and what came after the page was shown still waits."""
    station = await settled(site.database)
    csrf = await sign_in(client, site, Role.OPERATOR)
    assert "The station has asked for none." in await read(client, f"{site.url}/stations/ST1")
    await notice(site, station, "TamperDetectionActivated", clock.now())
    await certify(site, clock.now() + DAY)
    shown = await read(client, f"{site.url}/stations/ST1")
    assert "TamperDetectionActivated" in shown and "Not seen" in shown and "Ends soon" in shown
    listed = await read(client, f"{site.url}/attention")
    assert "It noticed what may be an attack" in listed and "The whole station" in listed
    async with site.database.unit() as unit:
        (first,) = await noticing.noticed(unit, US)
    await notice(site, station, "ResetOrReboot", clock.now())
    said = {"csrf": csrf, "until": str(first.id), "back": "/attention"}
    async with client.post(f"{site.url}/stations/ST1/seen", data=said) as answer:
        listed = await answer.text()
    assert "What the station noticed is marked as seen." in listed
    assert "TamperDetectionActivated" not in listed and "ResetOrReboot" in listed
    await sign_in(client, site, Role.VIEWER)
    assert "Mark as seen" not in await read(client, f"{site.url}/attention")
    await ail(site, SHOWN)
    listed = await read(client, f"{site.url}/attention")
    assert listed.count('<td class="lead">') == SHOWN
    assert f"{SHOWN + 1} need attention: It noticed what may be an attack ({SHOWN}), " in listed


def test_a_certificate_says_whether_it_opens_a_door() -> None:
    now = LONG_AGO
    fields: list[tuple[str, dict[str, object]]] = [
        ("ASKED", {}),
        ("REFUSED", {"problem": "No key"}),
        ("VALID", {"ends_at": now + 31 * DAY, "taken": True}),
        ("ENDING", {"ends_at": now + 30 * DAY, "taken": True}),
        ("ENDED", {"ends_at": now}),
        ("NOT_TAKEN", {"ends_at": now + 31 * DAY, "taken": False}),
        ("REVOKED", {"ends_at": now + 31 * DAY, "revoked_at": now}),
    ]
    assert [standing(replace(ASKED, **changes), now) for _, changes in fields] == [name for name, _ in fields]


async def notice(site: Site, station: Station, kind: str, at: datetime) -> None:
    async with site.database.unit() as unit:
        await noticing.hear(unit, station, SecurityNoticed(kind=kind, at=at, info="door open"))


async def ail(site: Site, many: int) -> None:
    """So many more stations noticed something, all at once."""
    async with site.database.unit() as unit:
        await unit.execute(MORE_STATIONS, many)
        await unit.execute(ALL_ATTACKED)


async def certify(site: Site, ends_at: datetime) -> None:
    async with site.database.unit() as unit:
        store.certificates.ask(unit, ASKED)
        await unit.execute(store.certificates.SIGN, str(US), ASKED.id, "-----BEGIN CERTIFICATE-----", "1", ends_at)
        store.certificates.take(unit, US, ASKED.id, taken=True)


async def test_a_short_password_is_shown_until_the_station_is_told_a_new_one(site: Site, page: Page) -> None:
    """A00.FR.205: on its page, among all stations, and narrow."""
    station = await settled(site.database)
    await page.goto("/stations/ST1")
    await expect(page.locator("main")).not_to_contain_text("fewer than 16 characters")
    async with site.database.unit() as unit:
        locations.note_password(unit, station, short=True)
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/stations")
    await expect(page.locator("tbody tr")).to_contain_text("Its password is short")
    await page.get_by_role("link", name="ST1").click()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button", name="Have it take a new one").click()
    await expect(page.locator(".flashes")).to_contain_text("The station is told a new password")
    async with site.database.unit() as unit:
        assert await unit.value("select count(*) from ocpp_call where station_id = 'ST1'") == 1
        assert (await locations.passwords(unit, "ST1"))[1] is not None
        locations.settle_password(unit, station, taken=True)
    await page.goto("/stations/ST1")
    await expect(page.locator("main")).not_to_contain_text("fewer than 16 characters")
