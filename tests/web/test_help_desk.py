"""What the help desk does for a driver at a station: a stuck plug, a promise that cannot be kept."""

from __future__ import annotations

from datetime import timedelta

from playwright.async_api import Dialog, Page, expect

from laddnav.locations import actions as locations
from laddnav.people.model import Role
from laddnav.reservations import actions as reservations
from laddnav.reservations.model import State
from laddnav.sessions.model import CdrToken
from laddnav.tokens.model import TokenType
from laddnav.web.app import DOORS
from tests.things import THEM, US, connector, evse, location, settled
from tests.web.site import Site


async def test_a_reservation_is_seen_and_taken_back_and_a_stuck_plug_let_go_of(site: Site, page: Page) -> None:
    """CMD-041, CMD-044: by a person, who is asked once more."""
    await settled(site.database)
    driver = CdrToken(owner=THEM, uid="PHONE", type=TokenType.APP_USER, contract_id="C1")
    async with site.database.unit() as unit:
        able = evse("EVSE1", capabilities=("RESERVABLE",), connectors=(connector(),), last_updated=unit.now)
        await locations.keep(unit, US, location(evses=(able, evse("EVSE2")), last_updated=unit.now))
        one = await reservations.request(
            unit,
            holder=US,
            asked_by=THEM,
            id="R1",
            token=driver,
            location_id="LOC1",
            evse_uid="EVSE1",
            until=unit.now + timedelta(hours=1),
            request="asked",
        )
        await reservations.answer(unit, US, one.number, "ACCEPTED", "asked")

    questions: list[str] = []

    async def agree(dialog: Dialog) -> None:
        questions.append(dialog.message)
        await dialog.accept()

    page.on("dialog", agree)
    await page.goto("/stations/ST1")
    await expect(page.get_by_text("Reserved until")).to_be_visible()
    await page.get_by_role("button", name="Take back").click()
    await expect(page.get_by_text("The reservation is taken back.")).to_be_visible()
    await page.get_by_role("button", name="Let go of the plug").first.click()
    await expect(page.get_by_text("The station was asked to let go of the plug.")).to_be_visible()
    async with site.database.unit() as unit:
        assert (await reservations.by_ref(unit, one.ref)).state is State.WITHDRAWN
        assert await unit.value("select count(*) from event where kind = 'UnlockRequested'") == 1
    assert questions[-1].startswith("Is a driver there whose plug is stuck?")
    assert {door.role for door in DOORS if "unlock" in door.path} == {Role.SUPPORT}  # and no door that is a driver's
