"""What of a Calendar is free, and which Evse is; pure. An Evse is booked by one driver at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from laddnav.bookings.model import Calendar, TimePeriod, Timeslot
from laddnav.kit.ids import fold
from laddnav.locations.model import Evse


class Kept(Struct, frozen=True, kw_only=True):
    """An Evse that a booking keeps for its driver."""

    booking_id: str
    evse_uid: str
    period: TimePeriod


def overlaps(one: TimePeriod, other: TimePeriod) -> bool:
    return one.begins_at < other.ends_at and other.begins_at < one.ends_at


def free_evse(
    evses: Iterable[Evse], kept: Iterable[Kept], period: TimePeriod, preferred: str | None = None
) -> Evse | None:
    """One that nobody has booked in that time; the preferred one, if it is among them."""
    taken = {fold(one.evse_uid) for one in kept if overlaps(one.period, period)}
    free = [evse for evse in evses if fold(evse.uid) not in taken]
    return next((evse for evse in free if fold(evse.uid) == fold(preferred or "")), free[0] if free else None)


def offered_at(calendars: Iterable[Calendar], period: TimePeriod) -> Timeslot | None:
    """The Timeslot in which the period lies, in steps of its Calendar from where the Timeslot begins."""
    for calendar in calendars:
        for slot in calendar.timeslots:
            lies_in_it = slot.begins_at <= period.begins_at and period.ends_at <= slot.ends_at
            if lies_in_it and _in_steps(slot, period, calendar.increment):
                return slot
    return None


def _in_steps(slot: Timeslot, period: TimePeriod, step: timedelta | None) -> bool:
    if step is None:
        return True
    return not (period.begins_at - slot.begins_at) % step and not period.length % step


def free(
    calendars: Iterable[Calendar], evses: Collection[Evse], kept: Collection[Kept], shortest: timedelta
) -> tuple[Calendar, ...]:
    """What one car can still have from beginning to end; a Calendar with nothing left is left out.

    A Calendar has at least one Timeslot (OCPI 2.3.0 mod_bookings_calendar_object).
    """
    left = (
        replace(calendar, timeslots=tuple(_free_in(calendar.timeslots, evses, kept, shortest)))
        for calendar in calendars
    )
    return tuple(calendar for calendar in left if calendar.timeslots)


def _free_in(
    slots: Iterable[Timeslot], evses: Collection[Evse], kept: Collection[Kept], shortest: timedelta
) -> Iterator[Timeslot]:
    """Of two Evses that are free at overlapping times both are said, unless one is free whenever the other is."""
    for slot in slots:
        pieces = {piece for evse in evses for piece in _pieces(slot, evse, kept) if piece.length >= shortest}
        yield from sorted(
            (one for one in pieces if not any(_within(one, other) for other in pieces)),
            key=lambda one: (one.begins_at, one.ends_at),
        )


def _pieces(slot: Timeslot, evse: Evse, kept: Iterable[Kept]) -> Iterator[Timeslot]:
    """What is left of a Timeslot at one Evse."""
    begins_at = slot.begins_at
    taken = [one.period for one in kept if fold(one.evse_uid) == fold(evse.uid) and overlaps(one.period, slot)]
    for period in sorted(taken, key=lambda one: one.begins_at):
        if begins_at < period.begins_at:
            yield replace(slot, begins_at=begins_at, ends_at=period.begins_at)
        begins_at = max(begins_at, period.ends_at)
    if begins_at < slot.ends_at:
        yield replace(slot, begins_at=begins_at)


def _within(one: Timeslot, other: Timeslot) -> bool:
    return one != other and other.begins_at <= one.begins_at and one.ends_at <= other.ends_at
