"""Bookings: as CPO we say what can be booked and decide what is asked for, as eMSP we hear of both.

OCPI 2.3.0 mod_bookings_interfaces_and_endpoints.
"""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from laddnav.bookings import actions as bookings
from laddnav.bookings.actions import deciding, hearing, offering
from laddnav.bookings.model import Booking, BookingLocation, BookingRequest, Calendar
from laddnav.bookings.rules import UnknownBooking, UnknownBookingLocation, UnknownCalendar
from laddnav.db.unit import Unit
from laddnav.kit.ids import fold
from laddnav.kit.time import rfc3339
from laddnav.ocpi.deviations import sharing
from laddnav.ocpi.endpoints import lists
from laddnav.ocpi.endpoints.call import Call, Reply, Table, Within, kept
from laddnav.ocpi.endpoints.heard import Kept, Mismatch, Subject, changed, part, readable, with_part
from laddnav.ocpi.http import NotHere
from laddnav.ocpi.rules import owner_among
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.telling import words
from laddnav.ocpi.wire import paging
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.handshake import Module

BOOKINGS = Subject(
    module=Module.BOOKINGS,
    kind=Booking,
    field="id",
    id=lambda booking: booking.id,
    key=lambda booking: fold(booking.id),
    owner=lambda booking: booking.owner,
    last_updated=lambda booking: booking.last_updated,
    keep=hearing.hear,
    unknown=UnknownBooking,
)
PLACES = Subject(
    module=Module.BOOKING_LOCATIONS,
    kind=BookingLocation,
    field="id",
    id=lambda place: place.id,
    key=lambda place: fold(place.id),
    owner=lambda place: place.owner,
    last_updated=lambda place: place.last_updated,
    keep=offering.hear,
    unknown=UnknownBookingLocation,
)


# As CPO ---------------------------------------------------------------------------------------------------------------


async def list_places(unit: Unit, call: Call) -> Reply:
    """By the times of what is free, too (OCPI 2.3.0 mod_bookings_get_booking_locations_request_parameters)."""
    return await lists.listed(unit, call, Module.BOOKING_LOCATIONS, paging.free_then(lists.asked(call), call.query))


async def our_place(unit: Unit, call: Call) -> Reply:
    """Raises UnknownBookingLocation, UnknownCalendar."""
    body = await lists.own(unit, call, Module.BOOKING_LOCATIONS, call.segments[0])
    if body is None:
        raise UnknownBookingLocation(call.segments[0])
    return Reply(data=_inside(body, call.segments))


async def ask(unit: Unit, call: Call) -> Reply:
    """Only in the name of a party of theirs, for drivers of theirs, and where we share the place with them.

    Raises NotAmongThem, UnknownLocation, and what `take` raises.
    """
    request = call.codec(BookingRequest).decode(readable(call.connection, call.body), call.hearing())
    for owner in (request.asked_by, *(token.owner for token in request.tokens)):
        owner_among(call.connection, owner)
    if request.canceled is None:
        await sharing.place(unit, call.connection, request.location_id)
    booking = await deciding.take(unit, call.holder, request)
    return Reply(data=await words.said(unit, call.holder, Module.BOOKINGS, call.version, fold(booking.id)))


# As eMSP --------------------------------------------------------------------------------------------------------------


async def their_place(unit: Unit, call: Call) -> Reply:
    """As it is kept here. Raises UnknownBookingLocation, UnknownCalendar."""
    _among_places(call)
    id = call.segments[3]
    return Reply(data=_inside(await PLACES.get(unit, call, id, fold(id)), call.segments[3:]))


async def put_place(unit: Unit, call: Call) -> Reply:
    _among_places(call)
    return kept(new=await PLACES.put(unit, call, call.segments[3]))


async def patch_place(unit: Unit, call: Call) -> Reply:
    _among_places(call)
    await PLACES.patch(unit, call, call.segments[3], fold(call.segments[3]))
    return kept(new=False)


async def put_calendar(unit: Unit, call: Call) -> Reply:
    """Raises UnknownBookingLocation: a Calendar is of something."""
    return await _calendar(unit, call, parsed(readable(call.connection, call.body)))


async def patch_calendar(unit: Unit, call: Call) -> Reply:
    """Raises UnknownBookingLocation, UnknownCalendar."""
    return await _calendar(unit, call)


async def their_booking(unit: Unit, call: Call) -> Reply:
    """As it is kept here. Raises UnknownBooking."""
    id = await _id(unit, call)
    return Reply(data=await BOOKINGS.get(unit, call, id, fold(id)))


async def put_booking(unit: Unit, call: Call) -> Reply:
    """The text calls what stands in the URL its id in one place and its request_id in another: either will do."""
    id, said = call.segments[2], parsed(readable(call.connection, call.body))
    if isinstance(said, dict) and fold(str(said.get("request_id", ""))) == fold(id):
        id = str(said.get("id", id))
    return kept(new=await BOOKINGS.put(unit, call, id))


async def patch_booking(unit: Unit, call: Call) -> Reply:
    id = await _id(unit, call)
    await BOOKINGS.patch(unit, call, id, fold(id))
    return kept(new=False)


async def place_gone(unit: Unit, key: Key) -> None:
    await offering.gone(unit, key.holder, key.owner, key.id)


async def booking_gone(unit: Unit, key: Key) -> None:
    await hearing.gone(unit, key.holder, key.owner, key.id)


async def _calendar(unit: Unit, call: Call, whole: Any = UNSET) -> Reply:
    """`whole` UNSET: the body is a change of the Calendar that is there."""
    _among_places(call)
    place_id, id = call.segments[3:5]
    words = await PLACES.before(unit, call.connection, call.version, call.owner(), fold(place_id))
    if words.body is None:
        raise UnknownBookingLocation(place_id)
    place = parsed(words.body)
    found = part(place, "calendars", "id", id)
    if whole is UNSET:
        if found is None:
            raise UnknownCalendar(id)
        whole = changed(unit, call, Calendar, found[1])
    calendar = call.codec(Calendar).convert(whole, call.hearing())
    if fold(id) != fold(calendar.id):
        raise Mismatch("id", id, calendar.id)
    if found is None or calendar.last_updated >= call.codec(Calendar).convert(found[1], call.hearing()).last_updated:
        with_part(place, "calendars", "id", whole)
        await _keep_whole(unit, call, words, place, calendar)
    return kept(new=found is None)


async def _keep_whole(unit: Unit, call: Call, words: Kept, place: dict[str, Any], calendar: Calendar) -> None:
    """Its BookingLocation is as new as its Calendar (OCPI 2.3.0 mod_bookings_booking_location_patch_method)."""
    newest = max(calendar.last_updated, words.last_updated or calendar.last_updated)
    body = encoded(place | {"last_updated": rfc3339(newest)})
    await PLACES.hear(unit, words, call.codec(BookingLocation).decode(body, call.hearing()), body)


async def _id(unit: Unit, call: Call) -> str:
    """The id of the Booking that the URL names by its id or its request_id."""
    booking = await bookings.named(unit, call.holder, call.owner(), call.segments[2])
    return call.segments[2] if booking is None else booking.id


def _among_places(call: Call) -> None:
    """Raises NotHere."""
    if call.segments[2:3] != Module.BOOKING_LOCATIONS.path:
        raise NotHere(f"{call.segments[2][:40]!r} is nothing here; there is {Module.BOOKING_LOCATIONS.path[0]!r}")


def _inside(body: bytes, segments: tuple[str, ...]) -> bytes:
    """The BookingLocation itself, or the Calendar in it that the URL goes on to name."""
    if len(segments) == 1:
        return body
    calendar = part(parsed(body), "calendars", "id", segments[1])
    if calendar is None:
        raise UnknownCalendar(segments[1])
    return encoded(calendar[1])


SENDER: Table = {("GET", 0): lists.listing(Module.BOOKINGS), ("POST", 0): Within(ask)}
PLACES_SENDER: Table = {
    ("GET", 0): Within(list_places, several=True),
    ("GET", 1): Within(our_place),
    ("GET", 2): Within(our_place),
}
RECEIVER: Table = {
    ("GET", 3): Within(their_booking),
    ("PUT", 3): Within(put_booking),
    ("PATCH", 3): Within(patch_booking),
    ("GET", 4): Within(their_place),
    ("PUT", 4): Within(put_place),
    ("PATCH", 4): Within(patch_place),
    ("GET", 5): Within(their_place),
    ("PUT", 5): Within(put_calendar),
    ("PATCH", 5): Within(patch_calendar),
}
