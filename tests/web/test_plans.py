"""The desk of plans: one is thought out beside its months, sold to a customer, and stands on the customer's page."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.async_api import Page, expect

from laddnav.customers import actions as customers
from laddnav.customers.actions import giving, reimbursing, subscribing
from laddnav.customers.model import Kind
from laddnav.customers.plan import State
from laddnav.customers.rules import CustomerSaid
from laddnav.kit.energy import kwh
from laddnav.locations import actions as locations
from laddnav.parties import actions as parties
from tests.things import US, location, party
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

    await page.get_by_role("group").filter(has_text="Pause").locator("summary").first.click()
    await page.get_by_role("button", name="Pause").click()
    plan = page.locator("section", has=page.get_by_role("heading", name="Plan", exact=True))
    await expect(plan).to_contain_text(re.compile(r"From \d{4}-\d\d-01\s*Paused"))  # the month that is begun is paid


@pytest.mark.asyncio(loop_scope="session")
async def test_a_company_pays_back_what_an_employee_charges_at_home(site: Site, page: Page) -> None:
    async with site.database.unit() as unit:
        await parties.add(unit, party(ref=unit.new_id()))
        await locations.keep(unit, US, location("HOME1"))
        said = CustomerSaid(name="Nordfrakt AB", kind=Kind.BUSINESS)
        company = await customers.add(unit, US, said, by="test")
        bo = await customers.add(unit, US, CustomerSaid(name="Bo Lind"), by="test")
        day = await subscribing.today(unit, US)
    await page.goto(f"/customers/{company.ref}")
    home = page.locator("section", has=page.get_by_role("heading", name="Charging at home"))
    await expect(home).to_contain_text("Nobody yet")
    await home.get_by_text("Add an employee").click()
    await home.get_by_label("Customer number of the employee").fill(bo.number)
    await home.get_by_label("Location at their home").fill("nowhere")
    await home.get_by_label("SEK a kWh").fill("1,985")
    await home.get_by_role("button", name="Pay it back").click()
    await expect(page.get_by_role("alert")).to_contain_text("There is no such location.")
    await page.goto(f"/customers/{company.ref}")
    await home.get_by_text("Add an employee").click()
    await home.get_by_label("Customer number of the employee").fill(bo.number)
    await home.get_by_label("Location at their home").fill("home1")
    await home.get_by_label("SEK a kWh").fill("1,985")
    await home.get_by_role("button", name="Pay it back").click()
    await expect(home.get_by_role("row").filter(has_text="Bo Lind")).to_contain_text("1.985")
    async with site.database.unit() as unit:
        paid = await reimbursing.pay_back(
            unit,
            US,
            owner=US,
            cdr_id="C1",
            location_id="HOME1",
            contract_id="C1",
            day=day,
            energy=kwh("31.4"),
            currency="SEK",
        )
    assert paid is not None
    await page.goto(f"/customers/{bo.ref}")
    await expect(home).to_contain_text("Nordfrakt AB pays back what is charged at HOME1.")
    await expect(home.get_by_role("row").filter(has_text=f"{day:%Y-%m}")).to_contain_text("62.33")
    await page.goto(f"/customers/{company.ref}")
    await home.get_by_role("row").filter(has_text="Bo Lind").get_by_text("Change").first.click()
    page.once("dialog", lambda dialog: dialog.accept())
    await home.get_by_role("button", name="Pay it back no more").click()
    await expect(page.get_by_text("It is not paid back any more")).to_be_visible()
