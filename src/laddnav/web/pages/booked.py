"""One booking with all that was asked for it, one thing that can be booked, and all that ever was booked."""

from __future__ import annotations

from starlette.responses import Response

from laddnav.bookings import actions as bookings
from laddnav.bookings.actions import offering
from laddnav.bookings.model import Booking, Offering
from laddnav.db.unit import Unit
from laddnav.kit.ids import fold
from laddnav.locations import actions as locations
from laddnav.people import actions as people
from laddnav.people.api import NotYours, yours
from laddnav.web.asked import Asked, Door, do, see
from laddnav.web.pages.bookings import REASONS, Row
from laddnav.web.pages.places import Place, places

PAGE = 50
SLOTS = 100  # times on the page of one place; a partner is told all of them


async def list_all(asked: Asked) -> Response:
    """Also what is over, the newest first."""
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        found = await bookings.page(unit, asked.visitor.holder, before=cursor, limit=PAGE + 1)
        rows = [await _row(unit, one) for one in found[:PAGE]]
    return asked.page(
        "bookings_all.html",
        rows=rows,
        next=found[PAGE - 1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
    )


async def one(asked: Asked) -> Response:
    """Raises UnknownBooking, NotYours."""
    async with asked.unit() as unit:
        booking = await bookings.by_ref(unit, asked.part("ref"))
        yours(asked.visitor, booking.holder)
        row = await _row(unit, booking)
    return asked.page("booking.html", row=row, booking=booking, reasons=REASONS)


async def bookable(asked: Asked) -> Response:
    """Of ours what is still free; of a partner's, what it says. Raises UnknownBookingLocation, NotYours."""
    async with asked.unit() as unit:
        offered = await _offered(asked, unit)
        is_ours = offered.place.owner == offered.holder
        free = await bookings.left(unit, offered.holder, offered.place) if is_ours else offered.place.calendars
        where = await _where(unit, offered)
    slots = sorted((slot for calendar in free for slot in calendar.timeslots), key=lambda slot: slot.begins_at)
    coming = [slot for slot in slots if slot.ends_at > unit.now]
    return asked.page(
        "bookable.html",
        one=offered,
        place=offered.place,
        where=where,
        ours=is_ours,
        slots=coming[:SLOTS],
        more=max(0, len(coming) - SLOTS),
    )


async def withdraw(asked: Asked) -> Response:
    """Raises UnknownBookingLocation, NotYours."""
    async with asked.unit() as unit:
        offered = await _offered(asked, unit)
        if offered.place.owner != offered.holder:
            raise NotYours
        await offering.withdraw(unit, offered)
        people.note(unit, asked.visitor.name, "withdraw from booking", f"place {offered.place.id}")
    asked.console.database.wake()
    text = asked.say("Nothing more can be booked there; what is booked stays booked.")
    return asked.done(f"/bookings/places/{offered.ref}", text)


async def _offered(asked: Asked, unit: Unit) -> Offering:
    offered = await bookings.offering_by_ref(unit, asked.part("ref"))
    yours(asked.visitor, offered.holder)
    return offered


async def _row(unit: Unit, booking: Booking) -> Row:
    found = await locations.several(unit, [(booking.holder, booking.owner, fold(booking.location_id))])
    return Row(
        booking=booking,
        place=next((place for _, place in found.values()), None),
        ours=booking.owner == booking.holder,
        waits=booking.pending is not None,
    )


async def _where(unit: Unit, offered: Offering) -> Place:
    key = (offered.holder, offered.place.owner, offered.place.location_id)
    return (await places(unit, [key]))[key]


DOORS: tuple[Door, ...] = (
    see("/bookings/all", list_all),
    see("/bookings/places/{ref}", bookable),
    do("/bookings/places/{ref}/withdraw", withdraw),
    see("/bookings/{ref}", one),
)
