"""Before and during a charge: the driver's page behind a station's code, and what the console foretells."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from laddnav.locations import actions as locations
from laddnav.locations.model import Location, Status
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, Limit, Restriction, Tariff, TariffDimension
from tests.clock import SetClock
from tests.things import THEM, US, component, connector, evse, location, settled, tariff
from tests.web.site import Site, begin, measure, pause
from tests.web.test_pages import CONTRAST

DAY = Restriction(start_time=time(6), end_time=time(20))
LATE = Restriction(duration_min=timedelta(hours=3))


def day_and_night() -> Tariff:
    """Before taxes of 25 %: 4.20 by day, 2.60 by night, 5 to start, 60 an hour for standing from the fourth hour on."""
    return tariff(
        elements=(
            Element(components=(component(TariffDimension.ENERGY, "4.20"),), restriction=DAY),
            Element(components=(component(TariffDimension.ENERGY, "2.60"), component(TariffDimension.FLAT, "5"))),
            Element(components=(component(TariffDimension.PARKING_TIME, "60"),), restriction=LATE),
        ),
        price_max=Limit(Decimal(300)),
        preauthorize_amount=Decimal(50),
    )


async def offer(site: Site, *some: Tariff, at: Location | None = None) -> None:
    async with site.database.unit() as unit:
        for one in some:
            await tariffs.keep(unit, US, one)
        if at is not None:
            await locations.keep(unit, at.owner if at.owner == US else US, at)


@pytest_asyncio.fixture(loop_scope="session")
async def driver(browser: Browser, site: Site) -> Page:
    """Somebody with a phone who has never been here, and whose browser speaks Swedish."""
    await settled(site.database)
    context = await browser.new_context(
        base_url=site.url, locale="sv-SE", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
    )
    return await context.new_page()


async def test_the_code_at_a_station_opens_its_price_without_a_sign_in(driver: Page, site: Site) -> None:
    complaints = site.listen(driver)
    await offer(site, day_and_night())
    answer = await driver.goto("/charge/se-lad-eevse1")
    assert answer is not None and answer.status == 200
    await expect(driver.locator("h1")).to_have_text("Kajen")
    price = driver.get_by_role("region", name="Priset nu")
    await expect(price).to_contain_text("5,25")  # 4.20 with its tax
    await expect(price).to_contain_text("inklusive skatt")
    await expect(price).to_contain_text("20:00")
    await expect(price).to_contain_text("3,25")
    await expect(driver.get_by_role("region", name="Så startar du")).to_contain_text("SE*LAD*EEVSE1")
    await expect(driver.get_by_role("region", name="Priset i ord")).to_contain_text("25 %")
    assert await driver.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert await driver.get_by_role("link", name="Stationer").count() == 0
    assert complaints == []


async def test_a_driver_asks_what_so_much_will_cost_and_can_pass_the_answer_on(driver: Page, site: Site) -> None:
    await offer(site, day_and_night())
    await driver.goto("/charge/SE*LAD*EEVSE1")
    await driver.get_by_label("Hur mycket").fill("22,5")
    await driver.get_by_label("Bilens effekt (kW)").fill("11")
    await driver.get_by_label("Börjar").fill("2026-11-23T19:00")
    await driver.get_by_label("Parkerad efteråt (min)").fill("120")
    await driver.get_by_role("button", name="Vad kostar det?").click()
    # 11 kWh by day, 11.5 by night; full at 21:02:43, gone two hours later, and the fee begins at 22:00.
    for page in (driver, await driver.context.new_page()):
        await page.goto(driver.url)
        answer = page.locator("#estimate")
        await expect(answer).to_contain_text("179,79")  # (5 + 46.20 + 29.90 + 62.73) and 25 %
        await expect(answer).to_contain_text("21:02")
        await expect(answer).to_contain_text("22:00")
        await expect(page.get_by_label("Hur mycket")).to_have_value("22,5")


async def test_a_driver_asks_how_far_so_much_money_reaches(driver: Page, site: Site) -> None:
    await driver.goto("/charge/SE*LAD*EEVSE1?much=100&of=money&power=11")
    await expect(driver.locator("#estimate")).to_contain_text("100,00 SEK räcker till 30,000 kWh")
    await driver.goto("/charge/SE*LAD*EEVSE1?much=100&of=money&power=11&parked=60")
    await expect(driver.locator("#estimate")).to_contain_text("Det som parkeringen kostar efteråt tillkommer.")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("much=abc", "Energin går inte att läsa"),
        ("much=NaN", "Energin måste ligga mellan 0,001 kWh och 1 000 kWh"),
        ("much=1e99999", "Energin måste ligga mellan"),
        ("much=20&power=0", "Effekten måste ligga mellan 0,1 kW och 4 000 kW"),
        ("much=1000&power=0.1", "mer än en vecka"),
        ("much=20&start=yesterday", "Starten går inte att läsa"),
        ("much=20&start=1999-01-01T00:00", "inom ett år"),
        ("much=20&parked=-5", "Tiden parkerad efteråt måste ligga mellan"),
        ("much=-1&of=money", "Beloppet måste ligga mellan"),
    ],
)
async def test_what_cannot_be_is_said_in_one_sentence(driver: Page, asked: str, said: str) -> None:
    answer = await driver.goto(f"/charge/SE*LAD*EEVSE1?{asked}")
    assert answer is not None and answer.status == 200
    await expect(driver.get_by_role("alert")).to_contain_text(said)


async def test_without_scripts_the_form_answers_all_the_same(browser: Browser, site: Site) -> None:
    await settled(site.database)
    context = await browser.new_context(base_url=site.url, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/charge/SE*LAD*EEVSE1")
    await page.get_by_label("How much").fill("10")
    await page.get_by_role("button", name="What does it cost?").click()
    await expect(page.locator("#estimate")).to_contain_text("37.50 SEK")


async def test_an_unknown_number_is_a_friendly_page_that_says_what_to_do(driver: Page) -> None:
    answer = await driver.goto("/charge/SE*LAD*E404")
    assert answer is not None and answer.status == 404
    await expect(driver.locator("main")).to_contain_text("Vi känner inte till den här laddpunkten")
    await driver.get_by_label("Numret vid laddpunkten").fill("se lad eevse2")
    await driver.get_by_role("button", name="Visa den").click()
    await expect(driver.locator("h1")).to_have_text("Kajen")
    await expect(driver.locator("main")).to_contain_text("SE*LAD*EEVSE2")


@pytest.mark.parametrize(
    "hidden",
    [
        location("LOC9", publish=False, evses=(evse("HIDDEN"),)),
        location("LOC9", owner=THEM, evses=(evse("HIDDEN"),)),
        location("LOC9", evses=(evse("HIDDEN", status=Status.REMOVED),)),
    ],
    ids=["not published", "a partner's", "removed"],
)
async def test_nobody_is_told_of_what_is_not_published(site: Site, hidden: Location) -> None:
    await settled(site.database)
    await offer(site, at=hidden)
    async with aiohttp.ClientSession() as web:
        for number in ("SE*LAD*EHIDDEN", "HIDDEN", "\0", "%25", "..%2F..%2Fetc"):
            async with web.get(f"{site.url}/charge/{number}") as answer:
                assert answer.status == 404
                assert "Kajen" not in await answer.text()


async def test_a_busy_evse_names_its_neighbours(driver: Page, site: Site) -> None:
    await offer(site, at=location(evses=(evse("EVSE1", status=Status.CHARGING), evse("EVSE2"))))
    async with site.database.unit() as unit:
        await locations.report_status(unit, US, US, "LOC1", "EVSE1", Status.CHARGING, unit.now)
    await driver.goto("/charge/SELADEEVSE1")
    await expect(driver.get_by_role("status")).to_contain_text("upptagen")
    await driver.get_by_role("link", name="Ledig").click()
    await expect(driver.locator("main")).to_contain_text("SE*LAD*EEVSE2")


async def test_who_pays_at_the_station_sees_the_price_for_that(driver: Page, site: Site) -> None:
    """TAR-018."""
    ad_hoc = tariff("T2", type="AD_HOC_PAYMENT", elements=_energy("6"))
    plugs = (connector(tariff_ids=("T1", "T2")),)
    await offer(site, ad_hoc, at=location(evses=(evse("EVSE1", connectors=plugs),)))
    await driver.goto("/charge/SELADEEVSE1")
    price = driver.get_by_role("region", name="Priset nu")
    await expect(price).to_contain_text("3,125")
    await price.get_by_role("link", name="Vid stationen").click()
    await expect(price).to_contain_text("7,50")


async def test_without_a_tariff_the_page_says_whom_to_ask(driver: Page, site: Site) -> None:
    await offer(site, at=location(evses=(evse("EVSE1", connectors=(connector(tariff_ids=()),)),)))
    await driver.goto("/charge/SELADEEVSE1")
    await expect(driver.get_by_role("status")).to_contain_text("Fråga Laddnav Test AB innan du laddar")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_drivers_page_can_be_read_in_the_sun_and_in_the_dark(browser: Browser, site: Site, theme: str) -> None:
    await settled(site.database)
    await offer(site, day_and_night())
    context = await browser.new_context(base_url=site.url, color_scheme="dark" if theme == "dark" else "light")
    page = await context.new_page()
    for path in ("/charge/SELADEEVSE1?much=40&start=2026-11-23T19:00&parked=60", "/charge/NOBODY", "/charge"):
        await page.goto(path)
        for more in await page.locator("details.more > summary").all():
            await more.click()
        assert await page.evaluate(CONTRAST) == [], path


# The console ----------------------------------------------------------------------------------------------------------


async def test_a_tariff_answers_what_a_charge_would_cost_before_taxes(page: Page, site: Site) -> None:
    await settled(site.database)
    await page.goto("/tariffs")
    await page.locator("tbody a").first.click()
    await page.get_by_label("How much").fill("40")
    await page.get_by_role("button", name="What does it cost?").click()
    await expect(page.locator("#estimate")).to_contain_text("105.00 SEK")
    await expect(page.locator("#estimate")).to_contain_text("before taxes")


async def test_an_evse_of_a_location_answers_it_too_and_leads_to_the_drivers_page(page: Page, site: Site) -> None:
    await settled(site.database)
    await page.goto("/locations")
    await page.locator("tbody a").first.click()
    await page.get_by_role("link", name="SE*LAD*EEVSE1").click()
    await expect(page.locator("#estimate")).to_contain_text("55.00 SEK")
    await page.get_by_role("link", name="The driver’s page").click()
    await expect(page.locator("main")).to_contain_text("How to start")


async def test_a_running_session_says_what_comes_next(page: Page, site: Site, clock: SetClock) -> None:
    station = await settled(site.database)
    await offer(site, day_and_night())
    charge = await begin(site, clock, station)
    await measure(site, clock, station, charge, 3000, 5000)
    await page.goto(f"/sessions/{charge.ref}")
    ahead = page.get_by_role("region", name="What comes next")
    await expect(ahead).to_contain_text("20:00 CET: Energy 4.20 SEK/kWh → 2.60 SEK/kWh")
    await expect(ahead).to_contain_text("from 12:00 CET, if it does not charge then")
    await expect(ahead).to_contain_text("not reached")
    # 50 with taxes are 40 before them: 35 / 4.20 = 8.333 kWh, of which 4 are charged; at 12 kW another 21 min 40 s.
    await expect(ahead).to_contain_text("50.00 SEK, used up at 09:41 CET")


async def test_a_car_that_stands_says_since_when_it_pays_for_that(page: Page, site: Site, clock: SetClock) -> None:
    station = await settled(site.database)
    free = Restriction(duration_min=timedelta(minutes=15))
    fee = Element(components=(component(TariffDimension.PARKING_TIME, "60"),), restriction=free)
    await offer(site, tariff(elements=(*tariff().elements, fee)))
    charge = await begin(site, clock, station)
    await measure(site, clock, station, charge, 3000)
    await pause(site, clock, station)
    await measure(site, clock, station, charge, 3000, 3000)
    await page.goto(f"/sessions/{charge.ref}")
    await expect(page.get_by_role("region", name="What comes next")).to_contain_text("runs since 09:15 CET")


def _energy(price: str) -> tuple[Element, ...]:
    return (Element(components=(component(TariffDimension.ENERGY, price),)),)
