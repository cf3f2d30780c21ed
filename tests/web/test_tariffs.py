"""What a person sees of a tariff: its words, its week and its faults; and the ways that lead to it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal

import pytest
from playwright.async_api import Page, expect

from laddnav.cdrs import actions as cdrs
from laddnav.db.outbox import drain
from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.pricing.flags import Flag
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, PriceComponent, Restriction, Tariff, TariffDimension, Weekday
from tests.clock import SetClock
from tests.things import THEM, US, component, settled, tariff
from tests.web.site import Site, begin, stop

ENERGY, FLAT = TariffDimension.ENERGY, TariffDimension.FLAT
NIGHT = Restriction(start_time=time(22), end_time=time(6))
SLOW = Restriction(power_max=kw(11), weekdays=(Weekday.SATURDAY, Weekday.SUNDAY))
AUTUMN = "2026-10-21"  # of the week in which Sunday has 25 hours


def of(id: str, *elements: tuple[Restriction, PriceComponent]) -> Tariff:
    return tariff(id, elements=tuple(Element(components=(one,), restriction=when) for when, one in elements))


DAY_AND_NIGHT = of(
    "DAY-AND-NIGHT",
    (NIGHT, component(ENERGY, "2.95")),
    (SLOW, component(ENERGY, "3.50")),
    (Restriction(), component(ENERGY, "4.75")),
    (Restriction(energy_min=kwh(5)), component(ENERGY, "9")),
    (Restriction(), component(FLAT, "5")),
)


async def a_page_of(site: Site, one: Tariff) -> str:
    async with site.database.unit() as unit:
        await tariffs.keep(unit, US, one)
    async with site.database.unit() as unit:
        return f"/tariffs/{(await tariffs.refs(unit, US, US, (one.id,)))[one.id.casefold()]}"


async def test_a_tariff_is_told_in_plain_words_in_the_reader_s_language(page: Page, site: Site) -> None:
    await settled(site.database)
    path = await a_page_of(site, DAY_AND_NIGHT)
    await page.goto(path)
    words = page.get_by_role("region", name="In plain words")
    await expect(words).to_contain_text("Energy costs 4.75 SEK/kWh, except (the first that fits counts):")
    await expect(words.get_by_role("listitem").first).to_have_text("From 22:00 to 06:00: 2.95 SEK/kWh")
    await page.get_by_role("button", name="Svenska").click()
    await page.goto(path)
    await expect(page.get_by_role("region", name="Med vanliga ord")).to_contain_text("Energi kostar 4,75 kr/kWh, utom")


async def test_the_list_says_each_price_in_short(page: Page, site: Site) -> None:
    await settled(site.database)
    await a_page_of(site, DAY_AND_NIGHT)
    await page.goto("/tariffs")
    row = page.get_by_role("row").filter(has_text="DAY-AND-NIGHT")
    await expect(row).to_contain_text("Energy 2.95–9.00 SEK/kWh, Start fee 5.00 SEK")
    await expect(row).to_contain_text("Valid now")
    await expect(row).to_contain_text("Errors: 1")


async def test_the_week_is_drawn_and_says_the_same_as_a_table(page: Page, site: Site) -> None:
    await settled(site.database)
    await page.goto(await a_page_of(site, DAY_AND_NIGHT) + f"?week={AUTUMN}")
    week = page.get_by_role("region", name="Which price when")
    await expect(week).to_contain_text("Week from 2026-10-19")
    assert await week.locator(".strips > svg").count() == 7
    await expect(week.locator(".strips > svg").first.locator("text")).to_have_text(["2.95", "4.75", "2.95"])
    await expect(week.locator(".strips > svg").last.locator("text")).to_have_text(["2.95", "3.50–4.75", "2.95"])
    await expect(week.locator(".of-day").last).to_contain_text("25 h")
    await week.get_by_text("As a table").press("Enter")
    days = week.locator("tbody tr td:first-child")
    await expect(days).to_contain_text(["Monday – Friday", "", "", "Saturday", "", "", "Sunday (25 h)", "", ""])
    saturday = week.locator("tbody tr").nth(4)
    await expect(saturday).to_contain_text("06:00–22:00")
    await expect(saturday).to_contain_text("3.50 SEK/kWh below 11 kW; otherwise 4.75 SEK/kWh")
    await expect(week).to_contain_text("Start fee")
    await week.get_by_role("link", name="The week after").click()
    await expect(week).to_contain_text("Week from 2026-10-26")


async def test_a_week_that_nobody_can_mean_is_this_one(page: Page, site: Site, clock: SetClock) -> None:
    await settled(site.database)
    path = await a_page_of(site, DAY_AND_NIGHT)
    for nonsense in ("0001-01-01", "9999-12-31", "soon", "2026-02-30", "%00"):
        answer = await page.goto(f"{path}?week={nonsense}")
        assert answer is not None
        assert answer.status == 200
        await expect(page.get_by_role("link", name="This week")).to_have_count(0)


async def test_what_is_wrong_stands_with_its_weight_its_remedy_and_a_way_to_the_element(page: Page, site: Site) -> None:
    await settled(site.database)
    await page.goto(await a_page_of(site, DAY_AND_NIGHT))
    (wrong,) = await page.get_by_role("region", name="What is wrong with it").get_by_role("listitem").all()
    await expect(wrong).to_contain_text("Error")
    await expect(wrong).to_contain_text("This energy price is never used")
    await expect(wrong).to_contain_text("Move its element up")
    await wrong.get_by_role("link", name="Element 4").click()
    await expect(page.locator("tr:target")).to_contain_text("9.00 SEK/kWh")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "Valid now"),
        ({"starts_at": datetime(2030, 1, 1, tzinfo=UTC)}, "Not valid yet"),
        ({"ends_at": datetime(2026, 1, 1, tzinfo=UTC)}, "No longer valid"),
    ],
)
async def test_a_tariff_says_whether_it_holds(page: Page, site: Site, changes: dict[str, datetime], word: str) -> None:
    """TAR-020."""
    await settled(site.database)
    await page.goto(await a_page_of(site, tariff("T2", **changes)))  # type: ignore[arg-type]  # fields of a Tariff
    await expect(page.locator("h1")).to_contain_text(word)


async def test_a_location_leads_to_its_tariffs(page: Page, site: Site) -> None:
    await settled(site.database)
    await page.goto("/locations")
    await page.locator("tbody a").first.click()
    await page.get_by_role("link", name="T1", exact=True).first.click()
    await expect(page.locator("h1")).to_contain_text("T1")


async def test_a_line_of_a_cdr_leads_to_the_element_that_it_was_priced_by(
    page: Page, site: Site, clock: SetClock
) -> None:
    station = await settled(site.database)
    charge = await begin(site, clock, station)
    await stop(site, clock, charge, 13345)
    await drain(site.database)
    async with site.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, None)
    assert Decimal("30.8625") in [line.amount.excl for line in cdr.lines]
    await page.goto(f"/cdrs/{cdr.ref}")
    await page.get_by_role("link", name="Element 1").first.click()
    await expect(page.locator("h1")).to_contain_text("T1")


async def test_what_to_know_of_a_price_is_said_in_sentences(page: Page, site: Site, clock: SetClock) -> None:
    """The price changes after 5 kWh, between two readings."""
    station = await settled(site.database)
    async with site.database.unit() as unit:
        dear = (Restriction(energy_min=kwh(5)), component(ENERGY, "9"))
        await tariffs.keep(unit, US, of("T1", dear, (Restriction(), component(ENERGY, "4"))))
    charge = await begin(site, clock, station)
    await stop(site, clock, charge, 13345)
    await drain(site.database)
    async with site.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, None)
    assert [one.flag for one in cdr.flags] == [Flag.INTERPOLATED]
    await page.goto(f"/cdrs/{cdr.ref}")
    known = page.get_by_role("region", name="What to know of this price")
    await expect(known).to_contain_text("was calculated, not read.")


async def test_a_tariff_is_checked_before_it_is_kept_and_can_be_changed(page: Page, site: Site) -> None:
    await settled(site.database)
    await page.goto("/tariffs")
    await page.get_by_role("link", name="New tariff").click()
    text, answer = page.get_by_label("The tariff"), page.locator("#answer")
    offered = await text.input_value()
    await page.get_by_role("button", name="Check it").click()
    await expect(answer).to_contain_text("Energy costs 5 SEK/kWh, except")
    await expect(answer).to_contain_text("Nothing that we know to look for")

    await text.fill(offered.replace("3.00,", "3.00"))
    await page.get_by_role("button", name="Check it").click()
    await expect(answer).to_contain_text("It cannot be read. Line 10: ")

    await text.fill(offered.replace("06:00", "25:00"))
    await page.get_by_role("button", name="Check it").click()
    await expect(answer).to_contain_text("“25:00” is not written as OCPI writes it")

    await text.fill(offered)
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.locator(".flashes")).to_contain_text("The tariff is kept")
    await page.get_by_role("link", name="Change").click()
    await text.fill(offered.replace("5.00", "6.00"))
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.get_by_role("region", name="In plain words")).to_contain_text("Energy costs 6 SEK/kWh")


async def test_a_tariff_with_an_error_is_not_kept(page: Page, site: Site) -> None:
    await settled(site.database)
    await page.goto("/tariffs/new")
    text = page.get_by_label("The tariff")
    broken = (await text.input_value()).replace('"SEK"', '"SEX"').replace("NIGHT-AND-DAY", "BROKEN")
    await text.fill(broken)
    # A browser says each answer that is an error in its console, where this page's complaints are counted.
    answer = await page.request.post(
        "/tariffs",
        form={"csrf": await page.locator("#draft [name=csrf]").input_value(), "holder": str(US), "words": broken},
    )
    assert answer.status == 422
    assert "Nothing was kept" in await answer.text()
    assert "SEX is no currency" in await answer.text()
    await page.goto("/tariffs")
    await expect(page.locator("main")).not_to_contain_text("BROKEN")


async def test_a_partner_s_tariff_is_nobody_s_here_to_change(page: Page, site: Site) -> None:
    await settled(site.database)
    async with site.database.unit() as unit:
        await tariffs.keep(unit, US, tariff("THEIRS", owner=THEM, currency="SEX"))
    async with site.database.unit() as unit:
        path = f"/tariffs/{(await tariffs.refs(unit, US, THEM, ('THEIRS',)))['theirs']}"
    await page.goto("/tariffs")
    await expect(page.get_by_role("row").filter(has_text="THEIRS")).not_to_contain_text("Errors")
    await page.goto(path)
    await expect(page.get_by_role("link", name="Change")).to_have_count(0)
    assert (await page.request.get(f"{path}/change")).status == 404
