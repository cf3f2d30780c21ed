"""Verbs for when the time of a booking comes: its Evse waits for the driver, who comes, or does not."""

from __future__ import annotations

from datetime import timedelta

import structlog

from laddnav.bookings import rules, store
from laddnav.bookings.actions import by_ref, deciding
from laddnav.bookings.model import Booking, ReservationStatus
from laddnav.db.hearing import OfOurs
from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal
from laddnav.reservations import actions as reservations
from laddnav.reservations.events import ReservationChanged
from laddnav.reservations.model import State
from laddnav.reservations.rules import LONGEST
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import reserving
from laddnav.sessions.events import SessionEvent

log = structlog.get_logger()

AGAIN = timedelta(minutes=1)  # a Station that does not keep an Evse now may do so when the car there has left


async def look_after(database: Database, limit: int = 100) -> int:
    """What nobody decided in time, whom nobody saw in time, and what is to be kept from now on; says how many."""
    async with database.unit() as unit:
        undecided = await store.undecided(unit, limit)
        missed = await store.no_shows(unit, limit)
        begin = await store.to_hold(unit, limit)
    for one in undecided:
        async with database.unit() as unit:
            await deciding.give_up(unit, one.ref)
    for one in missed:
        async with database.unit() as unit:
            await deciding.miss(unit, one.ref)
    for one in begin:
        await _hold(database, one)
    if undecided or missed or begin:
        database.wake()
    return len(undecided) + len(missed) + len(begin)


async def reservation_went_on(database: Database, changed: ReservationChanged) -> None:
    """Hears what became of the reservation that keeps an Evse for a booking."""
    async with database.unit() as unit:
        booking = await store.of_reservation(unit, changed.holder, changed.number)
        one = await reservations.numbered(unit, changed.holder, changed.number)
        if booking is None or one is None:
            return
        if booking.status is not ReservationStatus.RESERVED:
            if one.state is State.HELD:
                await reservations.request_cancel(unit, one.holder, [one.asked_by], one.id, request=unit.new_id())
        elif one.state in (State.REFUSED, State.EXPIRED, State.WITHDRAWN):
            store.hold(unit, booking, None, unit.now + unit.clock.wall(AGAIN))
    database.wake()


@OfOurs
async def session_went_on(database: Database, event: SessionEvent) -> None:
    """Hears that a car charges: where that was booked, the booking is fulfilled, and the Session says under what name.

    OCPI 2.3.0 mod_bookings_reservation_status_enum, mod_bookings_booking_object: its authorization_reference.
    """
    async with database.unit() as unit:
        session = await sessions.find(unit, event.holder, event.holder, event.session_id)
        if session is None:
            return
        for booking in await store.awaited_at(unit, event.holder, session.location_id, unit.now + LONGEST):
            if rules.fulfils(session, booking):
                await deciding.fulfil(unit, booking)
                await reserving.refer(unit, event.holder, session.id, booking.authorization_reference)
                break
    database.wake()


async def _hold(database: Database, due: Booking) -> None:
    """Ask the Station to keep the Evse, and where that cannot be asked now, again later."""
    try:
        async with database.unit() as unit:
            await _request(unit, due.ref)
    except Refusal as error:
        log.info("booking_not_held", booking=due.id, error=str(error))
        async with database.unit() as unit:
            store.hold(unit, due, None, unit.now + unit.clock.wall(AGAIN))


async def _request(unit: Unit, ref: str) -> None:
    """Raises what asking for a reservation raises: the Evse is taken, or its Station is away or cannot reserve."""
    booking = await by_ref(unit, ref, lock=True)
    if booking.status is not ReservationStatus.RESERVED or booking.reservation is not None:
        return
    if not booking.tokens:  # there is nobody for whom it could be kept
        store.hold(unit, booking, None, booking.period.ends_at)
        return
    one = await reservations.request(
        unit,
        holder=booking.holder,
        asked_by=booking.holder,
        id=booking.id,
        token=booking.tokens[0],
        also=booking.tokens[1:],
        location_id=booking.location_id,
        evse_uid=booking.evse_uid,
        until=min(rules.no_show_at(booking) or booking.period.ends_at, unit.now + LONGEST),
        reference=booking.authorization_reference,
        request=unit.new_id(),
        booked=True,
    )
    store.hold(unit, booking, one.number, booking.period.begins_at)
