"""The operator API about bookings: what is offered, decided and called off, and by whose key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from laddnav.bookings.actions import deciding
from laddnav.bookings.model import Booking, TimePeriod
from laddnav.kit.time import rfc3339
from laddnav.server.http import Serving
from tests.bookings.offers import request
from tests.server.conftest import LAD, TNM, Client


async def offer(lad: Client, served: Serving, **changes: Any) -> dict[str, Any]:
    """The first place of the feed, for the next day."""
    place = (await lad.get("/locations"))["items"][0]
    begins_at = served.database.clock.now().replace(microsecond=0)
    times = {"begins_at": rfc3339(begins_at), "ends_at": rfc3339(begins_at + timedelta(days=1))}
    return {
        "id": "BL1",
        "location": place["ref"],
        "option": {},
        "terms": {"supported_access_methods": ["TOKEN"], "change_until_minutes": 0, "cancel_until_minutes": 0},
        "calendars": [{"id": "CAL1", **times, "timeslots": [times]}],
    } | changes


async def asked(served: Serving, offered: dict[str, Any], request_id: str, hour: int) -> Booking:
    begins_at = served.database.clock.now() + timedelta(hours=hour)
    wanted = request(
        request_id=request_id,
        asked_by=TNM,
        tokens=(),
        location_id=offered["place"]["location_id"],
        period=TimePeriod(begins_at=begins_at, ends_at=begins_at + timedelta(hours=1)),
    )
    async with served.database.unit() as unit:
        return await deciding.take(unit, LAD, wanted)


async def test_what_can_be_booked_is_offered_and_what_is_asked_for_decided(
    lad: Client, tnm: Client, viewer: Client, served: Serving
) -> None:
    """BOOK-010: and another party's key finds nothing of it."""
    body = await offer(lad, served, by_hand=True)
    assert (await viewer.ask("POST", "/booking-locations", body))[0] == 403
    assert (await tnm.ask("POST", "/booking-locations", body))[0] == 404
    status, offered = await lad.ask("POST", "/booking-locations", body)
    assert (status, offered["by_hand"], offered["place"]["id"]) == (200, True, "BL1")
    assert await lad.get(f"/booking-locations/{offered['ref']}") == offered
    assert (await lad.get("/booking-locations"))["items"] == [offered]
    first, second, third = [await asked(served, offered, f"RQ{hour}", hour) for hour in (1, 3, 5)]
    assert [one["status"] for one in (await lad.get("/bookings"))["items"]] == ["PENDING"] * 3
    for path in (f"/booking-locations/{offered['ref']}", f"/bookings/{first.ref}"):
        assert (await tnm.ask("GET", path))[0] == 404
    assert (await tnm.ask("POST", f"/bookings/{first.ref}/accept"))[0] == 404
    status, granted = await lad.ask("POST", f"/bookings/{first.ref}/accept")
    assert (status, granted["status"]) == (200, "RESERVED")
    assert (await lad.ask("POST", f"/bookings/{first.ref}/accept"))[0] == 409
    status, no = await lad.ask("POST", f"/bookings/{second.ref}/decline", {"why": "works on the road"})
    assert (no["status"], no["requests"][0]["why"]) == ("REJECTED", "works on the road")
    status, off = await lad.ask("POST", f"/bookings/{first.ref}/call-off", {"reason": "BROKEN_CHARGER"})
    assert (off["status"], off["canceled"]) == ("CANCELED", {"reason": "BROKEN_CHARGER", "by": "CPO"})
    assert (await lad.ask("POST", f"/bookings/{first.ref}/call-off", {"reason": "FULL"}))[0] == 409
    waiting = (await lad.get("/bookings?status=PENDING"))["items"]
    assert [one["ref"] for one in waiting] == [third.ref]
    assert (await tnm.get("/bookings"))["items"] == (await tnm.get("/booking-locations"))["items"] == []


async def test_what_is_withdrawn_is_not_offered_any_more(lad: Client, tnm: Client, served: Serving) -> None:
    """BOOK-024: nor is what does not say what it is, or when."""
    _, offered = await lad.ask("POST", "/booking-locations", await offer(lad, served))
    path = f"/booking-locations/{offered['ref']}"
    assert (await tnm.ask("POST", f"{path}/withdraw"))[0] == 404
    status, gone = await lad.ask("POST", f"{path}/withdraw")
    assert status == 200 and gone["withdrawn_at"] is not None
    assert (await lad.get("/booking-locations"))["items"] == []
    backwards = (await offer(lad, served))["calendars"][0]
    backwards |= {"begins_at": backwards["ends_at"], "ends_at": backwards["begins_at"]}
    assert (await lad.ask("POST", "/booking-locations", await offer(lad, served, calendars=[backwards])))[0] == 422
    nameless = await offer(lad, served)
    del nameless["option"]
    assert (await lad.ask("POST", "/booking-locations", nameless))[0] == 400


async def test_a_booking_with_ourselves_is_not_asked_of_a_partner(lad: Client, served: Serving) -> None:
    """BOOK-004: and one that nobody reaches is not there."""
    _, offered = await lad.ask("POST", "/booking-locations", await offer(lad, served))
    ours = (await lad.get("/tokens"))["items"][0]["ref"]
    wanted = {
        "booking_location": offered["ref"],
        "token": ours,
        "begins_at": "2026-11-23T10:00:00Z",
        "ends_at": "2026-11-23T11:00:00Z",
    }
    assert (await lad.ask("POST", "/bookings", wanted))[0] == 404
    booking = await asked(served, offered, "RQ1", 2)
    for deed, body in (("change", {}), ("cancel", {"reason": "TRAFFIC"})):
        assert (await lad.ask("POST", f"/bookings/{booking.ref}/{deed}", body))[0] == 404
