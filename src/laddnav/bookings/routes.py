"""The operator API about bookings with us: offer what can be booked, look, decide, and call off."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from laddnav.bookings import actions
from laddnav.bookings.actions import deciding, offering
from laddnav.bookings.model import (
    Booking,
    BookingLocation,
    BookingOption,
    BookingPolicy,
    BookingTerms,
    Calendar,
    CanceledReason,
    Offering,
    ReservationStatus,
    Timeslot,
)
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.time import utc
from laddnav.locations import actions as locations
from laddnav.people.api import Limit, NotYours, Page, Route, page, yours
from laddnav.people.model import Role, Visitor

Id = Annotated[str, Meta(min_length=1, max_length=36, pattern=r"^[ -~]*\Z")]


class Times(Struct, frozen=True, kw_only=True):
    """A Calendar that is offered: all its Timeslots lie in it; `increment_minutes` are the steps of a booking."""

    id: Id
    begins_at: datetime
    ends_at: datetime
    increment_minutes: Annotated[int, Meta(ge=1, le=1440)] | None = None
    timeslots: Annotated[tuple[Timeslot, ...], Meta(min_length=1, max_length=500)]


class Offer(Struct, frozen=True, kw_only=True):
    """`location` by our ref. The id of what is offered already replaces it; `by_hand`: a person decides each time."""

    id: Id
    location: str
    option: BookingOption
    terms: BookingTerms
    policy: BookingPolicy | None = None
    tariff_ids: tuple[Id, ...] = ()
    calendars: Annotated[tuple[Times, ...], Meta(max_length=20)] = ()
    by_hand: bool = False


class No(Struct, frozen=True, kw_only=True):
    why: Annotated[str, Meta(min_length=1, max_length=500)]


class CalledOff(Struct, frozen=True, kw_only=True):
    reason: CanceledReason


async def list_booking_locations(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, owner: PartyId | None = None
) -> Page[Offering]:
    """What can be booked, with us and with partners; `owner` is the CPO."""
    found = await actions.offerings(unit, by.holder, owner, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_booking_location(unit: Unit, ref: str) -> Offering:
    """One thing that can be booked."""
    return await actions.offering_by_ref(unit, ref)


async def offer(unit: Unit, by: Visitor, body: Offer) -> Offering:
    """Have something of ours booked from now on, or otherwise than until now."""
    holder, location = await locations.by_ref(unit, body.location)
    if yours(by, holder) != location.owner:
        raise NotYours
    place = BookingLocation(
        owner=holder,
        id=body.id,
        location_id=location.id,
        option=body.option,
        policy=body.policy,
        tariff_ids=body.tariff_ids,
        terms=body.terms,
        calendars=tuple(_calendar(one, unit.now) for one in body.calendars),
        last_updated=unit.now,
    )
    return await offering.offer(unit, place, by_hand=body.by_hand)


async def withdraw_booking_location(unit: Unit, by: Visitor, ref: str) -> Offering:
    """Have nothing more booked there; what is booked stays booked."""
    one = await actions.offering_by_ref(unit, ref)
    if yours(by, one.holder) != one.place.owner:
        raise NotYours
    await offering.withdraw(unit, one)
    return await actions.offering_by_ref(unit, ref)


async def list_bookings(
    unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None, status: ReservationStatus | None = None
) -> Page[Booking]:
    """Bookings with us, and those of our drivers with partners, newest first."""
    statuses = None if status is None else (status,)
    found = await actions.page(unit, by.holder, statuses=statuses, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_booking(unit: Unit, ref: str) -> Booking:
    """One booking, with every request that was made for it and what was said to each."""
    return await actions.by_ref(unit, ref)


async def accept_booking(unit: Unit, by: Visitor, ref: str) -> Booking:
    """Grant what waits for an answer; where the time is taken meanwhile, it is declined all the same."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    return await deciding.accept(unit, ref)


async def decline_booking(unit: Unit, by: Visitor, ref: str, body: No) -> Booking:
    """Say no to what waits for an answer; why, is kept for ourselves."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    return await deciding.decline(unit, ref, body.why)


async def call_off_booking(unit: Unit, by: Visitor, ref: str, body: CalledOff) -> Booking:
    """Cancel a booking with us that we cannot keep; its eMSP is told why."""
    yours(by, (await actions.by_ref(unit, ref)).holder)
    return await deciding.call_off(unit, ref, body.reason)


def _calendar(times: Times, now: datetime) -> Calendar:
    return Calendar(
        id=times.id,
        begins_at=utc(times.begins_at),
        ends_at=utc(times.ends_at),
        increment=None if times.increment_minutes is None else timedelta(minutes=times.increment_minutes),
        timeslots=tuple(
            replace(one, begins_at=utc(one.begins_at), ends_at=utc(one.ends_at)) for one in times.timeslots
        ),
        last_updated=now,
    )


ROUTES = (
    Route(method="GET", path="/booking-locations", does=list_booking_locations),
    Route(method="GET", path="/booking-locations/{ref}", does=fetch_booking_location),
    Route(method="POST", path="/booking-locations", does=offer, needs=Role.OPERATOR),
    Route(method="POST", path="/booking-locations/{ref}/withdraw", does=withdraw_booking_location, needs=Role.OPERATOR),
    Route(method="GET", path="/bookings", does=list_bookings),
    Route(method="GET", path="/bookings/{ref}", does=fetch_booking),
    Route(method="POST", path="/bookings/{ref}/accept", does=accept_booking, needs=Role.OPERATOR),
    Route(method="POST", path="/bookings/{ref}/decline", does=decline_booking, needs=Role.OPERATOR),
    Route(method="POST", path="/bookings/{ref}/call-off", does=call_off_booking, needs=Role.OPERATOR),
)
