"""From the code at a station to the receipt: without an account, with a card at Stripe's page, at a real station."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from time import perf_counter
from typing import Any

import pytest
from playwright.async_api import Page, expect

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.kit.time import rfc3339
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.mail import actions as mail
from laddnav.payments.actions import accounts, paying, tickets
from laddnav.payments.payment import Account, Payment, ProviderKind, Secrets, State
from laddnav.payments.ticket import Ticket, TicketState
from laddnav.server.clock import WallClock
from tests.browser import browser
from tests.ocpp.managed import Managed, managed
from tests.payments.checkout import Checkout
from tests.payments.counterparts import served
from tests.payments.started import localstripe
from tests.things import WHERE
from tests.walks.companies import NETWORK, Company, until

SECRETS = Secrets(key="sk_test_of_the_house", hook="whsec_of_the_house")
SLOW = 30_000  # milliseconds; a machine that does much else needs some


@dataclass
class Hand:
    """What the driver has to do, counted."""

    page: Page
    clicks: int = 0
    fields: int = 0

    @property
    def takes(self) -> float:
        """Seconds of a person, generously: to find a button and press it, to fill a field in on a phone."""
        return 2.0 * self.clicks + 8.0 * self.fields

    async def presses(self, name: str) -> None:
        self.clicks += 1
        await self.page.get_by_role("button", name=name).click(timeout=SLOW)

    async def types(self, label: str, text: str) -> None:
        self.fields += 1
        await self.page.get_by_label(label).fill(text, timeout=SLOW)


@pytest.fixture
async def checkout() -> AsyncIterator[Checkout]:
    with localstripe() as stripe:
        one = Checkout(stripe)
        async with served(one.routes) as one.url:
            yield one


async def open_account(network: Company, url: str) -> None:
    async with network.database.unit() as unit:
        account = Account(
            holder=NETWORK,
            ref=unit.new_id(),
            provider=ProviderKind.STRIPE,
            name="Cards",
            url=url,
            changed_at=unit.now,
            changed_by="anna",
        )
        await accounts.open_account(unit, account, SECRETS, seal=network.clients.seal)


async def test_from_scan_to_receipt(network: Company, checkout: Checkout) -> None:
    await open_account(network, checkout.url)
    answers: dict[str, Any] = {
        "RemoteStartTransaction": {"status": "Accepted"},
        "RemoteStopTransaction": {"status": "Accepted"},
        "GetConfiguration": {"configuration_key": []},
        "TriggerMessage": {"status": "NotImplemented"},
        "ChangeConfiguration": {"status": "NotSupported"},
    }
    line = network.url.replace("http", "ws") + "/ocpp"
    async with managed(line, "ocpp1.6", answers) as station, browser() as chromium:
        await station.boot()
        await station.say("StatusNotification", connector_id=1, error_code="NoError", status="Available")
        await until(lambda: is_shown_free(network))
        context = await chromium.new_context(
            base_url=network.url, locale="sv-SE", viewport={"width": 390, "height": 844}, is_mobile=True
        )
        driver = Hand(await context.new_page())
        page = driver.page

        scanned_at = perf_counter()
        await page.goto("/charge/SE*LAD*EEVSE1")
        buy = page.get_by_role("region", name="Ladda nu, utan konto")
        # In AFIR's order, taxes included: 2.50, 5.00 and 30.00 an hour, each and 25 %.
        rows = await buy.locator("dl > div").all_inner_texts()
        assert [row.replace("\xa0", " ").replace("\n", " ") for row in rows] == [
            "Energi 3,125 SEK per kWh",
            "Startavgift 6,25 SEK per laddning",
            "Tid när den är full 0,625 SEK per minut",
        ]
        await driver.presses("Betala med kort")
        await driver.types("Card number", "4242424242424242")
        await driver.presses("Pay")
        started = await until(lambda: asked_to_start(station))
        assert started is not None
        await expect(page.get_by_role("heading", name="Anslut bilen")).to_be_visible(timeout=SLOW)

        charge = await plugs_in(station, started["idTag"])
        await expect(page.get_by_role("heading", name="Den laddar")).to_be_visible(timeout=SLOW)
        took = perf_counter() - scanned_at
        print(f"from scan to charging {took:.1f} s, beside {driver.takes:.0f} s of the driver")  # noqa: T201 - the figure
        assert driver.takes <= 16, (
            "from scan to charging it takes no half a minute, also where the machine takes its time"
        )

        await tells(station, charge, 1015)
        await expect(page.locator("#live")).to_contain_text("0,02", timeout=SLOW)
        await expect(page.locator("#live")).to_contain_text("6,30", timeout=SLOW)  # (0.015 × 2.50 + 5) and 25 %
        await driver.presses("Sluta ladda")
        await until(lambda: asked_to_stop(station))
        await station.say(
            "StopTransaction", meter_stop=1020, timestamp=rfc3339(WallClock().now()), transaction_id=charge
        )
        await expect(page.get_by_role("heading", name="Kvitto")).to_be_visible(timeout=SLOW)
        receipt = page.get_by_role("region", name="Kvitto")
        await expect(receipt).to_contain_text("6,31")  # (0.020 × 2.50 + 5) and 25 %
        await expect(receipt).to_contain_text("Visa •••• 4242")
        await expect(receipt).to_contain_text("25")
        await page.get_by_label("Kvitto med e-post").fill("anna@example.com")
        await driver.presses("Skicka")
        await expect(page.get_by_text("Kvittot skickas med e-post.")).to_be_visible(timeout=SLOW)
        link = page.url.rpartition("/")[2].partition("?")[0]
        await context.close()

    found = await until(lambda: settled(network, link))
    assert found is not None
    ticket, payment, cdr = found
    assert ticket.due == payment.net == cdr.costs.total.after_taxes == Decimal("6.31")
    assert (payment.state, payment.held) == (State.CAPTURED, Decimal(0))
    async with network.database.unit() as unit:
        account = LedgerAccount.parse(f"receivable:driver:{ticket.code}")
        await_vat = await ledger.balance(unit, NETWORK, account, "SEK")
        (sent,) = await mail.page(unit, NETWORK)
    # The invoice of this charge is issued at once here, so that nothing is owed any more by anybody.
    assert await_vat == 0
    assert sent.to == "anna@example.com" and f"/charge/ticket/{link}" in sent.text


async def is_shown_free(network: Company) -> bool:
    async with network.database.unit() as unit:
        found = await locations.fetch(unit, NETWORK, NETWORK, WHERE.location_id)
    return found.evses[0].status is Status.AVAILABLE


async def asked_to_start(station: Managed) -> dict[str, Any] | None:
    return next(iter(station.asked_for("RemoteStartTransaction")), None)


async def asked_to_stop(station: Managed) -> dict[str, Any] | None:
    return next(iter(station.asked_for("RemoteStopTransaction")), None)


async def plugs_in(station: Managed, uid: str) -> int:
    await station.say("StatusNotification", connector_id=1, error_code="NoError", status="Charging")
    now = rfc3339(WallClock().now())
    begun = await station.say("StartTransaction", connector_id=1, id_tag=uid, meter_start=1000, timestamp=now)
    assert begun.id_tag_info["status"] == "Accepted"
    return int(begun.transaction_id)


async def tells(station: Managed, charge: int, register: int) -> None:
    said = {"timestamp": rfc3339(WallClock().now()), "sampled_value": [{"value": str(register), "unit": "Wh"}]}
    await station.say("MeterValues", connector_id=1, transaction_id=charge, meter_value=[said])


async def settled(network: Company, link: str) -> tuple[Ticket, Payment, Cdr] | None:
    async with network.database.unit() as unit:
        ticket = await tickets.by_link(unit, link)
        payment = await paying.by_ref(unit, ticket.payment)
        cdr = await tickets.cdr_of(unit, ticket)
        page = await cdrs.page(unit, NETWORK)
    if ticket.state is not TicketState.PAID or cdr is None or payment.state is not State.CAPTURED:
        return None
    assert len(page) == 1
    return ticket, payment, cdr
