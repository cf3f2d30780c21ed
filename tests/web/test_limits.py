"""What limits a charge, party by party, and whether its station follows, is seen on its page."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from playwright.async_api import Page, expect

from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions.actions import limiting
from laddnav.sessions.events import Limiting
from tests.clock import SetClock
from tests.things import US, settled
from tests.web.site import Site, begin

EMSP = PartyId("DE", "8AC")


async def test_a_station_that_gives_more_than_it_was_told_stands_out(page: Page, site: Site, clock: SetClock) -> None:
    station = await settled(site.database)
    charge = await begin(site, clock, station)
    ten, app = ProfileLimit(timedelta(), Decimal(10)), ProfileLimit(timedelta(), Decimal(16))
    lease = ChargingProfile(unit=RateUnit.AMPERE, started_at=clock.now(), duration=timedelta(minutes=10), limits=(ten,))
    async with site.database.unit() as unit:
        locations.connected(unit, station, process="test", protocol="ocpp1.6")
    about = US, charge.id
    for by, profile in ((US, lease), (EMSP, ChargingProfile(unit=RateUnit.AMPERE, limits=(app,)))):
        async with site.database.unit() as unit:
            await limiting.set_limits(unit, *about, profile, by=by, request=str(by))
            if by == US:
                await limiting.answer_limits(unit, *about, Limiting.SET, "ACCEPTED", None, str(by))
    await page.goto(f"/sessions/{charge.ref}")
    seen = page.get_by_role("region", name="What limits it")
    await expect(seen.get_by_role("row").nth(1)).to_contain_text("We, for the site")
    await expect(seen.get_by_role("row").nth(1)).to_contain_text("10 A")
    await expect(seen.get_by_role("row").nth(1)).to_contain_text("took it")
    await expect(seen.get_by_role("row").nth(2)).to_contain_text("has not answered yet")
    await expect(seen).not_to_contain_text("gives more")
    told = ActiveChargingProfile(
        started_at=clock.now(),
        profile=ChargingProfile(unit=RateUnit.AMPERE, limits=(ProfileLimit(timedelta(), Decimal(32)),)),
    )
    async with site.database.unit() as unit:
        await limiting.answer_limits(unit, *about, Limiting.SET, "ACCEPTED", None, str(EMSP))
        await limiting.answer_limits(unit, *about, Limiting.TELL, "ACCEPTED", told, None)
    await page.reload()
    await expect(seen).to_contain_text("The station says that it gives more than it was told.")
    await expect(seen).to_contain_text("Gives more")
