"""The pages of bookings: what is to come, what an operator does about it, and one of them whole."""

from __future__ import annotations

import aiohttp

from laddnav.bookings import actions as bookings
from laddnav.bookings.actions import deciding, offering
from laddnav.bookings.model import Booking, BookingOption, CanceledReason, ReservationStatus
from laddnav.people.model import Role
from tests.bookings.offers import DRIVER, place, request
from tests.things import settled
from tests.web.site import Site
from tests.web.test_doors import client, sign_in

__all__ = ["client"]


async def test_what_waits_is_decided_on_the_page_and_what_is_promised_called_off(
    site: Site, client: aiohttp.ClientSession
) -> None:
    await settled(site.database)
    async with site.database.unit() as unit:
        await offering.offer(unit, place(), by_hand=True)
        first = await deciding.take(unit, place().owner, request())
        second = await deciding.take(unit, place().owner, request(12, 13, request_id="RQ2"))
    csrf = await sign_in(client, site, Role.OPERATOR)

    async def page(query: str = "") -> str:
        async with client.get(f"{site.url}/bookings{query}") as answer:
            assert answer.status == 200
            return await answer.text()

    async def do(booking: Booking, deed: str, **form: str) -> ReservationStatus:
        url = f"{site.url}/bookings/{booking.ref}/{deed}"
        async with client.post(url, data={"csrf": csrf, **form}, allow_redirects=False) as answer:
            assert answer.status == 303
        async with site.database.unit() as unit:
            return (await bookings.by_ref(unit, booking.ref)).status

    text = await page()
    assert all(word in text for word in ("Waits for an answer", "RQ1", "RQ2", "Kajen", "A person decides."))
    assert await do(first, "accept") is ReservationStatus.RESERVED
    assert await do(second, "decline") is ReservationStatus.REJECTED
    text = await page()
    assert "EVSE1" in text and "Call off" in text and "RQ2" not in text
    assert "RQ1" not in await page("?location=ELSEWHERE")
    after = await page(f"?cursor={first.ref}")
    assert "RQ1" not in after and "From the beginning" in after and "What can be booked" in after
    assert await do(first, "call-off", reason="BROKEN_CHARGER") is ReservationStatus.CANCELED
    text = await page()
    assert "Nothing is booked" in text and "What can be booked" in text


async def test_a_request_that_came_too_late_is_declined_though_somebody_accepts_it(
    site: Site, client: aiohttp.ClientSession
) -> None:
    """BOOK-039: and the page says so."""
    await settled(site.database)
    async with site.database.unit() as unit:
        await offering.offer(unit, place(option=BookingOption(evse_uid="EVSE1")), by_hand=True)
        several = [await deciding.take(unit, place().owner, request(request_id=name)) for name in ("RQ1", "RQ2")]
    csrf = await sign_in(client, site, Role.OPERATOR)
    for one, said in zip(several, ("is accepted", "somebody else has this time"), strict=True):
        async with client.post(f"{site.url}/bookings/{one.ref}/accept", data={"csrf": csrf}) as answer:
            assert said in await answer.text()


async def test_one_booking_shows_every_request_and_what_can_be_booked_when_it_is_free(
    site: Site, client: aiohttp.ClientSession
) -> None:
    """BOOK-008: each with its answer and why; of a token nothing by which somebody could charge."""
    await settled(site.database)
    async with site.database.unit() as unit:
        await offering.offer(unit, place(option=BookingOption(evse_uid="EVSE1")))
        booking = await deciding.take(unit, place().owner, request())
        await deciding.take(unit, place().owner, request(10, 20))
        over = await deciding.take(unit, place().owner, request(12, 13, request_id="RQ2"))
        await deciding.call_off(unit, over.ref, CanceledReason.BROKEN_CHARGER)
        (one,) = await bookings.offerings(unit, None)
    csrf = await sign_in(client, site, Role.OPERATOR)

    async def page(path: str, status: int = 200) -> str:
        async with client.get(f"{site.url}/bookings{path}") as answer:
            assert answer.status == status, path
            return " ".join((await answer.text()).split())

    text = await page(f"/{booking.ref}")
    assert all(words in text for words in ("RQ1", "Accepted", "Declined", "nothing is offered", "AUTH1", "C1", "EVSE1"))
    assert DRIVER.uid not in text and "Call off" in text
    text = await page("/all")
    assert "RQ1" in text and "RQ2" in text and "Cancelled" in text
    assert "RQ2" not in await page("")
    free = f"/places/{one.ref}"
    text = await page(free)
    assert text.count('data-label="Until"') == 2 and "30 min before" in text and "Kajen" in text
    async with client.post(f"{site.url}/bookings{free}/withdraw", data={"csrf": csrf}) as answer:
        assert "It is withdrawn" in await answer.text()
    assert "There is no such booking." in await page("/x", 404)
    assert "Nothing like that can be booked." in await page("/places/x", 404)
