"""The desk of plans: one is thought out beside its months, sold to a customer, and stands on the customer's page."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.async_api import Page, expect

from laddnav.customers import actions as customers
from laddnav.customers.actions import giving, subscribing
from laddnav.customers.plan import State
from laddnav.customers.rules import CustomerSaid
from laddnav.parties import actions as parties
from tests.things import US, party
from tests.web.site import Site


@pytest.mark.asyncio(loop_scope="session")
async def test_a_plan_is_thought_out_beside_its_months_and_a_customer_has_it(site: Site, page: Page) -> None:
    async with site.database.unit() as unit:
        await parties.add(unit, party(ref=unit.new_id()))
        anna = await customers.add(unit, US, CustomerSaid(name="Anna Ek"), by="test")
    await page.goto("/plans/new")
    await page.get_by_label("Name").fill("Plus")
    await page.get_by_label("A month costs").fill("99")
    await page.get_by_label("Included energy").fill("50")
    months = page.locator("#months")
    commuter = months.get_by_role("row").filter(has_text="Drives to work")
    await expect(commuter).to_contain_text("499.00")  # 150 kWh at 4.00, less 50 kWh, and 99
    await page.get_by_label("Off the rest (percent)").fill("x")
    await expect(months).to_contain_text("'x' is no number")
    await page.get_by_label("Off the rest (percent)").fill("10")
    await expect(commuter).to_contain_text("459.00")
    await page.get_by_role("button", name="Offer it").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Plus")
    assert "csrf" not in page.url

    await page.goto(f"/customers/{anna.ref}")
    await page.get_by_role("button", name="Subscribe").click()
    await expect(page.locator("section", has=page.get_by_role("heading", name="Plan", exact=True))).to_contain_text(
        "Active"
    )
    async with site.database.unit() as unit:
        standing = await subscribing.standing(unit, anna)
    assert standing is not None and (standing.state, standing.version.fee) == (State.ACTIVE, Decimal(99))

    await page.goto("/vouchers")
    await page.get_by_label("Name").fill("Opening")
    await page.get_by_label("Worth, with VAT").fill("100")
    await page.get_by_role("button", name="Make them").click()
    codes = (await page.locator("section", has_text="The codes").locator(".mono").inner_text()).split()
    assert len(codes) == 10
    await page.reload()
    await expect(page.get_by_role("cell", name="Opening")).to_have_count(1)  # sent again, they are not made again
    await expect(page.get_by_text(codes[0])).to_have_count(0)
    await page.goto(f"/customers/{anna.ref}")
    await page.get_by_label("Voucher code").fill(codes[0].lower())
    await page.get_by_role("button", name="Redeem").click()
    await expect(page.get_by_text("The voucher pays their next invoices.")).to_be_visible()
    async with site.database.unit() as unit:
        (voucher,) = await giving.of_customer(unit, anna)
    assert voucher.left == Decimal(100)
