"""Verbs about what can be booked: ours is offered and withdrawn, a partner's is heard."""

from __future__ import annotations

from msgspec.structs import replace

from laddnav.bookings import rules, store
from laddnav.bookings.actions import left
from laddnav.bookings.events import BookingLocationChanged
from laddnav.bookings.model import BookingLocation, Offering
from laddnav.db.hearing import OfOurs
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.events import LocationChanged


async def offer(unit: Unit, place: BookingLocation, *, by_hand: bool = False) -> Offering:
    """One of ours is new or different. Raises NotOffered, UnknownLocation."""
    rules.offerable(place)
    location = await locations.fetch(unit, place.owner, place.owner, place.location_id)
    await store.decide_alone(unit, place.owner)
    before = await store.place(unit, place.owner, place.owner, place.id)
    place = replace(
        place,
        location_id=location.id,
        calendars=tuple(replace(one, last_updated=unit.now) for one in place.calendars),
        last_updated=unit.now,
    )
    one = Offering(
        ref=unit.new_id() if before is None else before.ref, holder=place.owner, by_hand=by_hand, place=place
    )
    await _put(unit, one)
    return one


async def withdraw(unit: Unit, one: Offering) -> None:
    """Nothing more can be booked there; what is booked stays booked. Others are told of it without a Calendar."""
    await store.decide_alone(unit, one.holder)
    await _put(unit, replace(one, withdrawn_at=unit.now, place=replace(one.place, last_updated=unit.now)))


async def changed_at(unit: Unit, holder: PartyId, location_id: str) -> None:
    """Something was booked there, or is free again, or stands there no more."""
    for one in await store.places_at(unit, holder, location_id):
        await _put(unit, replace(one, place=replace(one.place, last_updated=unit.now)))


@OfOurs
async def location_changed(database: Database, changed: LocationChanged) -> None:
    """Hears that something on a Location of ours is different."""
    async with database.unit() as unit:
        await changed_at(unit, changed.holder, changed.location_id)
    database.wake()


async def hear(unit: Unit, holder: PartyId, place: BookingLocation) -> None:
    """A partner's."""
    before = await store.place(unit, holder, place.owner, place.id)
    ref = unit.new_id() if before is None else before.ref
    store.put_place(unit, Offering(ref=ref, holder=holder, place=place), ())
    _changed(unit, holder, place)


async def gone(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> None:
    """Its CPO's whole list lacks it: nothing can be booked there (OCPI 2.3.0 mod_bookings_get_booking_locations)."""
    one = await store.place(unit, holder, owner, id)
    if one is not None:
        store.put_place(unit, replace(one, withdrawn_at=unit.now), ())
        _changed(unit, holder, one.place)


async def _put(unit: Unit, one: Offering) -> None:
    free = () if one.withdrawn_at is not None else await left(unit, one.holder, one.place)
    store.put_place(unit, one, free)
    _changed(unit, one.holder, one.place)


def _changed(unit: Unit, holder: PartyId, place: BookingLocation) -> None:
    unit.announce(BookingLocationChanged(holder=holder, owner=str(place.owner), booking_location_id=place.id))
