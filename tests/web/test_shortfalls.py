"""A charge that is corrected to more than was taken, as finance sees it and as its driver does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import aiohttp
import pytest
from msgspec.structs import replace
from playwright.async_api import Dialog, Page, expect

from laddnav.db.events import Event
from laddnav.db.unit import Listener
from laddnav.people.model import Role
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from tests.clock import SetClock
from tests.payments.bank import Bank
from tests.payments.conftest import an_account
from tests.payments.test_shortfalls import HEARS, Corner
from tests.payments.test_tickets import Calm
from tests.things import US, component, settled, tariff
from tests.web.site import Site
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read
from tests.web.test_tickets import asked

__all__ = ["client"]


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return HEARS


async def test_finance_sees_what_is_open_asks_for_it_and_waives_it_and_its_driver_may_pay(
    site: Site, client: aiohttp.ClientSession, page: Page, clock: SetClock
) -> None:
    """What is waived is asked about once more, for it does not come back."""
    station = await settled(site.database)
    dear = Element(components=(component(TariffDimension.ENERGY, "4.00"),))
    hour = replace(dear, restriction=replace(dear.restriction, duration_max=timedelta(hours=1)))
    cheap = Element(components=(component(TariffDimension.ENERGY, "1.00"),))
    async with site.database.unit() as unit:
        await tariffs.keep(unit, US, tariff(elements=(hour, cheap), last_updated=clock.now()))
    account = await an_account(site.database)
    one = Corner(site.database, clock, station, account, Bank(Calm(1), faults=False))  # type: ignore[arg-type]  # it never dies here
    await one.charges()
    await one.is_told(10_000)
    ticket, short = await one.ticket(), await one.short()
    desk_page, path = f"{site.url}/payments/{ticket.payment}", f"{site.url}/short-charges/{ticket.ref}"
    driver = (await asked(site, f"/charge/ticket/{ticket.link}"))[2]
    assert all(words in driver for words in ("15.00 SEK is left to pay", "it costs 46.25 SEK", "31.25 SEK is paid"))
    csrf = await sign_in(client, site, Role.SUPPORT)
    desk = await read(client, f"{site.url}/today")
    assert "Corrected to more than was taken" in desk and "15.00" in desk and short.open == 15
    assert "/waive" not in await read(client, desk_page), "support gives nothing away"
    async with client.post(f"{path}/waive", data={"csrf": csrf, "reason": "Our mistake"}) as answer:
        assert answer.status == 403
    client.cookie_jar.clear()
    csrf = await sign_in(client, site, Role.FINANCE)
    async with client.post(f"{path}/ask", data={"csrf": csrf, "email": ""}) as answer:
        assert "No e-mail address of this driver is known" in await answer.text()
    async with client.post(f"{path}/ask", data={"csrf": csrf, "email": "anna@example.com"}) as answer:
        assert "A mail to anna@example.com asks for it." in await answer.text()
    said = (await asked(site, f"/charge/ticket/{ticket.link}/rest", yes="yes"))[2]
    assert "One moment: Stripe is asked" in said and (await one.short()).later is not None
    await page.goto(desk_page)
    await page.get_by_text("Waive it").first.click()
    questions: list[str] = []

    async def answer_with(goes_on: bool) -> None:
        async def decide(dialog: Dialog) -> None:
            questions.append(dialog.message)
            await (dialog.accept() if goes_on else dialog.dismiss())

        page.once("dialog", decide)
        await page.get_by_role("button", name="Our mistake").click()

    await answer_with(False)
    assert "It is posted as a loss" in questions[0] and (await one.short()).open == 15
    await answer_with(True)
    main = page.locator("main")
    await expect(page.locator(".flashes")).to_contain_text("It is waived.")
    await expect(main).to_contain_text("Waived: Our mistake")
    await expect(main).to_contain_text("write_off:charge")
    assert "Corrected to more" not in await read(client, f"{site.url}/today")
    assert "left to pay" not in (await asked(site, f"/charge/ticket/{ticket.link}"))[2]
