"""CDRs that are held: a person sees what is wrong with each, decides, and finds afterwards who decided what."""

from __future__ import annotations

from decimal import Decimal

import pytest
import pytest_asyncio
from msgspec.structs import replace
from playwright.async_api import Browser, Page, expect

from laddnav.billing import actions as billing
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr, Costs
from laddnav.db.outbox import drain
from laddnav.kit import json
from laddnav.kit.energy import kwh
from laddnav.kit.money import Price, TaxAmount
from laddnav.parties import actions as parties
from laddnav.people.model import Role
from tests import things
from tests.cdrs.test_checking import theirs
from tests.clock import SetClock
from tests.things import THEM, US, settled
from tests.web.site import Site, begin, measure, stop


@pytest_asyncio.fixture(loop_scope="session")
async def held(site: Site) -> Cdr:
    """A partner asks for half as much again, and forgets the taxes."""
    total = Price(Decimal("45.00"), (TaxAmount("VAT", Decimal("0.00")),))
    async with site.database.unit() as unit:
        await parties.add(unit, things.party(ref=unit.new_id()))
        cdr = theirs("THEIRS-1", costs=Costs(total=total), ref=unit.new_id())
        await cdrs.receive(unit, cdr, json.encode(cdr))
    await drain(site.database)
    return cdr


async def billed(site: Site, cdr: Cdr) -> int:
    await drain(site.database)
    async with site.database.unit() as unit:
        return len(await billing.invoices_of_cdr(unit, cdr.holder, cdr.owner, cdr.id))


async def test_a_list_shows_what_is_held_and_by_how_much_it_is_wrong(page: Page, held: Cdr) -> None:
    await page.goto("/cdrs")
    await page.get_by_role("link", name="Held").click()
    row = page.locator("tbody tr")
    await expect(row).to_have_count(1)
    for text in (str(THEM), "45.00", "30.00", "15.00", "no usual mistake explains it"):
        await expect(row).to_contain_text(text)
    await row.get_by_role("link").first.click()
    await expect(page.locator("h1")).to_be_visible()
    await expect(page.locator("#check")).to_contain_text("Held")
    for owner, word in ((held.owner, str(held.owner)), ("XX*XXX", "Nothing is held")):
        await page.goto(f"/cdrs/held?of={owner}")
        await expect(page.locator("main")).to_contain_text(word)


async def test_energy_that_the_periods_do_not_add_up_to_is_said_to_be_what_is_wrong(page: Page, site: Site) -> None:
    async with site.database.unit() as unit:
        await parties.add(unit, things.party(ref=unit.new_id()))
        cdr = theirs("THEIRS-2", energy=kwh(400), ref=unit.new_id())
        await cdrs.receive(unit, cdr, json.encode(cdr))
    await drain(site.database)
    await page.goto("/cdrs/held")
    await expect(page.locator("tbody tr")).to_contain_text("It states 400 kWh; its periods add up to 10 kWh.")
    await page.goto(f"/cdrs/{cdr.ref}")
    await expect(page.locator(".notice").first).to_contain_text("It states 400 kWh")
    await expect(page.locator("main")).to_contain_text("On no invoice while it is held.")


async def test_an_empty_list_says_what_it_means(page: Page) -> None:
    await page.goto("/cdrs/held")
    await expect(page.locator(".empty")).to_contain_text("priced again when it arrives")


async def test_an_operator_accepts_with_a_reason_and_it_is_billed(page: Page, site: Site, held: Cdr) -> None:
    await page.goto(f"/cdrs/{held.ref}")
    assert await billed(site, held) == 0
    await page.fill("#why", "Agreed with Nordladd")
    await page.get_by_role("button", name="Accept and bill").click()
    await expect(page.locator(".flashes")).to_contain_text("accepted")
    await expect(page.locator("main")).to_contain_text("admin decided: Agreed with Nordladd")
    assert await billed(site, held) == 1
    await page.goto("/people")
    await expect(page.locator("main")).to_contain_text("accept disputed CDR")
    await page.goto("/cdrs/held")
    await expect(page.locator(".empty")).to_be_visible()
    await page.goto("/cdrs/held?show=all")
    await expect(page.locator("tbody tr")).to_have_count(1)


async def test_an_operator_rejects_with_a_reason_and_nothing_is_billed(page: Page, site: Site, held: Cdr) -> None:
    await page.goto(f"/cdrs/{held.ref}")
    await page.fill("#why", "Not our price")
    await page.get_by_role("button", name="Reject").click()
    await expect(page.locator("#check")).to_contain_text("Rejected")
    assert await billed(site, held) == 0


async def test_a_viewer_sees_and_does_not_decide(browser: Browser, site: Site, held: Cdr) -> None:
    context = await browser.new_context(base_url=site.url)
    viewer = await context.new_page()
    await site.sign_in(viewer, Role.VIEWER)
    await viewer.goto(f"/cdrs/{held.ref}")
    await expect(viewer.locator("#check")).to_contain_text("Held")
    await expect(viewer.get_by_role("button", name="Accept and bill")).to_have_count(0)
    await context.close()


async def test_a_person_takes_a_cdr_of_ours_back(page: Page, site: Site, clock: SetClock) -> None:
    station = await settled(site.database)
    session = await begin(site, clock, station)
    await measure(site, clock, station, session, 4000)
    await stop(site, clock, session, 6000)
    await drain(site.database)
    async with site.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, US)
    await page.goto(f"/cdrs/{cdr.ref}")
    await page.get_by_text("Take it back").click()
    await page.fill("#why", "billed to the wrong contract")
    page.once("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Credit this CDR").click()
    await expect(page.locator("main")).to_contain_text(f"credits an earlier one: {cdr.id}")
    await page.get_by_role("link", name="To that one").click()
    await expect(page.locator("main")).to_contain_text("This CDR was taken back")
    await expect(page.get_by_text("Take it back")).to_have_count(0)
    assert await billed(site, replace(cdr, id=f"{cdr.id}-C")) == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_check_fits_a_phone_in_both_languages(browser: Browser, site: Site, held: Cdr, theme: str) -> None:
    context = await browser.new_context(
        base_url=site.url,
        viewport={"width": 360, "height": 740},
        color_scheme="dark" if theme == "dark" else "light",
        is_mobile=True,
        has_touch=True,
    )
    page = await context.new_page()
    complaints = site.listen(page)
    await site.sign_in(page, Role.ADMIN)
    for language in ("en", "sv"):
        await context.add_cookies([{"name": "language", "value": language, "url": site.url}])
        for path in ("/cdrs/held", f"/cdrs/{held.ref}"):
            await page.goto(path)
            width = await page.evaluate("document.documentElement.scrollWidth")
            assert width <= 360, (path, language)
    await context.close()
    assert complaints == []
