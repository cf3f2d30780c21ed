"""Verbs about what is asked of us: a booking, a change of it, its end; decided at once or by a person."""

from __future__ import annotations

from laddnav.bookings import rules, slots, store
from laddnav.bookings.actions import by_ref
from laddnav.bookings.actions.offering import changed_at
from laddnav.bookings.events import BookingChanged
from laddnav.bookings.model import (
    Booking,
    BookingLocation,
    BookingRequest,
    CanceledReason,
    Cancellation,
    ReservationStatus,
)
from laddnav.bookings.rules import NothingToDecide, UnknownBooking, UnknownBookingLocation
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.locations import actions as locations
from laddnav.parties.model import Role
from laddnav.reservations import actions as reservations
from laddnav.reservations.model import State


async def take(unit: Unit, holder: PartyId, request: BookingRequest) -> Booking:
    """What an eMSP asks for, and how it stands then: decided, or PENDING where a person decides.

    Under the same name once more it is a change of the booking, or its end; the very same request changes nothing.
    Raises UnknownBookingLocation, UnknownBooking, BookingOver.
    """
    await store.decide_alone(unit, holder)
    offering = await store.place(unit, holder, holder, request.booking_location_id)
    if offering is None or offering.withdrawn_at is not None or offering.place.terms is None:
        raise UnknownBookingLocation(request.booking_location_id)
    before = await store.asked(unit, holder, request.asked_by, request.request_id)
    if before is None:
        if request.canceled is not None:
            raise UnknownBooking(request.request_id)
        id = unit.new_id()
        booking = rules.asked(request, offering.place, offering.place.terms, id=id, ref=id, now=unit.now)
    elif rules.repeated(before, request):
        return before
    else:
        booking = rules.asked_again(before, request, unit.now)
    if request.canceled is not None:
        return await _settled(unit, before, rules.cancelled(booking, request.canceled, unit.now))
    if offering.by_hand:
        return await _settled(unit, before, booking)
    return await _settled(unit, before, await _answered(unit, booking, offering.place))


async def accept(unit: Unit, ref: str) -> Booking:
    """A person says yes; where meanwhile somebody else has the place, it is a no all the same.

    Raises UnknownBooking, NothingToDecide, UnknownBookingLocation.
    """
    booking = await _waiting(unit, ref)
    offering = await store.place(unit, booking.holder, booking.holder, booking.booking_location_id)
    if offering is None:
        raise UnknownBookingLocation(booking.booking_location_id)
    return await _settled(unit, booking, await _answered(unit, booking, offering.place))


async def decline(unit: Unit, ref: str, why: str) -> Booking:
    """A person says no. Raises UnknownBooking, NothingToDecide."""
    booking = await _waiting(unit, ref)
    return await _settled(unit, booking, rules.declined(booking, why, unit.now))


async def call_off(unit: Unit, ref: str, reason: CanceledReason) -> Booking:
    """We cannot keep it (OCPI 2.3.0 mod_bookings_cannceled_request). Raises UnknownBooking, BookingOver."""
    booking = await _ours(unit, ref)
    cancellation = Cancellation(reason=reason, by=Role.CPO)
    return await _settled(unit, booking, rules.called_off(booking, cancellation, unit.now))


async def give_up(unit: Unit, ref: str) -> None:
    """Nobody decided, and its time has come; nothing where somebody did after all."""
    booking = await _ours(unit, ref)
    if booking.status is ReservationStatus.PENDING:
        await _settled(unit, booking, rules.failed(booking, "Nobody decided in time", unit.now))


async def miss(unit: Unit, ref: str) -> None:
    """Nobody came in time; nothing where somebody did after all."""
    booking = await _ours(unit, ref)
    until = rules.no_show_at(booking)
    if booking.status is ReservationStatus.RESERVED and until is not None and until <= unit.now:
        await _settled(unit, booking, rules.ended(booking, ReservationStatus.NO_SHOW, unit.now))


async def fulfil(unit: Unit, booking: Booking) -> None:
    """Its driver charges."""
    store.put(unit, rules.ended(booking, ReservationStatus.FULFILLED, unit.now))
    _changed(unit, booking)


async def _answered(unit: Unit, booking: Booking, place: BookingLocation) -> Booking:
    """The request that waits: granted at an Evse that nobody else has booked then, or declined with a reason."""
    request = booking.requests[-1].request
    others = await store.open_between(unit, booking.holder, request.period)
    objection = rules.objection(booking, request, place, others, unit.now)
    if objection is not None:
        return rules.declined(booking, objection, unit.now)
    location = await locations.find(unit, booking.holder, booking.holder, place.location_id)
    evses = () if location is None else rules.bookable(location, place.option, request.option)
    kept = [
        one for one in await store.kept(unit, booking.holder, place.location_id) if one.booking_id != fold(booking.id)
    ]
    evse = slots.free_evse(evses, kept, request.period, preferred=booking.evse_uid)
    if evse is None:
        return rules.declined(booking, "Nothing of what is asked for is free at this time", unit.now)
    return rules.granted(booking, evse, place, unit.now)


async def _settled(unit: Unit, before: Booking | None, booking: Booking) -> Booking:
    """Kept and told; where it was to be held before, at another time or place, the Station is to let go of that."""
    moved = before is not None and (before.period, before.evse_uid) != (booking.period, booking.evse_uid)
    for_others = before is not None and before.tokens != booking.tokens
    if booking.reservation is not None and (moved or booking.status in rules.FINAL):
        await _let_go(unit, booking)
    store.put(unit, booking)
    if (moved or for_others) and booking.reservation is not None:
        store.hold(unit, booking, None, rules.hold_from(booking))
    _changed(unit, booking)
    await changed_at(unit, booking.holder, booking.location_id)
    return booking


async def _let_go(unit: Unit, booking: Booking) -> None:
    one = await reservations.numbered(unit, booking.holder, booking.reservation or 0)
    if one is not None and one.state is State.HELD:
        await reservations.request_cancel(unit, booking.holder, [booking.holder], one.id, request=unit.new_id())


async def _waiting(unit: Unit, ref: str) -> Booking:
    """Raises UnknownBooking, NothingToDecide."""
    booking = await _ours(unit, ref)
    if booking.pending is None:
        raise NothingToDecide(booking.id)
    return booking


async def _ours(unit: Unit, ref: str) -> Booking:
    """As it is once nobody else decides about it. Raises UnknownBooking, of a partner's too."""
    booking = await by_ref(unit, ref)
    if booking.holder != booking.owner:
        raise UnknownBooking(booking.id)
    await store.decide_alone(unit, booking.holder)
    return await by_ref(unit, ref, lock=True)


def _changed(unit: Unit, booking: Booking) -> None:
    unit.announce(BookingChanged(holder=booking.holder, owner=str(booking.owner), booking_id=booking.id))
