"""What many of a place have had since about the same time, on the page of whom to look after first."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import aiohttp
from playwright.async_api import Page, expect

from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.ocpp.cures import actions as cures
from laddnav.ocpp.security import noticing
from laddnav.ocpp.wire.security import SecurityNoticed
from laddnav.people.model import Role
from tests.clock import SetClock
from tests.things import US, settled, spread
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read

__all__ = ["client"]

STATIONS = ("ST1", "X1", "X2", "X3")


async def test_a_place_without_power_is_one_row_that_leads_to_each(site: Site, page: Page, clock: SetClock) -> None:
    await settled(site.database)
    await spread(site.database, 5)
    async with site.database.unit() as unit:
        for id in STATIONS[:3]:
            locations.disconnected(unit, await locations.station(unit, id), process="test")
    clock.advance(timedelta(hours=1))
    async with site.database.unit() as unit:
        locations.seen(unit, "X3")
    await page.goto("/attention")
    (row,) = await page.locator("tbody tr").all()
    await expect(row).to_contain_text("4 of 5 EVSEs")
    await expect(row).to_contain_text("Kajen · Göteborg")
    await expect(row.get_by_role("button")).to_have_count(0)  # nothing can be asked of who does not hear
    await row.get_by_role("link", name="Show each").click()
    await expect(page.locator("tbody tr")).to_have_count(5)
    await expect(page.locator("tr.within")).to_contain_text(["EVSE1", "EVSE2", "EVSE3", "EVSE4"])


async def test_all_of_a_place_are_asked_by_one_click(site: Site, page: Page) -> None:
    await settled(site.database)
    await spread(site.database, 5)
    async with site.database.unit() as unit:
        for number in (1, 2, 3, 4):
            await locations.report_status(unit, US, US, "LOC1", f"EVSE{number}", Status.OUTOFORDER, unit.now)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto("/attention")
    await page.get_by_role("button", name="All: Reset").click()
    await expect(page.get_by_text("3 of 3 stations are asked; what comes of it is shown here.")).to_be_visible()
    await page.get_by_role("button", name="All: Reset").click()
    await expect(page.get_by_text("None is asked")).to_be_visible()
    async with site.database.unit() as unit:
        assert {one.station_id for one in await cures.page(unit, US)} == {"ST1", "X1", "X2"}


async def test_what_stations_of_a_place_noticed_is_marked_as_seen_together(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    """What one of them noticed since the page was shown still waits, and so does what another place noticed."""
    await settled(site.database)
    await spread(site.database, 5)
    for id in STATIONS[1:]:
        await notice(site, clock, id)
    csrf = await sign_in(client, site, Role.OPERATOR)
    shown = await read(client, f"{site.url}/attention")
    assert "3 stations" in shown and "Mark all as seen" in shown
    said = {name: value_of(shown, name) for name in ("holder", "location", "ill", "since", "until", "last_id")}
    clock.advance(timedelta(seconds=1))
    await notice(site, clock, "X1")
    async with client.post(f"{site.url}/attention/all", data=said | {"csrf": csrf, "location": "LOC2"}) as answer:
        assert "What these stations noticed" not in await answer.text()
    assert "3 stations" in await read(client, f"{site.url}/attention")
    async with client.post(f"{site.url}/attention/all", data=said | {"csrf": csrf}) as answer:
        left = await answer.text()
    assert "What these stations noticed is marked as seen." in left and left.count('<td class="lead">') == 1
    assert ">X1</a>" in left
    assert "It is over" in await read(client, f"{site.url}/attention?location=LOC1&holder=SE*LAD&ill=SILENT")
    await sign_in(client, site, Role.VIEWER)
    assert "Mark all as seen" not in await read(client, f"{site.url}/attention")
    async with client.post(f"{site.url}/attention/all", data=said | {"csrf": csrf}) as answer:
        assert answer.status == 403


def value_of(shown: str, name: str) -> str:
    return unescape(shown.partition(f'name="{name}" value="')[2].partition('"')[0])


async def notice(site: Site, clock: SetClock, station_id: str) -> None:
    async with site.database.unit() as unit:
        station = await locations.station(unit, station_id)
        await noticing.hear(unit, station, SecurityNoticed(kind="StartupOfTheDevice", at=clock.now()))
