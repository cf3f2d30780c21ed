"""What may be booked, changed and cancelled when, and what a booking becomes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.bookings.model import (
    NOT_ASSIGNED,
    AskedFor,
    Booking,
    BookingLocation,
    BookingOption,
    BookingRequest,
    BookingTerms,
    Cancellation,
    RequestStatus,
    ReservationStatus,
    TimePeriod,
    Timeslot,
)
from laddnav.bookings.slots import offered_at, overlaps
from laddnav.kit.ids import fold
from laddnav.kit.refusal import Refusal
from laddnav.locations.model import Evse, Location, Status
from laddnav.sessions.model import Session
from laddnav.sessions.model import Status as SessionStatus


class UnknownBookingLocation(Refusal):
    """Nothing that can be booked is known here by this id."""

    def __init__(self, booking_location_id: str) -> None:
        super().__init__(f"No BookingLocation {booking_location_id!r} is known here")
        self.booking_location_id = booking_location_id


class UnknownCalendar(Refusal):
    """This BookingLocation has no Calendar with this id."""

    def __init__(self, calendar_id: str) -> None:
        super().__init__(f"No Calendar {calendar_id!r} is known here")
        self.calendar_id = calendar_id


class UnknownBooking(Refusal):
    """No Booking with this id is known here."""

    def __init__(self, booking_id: str) -> None:
        super().__init__(f"No Booking {booking_id!r} is known here")
        self.booking_id = booking_id


class NotAskedFor(Refusal):
    """Somebody else's booking is no business of ours."""

    def __init__(self, booking_id: str) -> None:
        super().__init__(f"Booking {booking_id!r} was not asked for by us")
        self.booking_id = booking_id


class BookingOver(Refusal):
    """The booking has reached its end, and stays so."""

    def __init__(self, booking_id: str, status: ReservationStatus) -> None:
        super().__init__(f"Booking {booking_id!r} is {status.value} already")
        self.booking_id, self.status = booking_id, status


class NothingToDecide(Refusal):
    """No request for this booking waits for an answer."""

    def __init__(self, booking_id: str) -> None:
        super().__init__(f"No request for booking {booking_id!r} waits for an answer")
        self.booking_id = booking_id


class NotOffered(Refusal):
    """What is offered for booking has terms, says what it is, and its times lie in order."""


class Unexpected(AssertionError):
    """A move that the table does not have: a verb forgot to look first."""


S = ReservationStatus
# OCPI 2.3.0 mod_bookings_flow_and_lifecycle, with what only its diagram has: a cancelled request, and RESERVED back to
# PENDING. None is where a booking starts.
MOVES: dict[ReservationStatus | None, frozenset[ReservationStatus]] = {
    None: frozenset({S.PENDING, S.RESERVED, S.FAILED, S.REJECTED}),
    S.PENDING: frozenset({S.RESERVED, S.FAILED, S.REJECTED, S.CANCELED}),
    S.RESERVED: frozenset({S.FULFILLED, S.NO_SHOW, S.CANCELED, S.PENDING}),
}
FINAL = frozenset({S.CANCELED, S.NO_SHOW, S.REJECTED, S.FAILED, S.FULFILLED})
# While it is so, nobody else can have the Evse.
KEEPS = frozenset({S.RESERVED, S.FULFILLED})


def moved(booking: Booking, status: ReservationStatus, now: datetime) -> Booking:
    """Raises Unexpected, naming both, for every pair that is not in the table."""
    if status not in MOVES.get(booking.status, frozenset()):
        raise Unexpected(f"a booking that is {booking.status} does not become {status}")
    return replace(booking, status=status, last_updated=now)


def heard(before: Booking | None, said: Booking) -> Booking:
    """What a CPO tells of its booking: news may have been skipped, but an end is the end.

    Raises NotAskedFor, BookingOver.
    """
    if said.asked_by != said.holder:
        raise NotAskedFor(said.id)
    if before is None:
        return said
    if before.status in FINAL and said.status is not before.status:
        raise BookingOver(before.id, before.status)
    return replace(said, ref=before.ref)


def no_longer_listed(booking: Booking, now: datetime) -> Booking:
    """Its CPO's whole list lacks it: nobody knows how it stands (OCPI 2.3.0 mod_bookings_get_bookings)."""
    return booking if booking.status in FINAL else replace(booking, status=S.UNKNOWN, last_updated=now)


# What is offered ------------------------------------------------------------------------------------------------------


def offerable(place: BookingLocation) -> BookingLocation:
    """One of ours says which of what stands there it is, and on which terms; the text leaves both open.

    OCPI 2.3.0 mod_bookings_bookinglocation_object. Raises NotOffered.
    """
    if place.option is None or place.terms is None:
        raise NotOffered("What is offered for booking has a booking_option and booking_terms")
    for calendar in place.calendars:
        periods: tuple[TimePeriod, ...] = (calendar, *calendar.timeslots)
        if any(one.ends_at <= one.begins_at for one in periods):
            raise NotOffered(f"In calendar {calendar.id!r} something ends before it begins")
        if any(one.begins_at < calendar.begins_at or one.ends_at > calendar.ends_at for one in calendar.timeslots):
            raise NotOffered(f"In calendar {calendar.id!r} a timeslot lies outside of the calendar")
    return place


def bookable(location: Location, *options: BookingOption | None) -> tuple[Evse, ...]:
    """The Evses at a Location that are all that these options ask for."""
    return tuple(
        evse
        for evse in location.evses
        if evse.status is not Status.REMOVED and all(_is(evse, one) for one in options if one is not None)
    )


def _is(evse: Evse, option: BookingOption) -> bool:
    named = option.evse_uid not in (None, NOT_ASSIGNED)
    if named and fold(option.evse_uid or "") != fold(evse.uid):
        return False
    return any(
        (option.connector_id is None or fold(option.connector_id) == fold(plug.id))
        and (not option.connector_types or plug.standard in option.connector_types)
        and (not option.connector_format or plug.format in option.connector_format)
        and (not option.power_types or plug.power_type in option.power_types)
        for plug in evse.connectors
    )


# What is asked --------------------------------------------------------------------------------------------------------

_MOST = Decimal(10_000_000)  # about twenty years; who says more means for ever


def minutes(count: Decimal | None) -> timedelta:
    return timedelta(microseconds=int(max(-_MOST, min(count or Decimal(0), _MOST)) * 60_000_000))


def _shifted(at: datetime, by: timedelta) -> datetime:
    """Or the end of all time, where somebody asks for a booking there."""
    try:
        return at + by
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if by > timedelta() else datetime.min.replace(tzinfo=UTC)


def asked(
    request: BookingRequest, place: BookingLocation, terms: BookingTerms, *, id: str, ref: str, now: datetime
) -> Booking:
    """As it stands before anybody has decided anything."""
    return Booking(
        holder=place.owner,
        owner=place.owner,
        id=id,
        ref=ref,
        request_id=request.request_id,
        location_id=place.location_id,
        option=_chosen(request, NOT_ASSIGNED),
        tokens=request.tokens,
        tariff_ids=place.tariff_ids,
        period=Timeslot(begins_at=request.period.begins_at, ends_at=request.period.ends_at),
        status=S.PENDING,
        access=request.access,
        authorization_reference=request.authorization_reference,
        terms=terms,
        requests=(AskedFor(status=RequestStatus.PENDING, request=request, received_at=now),),
        last_updated=now,
    )


def asked_again(booking: Booking, request: BookingRequest, now: datetime) -> Booking:
    """A change, or the end; what waited for an answer until now is not wanted any more. Raises BookingOver."""
    if booking.status in FINAL:
        raise BookingOver(booking.id, booking.status)
    if booking.pending is not None:
        booking = _answered(booking, RequestStatus.DECLINED, "A later request took its place")
    waiting = AskedFor(status=RequestStatus.PENDING, request=request, received_at=now)
    return replace(booking, requests=(*booking.requests, waiting), last_updated=now)


def repeated(booking: Booking, request: BookingRequest) -> bool:
    """Whether this was asked before: its answer got lost, and is given again."""
    return booking.requests[-1].request == request


def objection(
    booking: Booking, request: BookingRequest, place: BookingLocation, others: Iterable[Booking], now: datetime
) -> str | None:
    """What of the terms speaks against what is asked; None: nothing does."""
    terms, period = booking.terms, request.period
    if booking.status is S.RESERVED and terms.change_not_allowed:
        return "A booking here cannot be changed"
    if booking.status is S.RESERVED and now > _shifted(booking.period.begins_at, -minutes(terms.change_until_minutes)):
        return f"It could be changed until {terms.change_until_minutes} minutes before it begins"
    if fold(request.location_id) != fold(place.location_id):
        return f"{place.id} is not at Location {request.location_id}"
    if not now < period.begins_at < period.ends_at:
        return "A booking begins in the future, and before it ends"
    if period.length < minutes(terms.min_booking_duration):
        return f"A booking lasts {terms.min_booking_duration} minutes or more"
    if terms.max_booking_duration is not None and period.length > minutes(terms.max_booking_duration):
        return f"A booking lasts {terms.max_booking_duration} minutes or less"
    slot = offered_at(place.calendars, period)
    if slot is None:
        return "At this time nothing is offered, or not in these steps"
    watts = (request.power_required or 0) * 1000
    if watts < 0 or (slot.power_max is not None and watts > slot.power_max):
        return f"There is power from 0 to {slot.power_max} W"
    if terms.overlapping_bookings_allowed is False and any(_shares(one, booking, request) for one in others):
        return "One of its tokens is booked elsewhere at this time"
    return None


def _shares(other: Booking, booking: Booking, request: BookingRequest) -> bool:
    """Another booking that a Token of this request is good for at the same time."""
    if other.id == booking.id or not overlaps(other.period, request.period):
        return False
    return any(one.same(token) for one in other.tokens for token in request.tokens)


def granted(booking: Booking, evse: Evse, place: BookingLocation, now: datetime) -> Booking:
    """The request that waits is met, at this Evse."""
    request = booking.requests[-1].request
    slot = offered_at(place.calendars, request.period) or Timeslot(begins_at=now, ends_at=now)
    power_max = slot.power_max
    if request.power_required is not None:
        power_max = Decimal(request.power_required * 1000)
    booking = replace(
        _answered(booking, RequestStatus.ACCEPTED),
        option=_chosen(request, evse.uid),
        tokens=request.tokens,
        tariff_ids=place.tariff_ids,
        period=replace(slot, begins_at=request.period.begins_at, ends_at=request.period.ends_at, power_max=power_max),
        access=request.access,
        authorization_reference=request.authorization_reference,
        evse_uid=evse.uid,
        last_updated=now,
    )
    return moved(booking, S.RESERVED, now) if booking.status is S.PENDING else booking


def declined(booking: Booking, why: str, now: datetime) -> Booking:
    """What was reserved before stays as it was."""
    booking = replace(_answered(booking, RequestStatus.DECLINED, why), last_updated=now)
    return moved(booking, S.REJECTED, now) if booking.status is S.PENDING else booking


def failed(booking: Booking, why: str, now: datetime) -> Booking:
    """Nobody answered while there was time to."""
    booking = replace(_answered(booking, RequestStatus.FAILED, why), last_updated=now)
    return moved(booking, S.FAILED, now) if booking.status is S.PENDING else booking


def ended(booking: Booking, status: ReservationStatus, now: datetime) -> Booking:
    """The driver came, or did not; a change that waits for an answer then comes too late."""
    if booking.pending is not None:
        booking = _answered(booking, RequestStatus.FAILED, "Nobody decided in time")
    return moved(booking, status, now)


def cancelled(booking: Booking, cancellation: Cancellation, now: datetime) -> Booking:
    """At the wish of its eMSP, whose request waits, if that is not too late; what nobody has granted may always go."""
    limit = _shifted(booking.period.begins_at, -minutes(booking.terms.cancel_until_minutes))
    if booking.status is S.RESERVED and now > limit:
        return declined(
            booking, f"It could be cancelled until {booking.terms.cancel_until_minutes} minutes before", now
        )
    return moved(replace(_answered(booking, RequestStatus.ACCEPTED), canceled=cancellation), S.CANCELED, now)


def called_off(booking: Booking, cancellation: Cancellation, now: datetime) -> Booking:
    """By us, who promised it, at any time (OCPI 2.3.0 mod_bookings_cannceled_request). Raises BookingOver."""
    if booking.status in FINAL:
        raise BookingOver(booking.id, booking.status)
    if booking.pending is not None:
        booking = _answered(booking, RequestStatus.DECLINED, "The booking was called off")
    return moved(replace(booking, canceled=cancellation), S.CANCELED, now)


def _answered(booking: Booking, status: RequestStatus, why: str | None = None) -> Booking:
    *before, last = booking.requests
    return replace(booking, requests=(*before, replace(last, status=status, why=why)))


def _chosen(request: BookingRequest, evse_uid: str) -> BookingOption:
    option = request.option or BookingOption()
    return option if evse_uid == NOT_ASSIGNED and option.evse_uid is not None else replace(option, evse_uid=evse_uid)


# When its time comes --------------------------------------------------------------------------------------------------


def hold_from(booking: Booking) -> datetime:
    """From when on its Evse waits for the driver."""
    early = booking.terms.early_start_time if booking.terms.early_start_allowed else None
    return _shifted(booking.period.begins_at, -minutes(early))


def no_show_at(booking: Booking) -> datetime | None:
    """None: it waits until its end (OCPI 2.3.0 mod_bookings_booking_terms_class, noshow_timeout)."""
    if booking.terms.noshow_timeout is None:
        return None
    return min(_shifted(booking.period.begins_at, minutes(booking.terms.noshow_timeout)), booking.period.ends_at)


_CHARGES = (SessionStatus.ACTIVE, SessionStatus.SETTLING, SessionStatus.COMPLETED)


def fulfils(session: Session, booking: Booking) -> bool:
    """Whether this is the charge that was booked: begun with one of its Tokens, where it is, while it was awaited."""
    if not session.allowed or session.status not in _CHARGES:
        return False
    begun_at = session.started_at if session.reserved is None else session.reserved.used_at
    if begun_at is None or not any(session.token.same(token) for token in booking.tokens):
        return False
    return hold_from(booking) <= begun_at < (no_show_at(booking) or booking.period.ends_at)
