"""Verbs about bookings at partners: what their CPO tells us of them."""

from __future__ import annotations

from laddnav.bookings import rules, store
from laddnav.bookings.events import BookingChanged
from laddnav.bookings.model import Booking
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId


async def hear(unit: Unit, holder: PartyId, booking: Booking) -> None:
    """Only what we asked for, and what is over stays so. Raises NotAskedFor, BookingOver."""
    before = await store.find(unit, holder, booking.owner, booking.id, lock=True)
    store.put(unit, rules.heard(before, booking))
    _changed(unit, booking)


async def gone(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> None:
    """Its CPO's whole list lacks it."""
    booking = await store.find(unit, holder, owner, id, lock=True)
    if booking is not None:
        store.put(unit, rules.no_longer_listed(booking, unit.now))
        _changed(unit, booking)


def _changed(unit: Unit, booking: Booking) -> None:
    unit.announce(BookingChanged(holder=booking.holder, owner=str(booking.owner), booking_id=booking.id))
