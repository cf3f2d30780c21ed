"""A driver chooses by phone: by seven before the charge, something else during it; and nobody for anybody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import aiohttp
import pytest
import pytest_asyncio
from msgspec import structs
from playwright.async_api import Browser, Page, expect

from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Listener
from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.locations.model import Station
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import claiming
from laddnav.sessions.actions.offering import FOLLOWS
from laddnav.sessions.actions.preferring import prefer
from laddnav.sessions.choices import Around, Hours, Kind, Need, choices
from laddnav.sessions.claims import TRIES_HERE
from laddnav.sessions.events import SessionStarted
from laddnav.sessions.model import Preferences, ProfileType, Session, Status, Voice
from laddnav.web.pages.choosing import Typed, wants_of
from tests.clock import SetClock
from tests.things import US, evse, location, settled, tariff
from tests.web.site import Site, begin, measure, stop
from tests.web.test_charge import day_and_night, offer
from tests.web.test_pages import CONTRAST

PAGE = "/charge/SE*LAD*EEVSE1"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {SessionStarted: [claiming.take_up]}


@pytest_asyncio.fixture(loop_scope="session")
async def station(site: Site) -> Station:
    """Online, and follows what it is told: 5.25 a kWh by day, 3.25 by night, 6.25 to start, taxes in all."""
    station = await settled(site.database)
    able = ("REMOTE_START_STOP_CAPABLE", "RFID_READER", FOLLOWS)
    priced = tariff(elements=day_and_night().elements[:2])
    await offer(site, priced, at=location(evses=(evse("EVSE1", capabilities=able), evse("EVSE2"))))
    async with site.database.unit() as unit:
        await unit.execute("update station set connected_at = $1", unit.now)
    return station


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser, site: Site, station: Station) -> Page:
    context = await browser.new_context(
        base_url=site.url, locale="sv-SE", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True
    )
    return await context.new_page()


async def known(site: Site, session: Session) -> Session:
    await drain(site.database)
    async with site.database.unit() as unit:
        return await sessions.fetch(unit, US, US, session.id)


async def test_a_driver_chooses_by_seven_before_and_something_else_while_it_charges(
    phone: Page, site: Site, station: Station, clock: SetClock
) -> None:
    """SES-052: the price of each is seen before, and what holds afterwards is what was chosen."""
    complaints = site.listen(phone)
    await phone.goto(PAGE)
    choices = phone.get_by_role("region", name="När ska bilen ladda?")
    await choices.get_by_label("Energi (kWh)").fill("22")
    await choices.get_by_label("Jag åker klockan").fill("07:00")
    await choices.get_by_label("Jag vill lägga (SEK)").fill("50")
    await choices.get_by_label("Bilen tar (kW)").fill("11")
    await choices.get_by_role("heading").click()
    now, by, amount = (choices.locator(".way").nth(place) for place in range(3))
    await expect(now).to_contain_text("121,75")  # 6.25 and 22 × 5.25
    await expect(by).to_contain_text("tis 07:00")
    await expect(by).to_contain_text("77,75")  # 6.25 and 22 × 3.25
    await expect(by).to_contain_text("20:00")
    await expect(by).to_contain_text("44,00 SEK mindre än nu")
    await expect(amount).to_contain_text("8,3 kWh")
    await by.click()
    await choices.get_by_label("De sista sex tecknen i ditt kortnummer").fill("ccard1")
    await choices.get_by_role("button", name="Välj detta").click()
    await expect(phone.locator("#yours")).to_contain_text("CCARD1")

    session = await known(site, await begin(site, clock, station))
    assert [(one.by, one.wants.profile) for one in session.preferred] == [(Voice.DRIVER, ProfileType.CHEAP)]
    await measure(site, clock, station, session, 3000)
    await phone.goto(PAGE)
    yours = phone.get_by_role("region", name="Din laddning")
    await expect(yours).to_contain_text("16,75")  # 6.25 and 2 × 5.25
    await expect(yours).to_contain_text("Du åker tis 07:00")
    await expect(choices.locator(".way", has_text="valt")).to_contain_text("tis 07:00")
    assert await phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await choices.locator(".way").first.click()
    await choices.get_by_role("button", name="Byt till detta").click()
    await expect(phone.get_by_role("status").first).to_contain_text("Det gäller från och med nu")
    await expect(yours).to_contain_text("Bilen laddar genast")
    session = await known(site, session)
    assert [one.wants.profile for one in session.preferred] == [ProfileType.CHEAP, ProfileType.FAST]
    await stop(site, clock, session, 9000)
    await phone.reload()
    await expect(yours).to_contain_text("48,25")  # 6.25 and 8 × 5.25
    assert await choices.count() == 0
    assert complaints == []


async def test_nobody_sees_or_changes_a_charge_without_the_number_of_its_card(
    site: Site, station: Station, clock: SetClock
) -> None:
    session = await begin(site, clock, station)
    await measure(site, clock, station, session, 3000)
    fields = {"choice": "BUDGET", "kwh": "20", "by": "07:00", "sum": "1", "kw": "11"}
    jar, headers = aiohttp.CookieJar(unsafe=True), {"Referer": site.url + PAGE}  # for hosts that have no name
    async with aiohttp.ClientSession(cookie_jar=jar, headers=headers) as web:
        async with web.get(site.url + PAGE) as seen:
            assert "16.75" not in await seen.text()
        for path, said, told in (
            ("choose", fields, "No card with this number charges here"),
            ("choose", {**fields, "card": "CCARD9"}, "No card with this number charges here"),
            ("mine", {"card": "CCARD9"}, "No card with this number charges here"),
            ("mine", {"card": "1"}, "at least the last 6 characters"),
        ):
            async with web.post(f"{site.url}{PAGE}/{path}", data=said) as done:
                assert told in await done.text()
                assert not [one for one in web.cookie_jar if one.key.startswith("charge_")]
        elsewhere = {"Sec-Fetch-Site": "cross-site"}
        async with web.post(f"{site.url}{PAGE}/mine", data={"card": "CCARD1"}, headers=elsewhere) as forged:
            assert forged.status == 403
        for _ in range(TRIES_HERE):
            async with web.post(f"{site.url}{PAGE}/mine", data={"card": "CCARD9"}):
                pass
        async with web.post(f"{site.url}{PAGE}/mine", data={"card": "CCARD1"}) as tried:
            assert "Try again in ten minutes" in await tried.text()
    after = await known(site, session)
    assert (after.status, after.preferred) == (Status.ACTIVE, ())


async def test_who_charges_here_says_so_and_sees_what_it_costs(
    phone: Page, site: Site, station: Station, clock: SetClock
) -> None:
    session = await begin(site, clock, station)
    await measure(site, clock, station, session, 3000)
    await phone.goto(PAGE)
    await phone.get_by_label("De sista sex tecknen i ditt kortnummer").fill("se-lad-ccard1")
    await phone.get_by_role("button", name="Det är min").click()
    await expect(phone.get_by_role("region", name="Din laddning")).to_contain_text("16,75")
    await expect(phone.locator("main")).to_contain_text("Så avslutar du")  # and not how to begin, nor that it is taken
    await expect(phone.locator("main")).not_to_contain_text("Den är upptagen")
    await phone.goto("/charge/SE*LAD*EEVSE2")
    assert await phone.get_by_role("region", name="Din laddning").count() == 0


async def test_where_nobody_can_shift_the_hours_only_what_can_be_held_is_offered(
    phone: Page, site: Site, station: Station
) -> None:
    await phone.goto("/charge/SE*LAD*EEVSE2")
    choices = phone.get_by_role("region", name="När ska bilen ladda?")
    await expect(choices.get_by_role("radio")).to_have_count(2)
    assert await choices.get_by_role("radio").evaluate_all("all => all.map(one => one.value)") == ["NOW", "BUDGET"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("by=soon", "Tiden när den ska vara klar går inte att läsa"),
        ("kwh=0", "Energin måste ligga mellan"),
        ("sum=0", "Beloppet måste ligga mellan"),
        ("level=90&goal=20&holds=75", "battery"),
        ("level=x&holds=75", "Laddnivån går inte att läsa"),
    ],
)
async def test_what_cannot_be_chosen_is_said_in_one_sentence(phone: Page, asked: str, said: str) -> None:
    answer = await phone.goto(f"{PAGE}?{asked}")
    assert answer is not None and answer.status == 200
    await expect(phone.get_by_role("alert")).to_contain_text(said)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_choices_are_read_in_the_sun_and_chosen_by_keyboard(
    browser: Browser, site: Site, station: Station, theme: str
) -> None:
    context = await browser.new_context(base_url=site.url, color_scheme="dark" if theme == "dark" else "light")
    page = await context.new_page()
    await page.goto(PAGE)
    assert await page.evaluate(CONTRAST) == []
    await page.locator("input[value=NOW]").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("input[value=BY]")).to_be_checked()


# The console ----------------------------------------------------------------------------------------------------------


async def test_the_help_desk_sees_what_is_wanted_and_says_it_for_a_driver_who_calls(
    page: Page, site: Site, station: Station, clock: SetClock
) -> None:
    session = await begin(site, clock, station)
    await measure(site, clock, station, session, 3000)
    needs = Preferences(profile=ProfileType.REGULAR, departs_at=clock.now() + timedelta(hours=9), energy=kwh(30))
    async with site.database.unit() as unit:
        await prefer(unit, US, session.id, needs, by=Voice.CAR)
    await page.goto(f"/sessions/{session.ref}")
    wants = page.get_by_role("region", name="What the driver wants")
    await expect(wants).to_contain_text("Said by the car")
    await expect(wants).to_contain_text("28 kWh are missing")
    for profile, departs, said in (
        ("CHEAP", "2026-11-22T09:00", "So much is not possible by then"),
        ("CHEAP", "2026-11-23T21:00", "It holds from now on"),
    ):
        await wants.get_by_text("Say it for the driver").click()
        await wants.get_by_label("What matters most").select_option(profile)
        await wants.get_by_label("Leaves at").fill(departs)
        await wants.get_by_label("Energy in all (kWh)").fill("20")
        await wants.get_by_role("button", name="Say it").click()
        await expect(page.locator(".flashes")).to_contain_text(said)
    await expect(wants).to_contain_text("Said by the driver, or the help desk")
    assert await page.evaluate(CONTRAST) == []
    after = await known(site, session)
    assert [one.by for one in after.preferred] == [Voice.CAR, Voice.DRIVER, Voice.DRIVER]


def test_a_car_gives_back_only_where_its_driver_names_how_far() -> None:
    """And not where it is to charge at once, or for an amount: then nothing is left to give."""
    typed = Typed(kwh="20", by="07:00", sum="100", kw="11", level="70", goal="80", holds="40", least="50")
    need = Need(energy=kwh(4), power=kw(11), departs_at=NOON + timedelta(hours=12), amount=Decimal(100))
    around = Around(zone="UTC", now=NOON, hours=Hours.SITES, gives_back=True)
    plain = tariff()
    found = choices(need, dict.fromkeys(ProfileType, plain), around)
    lends = {one.kind: wants_of(one, typed).may_discharge for one in found}
    assert lends == {Kind.NOW: False, Kind.BY: True, Kind.BUDGET: False}
    silent = wants_of(found[1], structs.replace(typed, least=""))
    assert not silent.may_discharge and silent.battery is not None and silent.battery.percent_least is None
