"""Work on many stations from the console: a template, what differs, a task stopped and resumed, an EVSE closed."""

from __future__ import annotations

from playwright.async_api import Page, expect

from laddnav.ocpp import store
from laddnav.ocpp.tasks import actions as tasks
from laddnav.ocpp.tasks.model import Kind, StepState
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
    async with site.database.unit() as unit:
        begun = await tasks.page(unit, US)
    assert [(task.kind, counts) for task, counts in begun] == [
        (kind, {StepState.WAITING: 1}) for kind in (Kind.FIRMWARE, Kind.AVAILABILITY, Kind.CONFIGURE)
    ]
    assert '"evse_no":2' in begun[1][0].settings
