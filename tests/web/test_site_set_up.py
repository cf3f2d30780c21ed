"""A site set up by its form: what is typed becomes a site, what is wrong is said at its field, and nothing is lost."""

from __future__ import annotations

from decimal import Decimal

import aiohttp
from playwright.async_api import Page, expect

from laddnav.db.unit import Database
from laddnav.people.model import Role
from laddnav.scheduling.site import Wish
from laddnav.sites import actions as sites
from laddnav.sites.model.site import Aim, Panel, Phase, Site, SiteBattery, Unsaid
from tests.sites import garage
from tests.things import US
from tests.web import site as console
from tests.web.test_doors import client, sign_in

__all__ = ["client"]
YARD = {"holder": str(US), "name": "The yard", "id": "yard", "amps": "63", "building": "20 20 25"}
MEMBER = {"m0_station": "G1", "m0_evse": "1", "m0_most": "32"}


async def kept(database: Database, id: str = "yard") -> Site:
    async with database.unit() as unit:
        return await sites.fetch(unit, US, id)


async def test_an_energy_manager_sets_up_a_site_with_a_panel_and_two_plugs(page: Page, site: console.Site) -> None:
    """In a browser: its place says which plugs there are, and who is not fed is emptied."""
    await garage.opened(site.database)
    await page.goto("/sites/new")
    for name, text in (("name", "The yard"), ("id", "yard"), ("amps", "63"), ("building", "20 20 25")):
        await page.locator(f"[name={name}]").fill(text)
    await page.locator("[name=place]").select_option("LOC1")
    await page.get_by_role("button", name="Take all plugs of the place").click()
    await expect(page.locator("[name=m5_station]")).to_have_value("G6")
    for number in range(2, 6):
        await page.locator(f"[name=m{number}_station]").fill("")
        for field in ("evse", "most", "least", "fallback"):
            await page.locator(f"[name=m{number}_{field}]").fill("")
    await page.locator("[name=m1_panel]").fill("Row A")
    await page.locator("[name=m0_fallback]").fill("8")
    await page.locator("[name=p0_name]").fill("Row A")
    await page.locator("[name=p0_amps]").fill("40")
    await page.locator("[name=keeps_room]").select_option("no")
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await page.get_by_role("button", name="Keep").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("The yard")
    one = await kept(site.database)
    assert [(each.station_id, each.panel, each.fallback_amps) for each in one.members] == [
        ("G1", None, Decimal(8)),
        ("G2", "Row A", Decimal(6)),
    ]
    assert (
        one.location_ids == ("LOC1",)
        and one.building == (Decimal(20), Decimal(20), Decimal(25))
        and one.panels == (garage.panel("Row A", 40),)
        and not one.keeps_room
    )


async def test_each_fault_is_said_at_its_field_and_nothing_is_kept(
    site: console.Site, client: aiohttp.ClientSession
) -> None:
    await garage.opened(site.database)
    csrf = await sign_in(client, site, Role.OPERATOR)
    wrong: tuple[tuple[dict[str, str], str], ...] = (
        ({"name": " "}, "name"),
        ({"id": "the yard"}, "id"),
        ({"amps": "63 63"}, "amps"),
        ({"amps": "-1"}, "amps"),
        ({"building": "1e400"}, "building"),
        ({"building": "NaN"}, "building"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"currency": "XYZ"}, "currency"),
        ({"reaction_seconds": "2"}, "reaction_seconds"),
        ({"reaction_seconds": "5.5"}, "reaction_seconds"),
        ({"solar_kwp": "much"}, "solar_kwp"),
        (MEMBER | {"m0_station": "NOBODY"}, "m0_station"),
        (MEMBER | {"m0_most": ""}, "m0_most"),
        (MEMBER | {"m0_least": "40"}, "m0_least"),
        (MEMBER | {"m0_fallback": "3"}, "m0_fallback"),
        (MEMBER | {"m0_panel": "Row A"}, "m0_panel"),
        (MEMBER | {"m0_phases": "L1 L4"}, "m0_phases"),
        (MEMBER | {"m0_phases": "L1 L1"}, "m0_phases"),
        (MEMBER | {"m0_back": "40"}, "m0_back"),
        ({"unsaid_hours": "long"}, "unsaid_hours"),
        ({"unsaid_kwh": "0"}, "unsaid_kwh"),
        (MEMBER | {"m1_station": "G1", "m1_evse": "1", "m1_most": "16"}, "m0_station"),
        ({"p0_name": "Row A", "p0_amps": "20", "p0_under": "Row B"}, "p0_under"),
        ({"p0_name": "Row A"}, "p0_amps"),
    )
    for change, field in wrong:
        async with client.post(f"{site.url}/sites", data={"csrf": csrf} | YARD | change) as answer:
            text = await answer.text()
            assert answer.status == 422 and f'id="{field}-said"' in text, (change, field)
            assert "The yard" in text or "name" in change
            assert text.count('class="wrong"') == 1, change
    # A fault of the whole stands above it: eight plugs that fall back to 6 A do not fit 10 A.
    async with client.post(f"{site.url}/sites", data={"csrf": csrf} | YARD | MEMBER | {"amps": "25"}) as answer:
        assert answer.status == 422 and 'role="alert"' in await answer.text()
    async with site.database.unit() as unit:
        assert not await sites.page(unit, US)


async def test_what_the_form_does_not_ask_stays_and_a_row_that_is_emptied_is_no_member_any_more(
    site: console.Site, client: aiohttp.ClientSession
) -> None:
    await garage.opened(site.database)
    members = (garage.member("G1", phases=(Phase.L2,)), garage.member("G2", panel="Row A"), garage.member("G3"))
    async with site.database.unit() as unit:
        battery = SiteBattery(
            capacity_kwh=Decimal(20), charge_kw=Decimal(5), discharge_kw=Decimal(5), efficiency=Decimal("0.8")
        )
        before = garage.site(members=members, panels=(garage.panel("Row A", 20),), battery=battery, volts=Decimal(240))
        before = await sites.save(unit, before, by="a test")
    csrf = await sign_in(client, site, Role.OPERATOR)
    async with client.get(f"{site.url}/sites/{before.ref}/change") as answer:
        text = await answer.text()
        assert answer.status == 200 and 'value="Row A"' in text and 'value="1"' in text
    said = {
        "csrf": csrf, "change": before.ref, "holder": str(US), "id": "another", "name": "New name", "amps": "40",
        "building": "10", "time_zone": "", "currency": "", "aim": "CARBON", "battery_kwh": "30",
        "battery_charge_kw": "6", "battery_discharge_kw": "6", "reaction_seconds": "30", "p0_name": "Row A",
        "p0_amps": "20", "m0_station": "G1", "m0_evse": "1", "m0_most": "16", "m1_station": "", "m1_panel": "",
        "m2_station": "G3", "m2_evse": "1", "m2_most": "32", "m2_panel": "Row A", "m2_phases": "2 3 1", "m2_back": "16",
        "unsaid_kwh": "12.5", "unsaid_hours": "10", "unsaid_wish": "CHEAP",
    }  # fmt: skip
    async with client.post(f"{site.url}/sites", data=said) as answer:
        assert answer.status == 200, await answer.text()
    after = await kept(site.database, "garage")
    assert (after.ref, after.name, after.aim, after.volts) == (before.ref, "New name", Aim.CARBON, Decimal(240))
    assert after.battery is not None and (after.battery.capacity_kwh, after.battery.efficiency) == (
        Decimal(30),
        Decimal("0.8"),
    )
    assert [(one.station_id, one.panel, one.phases, one.amps_max) for one in after.members] == [
        ("G1", None, (Phase.L2,), Decimal(16)), ("G3", "Row A", (Phase.L2, Phase.L3, Phase.L1), Decimal(32)),
    ]  # fmt: skip
    assert [one.discharge_amps_max for one in after.members] == [0, 16]
    assert after.unsaid == Unsaid(energy_kwh=Decimal("12.5"), stay_hours=Decimal(10), wish=Wish.CHEAP)
    assert after.panels == (Panel(name="Row A", amps=garage.each(20)),)


async def test_nobody_else_s_site_is_set_up(site: console.Site, client: aiohttp.ClientSession) -> None:
    csrf = await sign_in(client, site, Role.OPERATOR)
    async with client.post(f"{site.url}/sites", data={"csrf": csrf} | YARD | {"holder": "SE*XYZ"}) as answer:
        assert answer.status != 200 or "The site is kept" not in await answer.text()
    async with client.post(f"{site.url}/sites", data={"csrf": csrf} | YARD | {"change": "nothing"}) as answer:
        assert "The site is kept" not in await answer.text()
    async with site.database.unit() as unit:
        assert not await sites.page(unit, None)
