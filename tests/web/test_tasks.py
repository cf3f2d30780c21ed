"""Work on many stations from the console: a template, a task that is stopped and resumed, and what a new task asks."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from playwright.async_api import Page, expect

from laddnav.locations import actions as locations
from laddnav.ocpp import store
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks import rules
from laddnav.ocpp.tasks.model import Kind, Selection, StepState, Task
from laddnav.ocpp.tasks.works import Resetting
from laddnav.ocpp.wire.variables import Variable, VariableName
from tests.things import US, settled
from tests.web.site import Site

INTERVAL = Variable(name=VariableName(component="OCPPCommCtrlr", name="HeartbeatInterval"), value="300")


async def test_stations_are_set_up_by_a_template_and_an_evse_is_closed(site: Site, page: Page) -> None:
    station = await settled(site.database)
    async with site.database.unit() as unit:
        store.variables.keep(unit, station, [INTERVAL], None)
    page.on("dialog", lambda dialog: dialog.accept())
    await page.goto("/stations/ST1/variables")
    await expect(page.get_by_text("OCPPCommCtrlr.HeartbeatInterval")).to_be_visible()
    await page.goto("/templates")
    await page.get_by_label("Name").fill("Ours")
    await page.get_by_label("What should be so").fill("OCPPCommCtrlr.HeartbeatInterval = 60\n")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_text("is 300, not 60")).to_be_visible()
    await page.get_by_role("button", name="Make them so").click()
    await expect(page.get_by_role("heading", name="Set up by a template")).to_be_visible()
    await page.get_by_role("button", name="Stop").click()
    await page.get_by_role("button", name="Go on", exact=True).click()
    await expect(page.get_by_text("The task goes on.")).to_be_visible()
    await page.goto("/stations/ST1")
    await page.get_by_role("button", name="Out of use").last.click()
    await expect(page.get_by_role("heading", name="Availability")).to_be_visible()
    await page.goto("/tasks/new?kind=FIRMWARE")
    await page.get_by_label("Where the file is").fill("https://files.example/2.0.bin")
    await page.get_by_role("button", name="Begin").click()
    await expect(page.get_by_text("The task is begun.")).to_be_visible()
    found = await begun(site)
    assert [(task.kind, counts) for task, counts in found] == [
        (kind, {StepState.WAITING: 1}) for kind in (Kind.FIRMWARE, Kind.AVAILABILITY, Kind.CONFIGURE)
    ]
    assert '"evse_no":2' in found[1][0].settings


async def test_what_is_wrong_with_a_new_task_is_said_at_its_field_and_what_was_typed_stays(
    site: Site, page: Page
) -> None:
    await settled(site.database)
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/tasks/new?kind=FIRMWARE")
    typed = {
        "Where the file is": "files.example/2.0.bin",
        "How a station that runs it calls itself": "2.0",
        "Certificate of its maker, in PEM": "-----BEGIN CERTIFICATE-----",
        "Stations": "ST1 ST9",
        "Stations together": "abc",
        "Failures that may be": "-1",
    }
    for label, text in typed.items():
        await page.get_by_label(label, exact=True).fill(text)
    await page.get_by_role("button", name="Begin").click()
    await expect(page.get_by_text("No task was begun: see what is said at the fields.")).to_be_visible()
    for label, text in typed.items():
        await expect(page.get_by_label(label, exact=True)).to_have_value(text)
    for label, says in (
        ("Where the file is", "Write a whole address, such as https://files.example/2.0.bin"),
        ("Stations together", "Write a whole number from 1 to 10,000."),
        ("Failures that may be", "Write a whole number from 0 to 100,000."),
    ):
        field = page.get_by_label(label, exact=True)
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(field).to_have_accessible_description(re.compile(re.escape(says)))
    assert "regular expression" not in await page.locator("main").inner_text()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await begun(site) == []

    await page.get_by_label("Where the file is").fill("https://files.example/2.0.bin")
    await page.get_by_label("Stations together").fill("")
    await page.get_by_label("Failures that may be").fill("2")
    await page.get_by_role("button", name="Begin").click()
    await expect(page.get_by_label("Stations together")).to_have_accessible_description("This has to be said.")
    await page.get_by_label("Stations together").fill("20")
    for label, says in (
        ("Its signature, in Base64", "With one of them it would not be signed."),
        ("Stations", "There is no station ST9."),
        ("Stations", "No station fits all of this."),
    ):
        await page.get_by_role("button", name="Begin").click()
        field = page.get_by_label(label, exact=True)
        await expect(field).to_have_accessible_description(re.compile(re.escape(says)))
        assert await begun(site) == []
        if label == "Stations":
            await field.fill("ST1")
            await page.get_by_label("Only of this make").fill("Nobody" if "ST9" in says else "")
        else:
            await field.fill("TUNDRQ==")
    await page.get_by_role("button", name="Begin").click()
    await expect(page.get_by_text("The task is begun.")).to_be_visible()
    ((task, counts),) = await begun(site)
    assert (task.wave, task.failures_max, counts) == (20, 2, {StepState.WAITING: 1})


async def test_another_kind_of_task_keeps_what_fits_both(site: Site, page: Page) -> None:
    """Whom it means and at what pace; where the files of logs go is not where a file for stations is."""
    await settled(site.database)
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/tasks/new?kind=FIRMWARE")
    fits = {
        "Stations": "ST1 ST2",
        "Only of this make": "Volt & Söner",
        "Only of this model": "Twin",
        "Only those that run this firmware": "1.0",
        "Stations together": "20",
        "Failures that may be": "2",
    }
    for label, text in (fits | {"Where the file is": "https://files.example/2.0.bin"}).items():
        await page.get_by_label(label, exact=True).fill(text)

    async def turn(kind: str, **more: str) -> None:
        await page.get_by_role("navigation", name="Show").get_by_role("link", name=kind, exact=True).click()
        await expect(page.get_by_role("link", name=kind, exact=True)).to_have_attribute("aria-current", "page")
        for label, text in (fits | more).items():
            await expect(page.get_by_label(label, exact=True)).to_have_value(text)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    await turn("Diagnostics", **{"Where the files go": ""})
    goes = {"Where the files go": "ftp://files.example/logs"}
    await page.get_by_label("Where the files go").fill(goes["Where the files go"])
    await turn("Security log", **goes)
    await page.get_by_label("Stations", exact=True).fill("ST9")
    await page.get_by_role("button", name="Begin").click()
    await expect(page.get_by_label("Stations", exact=True)).to_have_attribute("aria-invalid", "true")
    fits["Stations"] = "ST9"
    await turn("Diagnostics", **goes)
    await turn("Reset")
    await turn("Firmware", **{"Where the file is": ""})


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        (Kind.AVAILABILITY, {"Number of the EVSE": "left"}, "Write a whole number: the first EVSE is 1."),
        (Kind.MOVE, {"Address of the other central system": "https://csms.example"}, "with wss:// or ws://"),
        (Kind.MOVE, {"Security profile there": "4"}, "Write 0, 1, 2 or 3."),
        (Kind.MOVE, {"Address of the other central system": ""}, "This has to be said."),
        (Kind.DIAGNOSTICS, {"Where the files go": "C:\\logs"}, "Write a whole address"),
        (Kind.RESET, {"When": "yes", "Stations": "ST9"}, "There is no station ST9."),
        (Kind.LOCAL_LIST, {"Send": "yes", "Stations together": "0"}, "Write a whole number from 1 to 10,000."),
    ],
    ids=lambda one: str(one)[:40],
)
async def test_every_kind_of_task_says_at_its_last_field_what_is_wrong(
    site: Site, page: Page, kind: Kind, typed: dict[str, str], says: str
) -> None:
    await settled(site.database)
    await page.goto(f"/tasks/new?kind={kind}")
    for label, text in typed.items():
        field = page.get_by_label(label, exact=True)
        if await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(text)
        else:
            await field.fill(text)
    await page.get_by_role("button", name="Begin").click()
    await expect(field).to_have_accessible_description(re.compile(re.escape(says)))
    for label, text in typed.items():
        await expect(page.get_by_label(label, exact=True)).to_have_value(text)
    assert await begun(site) == []


@pytest.mark.parametrize(
    ("failed", "english", "swedish"),
    [
        (1, "1 station failed, more than may. See what it says", "1 station misslyckades, fler än tillåtet."),
        (2, "2 stations failed, more than may. See what they say", "2 stationer misslyckades, fler än tillåtet."),
    ],
)
async def test_a_task_that_stopped_by_itself_says_how_many_failed(
    site: Site, page: Page, failed: int, english: str, swedish: str
) -> None:
    await settled(site.database)
    async with site.database.unit() as unit:
        for id in ("ST2", "ST3"):
            await locations.add_station(unit, US, id)
    async with site.database.unit() as unit:
        task = await tasks.begin(unit, US, Kind.RESET, Resetting(), at=Selection(), by="Ada", failures_max=failed - 1)
    async with site.database.unit() as unit:
        _, steps = await tasks.task(unit, task.ref)
        ended = [rules.moved(one, rules.Failed(said="Rejected"), unit.now) for one in steps[:failed]]
        for one in ended:
            store.tasks.keep_step(unit, task, one)
        store.tasks.go_on(unit, rules.judged(task, [*ended, *steps[failed:]], unit.now))
    for language, says in (("en", english), ("sv", swedish)):
        await page.context.add_cookies([{"name": "language", "value": language, "url": site.url}])
        await page.goto(f"/tasks/{task.ref}")
        await expect(page.locator(".notice")).to_contain_text(says)


async def test_what_is_wrong_with_a_new_template_is_said_at_its_field_and_what_was_typed_stays(
    site: Site, page: Page
) -> None:
    await settled(site.database)
    await page.goto("/templates")
    await page.get_by_label("Name").fill("Ours")
    await page.get_by_label("Only of this make").fill("Volta")
    wanted = page.get_by_label("What should be so")
    await page.set_viewport_size({"width": 390, "height": 844})
    for text, says in (
        ("", "This has to be said."),
        ("HeartbeatInterval = 60\nOCPPCommCtrlr 60", "“OCPPCommCtrlr 60” says no variable with its value."),
        ("HeartbeatInterval = 60\nheartbeatinterval = 70", "each variable once, and no secret: heartbeatinterval"),
    ):
        await wanted.fill(text)
        await page.get_by_role("button", name="Add").click()
        await expect(wanted).to_have_accessible_description(re.compile(re.escape(says)))
        await expect(wanted).to_have_value(text)
        await expect(page.get_by_label("Only of this make")).to_have_value("Volta")
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
    async with site.database.unit() as unit:
        assert await tasks.templates(unit, US) == []
    await wanted.fill("HeartbeatInterval = 60")
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("heading", name="Ours")).to_be_visible()
    await page.goto("/templates")
    for label, text in (("Name", "Ours"), ("What should be so", "HeartbeatInterval = 60")):
        await page.get_by_label(label).fill(text)
    await page.get_by_role("button", name="Add").click()
    await expect(page.get_by_label("Name")).to_have_accessible_description(re.compile("another template of this name"))
    await expect(wanted).to_have_value("HeartbeatInterval = 60")


async def begun(site: Site) -> Sequence[tuple[Task, dict[StepState, int]]]:
    async with site.database.unit() as unit:
        return await tasks.page(unit, US)
