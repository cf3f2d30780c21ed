"""Verbs about bookings; here what is only read, in the files what changes something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from laddnav.bookings import rules, slots, store
from laddnav.bookings.model import Booking, BookingLocation, Calendar, Offering, ReservationStatus
from laddnav.bookings.rules import UnknownBooking, UnknownBookingLocation
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.locations import actions as locations


async def fetch(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Booking:
    """Raises UnknownBooking."""
    booking = await store.find(unit, holder, owner, id)
    if booking is None:
        raise UnknownBooking(id)
    return booking


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Booking | None:
    return await store.find(unit, holder, owner, id)


async def named(unit: Unit, holder: PartyId, owner: PartyId, name: str) -> Booking | None:
    """By its id, or by what its eMSP calls it."""
    return await store.find(unit, holder, owner, name) or await store.by_request(unit, holder, owner, name)


async def by_ref(unit: Unit, ref: str, *, lock: bool = False) -> Booking:
    """Raises UnknownBooking."""
    booking = await store.by_ref(unit, ref, lock=lock)
    if booking is None:
        raise UnknownBooking(ref)
    return booking


async def page(
    unit: Unit,
    holder: PartyId | None,
    *,
    statuses: Iterable[ReservationStatus] | None = None,
    location_id: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Sequence[Booking]:
    """Newest first; the last ref is the next `before`."""
    return await store.page(unit, holder, statuses, location_id, before, limit)


async def upcoming(
    unit: Unit,
    holder: PartyId | None,
    *,
    location_id: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Sequence[Booking]:
    """What is booked and not over, and what waits for an answer; what begins next first, its last ref is the next."""
    return await store.upcoming(unit, holder, location_id, after, limit)


async def coming(unit: Unit, holder: PartyId | None, offered: Iterable[Offering]) -> dict[str, int]:
    """By the ref of what can be booked, how many bookings of it are granted and not over."""
    offered = tuple(offered)
    counts = await store.coming(unit, holder, (one.place.location_id for one in offered))
    keys = {one.ref: (str(one.holder), str(one.place.owner), fold(one.place.id)) for one in offered}
    return {ref: counts.get(key, 0) for ref, key in keys.items()}


async def offering_by_ref(unit: Unit, ref: str) -> Offering:
    """Raises UnknownBookingLocation."""
    one = await store.place_by_ref(unit, ref)
    if one is None:
        raise UnknownBookingLocation(ref)
    return one


async def offerings(
    unit: Unit, holder: PartyId | None, owner: PartyId | None = None, *, after: str | None = None, limit: int = 50
) -> Sequence[Offering]:
    """In the order in which they became known; the last ref is the next `after`."""
    return await store.places(unit, holder, owner, after, limit)


async def told(unit: Unit, holder: PartyId, id: str) -> BookingLocation | None:
    """One of ours as others hear of it: what is left of its Calendars, and nothing where it is withdrawn."""
    one = await store.place(unit, holder, holder, id)
    if one is None:
        return None
    at = one.place.last_updated
    free = () if one.withdrawn_at is not None else await left(unit, holder, one.place)
    return replace(one.place, calendars=tuple(replace(calendar, last_updated=at) for calendar in free))


async def left(unit: Unit, holder: PartyId, place: BookingLocation) -> tuple[Calendar, ...]:
    """Its Calendars with what nobody has booked."""
    location = await locations.find(unit, holder, holder, place.location_id)
    evses = () if location is None else rules.bookable(location, place.option)
    shortest = rules.minutes(None if place.terms is None else place.terms.min_booking_duration)
    return slots.free(place.calendars, evses, await store.kept(unit, holder, place.location_id), shortest)
