"""The operator API about bookings with partners: for a driver of ours, asked for, changed and cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from laddnav.bookings import actions as bookings
from laddnav.bookings.model import (
    AccessInformation,
    Booking,
    BookingOption,
    BookingRequest,
    CanceledReason,
    Cancellation,
    TimePeriod,
)
from laddnav.bookings.rules import UnknownBooking, UnknownBookingLocation
from laddnav.db.unit import Database
from laddnav.kit.time import utc
from laddnav.ocpi.calls.client import Clients
from laddnav.ocpi.commands import booking as asking
from laddnav.parties.model import Role as PartyRole
from laddnav.people.api import NotYours, Route, yours
from laddnav.people.model import Role, Visitor
from laddnav.sessions.model import CdrToken
from laddnav.tokens import actions as tokens

Id = Annotated[str, Meta(min_length=1, max_length=36, pattern=r"^[ -~]*\Z")]
Kilowatts = Annotated[int, Meta(ge=0, le=10_000)]


class Wanted(Struct, frozen=True, kw_only=True):
    """`booking_location` and `token` by our refs. The same `request_id` once more is the same question once more."""

    booking_location: str
    token: str
    begins_at: datetime
    ends_at: datetime
    option: BookingOption | None = None
    access: tuple[AccessInformation, ...] = ()
    power_required: Kilowatts | None = None
    reference: Id | None = None
    request_id: Id | None = None


class Otherwise(Struct, frozen=True, kw_only=True):
    """What is left out stays as it is."""

    begins_at: datetime | None = None
    ends_at: datetime | None = None
    option: BookingOption | None = None
    access: tuple[AccessInformation, ...] | None = None
    power_required: Kilowatts | None = None


class NotComing(Struct, frozen=True, kw_only=True):
    reason: CanceledReason


async def book(database: Database, clients: Clients, by: Visitor, body: Wanted) -> Booking:
    """Ask a partner for a time at one of its places, for the driver with this Token of ours."""
    async with database.unit() as unit:
        offering = await bookings.offering_by_ref(unit, body.booking_location)
        whose, token = await tokens.by_ref(unit, body.token)
        if yours(by, offering.holder) != whose or token.owner != whose:
            raise NotYours
        if offering.place.owner == offering.holder or offering.withdrawn_at is not None:
            raise UnknownBookingLocation(offering.place.id)
        request = BookingRequest(
            asked_by=offering.holder,
            request_id=body.request_id or unit.new_id(),
            option=body.option,
            location_id=offering.place.location_id,
            booking_location_id=offering.place.id,
            tokens=(CdrToken(owner=token.owner, uid=token.uid, type=token.type, contract_id=token.contract_id),),
            access=body.access,
            period=TimePeriod(begins_at=utc(body.begins_at), ends_at=utc(body.ends_at)),
            authorization_reference=body.reference or unit.new_id(),
            power_required=body.power_required,
        )
    return await asking.ask(database, clients, offering.place.owner, request)


async def change_booking(database: Database, clients: Clients, by: Visitor, ref: str, body: Otherwise) -> Booking:
    """Ask for another time, or for something else there."""
    booking = await _with_partner(database, by, ref)
    last = booking.requests[-1].request
    power = last.power_required if body.power_required is None else body.power_required
    request = replace(
        last,
        option=body.option or last.option,
        tokens=booking.tokens or last.tokens,
        access=last.access if body.access is None else body.access,
        period=TimePeriod(
            begins_at=utc(body.begins_at or booking.period.begins_at),
            ends_at=utc(body.ends_at or booking.period.ends_at),
        ),
        power_required=power,
        canceled=None,
    )
    return await asking.ask(database, clients, booking.owner, request)


async def cancel_booking(database: Database, clients: Clients, by: Visitor, ref: str, body: NotComing) -> Booking:
    """Our driver does not come; its CPO decides by its terms whether that is in time."""
    booking = await _with_partner(database, by, ref)
    cancellation = Cancellation(reason=body.reason, by=PartyRole.EMSP)
    request = replace(booking.requests[-1].request, canceled=cancellation)
    return await asking.ask(database, clients, booking.owner, request)


async def _with_partner(database: Database, by: Visitor, ref: str) -> Booking:
    """Raises UnknownBooking, of one with ourselves too, and NotYours."""
    async with database.unit() as unit:
        booking = await bookings.by_ref(unit, ref)
    yours(by, booking.holder)
    if booking.owner == booking.holder:
        raise UnknownBooking(booking.id)
    return booking


ROUTES = (
    Route(method="POST", path="/bookings", does=book, needs=Role.OPERATOR),
    Route(method="POST", path="/bookings/{ref}/change", does=change_booking, needs=Role.OPERATOR),
    Route(method="POST", path="/bookings/{ref}/cancel", does=cancel_booking, needs=Role.OPERATOR),
)
