"""Bookings: what is to come, what waits for an answer, and what can be booked."""

from __future__ import annotations

from msgspec import Struct
from starlette.responses import Response

from laddnav.bookings import actions as bookings
from laddnav.bookings.actions import deciding
from laddnav.bookings.model import Booking, CanceledReason, Offering
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.locations import actions as locations
from laddnav.locations.model import Location
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.web.asked import Asked, Door, do, see

PAGE = 50

# What an operator may say; the other reasons are an eMSP's.
REASONS = (CanceledReason.POWER_OUTAGE, CanceledReason.BROKEN_CHARGER, CanceledReason.FULL, CanceledReason.BLOCKED)


class Row(Struct, frozen=True, kw_only=True):
    """`place` None: a Location that is not known here. `ours`: it is with us, so that we decide."""

    booking: Booking
    place: Location | None
    ours: bool
    waits: bool


class Offered(Struct, frozen=True, kw_only=True):
    """`coming` is how many bookings there are of it that are not over."""

    offering: Offering
    place: Location | None
    coming: int


async def show(asked: Asked) -> Response:
    """At all places, or at the one that the query names; either list has pages of its own."""
    holder = asked.visitor.holder
    wanted, cursor, offered_after = (asked.query(name) for name in ("location", "cursor", "offered"))
    async with asked.unit() as unit:
        found = await bookings.upcoming(unit, holder, location_id=wanted, after=cursor, limit=PAGE + 1)
        places_found = await bookings.offerings(unit, holder, after=offered_after, limit=PAGE + 1)
        known, offered = found[:PAGE], places_found[:PAGE]
        coming = await bookings.coming(unit, holder, offered)
        keys = [_key(one) for one in known] + [_key(one) for one in offered]
        places = {key: place for key, (_, place) in (await locations.several(unit, keys)).items()}
    rows = [
        Row(
            booking=one,
            place=places.get(_key(one)),
            ours=one.owner == one.holder,
            waits=one.pending is not None,
        )
        for one in known
    ]
    return asked.page(
        "bookings.html",
        rows=rows,
        offered=[Offered(offering=one, place=places.get(_key(one)), coming=coming[one.ref]) for one in offered],
        next=known[-1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
        more_offered=offered[-1].ref if len(places_found) > PAGE else None,
        offered_begun=offered_after is not None,
        location=wanted,
        reasons=REASONS,
    )


async def accept(asked: Asked) -> Response:
    async with asked.unit() as unit:
        booking = await deciding.accept(unit, await _ref(asked, unit))
        people.note(unit, asked.visitor.name, "accept booking", f"booking {booking.id}")
    if booking.requests[-1].why is not None:
        return asked.done("/bookings", asked.say("It was declined: meanwhile somebody else has this time."))
    return asked.done("/bookings", asked.say("The booking is accepted."))


async def decline(asked: Asked) -> Response:
    async with asked.unit() as unit:
        booking = await deciding.decline(unit, await _ref(asked, unit), asked.visitor.name)
        people.note(unit, asked.visitor.name, "decline booking", f"booking {booking.id}")
    return asked.done("/bookings", asked.say("The request is declined."))


async def call_off(asked: Asked) -> Response:
    async with asked.unit() as unit:
        reason = next((one for one in REASONS if one == asked.said("reason")), CanceledReason.UNKNOWN)
        booking = await deciding.call_off(unit, await _ref(asked, unit), reason)
        people.note(unit, asked.visitor.name, "call off booking", f"booking {booking.id}")
    return asked.done("/bookings", asked.say("The booking is called off; whoever made it is told."))


async def _ref(asked: Asked, unit: Unit) -> str:
    """Raises UnknownBooking, NotYours."""
    booking = await bookings.by_ref(unit, asked.part("ref"))
    yours(asked.visitor, booking.holder)
    return booking.ref


def _key(one: Booking | Offering) -> tuple[PartyId, PartyId, str]:
    """What names its Location."""
    of = one if isinstance(one, Booking) else one.place
    return one.holder, of.owner, fold(of.location_id)


DOORS: tuple[Door, ...] = (
    see("/bookings", show),
    do("/bookings/{ref}/accept", accept),
    do("/bookings/{ref}/decline", decline),
    do("/bookings/{ref}/call-off", call_off),
)
