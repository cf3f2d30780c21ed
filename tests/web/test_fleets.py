"""The pages of a fleet: what they say, how they fit a phone, what a fleet manager sees, and what is done there."""

from __future__ import annotations

import json

import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from laddnav.fleets import actions as fleets
from laddnav.people import actions as people
from laddnav.people.model import Role
from laddnav.web.app import DOORS
from tests.clock import SetClock
from tests.web.site import PASSWORD, Site
from tests.web.yard import depot, empty_fleet

TABS = ("", "/timeline", "/vehicles", "/departures", "/costs", "/set-up", "/wall")


@pytest_asyncio.fixture(loop_scope="session")
async def ref(site: Site, clock: SetClock) -> str:
    return await depot(site, clock)


async def test_the_board_says_what_leaves_when_and_whether_it_will_be_ready(ref: str, page: Page) -> None:
    await page.goto(f"/fleets/{ref}")
    rows = page.locator(".board > li")
    await expect(rows.nth(0)).to_contain_text("Ida")
    await expect(rows.nth(0)).to_contain_text("It has what it needs.")
    await expect(rows.nth(1)).to_contain_text("At risk")
    await expect(rows.nth(1)).to_contain_text("It is not plugged in. 30.0 kWh will be missing. Swap by 05:45 CET.")
    await expect(rows.nth(2)).to_contain_text("Ready at 04:01 CET.")
    await expect(rows.nth(3)).to_contain_text("Plug it in by 07:31 CET.")


async def test_a_swap_is_one_click_and_is_taken_back_with_another(ref: str, page: Page) -> None:
    await page.goto(f"/fleets/{ref}")
    await page.get_by_role("button", name="Take Maja").click()
    await expect(page.get_by_role("status").filter(has_text="Maja leaves instead.")).to_be_visible()
    await expect(page.locator(".board > li").nth(1)).to_contain_text("Leaves instead of Sixten.")
    await page.get_by_role("button", name="Take the swap back").click()
    await expect(page.locator(".board > li").nth(1)).to_contain_text("At risk")


async def test_every_page_of_a_fleet_fits_a_phone_and_complains_of_nothing(
    browser: Browser, site: Site, ref: str
) -> None:
    empty = await empty_fleet(site, name="Tom")
    async with site.database.unit() as unit:
        (van, *_) = await fleets.vehicles(unit, await fleets.by_ref(unit, ref))
    context = await browser.new_context(
        base_url=site.url, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True
    )
    page = await context.new_page()
    complaints = site.listen(page)
    await site.sign_in(page, Role.ADMIN)
    for path in (
        *(f"/fleets/{each}{tab}" for each in (ref, empty) for tab in TABS),
        f"/fleets/{ref}/vehicles/{van.ref}",
    ):
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    for tab in TABS[:-1]:
        await page.goto(f"/fleets/{empty}{tab}")
        await expect(page.locator(".empty").first).to_be_visible()
    await context.close()
    assert complaints == []


async def test_the_next_hours_are_drawn(ref: str, page: Page) -> None:
    await page.goto(f"/fleets/{ref}/timeline")
    chart = page.locator("depot-gantt")
    await expect(chart).to_have_attribute("data-state", "drawn")
    await expect(chart.locator("a")).to_have_count(5)
    await expect(chart.locator(".planned")).to_have_count(1)
    await expect(chart.locator(".cloth.bad")).to_have_count(1)
    drawn = json.loads(await chart.locator("script").text_content() or "")
    lights = [trip["light"] for row in drawn["rows"] for trip in row["trips"]]
    assert (lights[0], lights.count("AT_RISK"), drawn["zone"]) == ("READY", 1, "Europe/Stockholm")


async def test_vehicles_are_added_by_hand_and_from_a_table_whose_faults_are_told(ref: str, page: Page) -> None:
    await page.goto(f"/fleets/{ref}/vehicles")
    table = page.locator("chosen-files input[type=file]")
    wrong = "id,battery_kwh,ac_amps,kwh_per_100_km\nV8,sixty,16,20\n"
    for text, says in (
        (wrong, "line 2, battery_kwh: 'sixty' is no number"),
        (wrong.replace("sixty", "60"), "Taken: 1 new, 0 changed, 0 as before."),
    ):
        await table.set_input_files({"name": "vans.csv", "mimeType": "text/csv", "buffer": text.encode()})
        await expect(page.locator("chosen-files")).to_have_attribute("state", "read")
        await page.get_by_role("button", name="Take it").click()
        await expect(page.locator(".notice").filter(has_text=says)).to_be_visible()
    await page.get_by_text("Add a vehicle").click()
    for name, value in (("id", "V9"), ("battery_kwh", "77"), ("kwh_per_100_km", "18")):
        await page.locator(f"details [name={name}]").fill(value)
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("V9")


async def test_a_fleet_manager_sees_and_changes_one_fleet_and_every_other_door_is_shut(
    browser: Browser, site: Site, ref: str
) -> None:
    other = await empty_fleet(site, name="Sydbud")
    await people.add_account(site.database, name="Nils", password=PASSWORD, role=Role.FLEET, fleet=ref, by="a test")
    context = await browser.new_context(base_url=site.url)
    page = await context.new_page()
    form: dict[str, str | float | bool] = {"name": "Nils", "password": PASSWORD, "next": "/"}
    assert (await context.request.post(f"{site.url}/sign-in", form=form, max_redirects=0)).status == 303
    await page.goto("/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nordpost")
    await expect(page.locator(".rail nav").first.get_by_role("link")).to_have_text(["Fleet"])
    await page.get_by_role("button", name="Take Maja").click()
    await expect(page.get_by_role("status").filter(has_text="Maja leaves instead.")).to_be_visible()
    for path in (*(f"/fleets/{other}{tab}" for tab in TABS), "/fleets/none"):
        assert (await context.request.get(site.url + path)).status == 404, path
    for door in DOORS:
        if door.method == "GET" and door.role not in (None, Role.FLEET) and door.path != "/":
            answer = await context.request.get(site.url + door.path.replace("{", "").replace("}", ""))
            assert answer.status == 403, door.path
    await context.close()


async def test_a_viewer_sees_no_button_that_changes_anything(browser: Browser, site: Site, ref: str) -> None:
    context = await browser.new_context(base_url=site.url)
    page = await context.new_page()
    await site.sign_in(page, Role.VIEWER)
    for tab in TABS[:-1]:
        await page.goto(f"/fleets/{ref}{tab}")
        assert await page.locator("main form[method=post]").count() == 0, tab
    await context.close()
