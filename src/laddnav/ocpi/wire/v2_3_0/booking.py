"""Booking and BookingRequest as OCPI 2.3.0 spells them.

OCPI 2.3.0 mod_bookings_booking_object, mod_bookings_request_class.
"""

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.bookings.model import (
    AccessInformation,
    AccessMethod,
    AskedFor,
    Booking,
    BookingRequest,
    CanceledReason,
    Cancellation,
    RequestStatus,
    ReservationStatus,
    TimePeriod,
)
from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import CiString2, CiString3, CiString36, DateTime, String255, many
from laddnav.ocpi.wire.v2_2_1.cdr_token import read_cdr_token
from laddnav.ocpi.wire.v2_3_0.booking_location import WireTimeslot, read_timeslot, write_timeslot
from laddnav.ocpi.wire.v2_3_0.booking_terms import (
    WireBookingOption,
    WireBookingTerms,
    read_option,
    read_terms,
    write_option,
    write_terms,
)
from laddnav.ocpi.wire.v2_3_0.cdr_token import WireCdrToken, write_cdr_token
from laddnav.parties.model import Role


class WireAccessInformation(Struct, kw_only=True, omit_defaults=True):
    """OCPI 2.3.0 mod_bookings_access_information_class; its value has no length in the text, 255 is ours."""

    method: AccessMethod
    value: String255 | None = None


class WireCancellation(Struct, kw_only=True):
    """OCPI 2.3.0 mod_bookings_cancellation_class."""

    cancellation_reason: CanceledReason
    who_canceled: Role


class WirePeriod(Struct, kw_only=True):
    """OCPI 2.3.0 mod_bookings_period_class."""

    start_date_time: DateTime
    end_date_time: DateTime


class WireBookingRequest(Struct, kw_only=True, omit_defaults=True):
    """A BookingToken has the fields of a CdrToken (OCPI 2.3.0 mod_bookings_booking_token_object)."""

    country_code: CiString2
    party_id: CiString3
    request_id: CiString36
    booking_option: WireBookingOption | None = None
    location_id: CiString36
    booking_location_id: CiString36
    tokens: tuple[WireCdrToken, ...] | None = None
    access_information: tuple[WireAccessInformation, ...] | None = None
    period: WirePeriod
    authorization_reference: CiString36
    power_required: int | None = None
    canceled: WireCancellation | None = None


class WireBookingRequestStatus(Struct, kw_only=True):
    """OCPI 2.3.0 mod_bookings_request_status_class."""

    request_status: RequestStatus
    booking_request: WireBookingRequest
    request_received: DateTime


class WireBooking(Struct, kw_only=True, omit_defaults=True):
    id: CiString36
    country_code: CiString2
    party_id: CiString3
    request_id: CiString36
    booking_option: WireBookingOption | None = None
    location_id: CiString36
    booking_tokens: tuple[WireCdrToken, ...] | None = None
    tariff_ids: tuple[CiString36, ...] | None = None
    period: WireTimeslot
    reservation_status: ReservationStatus
    canceled: WireCancellation | None = None
    access_information: tuple[WireAccessInformation, ...] | None = None
    authorization_reference: CiString36
    booking_terms: WireBookingTerms
    booking_requests: Annotated[tuple[WireBookingRequestStatus, ...], Meta(min_length=1)]
    last_updated: DateTime


def read_request(wire: WireBookingRequest, hearing: Hearing) -> BookingRequest:
    return BookingRequest(
        asked_by=PartyId.of(wire.country_code, wire.party_id),
        request_id=wire.request_id,
        option=None if wire.booking_option is None else read_option(wire.booking_option),
        location_id=wire.location_id,
        booking_location_id=wire.booking_location_id,
        tokens=tuple(read_cdr_token(one) for one in wire.tokens or ()),
        access=_read_access(wire.access_information),
        period=TimePeriod(begins_at=wire.period.start_date_time.at, ends_at=wire.period.end_date_time.at),
        authorization_reference=wire.authorization_reference,
        power_required=wire.power_required,
        canceled=_read_cancellation(wire.canceled),
    )


def write_request(request: BookingRequest) -> WireBookingRequest:
    return WireBookingRequest(
        country_code=request.asked_by.country,
        party_id=request.asked_by.party,
        request_id=request.request_id,
        booking_option=None if request.option is None else write_option(request.option),
        location_id=request.location_id,
        booking_location_id=request.booking_location_id,
        tokens=many(write_cdr_token(one) for one in request.tokens),
        access_information=_write_access(request.access),
        period=WirePeriod(
            start_date_time=DateTime(request.period.begins_at), end_date_time=DateTime(request.period.ends_at)
        ),
        authorization_reference=request.authorization_reference,
        power_required=request.power_required,
        canceled=_write_cancellation(request.canceled),
    )


def read(wire: WireBooking, hearing: Hearing) -> Booking:
    return Booking(
        holder=hearing.holder,
        owner=PartyId.of(wire.country_code, wire.party_id),
        id=wire.id,
        ref=hearing.ref,
        request_id=wire.request_id,
        location_id=wire.location_id,
        option=None if wire.booking_option is None else read_option(wire.booking_option),
        tokens=tuple(read_cdr_token(one) for one in wire.booking_tokens or ()),
        tariff_ids=wire.tariff_ids or (),
        period=read_timeslot(wire.period),
        status=wire.reservation_status,
        canceled=_read_cancellation(wire.canceled),
        access=_read_access(wire.access_information),
        authorization_reference=wire.authorization_reference,
        terms=read_terms(wire.booking_terms),
        requests=tuple(
            AskedFor(
                status=one.request_status,
                request=read_request(one.booking_request, hearing),
                received_at=one.request_received.at,
            )
            for one in wire.booking_requests
        ),
        last_updated=wire.last_updated.at,
    )


def write(booking: Booking) -> WireBooking:
    return WireBooking(
        id=booking.id,
        country_code=booking.owner.country,
        party_id=booking.owner.party,
        request_id=booking.request_id,
        booking_option=None if booking.option is None else write_option(booking.option),
        location_id=booking.location_id,
        booking_tokens=many(write_cdr_token(one) for one in booking.tokens),
        tariff_ids=many(booking.tariff_ids),
        period=write_timeslot(booking.period),
        reservation_status=booking.status,
        canceled=_write_cancellation(booking.canceled),
        access_information=_write_access(booking.access),
        authorization_reference=booking.authorization_reference,
        booking_terms=write_terms(booking.terms),
        booking_requests=tuple(
            WireBookingRequestStatus(
                request_status=one.status,
                booking_request=write_request(one.request),
                request_received=DateTime(one.received_at),
            )
            for one in booking.requests
        ),
        last_updated=DateTime(booking.last_updated),
    )


def _read_access(wire: tuple[WireAccessInformation, ...] | None) -> tuple[AccessInformation, ...]:
    return tuple(AccessInformation(method=one.method, value=one.value) for one in wire or ())


def _write_access(access: tuple[AccessInformation, ...]) -> tuple[WireAccessInformation, ...] | None:
    return many(WireAccessInformation(method=one.method, value=one.value) for one in access)


def _read_cancellation(wire: WireCancellation | None) -> Cancellation | None:
    return None if wire is None else Cancellation(reason=wire.cancellation_reason, by=wire.who_canceled)


def _write_cancellation(canceled: Cancellation | None) -> WireCancellation | None:
    return None if canceled is None else WireCancellation(cancellation_reason=canceled.reason, who_canceled=canceled.by)


codec = Codec(WireBooking, read, write)
request_codec = Codec(WireBookingRequest, read_request, write_request)
