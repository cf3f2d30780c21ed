"""What a person sees: every page, wide and narrow, light and dark, in both languages, by mouse and by keyboard."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect

from laddnav.billing import actions as billing
from laddnav.cdrs import actions as cdrs
from laddnav.db.outbox import drain
from laddnav.kit.ids import PartyId
from laddnav.ocpi.connections import partners
from laddnav.ocpi.settings import Settings
from laddnav.parties.model import Role as PartyRole
from laddnav.people.model import Role
from laddnav.reconciliation import actions as reconciliation
from laddnav.tariffs import actions as tariffs
from tests.clock import SetClock
from tests.things import US, settled
from tests.web.seen import install_terminal, run_hub
from tests.web.site import Site, begin, measure, pause, stop
from tests.web.test_watching import certify, notice

THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")

LISTS = (
    *("/", "/stations", "/sessions", "/sessions?show=all", "/cdrs", "/cdrs/held"),
    *("/invoices", "/open-items", "/bank", "/reconciliations", "/locations", "/tariffs", "/tokens", "/bookings"),
    *(
        "/bookings/all",
        "/payments",
        "/customers",
        "/plans",
        "/vouchers",
        "/ledger",
        "/settlements",
        "/hosts",
        "/margins",
        "/terminals",
        "/terminals/captures",
        "/hub",
        "/tasks",
        "/templates",
        "/attention",
        "/cures",
        "/meters",
        "/signed",
        "/fleets",
        "/prices",
        "/grid-tariffs",
        "/sites",
        "/homes",
    ),
)
PHONE: ViewportSize = {"width": 360, "height": 740}
TOO_WIDE = "document.documentElement.scrollWidth - innerWidth"
OTHERS = (
    "/partners",
    "/partners/new",
    "/stations/new",
    "/stations/moved",
    "/tasks/new",
    "/stations/ST1/variables",
    "/stations/ST1/requests",
    "/stations/ST1/messages",
    "/stations/ST1/move",
    "/stations/import",
    "/maintenance",
    "/payment-accounts",
    "/settlement-terms",
    "/plans/new",
    "/people",
    "/account",
    "/doubts",
    "/energy",
    "/energy/mains/exchanged",
)


@pytest_asyncio.fixture(loop_scope="session")
async def paths(site: Site, clock: SetClock) -> tuple[str, ...]:
    """Every kind of page, with something on it: a charge that is over, one under way, a partner that was invited."""
    station = await settled(site.database)
    over = await begin(site, clock, station)
    await measure(site, clock, station, over, 2500, 4400)
    await pause(site, clock, station)
    await stop(site, clock, over, 4400)
    await drain(site.database)
    under_way = await begin(site, clock, station, 4400)
    await measure(site, clock, station, under_way, 6200)
    async with site.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, None)
        (invoice,) = await billing.invoices(unit, None)
        record = await reconciliation.issue(
            unit, US, receiver=PartyId("NL", "TNM"), cpo=US, invoice_id="2026-1", cdrs=(cdr.id, "NOT-HERE")
        )
        ((tariff_ref, _, _),) = await tariffs.page(unit, None)
        roaming = Settings(public_url=site.url, key=bytes(32))
        invitation = await partners.invite(unit, roaming, US, PartyRole.CPO, name="Nordladd")
    terminal = await install_terminal(site.database)
    hub = await run_hub(site.database, clock)
    await notice(site, station, "TamperDetectionActivated", clock.now())
    await certify(site, clock.now())
    return (
        *LISTS,
        *OTHERS,
        "/stations/ST1",
        "/terminals/new",
        f"/terminals/{terminal.ref}",
        *(f"/hub/{hub}{page}" for page in ("/denials", "/requests", "/settlement")),
        f"/sessions/{over.ref}",
        f"/sessions/{under_way.ref}",
        f"/cdrs/{cdr.ref}",
        f"/tariffs/{tariff_ref}",
        f"/invoices/{invoice.ref}",
        f"/reconciliations/{record.ref}",
        f"/partners/{invitation.connection_id}",
    )


@pytest.mark.timeout(600)  # twenty seconds of a core, and the cores may be busy
async def test_every_page_shows_itself_without_a_complaint_and_fits_a_phone(page: Page, paths: tuple[str, ...]) -> None:
    """The `page` fixture fails a test whose pages complain or ask another server for anything."""
    wide = page.viewport_size
    assert wide is not None
    for path in paths:
        answer = await page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        await expect(page.locator("h1")).to_be_visible()
        await expect(page.locator("live-updates")).to_have_attribute("state", "live")
        await page.set_viewport_size(PHONE)
        assert await page.evaluate(TOO_WIDE) <= 0, path
        await page.set_viewport_size(wide)


async def test_a_curve_that_is_not_drawn_anew_yet_widens_nothing(page: Page, paths: tuple[str, ...]) -> None:
    """It learns its new width with the next picture: what is asked at once still finds it drawn for the old one."""
    await page.goto(next(path for path in paths if path.startswith("/sessions/")))
    await expect(page.locator("power-curve")).to_have_attribute("data-state", "drawn")
    beyond = await page.evaluate(
        """() => {
            const around = document.querySelector("power-curve").parentElement;
            around.style.width = "320px";
            return around.scrollWidth - around.clientWidth;
        }"""
    )
    assert beyond <= 0


async def test_an_empty_installation_says_on_every_page_what_to_do_next(page: Page) -> None:
    for path in LISTS:
        await page.goto(path)
        await expect(page.locator(".empty").first).to_be_visible()
        assert await page.locator(".empty p").first.inner_text()


async def test_a_phone_never_scrolls_sideways(browser: Browser, site: Site, paths: tuple[str, ...]) -> None:
    """A phone that opens a page there; that any other fits where it was opened wide is seen above."""
    context = await browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    page = await context.new_page()
    complaints = site.listen(page)
    await site.sign_in(page, Role.ADMIN)
    for path in ("/", "/stations/ST1", *paths[-4:]):
        await page.goto(site.url + path)
        for theme in THEMES:
            await page.emulate_media(color_scheme=theme)
            assert await page.evaluate(TOO_WIDE) <= 0, (path, theme)
    await page.get_by_role("button", name="More").click()
    await expect(page.get_by_role("link", name="Invoices")).to_be_visible()
    await context.close()
    assert complaints == []


async def test_the_map_is_drawn_without_a_tile_server(page: Page, site: Site) -> None:
    await settled(site.database)
    await page.goto("/")
    await expect(page.locator("charge-map")).to_have_attribute("data-state", "drawn", timeout=30_000)
    await expect(page.get_by_role("link", name="Kajen")).to_be_visible()


async def test_a_session_shows_its_curve_its_bill_with_reasons_and_its_story(
    page: Page, site: Site, clock: SetClock
) -> None:
    station = await settled(site.database)
    charge = await begin(site, clock, station)
    await measure(site, clock, station, charge, 4000)
    await pause(site, clock, station)
    await measure(site, clock, station, charge, 4000)
    await page.goto(f"/sessions/{charge.ref}")
    await expect(page.locator("power-curve")).to_have_attribute("data-state", "drawn")
    bill = page.get_by_role("region", name="What it costs, and why")
    await expect(bill).to_contain_text("Start fee")
    await expect(bill).to_contain_text("3.000 kWh")
    await expect(bill).to_contain_text("The price that always applies.")
    story = page.get_by_role("region", name="What happened")
    await expect(story).to_contain_text("The session began")
    await expect(story).to_contain_text("The car asks for no power")
    figures = page.locator(".figures")
    await expect(figures).to_contain_text("12.50 SEK")
    await expect(figures).to_contain_text("20 min")


async def test_a_cdr_explains_each_cent_and_says_on_which_invoice_it_is(
    page: Page, site: Site, clock: SetClock
) -> None:
    station = await settled(site.database)
    charge = await begin(site, clock, station)
    await stop(site, clock, charge, 13345)
    await drain(site.database)
    await page.goto("/cdrs")
    await page.locator("tbody a").click()
    await expect(page.locator("tfoot")).to_contain_text("35.86 SEK")
    await expect(page.locator("tfoot")).to_contain_text("44.83 SEK")
    await expect(page.locator("tbody")).to_contain_text("30.8625 SEK")
    await page.get_by_role("link", name="Open invoice").click()
    await expect(page.locator("main")).to_contain_text("To pay")
    await expect(page.locator("main")).to_contain_text("44.83 SEK")


async def test_an_issued_invoice_can_be_taken_home_as_a_pdf(page: Page, site: Site, clock: SetClock) -> None:
    station = await settled(site.database)
    charge = await begin(site, clock, station)
    await stop(site, clock, charge, 2000)
    await drain(site.database)
    # The open page would ask for its news with a visit that has ended meanwhile, and be told so.
    await page.goto("about:blank")
    clock.advance(timedelta(days=40))
    await site.sign_in(page, Role.ADMIN)
    await page.goto("/invoices")
    await page.locator("tbody a").first.click()
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Issue it now").click()
    await expect(page.get_by_role("status").filter(has_text="The invoice has its number")).to_be_visible()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="PDF").click()
    with open(await (await downloading.value).path(), "rb") as file:
        assert file.read(5) == b"%PDF-"


async def test_somebody_signs_in_on_the_page_that_a_link_led_to(browser: Browser, site: Site) -> None:
    given = await site.person(Role.VIEWER)
    context = await browser.new_context(base_url=site.url)
    page = await context.new_page()
    complaints = site.listen(page)
    await page.goto("/stations")
    await page.fill("#name", given["name"])
    await page.fill("#password", given["password"])
    await page.click("main button")
    await page.wait_for_url(f"{site.url}/stations")
    assert complaints == []


async def test_swedish_is_kept_once_chosen(page: Page, site: Site) -> None:
    await settled(site.database)
    await page.goto("/tariffs")
    await page.get_by_role("button", name="Svenska").click()
    await page.goto("/stations")
    await expect(page.locator("h1")).to_have_text("Stationer")
    await expect(page.locator("html")).to_have_attribute("lang", "sv")
    await expect(page.locator("tbody")).to_contain_text("Uppkopplad")


async def test_a_chosen_theme_wins_over_the_device(page: Page) -> None:
    await page.goto("/account")
    ground, html = "getComputedStyle(document.documentElement).backgroundColor", page.locator("html")
    await page.get_by_role("button", name="Dark").click()
    await expect(html).to_have_attribute("data-theme", "dark")  # of the page that is loaded anew
    dark = await page.evaluate(ground)
    await page.get_by_role("button", name="Light", exact=True).click()
    await expect(html).to_have_attribute("data-theme", "light")
    assert await page.evaluate(ground) != dark


async def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Page, site: Site, clock: SetClock) -> None:
    await settled(site.database)
    await page.goto("/stations/ST1")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="To the content")).to_be_focused()
    for _ in range(200):
        reached = await page.evaluate(
            """() => {
                const at = document.activeElement;
                if (at === document.body) return null;
                at.dataset.reached = "1";
                return getComputedStyle(at).outlineStyle;
            }"""
        )
        if reached is None:
            break
        assert reached != "none"
        await page.keyboard.press("Tab")
    unreached = await page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")]
            .filter((it) => it.checkVisibility() && it.dataset.reached !== "1")
            .map((it) => it.outerHTML.slice(0, 120))"""
    )
    assert unreached == []


async def test_a_menu_opens_by_enter_and_closes_by_escape(page: Page, site: Site) -> None:
    await settled(site.database)
    await page.goto("/stations/ST1")
    menu = page.locator("details.menu").first
    await menu.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(menu.get_by_label("Token")).to_be_visible()
    await menu.get_by_label("Token").focus()
    await page.keyboard.press("Escape")
    await expect(menu.get_by_label("Token")).to_be_hidden()


async def test_words_are_readable_on_their_ground(page: Page, site: Site, paths: tuple[str, ...]) -> None:
    """WCAG 2.2 AA, 1.4.3: 4.5 to 1, and 3 to 1 for large words; looked at in both themes."""
    for path in ("/", "/stations/ST1", *paths[-4:]):
        await page.goto(path)
        for theme in THEMES:
            # Nothing moves, else colours on their way from one theme to the other would be looked at.
            await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert await page.evaluate(CONTRAST) == [], (theme, path)


async def test_a_tariff_is_a_plain_table(page: Page, site: Site) -> None:
    await settled(site.database)
    await page.goto("/tariffs")
    await page.get_by_role("link", name="T1").click()
    table = page.locator("table")
    await expect(table).to_contain_text("2.50 SEK/kWh")
    await expect(table).to_contain_text("Always")


# Words that say too little against what they stand on: every text, its colour, and the grounds below it laid together.
CONTRAST = """() => {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top, below) => top.slice(0, 3).map((part, at) => part * top[3] + below[at] * (1 - top[3]));
  const light = (colour) => {
    const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const [red, green, blue] = colour.map((part) => linear(part / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const faint = [];
  for (const it of document.querySelectorAll("body *")) {
    const words = [...it.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!words || !it.checkVisibility() || it.closest(".sr, charge-map, power-curve, option")) continue;
    const grounds = [];
    for (let at = it; at; at = at.parentElement) grounds.unshift(rgba(getComputedStyle(at).backgroundColor));
    const ground = grounds.reduce((below, top) => over(top, below), [255, 255, 255]);
    const style = getComputedStyle(it);
    const ink = over(rgba(style.color), ground);
    const [more, less] = [light(ink), light(ground)].sort((one, other) => other - one);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const contrast = (more + 0.05) / (less + 0.05);
    if (contrast < needed) faint.push(`${it.textContent.trim().slice(0, 40)} ${contrast.toFixed(2)}`);
  }
  return faint;
}"""
