"""The pages of who charges without an account: what is sold where, what is refused, and that scripts are not needed."""

from __future__ import annotations

import re
from decimal import Decimal

import aiohttp
import pytest
from msgspec.structs import replace

from laddnav.locations import actions as locations
from laddnav.payments.actions import paying, tickets
from laddnav.payments.payment import ProviderKind, State
from laddnav.payments.store import payments
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension, TariffType
from laddnav.web.codes import qr_code
from laddnav.web.pages.tickets import prices
from tests.clock import SetClock
from tests.payments.conftest import an_account
from tests.things import US, component, settled, tariff
from tests.web.site import Site, begin

PAGE = "/charge/SE*LAD*EEVSE1"


async def asked(site: Site, path: str, **form: str) -> tuple[int, str, str]:
    """(status, where it led, what it says) for somebody who has never been here."""
    async with aiohttp.ClientSession(site.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.request("POST" if form else "GET", path, data=form or None) as answer:
            text = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", html := await answer.text(), flags=re.S)
            return answer.status, str(answer.url.path), f"{' '.join(text.split())} {html}"


async def test_prices_stand_in_the_order_that_afir_asks_for() -> None:
    """Per kWh, per minute, per charge, and what else there is; an hour's price is that of sixty minutes."""
    kinds = (TariffDimension.PARKING_TIME, TariffDimension.FLAT, TariffDimension.TIME, TariffDimension.ENERGY)
    some = tariff(elements=(Element(components=tuple(component(one, "6") for one in kinds)),))
    assert [(one.what, one.amounts) for one in prices(some)] == [
        (TariffDimension.ENERGY, [Decimal("7.5")]),
        (TariffDimension.TIME, [Decimal("0.125")]),
        (TariffDimension.FLAT, [Decimal("7.5")]),
        (TariffDimension.PARKING_TIME, [Decimal("0.125")]),
    ]
    free = tariff(elements=(Element(components=(component(TariffDimension.FLAT, "5"),)),))
    assert (prices(free)[0].what, prices(free)[0].amounts) == (TariffDimension.ENERGY, [Decimal(0)])


async def test_without_an_account_at_a_provider_or_a_price_with_taxes_nothing_is_sold(site: Site) -> None:
    await settled(site.database)
    assert "without an account" not in (await asked(site, PAGE))[2]
    await an_account(site.database)
    assert "without an account" in (await asked(site, PAGE))[2]
    untold = Element(components=(component(TariffDimension.ENERGY, "2.50", vat=None),))
    async with site.database.unit() as unit:
        await tariffs.keep(unit, US, tariff(elements=(untold,), last_updated=unit.now))
    assert "without an account" not in (await asked(site, PAGE))[2]
    assert "Nobody can pay by card or phone here" in (await asked(site, f"{PAGE}/pay", way="STRIPE"))[2]


async def test_who_pays_at_the_station_is_sold_the_price_for_that(site: Site) -> None:
    await settled(site.database)
    await an_account(site.database)
    dear = Element(components=(component(TariffDimension.ENERGY, "8"),))
    async with site.database.unit() as unit:
        for one in (tariff(type=TariffType.REGULAR), tariff("T2", type=TariffType.AD_HOC_PAYMENT, elements=(dear,))):
            await tariffs.keep(unit, US, one)
        place = await locations.fetch(unit, US, US, "LOC1")
        ids = {plug.tariff_ids for each in place.evses for plug in each.connectors}
    found = (await asked(site, PAGE))[2]
    assert ids == {("T1",)}, "the connector names one of them alone"
    assert "without an account" not in found, "a price for cards is nobody's who has none"


async def test_it_is_bought_and_followed_without_scripts(site: Site, clock: SetClock) -> None:
    await settled(site.database)
    await an_account(site.database)
    status, path, said = await asked(site, f"{PAGE}/pay", way="STRIPE", email="anna@example.com")
    assert status == 200 and path.startswith("/charge/ticket/")
    assert "Pay 80.00 SEK" in said and "One moment: Stripe is asked" in said
    assert '<meta http-equiv="refresh" content="2">' in said and "<script>" not in said
    async with site.database.unit() as unit:
        ticket = await tickets.by_link(unit, path.rpartition("/")[2])
        payment = await paying.by_ref(unit, ticket.payment)
    assert (ticket.email, payment.hold, payment.keep) == ("anna@example.com", Decimal(80), None)
    assert payment.return_url is not None and payment.return_url.endswith(f"{path}?back=yes")
    said = (await asked(site, f"{path}/cancel", yes="yes"))[2]
    assert "You have cancelled it." in said and "Nothing is kept of your money" in said
    async with site.database.unit() as unit:
        assert (await paying.by_ref(unit, ticket.payment)).keep == 0


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"way": "CASH"}, "Nobody can pay by card or phone here"),
        ({"way": ProviderKind.SWISH}, "Nobody can pay by card or phone here"),
        ({"way": "STRIPE", "email": "a@b\nBcc: c@d.se"}, "no e-mail address"),
    ],
)
async def test_what_cannot_be_sold_is_refused_in_one_sentence(site: Site, form: dict[str, str], said: str) -> None:
    await settled(site.database)
    await an_account(site.database)
    assert said in (await asked(site, f"{PAGE}/pay", **form))[2]
    async with site.database.unit() as unit:
        assert not await paying.page(unit, US), "and nothing was asked of anybody"


async def test_swish_on_another_screen_is_gone_on_with_by_a_code_that_opens_the_page_on_the_phone(site: Site) -> None:
    await settled(site.database)
    await an_account(site.database)
    _, path, said = await asked(site, f"{PAGE}/pay", way="STRIPE")
    assert "<svg" not in said.partition('id="ticket"')[2], "a card is paid on this screen"
    async with site.database.unit() as unit:
        payment = await paying.by_ref(unit, (await tickets.by_link(unit, path.rpartition("/")[2])).payment)
        waits = replace(payment, state=State.WAITING, action="swish://paymentrequest?token=T0k3n")
        payments.update(unit, waits, None)
    said = (await asked(site, path))[2]
    assert "Open Swish" in said and "Scan the code with the camera" in said
    assert qr_code(f"http://127.0.0.1{path}") in said, "its own address, which opens Swish where that is"


async def test_where_somebody_charges_nobody_pays(site: Site, clock: SetClock) -> None:
    station = await settled(site.database)
    await an_account(site.database)
    await begin(site, clock, station)
    await asked(site, f"{PAGE}/pay", way="STRIPE")
    async with site.database.unit() as unit:
        assert not await paying.page(unit, US)


async def test_only_its_address_opens_a_charge(site: Site) -> None:
    await settled(site.database)
    for link in ("x", "%00", "A" * 32):
        status, _, said = await asked(site, f"/charge/ticket/{link}")
        assert status in (404, 422) and "AH" not in said.replace("AHEAD", "")
