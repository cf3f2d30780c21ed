"""Money that waits for a person stands among what needs attention, until somebody has decided."""

from __future__ import annotations

from playwright.async_api import Page, expect

from laddnav.cdrs import actions as cdrs
from laddnav.db.outbox import drain
from laddnav.kit import json
from laddnav.locations import actions as locations
from laddnav.meters import actions as meters
from tests.cdrs.test_checking import theirs
from tests.clock import SetClock
from tests.things import THEM, US, settled
from tests.web.site import Site, begin, stop


async def leap(site: Site, clock: SetClock) -> str:
    """The charge: 12 MWh, of which nobody is billed before somebody has looked."""
    async with site.database.unit() as unit:
        station = await locations.station(unit, "ST1")
    session = await begin(site, clock, station)
    await stop(site, clock, session, 12_345_678)
    async with site.database.unit() as unit:
        locations.seen(unit, "ST1")
    await drain(site.database)
    return session.id


async def tell(site: Site, *ids: str) -> None:
    """CDRs of a partner that asks for half as much again as 10 kWh cost."""
    for id in ids:
        async with site.database.unit() as unit:
            cdr = theirs(id, total="45.00", session=f"of {id}", ref=unit.new_id())
            await cdrs.receive(unit, cdr, json.encode(cdr))
        await drain(site.database)


async def test_charges_that_are_held_are_one_row_of_their_place_until_somebody_decides(
    site: Site, page: Page, clock: SetClock
) -> None:
    await settled(site.database)
    first = await leap(site, clock)
    await leap(site, clock)
    await page.goto("/attention")
    row = page.locator("tbody tr")
    await expect(row).to_have_count(1)
    for text in ("2 charges", "Kajen · Göteborg", "Not billed until somebody decides", "09:10", "61,733.40"):
        await expect(row).to_contain_text(text)
    await row.get_by_role("link", name="Decide").click()
    await expect(page.locator("h1")).to_have_text("Held charges at Kajen")
    await expect(row).to_have_count(2)
    for text in ("ST1/1", "12,344.678 kWh", "30,866.70 SEK", "this EVSE cannot have given more"):
        await expect(row.first).to_contain_text(text)
    async with site.database.unit() as unit:
        proof = await meters.proof_of(unit, US, first)
        assert proof is not None
        await meters.reject(unit, proof.ref, by="Ada", why="its register leapt")
    await expect(row).to_have_count(1)  # of the page that is open
    await page.goto("/attention")
    await expect(row).to_contain_text("1 charge")
    async with site.database.unit() as unit:
        (left,) = await meters.held(unit, US)
        await meters.accept(unit, left.ref, by="Ada", why="it was a ship")
    await expect(page.locator("main")).to_contain_text("Nothing needs attention")


async def test_cdrs_of_a_partner_that_are_held_are_one_row_that_leads_to_them(
    site: Site, page: Page, clock: SetClock
) -> None:
    await settled(site.database)
    await tell(site, "A", "B")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/attention")
    row = page.locator("tbody tr")
    await expect(row).to_have_count(1)
    for text in ("2 CDRs", str(THEM), "Not paid until somebody decides", "90.00"):
        await expect(row).to_contain_text(text)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await row.get_by_role("link", name="Decide").click()
    await expect(page.locator("tbody tr")).to_have_count(2)
    async with site.database.unit() as unit:
        for one in await cdrs.disputes(unit, US):
            await cdrs.accept(unit, one.ref, by="Ada", why="agreed")
    await drain(site.database)
    await page.goto("/attention")
    await expect(page.locator("main")).to_contain_text("Nothing needs attention")
