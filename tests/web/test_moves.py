"""Stations that come from another central system and go to another place, and what a click does about their ills."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from laddnav.locations import actions as locations
from laddnav.locations.actions import maintenance
from laddnav.locations.model import Status
from laddnav.ocpp.cures import actions as cures
from tests.takeover.exports import STEVE
from tests.things import US, location, settled
from tests.web.site import Site


async def test_an_export_is_chosen_looked_at_and_taken(site: Site, page: Page, tmp_path: Path) -> None:
    await settled(site.database)
    files = [tmp_path / name for name in STEVE]
    for file in files:
        file.write_text(STEVE[file.name])
    await page.goto("/stations/import?source=steve")
    await page.get_by_label("Files").set_input_files(files)
    await expect(page.locator("chosen-files")).to_have_attribute("state", "read")
    await page.get_by_role("button", name="Look at it").click()
    await expect(page.get_by_role("heading", name="What would become of it")).to_be_visible()
    await expect(page.get_by_text("transaction_start.csv, line 3")).to_be_visible()
    await page.get_by_role("button", name="Take it").click()
    await expect(page.get_by_role("heading", name="What became of it")).to_be_visible()
    await expect(page.locator("code.secret")).to_have_count(2)
    await page.goto("/stations/KAJ-1/move")
    await expect(page.get_by_text("Charges before it came here")).to_be_visible()


async def test_a_station_moves_and_is_cured_on_the_console(site: Site, page: Page) -> None:
    await settled(site.database)
    async with site.database.unit() as unit:
        await locations.keep(unit, US, location("LOC2", name="Torget", evses=()))
        await locations.report_status(unit, US, US, "LOC1", "EVSE1", Status.OUTOFORDER, unit.now)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto("/attention")
    await page.get_by_role("button", name="Reset").click()
    await expect(page.get_by_text("The station is asked; what comes of it is shown here.")).to_be_visible()
    await page.goto("/cures")
    await page.get_by_text("Set a rule").first.click()
    await page.get_by_role("button", name="Switch on").first.click()
    await expect(page.get_by_text("The rule is on.")).to_be_visible()
    await page.get_by_role("button", name="Switch off").click()
    await expect(page.get_by_text("The rule is off; the cure is only proposed.")).to_be_visible()
    await page.goto("/stations/ST1")
    await page.get_by_role("link", name="Move").click()
    await page.get_by_label("Location", exact=True).select_option("LOC2")
    await page.get_by_role("button", name="Move", exact=True).click()
    await expect(page.get_by_text("The station stands there now, with its EVSEs.")).to_be_visible()
    async with site.database.unit() as unit:
        assert (await locations.station(unit, "ST1")).location_id == "LOC2"
        (tried,) = await cures.page(unit, US)
    assert (tried.station_id, tried.by_rule) == ("ST1", False)
    await page.goto("/maintenance?station=ST1")
    await page.get_by_label("From").fill("2027-06-01T08:00")
    await page.get_by_label("To", exact=True).fill("2027-06-01T12:00")
    await page.get_by_label("Charging").select_option("yes")
    await page.get_by_role("button", name="Enter").click()
    await expect(page.get_by_text("The maintenance is entered, and drivers are told.")).to_be_visible()
    async with site.database.unit() as unit:
        (one,) = await maintenance.entered(unit, US)
        place = await locations.fetch(unit, US, US, "LOC2")
    assert (one.closes, one.begin_at.hour) == (True, 6)  # by the clock of Stockholm
    assert [len(evse.status_schedule) for evse in place.evses] == [1, 1]
    await page.get_by_role("button", name="Take back").click()
    await expect(page.get_by_text("The maintenance is over.")).to_be_visible()
    await page.goto("/stations/ST1/move")
    await page.get_by_role("button", name="Take it off our list").click()
    await expect(page.get_by_text("The station is off our list; what it did stays.")).to_be_visible()
    await page.goto("/stations")
    await expect(page.get_by_role("link", name="ST1")).to_have_count(0)
    await page.get_by_role("link", name="Moved away").click()
    await expect(page.get_by_role("cell", name="nobody here")).to_be_visible()
    await page.get_by_role("link", name="ST1").click()
    await expect(page.get_by_text("When it comes back it waits among the strangers.")).to_be_visible()
