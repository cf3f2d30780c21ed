"""The energy manager's pages: prices with their forecast, grid tariffs in plain words, and a site as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import aiohttp
import pytest
from playwright.async_api import Page, expect

from laddnav.db.events import Event
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import kwh
from laddnav.market import actions as market
from laddnav.market.model import MarketStep, Published
from laddnav.market.rules import market_day
from laddnav.people.model import Role
from laddnav.readings import actions as readings
from laddnav.sessions.actions import preferring
from laddnav.sessions.events import LimitsAnswered
from laddnav.sessions.model import Preferences, ProfileType, Voice
from laddnav.sites import actions as sites
from laddnav.sites.model.site import Site, SiteBattery
from laddnav.sites.model.told import Arrival, Covers, Expected, Measurement, Place
from tests.clock import SetClock
from tests.market.tariffs import THREE_DAYS, read
from tests.sites import garage
from tests.sites.test_keeping_within_limits import Garage, amps_of
from tests.things import US
from tests.web import site as console
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read as opened

__all__ = ["client"]
QUARTER, STEP = timedelta(minutes=15), timedelta(minutes=3)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {LimitsAnswered: [sites.answered]}


def day(begin: datetime, end: datetime) -> tuple[MarketStep, ...]:
    """Cheap at night and dear in the evening; a quarter at noon is below zero."""
    values = ["0.3"] * 24 + ["1.1"] * 13 + ["-0.05"] + ["0.6"] * 22 + ["1.6"] * 16
    count = (end - begin) // QUARTER
    return tuple(MarketStep(begin + n * QUARTER, QUARTER, Decimal((values + ["0.4"] * 40)[n])) for n in range(count))


async def publish(database: Database, clock: SetClock) -> None:
    """Today and the three days before; nothing of tomorrow."""
    for ago in range(4):
        begin, end = market_day(clock.now().date() - timedelta(days=ago))
        async with database.unit() as unit:
            said = Published(zone="SE3", currency="SEK", steps=day(begin, end))
            await market.keep(unit, said, source="elprisetjustnu", by="market")
    async with database.unit() as unit:
        await market.save_tariff(unit, US, "villa", read(THREE_DAYS), by="a test")


def a_garage() -> Site:
    return garage.site(
        panels=(garage.panel("Row A", 32),),
        bidding_zone="SE3",
        grid_tariff_id="villa",
        members=tuple(garage.member(id, panel="Row A" if id < "G3" else None) for id in garage.STATIONS[:4]),
        amps=garage.each(50),
        solar_kwp=Decimal(12),
        solar_follows=True,
        battery=SiteBattery(capacity_kwh=Decimal(10), charge_kw=Decimal(5), discharge_kw=Decimal(5)),
    )


async def at_work(database: Database, clock: SetClock, *, minutes: int = 45) -> Site:
    """Cars charge as the garage tells their stations, whose meters tell what that comes to; one is deaf at the end."""
    work = Garage(database, clock)
    await work.open(a_garage())
    friday = datetime(2026, 11, 20, 11, tzinfo=UTC)
    await garage.charged(database, "G4", friday, friday + timedelta(hours=1), "25")
    charges = {id: await garage.plugged_in(database, id) for id in ("G1", "G3")}
    async with database.unit() as unit:
        needs = Preferences(profile=ProfileType.CHEAP, departs_at=unit.now + timedelta(hours=11), energy=kwh(24))
        await preferring.prefer(unit, US, charges["G3"].id, needs, by=Voice.DRIVER)
    registers = dict.fromkeys(charges, Decimal(0))
    for number in range(minutes // 3):
        clock.advance(STEP)
        await work.tick()
        told = {str(one.station_id): Decimal(str(amps_of(one))) for one in await work.answers()}
        for id, charge in charges.items():
            registers[id] += told[id] * 690 / 20  # Wh in three minutes
            await garage.metered(database, charge, float(told[id]), int(registers[id]))
        building = 6 + number % 5
        async with database.unit() as unit:
            for place, amps in ((Place.GRID, building + float(sum(told.values()))), (Place.BUILDING, building)):
                measured = Measurement(place=place, at=unit.now, amps=garage.each(round(amps, 1)))
                await sites.measured(unit, US, "garage", measured)
    await readings.sum_up(database)
    async with database.unit() as unit:
        until = unit.now + timedelta(hours=1)
        await sites.limited(unit, US, "garage", unit.now, until, Decimal(20), "the grid", id="event-1")
        await sites.limited(unit, US, "garage", unit.now, until, Decimal(1), "the grid", id="2", covers=Covers.EXPORT)
        back, leaves = unit.now + timedelta(hours=2), unit.now + timedelta(hours=14)
        van = Arrival(vehicle="V1", since_at=back, until_at=leaves, energy_kwh=Decimal(90), amps_max=Decimal(16))
        await sites.expected(unit, US, "F1", {"garage": Expected(arrivals=(van,))})
        battery = Measurement(place=Place.BATTERY, at=unit.now, amps=garage.each(0), stored_kwh=Decimal("6.2"))
        for said in (battery, Measurement(place=Place.SOLAR, at=unit.now, amps=garage.each(3))):
            await sites.measured(unit, US, "garage", said)
    await sites.plan(database, US, "garage", why="a test asked for it")
    await work.tick()
    async with database.unit() as unit:
        return await sites.fetch(unit, US, "garage")


async def test_a_site_is_seen_with_its_power_cars_fuses_peaks_and_savings(
    page: Page, site: console.Site, clock: SetClock
) -> None:
    """And nobody's browser complains or scrolls sideways."""
    await publish(site.database, clock)
    one = await at_work(site.database, clock)
    await page.goto("/sites")
    await page.get_by_role("link", name="The garage").click()
    await expect(page.locator("h1")).to_contain_text("The garage")
    await expect(page.locator("#saved")).to_be_visible()  # the last of the page
    text = (await page.locator("main").inner_text()).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "of 34.5 kW",
        "G1 / 1",
        "G3 / 1",
        "Row A",
        "taken for granted: nobody said",
        "as was said",
        "20 kW at most, as the grid says",
        "Month peak so far",
        "Had each car charged at once",
        "One more kW in each of them costs",
        "6.2 kWh",
        "Told to ",
        "All that it gives is used here, or may go out",
        "Room is kept for 2 cars (61.2 kWh): 1 by timetable, 1 as usual.",
        "Kept for cars to come",
    ):
        assert words in text, words
    for chart, least in (
        ("#power rect.cars-soft", 4),
        ("#all-in rect.guess", 20),
        ("#power line.limit", 1),
        ("#power rect.room", 1),
    ):
        assert await page.locator(chart).count() >= least, chart
    await page.set_viewport_size({"width": 360, "height": 740})
    for path in (f"/sites/{one.ref}", "/sites", "/prices", "/grid-tariffs", f"/sites/{one.ref}/change"):
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


async def test_prices_are_shown_with_what_is_guessed_and_below_zero(
    site: console.Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    await garage.opened(site.database)
    await publish(site.database, clock)
    csrf = await sign_in(client, site, Role.ADMIN)
    text = await opened(client, f"{site.url}/prices")
    assert text.count('class="bar guess" x=') == 96 and text.count('class="bar below" x=') == 1
    for words in ("SE3 Stockholm", "elprisetjustnu", "96 new, 0 changed", "Cheapest to come"):
        assert words in text, words
    assert "Power: 45 SEK per kW of the mean of your three highest hours" in await opened(
        client, f"{site.url}/grid-tariffs"
    )
    said = {"csrf": csrf, "zone": "SE4", "document": "start,price_per_kwh\n2026-11-23T10:00Z,0.5\n"}
    async with client.post(f"{site.url}/prices/paste", data=said) as answer:
        assert "Kept: 1 new, 0 changed." in await answer.text()
    async with client.post(f"{site.url}/prices/paste", data=said | {"document": "start,price_per_kwh\nx,1"}) as answer:
        assert "line 2" in await answer.text()
    feed = {"csrf": csrf, "zone": "SE3", "feed": "entsoe", "key": "very-secret"}
    async with client.post(f"{site.url}/prices/follow", data=feed) as answer:
        text = await answer.text()
        assert "Not fetched yet" in text and "very-secret" not in text
    feed |= {"kind": "PRICE"}
    async with client.post(f"{site.url}/prices/unfollow", data=feed) as answer:
        assert "they come by document" in await answer.text()


async def test_a_grid_tariff_and_a_site_are_written_on_the_console_and_what_is_wrong_is_said(
    site: console.Site, client: aiohttp.ClientSession
) -> None:
    await garage.opened(site.database)
    csrf = await sign_in(client, site, Role.OPERATOR)
    said = {"csrf": csrf, "holder": str(US), "id": "villa", "tariff": THREE_DAYS.replace('"vat": 25', '"vat": 250')}
    async with client.post(f"{site.url}/grid-tariffs", data=said) as answer:
        text = await answer.text()
        assert answer.status == 422 and "vat: 250" in text and "Transfer" in text
    async with client.post(f"{site.url}/grid-tariffs", data=said | {"tariff": THREE_DAYS}) as answer:
        assert "With a main fuse of 16 A at most: 150 SEK a month." in await answer.text()
    words = (
        '{"holder": "SE*LAD", "id": "yard", "name": "The yard", "amps": [%s, 63, 63],'
        ' "members": [{"station_id": "G1", "evse_no": 1, "amps_max": 32}]}'
    )
    async with client.post(f"{site.url}/sites", data={"csrf": csrf, "site": words % 1}) as answer:
        assert answer.status == 422 and "The yard" in await answer.text()
    async with client.post(f"{site.url}/sites", data={"csrf": csrf, "site": words % 63}) as answer:
        assert answer.status == 200 and "No car stands there now." in await answer.text()
