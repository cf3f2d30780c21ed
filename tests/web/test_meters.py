"""The pages of meters: registered, warned of, and what their records hold; and what a driver sees of a record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import aiohttp
from playwright.async_api import Browser, Page, expect

from laddnav.cdrs import actions as cdrs
from laddnav.db.outbox import drain
from laddnav.kit.energy import wh
from laddnav.metering.model import Measurand, Reading
from laddnav.metering.signed import judging
from laddnav.metering.signed.containers import in_file
from laddnav.meters import actions as meters
from laddnav.meters.model import Standing
from laddnav.people.model import Role
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.model import StopReason
from laddnav.sessions.rules import SETTLE_WITHIN
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.meters.signing import SigningMeter
from tests.meters.test_proving import LATER, NOON, charged, registered, signed
from tests.things import US, component, settled, tariff, token
from tests.web.site import Site, begin, measure
from tests.web.test_doors import client, sign_in
from tests.web.test_hubs import read

__all__ = ["client"]


async def test_a_claimed_key_is_registered_and_the_driver_checks_what_it_signed(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    station, signer = await settled(site.database), SigningMeter()
    csrf = await sign_in(client, site, Role.OPERATOR)
    assert "No meters yet" in await read(client, f"{site.url}/meters")
    record = signer.signs_both(NOON, "1000", LATER, "6000")
    wrapped = f'{{"signedMeterData":"{record.encode().hex()}","publicKey":"{signer.public_key}"}}'
    session = await charged(site.database, station, signed("Transaction.End", wrapped))
    listed = await read(client, f"{site.url}/meters")
    assert "No key of meter 4711 is known" in listed and "/meters/new?claimed=4711" in listed
    assert "Charges that are not billed until somebody decides: 1." in await read(client, site.url)
    form = await read(client, f"{site.url}/meters/new?claimed=4711")
    assert signer.public_key in form and "Compare it with the one on the meter" in form
    said = {
        "csrf": csrf,
        "holder": str(US),
        "serial": "4711",
        "public_key": signer.public_key,
        "claimed": "yes",
        "station_id": "ST1",
        "evse_no": "1",
        "calibration_ends": str((clock.now() + timedelta(days=30)).date()),
    }
    async with client.post(f"{site.url}/meters", data=said) as answer:
        assert answer.status == 200 and "the station, confirmed by a person" in await answer.text()
    await drain(site.database)
    async with site.database.unit() as unit:
        (meter,) = await meters.page(unit, US)
        proof = await meters.proof_of(unit, US, session)
        cdr = await cdrs.of_session(unit, US, US, session)
    assert cdr is not None
    assert "The meter signed what this CDR states." in await read(client, f"{site.url}/cdrs/{cdr.ref}")
    assert "Ends soon" in await read(client, f"{site.url}/meters")
    assert "Order the next one" in await read(client, f"{site.url}/meters/{meter.ref}")
    assert proof is not None
    assert "Proved" in await read(client, f"{site.url}/signed/{proof.ref}")
    async with aiohttp.ClientSession() as driver:
        page = await read(driver, f"{site.url}/charge/signed/{proof.ref}")
        assert "This is what the meter wrote" in page and "Kajen" in page and "CARD1" not in page
        async with driver.get(f"{site.url}/charge/signed/{proof.ref}/values.xml") as answer:
            (one,) = in_file(await answer.text())
        assert judging.judged(one.text, one.key).billable
        await read(driver, f"{site.url}/charge/signed/x", status=404)


async def test_a_driver_reads_what_a_record_proves_and_takes_it_along_to_the_byte(site: Site, browser: Browser) -> None:
    """The record of the beginning comes once more within the last one, as many stations send it."""
    station, signer = await settled(site.database), SigningMeter()
    async with site.database.unit() as unit:
        await meters.register(unit, registered(signer, ref=unit.new_id()))
    sent = (signer.signs(NOON, "1000"), signer.signs_both(NOON, "1000", LATER, "6000"))
    proved = await charged(
        site.database, station, signed("Transaction.Begin", sent[0]), signed("Transaction.End", sent[1])
    )
    changed = signer.signs_both(NOON, "1000", LATER, "6000").replace("6000", "9000")
    held = await charged(site.database, station, signed("Transaction.End", changed))
    async with site.database.unit() as unit:
        good, bad = await meters.proof_of(unit, US, proved), await meters.proof_of(unit, US, held)
    assert good is not None and bad is not None and (good.standing, bad.standing) == (Standing.PROVED, Standing.HELD)
    context = await browser.new_context(base_url=site.url, viewport={"width": 390, "height": 844})
    page = await context.new_page()
    complaints = site.listen(page)
    await page.goto(f"/charge/signed/{good.ref}")
    await expect(page.get_by_role("status")).to_contain_text("This is what the meter wrote")
    await expect(page.locator(".figures")).to_contain_text("5")
    for number, text in enumerate(sent, start=1):
        await page.get_by_text(f"Record {number}", exact=True).click()
        async with page.expect_download() as saving:
            await page.get_by_role("link", name=f"Save record {number} as it was sent").click()
        saved = await saving.value
        assert (await saved.path()).read_bytes() == text.encode()
        assert saved.suggested_filename == f"charge-{good.ref}-{number}.txt"
    for other in ("0", "3", "x"):
        answer = await context.request.get(f"/charge/signed/{good.ref}/records/{other}")
        assert answer.status == 404, other
    for language, words in (
        ("en", ("another meter signed it, or it was changed", "waits until Laddnav Test AB has looked", "safe-ev.org")),
        ("sv", ("en annan mätare har signerat den", "väntar tills Laddnav Test AB har tittat", "safe-ev.org")),
    ):
        await context.add_cookies([{"name": "language", "value": language, "url": site.url}])
        await page.goto(f"/charge/signed/{bad.ref}")
        for each in words:
            await expect(page.locator("main")).to_contain_text(each)
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
    await page.get_by_text("Vad som hittades").click()
    await expect(page.locator("details li")).to_have_text(
        ["Signaturen är inte av den här nyckeln, eller så har posten ändrats"]
    )
    await context.close()
    assert complaints == []


async def test_what_fails_is_decided_with_a_reason(site: Site, client: aiohttp.ClientSession, clock: SetClock) -> None:
    station = await settled(site.database)
    csrf = await sign_in(client, site, Role.OPERATOR)
    for deed, words in (("accept", "will be billed as it was metered"), ("reject", "will not be billed")):
        session = await charged(site.database, station, signed("Transaction.End", f"no record <{deed}>"))
        async with site.database.unit() as unit:
            proof = await meters.proof_of(unit, US, session)
            charge = await sessions.fetch(unit, US, US, session)
        assert proof is not None
        assert f"/signed/{proof.ref}" in await read(client, f"{site.url}/sessions/{charge.ref}")
        page = await read(client, f"{site.url}/signed/{proof.ref}")
        assert "none of the formats" in page and f"no record &lt;{deed}&gt;" in page
        async with client.post(f"{site.url}/signed/{proof.ref}/{deed}", data={"csrf": csrf, "why": "seen"}) as answer:
            assert words in await answer.text()
        await drain(site.database)
        async with site.database.unit() as unit:
            assert (await cdrs.of_session(unit, US, US, session) is not None) == (deed == "accept")


async def test_an_exchange_of_a_meter_is_noted_and_trust_in_first_keys_is_given_and_taken(
    site: Site, client: aiohttp.ClientSession, clock: SetClock
) -> None:
    station = await settled(site.database)
    csrf = await sign_in(client, site, Role.OPERATOR)
    over = await begin(site, clock, station)
    await measure(site, clock, station, over, 2500)
    noted = {"csrf": csrf, "station_id": "ST1", "evse_no": "1", "why": "calibration was over"}
    noted |= {"before_kwh": "2,5", "after_kwh": "0.1", "at": f"{clock.now():%Y-%m-%dT%H:%M:%S.%f%z}"}
    for fault, words in (
        ({"why": ""}, "Say why"),
        ({"before_kwh": "a lot"}, "kWh"),
        ({"at": "soon"}, "no date with a time"),
        ({"evse_no": "left"}, "no number of an EVSE"),
    ):
        async with client.post(f"{site.url}/meters/exchanged", data=noted | fault) as answer:
            assert words in await answer.text(), fault
    async with client.post(f"{site.url}/meters/exchanged", data=noted) as answer:
        assert answer.status == 200 and "The exchange is noted" in await answer.text()
    await measure(site, clock, station, over, 1100)
    async with site.database.unit() as unit:
        charge = await sessions.fetch(unit, US, US, over.id)
    assert charge.energy == wh(1500 + 1000)
    for trusted, words in (("yes", "trusts the first key"), ("no", "trusts registered keys only")):
        async with client.post(
            f"{site.url}/meters/trust", data={"csrf": csrf, "holder": str(US), "trusted": trusted}
        ) as answer:
            assert answer.status == 200 and words in await answer.text()
        async with site.database.unit() as unit:
            assert await meters.first_use_trusted(unit, US) == (trusted == "yes")


async def test_who_decides_of_a_charge_that_cannot_have_been_so_sees_what_it_would_cost(
    site: Site, page: Page, clock: SetClock
) -> None:
    """By a clock that said 1970 until it was set."""
    station, given = await settled(site.database), Authorization(allowed=Allowed.ALLOWED, token=token())
    async with site.database.unit() as unit:
        charge = await sessions.begin(
            unit,
            station=station,
            evse_no=1,
            uid="CARD1",
            given=given,
            at=datetime(1970, 1, 1, tzinfo=UTC),
            register=wh(0),
        )
        await sessions.stop(
            unit, holder=US, session_id=charge.id, at=clock.now(), register=wh(5000), reason=StopReason.DRIVER
        )
    clock.advance(SETTLE_WITHIN * 2)
    await sessions.settle_overdue(site.database)
    await drain(site.database)
    await page.goto("/meters")
    await page.get_by_role("link", name="By the station's clock this charge lasted").click()
    await expect(page.get_by_role("heading", name="A charge that cannot have been so")).to_be_visible()
    await expect(page.locator("dl.figures")).to_contain_text("5.000 kWh")
    await expect(page.locator("dl.figures")).to_contain_text("Would be billed")
    await page.get_by_label("Why").fill("its clock was never set")
    await page.get_by_role("button", name="Do not bill it").click()
    await expect(page.get_by_text("will not be billed")).to_be_visible()


async def test_who_decides_of_a_charge_amid_which_the_clock_was_set_sees_both_its_lengths(
    site: Site, page: Page, clock: SetClock
) -> None:
    """On a phone too: two hours behind, and set when one hour had passed."""
    station, given = await settled(site.database), Authorization(allowed=Allowed.ALLOWED, token=token())
    by_time = Element(components=(component(TariffDimension.TIME, "30.00"),))
    async with site.database.unit() as unit:
        await tariffs.keep(unit, US, tariff(elements=(by_time,), last_updated=unit.now))
    clock.advance(timedelta(hours=3))
    began_at = clock.now() - timedelta(hours=2)
    async with site.database.unit() as unit:
        charge = await sessions.begin(
            unit, station=station, evse_no=1, uid="CARD1", given=given, at=began_at, register=wh(0)
        )
    at = clock.advance(timedelta(hours=1)) - timedelta(hours=2)
    said = Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(5000))
    async with site.database.unit() as unit:
        await sessions.measure(unit, [Measurement(station=station, evse_no=1, session_id=charge.id, readings=(said,))])
    clock.advance(timedelta(hours=1))
    async with site.database.unit() as unit:
        await sessions.stop(
            unit,
            holder=US,
            session_id=charge.id,
            at=clock.now(),
            register=wh(10_000),
            reason=StopReason.DRIVER,
            on_line_since=station.connected_at,
        )
    await drain(site.database)
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto("/meters")
    await page.get_by_role("link", name="lasted 4 h 0 min, and 2 h 0 min passed here").click()
    await expect(page.get_by_role("heading", name="A charge that cannot have been so")).to_be_visible()
    await expect(page.get_by_text("lasted 4 h 0 min, and 2 h 0 min passed here")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
