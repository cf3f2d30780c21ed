"""Open pages hear what happens, at once and without being loaded again; and hear that their visit is over."""

from __future__ import annotations

from playwright.async_api import Page, expect

from laddnav.db.stream import Announced
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.people import actions as people
from laddnav.web.live import names, slug
from tests.clock import SetClock
from tests.things import LONG_AGO, US, settled
from tests.web.site import Site, begin, measure

NOT_LOADED_AGAIN = "window.isTheSamePage === true"


async def open_page(page: Page, path: str) -> None:
    await page.goto(path)
    await expect(page.locator("live-updates")).to_have_attribute("state", "live")
    await page.evaluate("window.isTheSamePage = true")


async def test_a_session_that_begins_appears_on_the_open_list(page: Page, site: Site, clock: SetClock) -> None:
    station = await settled(site.database)
    await open_page(page, "/sessions")
    await expect(page.get_by_text("Nobody charges now")).to_be_visible()
    await begin(site, clock, station)
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page.locator("tbody")).to_contain_text("Charging")
    assert await page.evaluate(NOT_LOADED_AGAIN)


async def test_energy_cost_and_curve_grow_with_each_reading(page: Page, site: Site, clock: SetClock) -> None:
    station = await settled(site.database)
    charge = await begin(site, clock, station)
    await open_page(page, f"/sessions/{charge.ref}")
    await measure(site, clock, station, charge, 4000)
    await expect(page.locator(".figures")).to_contain_text("3.000 kWh")
    await expect(page.locator(".figures")).to_contain_text("12.50 SEK")
    await expect(page.locator("power-curve")).to_have_attribute("data-state", "drawn")
    await measure(site, clock, station, charge, 7000)
    await expect(page.locator(".figures")).to_contain_text("6.000 kWh")
    assert await page.evaluate(NOT_LOADED_AGAIN)


async def test_the_state_of_an_evse_changes_on_the_network_page(page: Page, site: Site, clock: SetClock) -> None:
    await settled(site.database)
    await open_page(page, "/")
    await expect(page.get_by_text("2 of 2 free")).to_be_visible()
    async with site.database.unit() as unit:
        await locations.report_status(unit, US, US, "LOC1", "EVSE1", Status.OUTOFORDER, clock.now())
    await expect(page.get_by_text("1 of 2 free")).to_be_visible()
    await expect(page.locator(".figures")).to_contain_text("Out of order")
    assert await page.evaluate(NOT_LOADED_AGAIN)


async def test_a_page_whose_visit_was_ended_elsewhere_leads_to_the_sign_in(page: Page, site: Site) -> None:
    await open_page(page, "/stations")
    async with site.database.unit() as unit:
        (admin,) = [account for account in await people.accounts(unit) if account.name == "admin"]
        await people.end_all_visits(unit, admin.id, by="a test")
    await page.wait_for_url("**/sign-in?next=/stations")


async def test_what_somebody_types_stays_while_the_page_changes_around_it(
    page: Page, site: Site, clock: SetClock
) -> None:
    station = await settled(site.database)
    await open_page(page, "/stations/ST1")
    menu = page.locator("details.menu").nth(1)
    await menu.locator("summary").click()
    await menu.get_by_label("Token").fill("CARD")
    await begin(site, clock, station)
    await expect(page.get_by_role("link", name="The session", exact=True)).to_be_visible()
    await expect(page.locator("details.menu[open]").get_by_label("Token")).to_have_value("CARD")


def test_an_event_names_the_kind_of_thing_and_the_very_thing() -> None:
    event = Announced(cursor="1-1", holder=US, kind="SessionChanged", about="SE*LAD/7", body="{}", at=LONG_AGO)
    assert names([event, event]) == ["sessions", "session-SE-LAD-7"]
    assert slug("SE*LAD/7") == "SE-LAD-7"
