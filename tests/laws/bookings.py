"""What can be booked, and bookings, as the laws of codecs draw them."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from laddnav.bookings.model import (
    AccessInformation,
    AccessMethod,
    AskedFor,
    Booking,
    BookingLocation,
    BookingOption,
    BookingPolicy,
    BookingRequest,
    BookingTerms,
    Calendar,
    CanceledReason,
    Cancellation,
    RequestStatus,
    ReservationStatus,
    TimePeriod,
    Timeslot,
)
from laddnav.kit.ids import PartyId
from laddnav.locations.model import EvsePosition
from laddnav.parties.model import Role

Drawn = st.SearchStrategy[Any]


def things(
    *, ids: Drawn, words: Drawn, urls: Drawn, amounts: Drawn, instants: Drawn, parties: Drawn, tokens: Drawn
) -> dict[type[Any], Drawn]:
    """A strategy for each thing that has a codec, from those for what they are made of."""
    listed = st.lists(st.sampled_from(["CHADEMO", "DC", "CABLE", "TRUCK"]), max_size=2).map(tuple)
    yes = st.none() | st.booleans()
    options = st.builds(
        BookingOption,
        evse_uid=st.none() | ids | st.just("#NA"),
        connector_id=st.none() | ids,
        parking_id=st.none() | ids,
        evse_position=st.lists(st.sampled_from(EvsePosition), max_size=2).map(tuple),
        vehicle_types=listed,
        connector_types=listed,
        max_vehicle_weight=st.none() | amounts,
        min_parking_space_width=st.none() | amounts,
        drive_through=yes,
    )
    terms = st.builds(
        BookingTerms,
        rfid_auth_required=yes,
        supported_access_methods=st.lists(st.sampled_from(AccessMethod), min_size=1, max_size=2).map(tuple),
        change_until_minutes=amounts,
        cancel_until_minutes=amounts,
        change_not_allowed=yes,
        noshow_timeout=st.none() | amounts,
        max_booking_duration=st.none() | amounts,
        booking_terms=st.none() | urls,
    )
    slots = st.builds(
        Timeslot,
        begins_at=instants,
        ends_at=instants,
        power_min=st.none() | amounts,
        power_max=st.none() | amounts,
        green_energy=yes,
    )
    calendars = st.builds(
        Calendar,
        id=ids,
        begins_at=instants,
        ends_at=instants,
        increment=st.none() | st.integers(1, 10_000).map(lambda many: timedelta(minutes=many)),
        timeslots=st.lists(slots, min_size=1, max_size=2).map(tuple),
        last_updated=instants,
    )
    access = st.lists(
        st.builds(AccessInformation, method=st.sampled_from(AccessMethod), value=st.none() | words), max_size=1
    ).map(tuple)
    cancellations = st.none() | st.builds(
        Cancellation, reason=st.sampled_from(CanceledReason), by=st.sampled_from(Role)
    )
    several_tokens = st.lists(tokens, max_size=2).map(tuple)
    requests = st.builds(
        BookingRequest,
        asked_by=parties,
        request_id=ids,
        option=st.none() | options,
        location_id=ids,
        booking_location_id=ids,
        tokens=several_tokens,
        access=access,
        period=st.builds(TimePeriod, begins_at=instants, ends_at=instants),
        authorization_reference=ids,
        power_required=st.none() | st.integers(0, 400),
        canceled=cancellations,
    )
    asked_for = st.builds(AskedFor, status=st.sampled_from(RequestStatus), request=requests, received_at=instants)
    bookings = st.builds(
        Booking,
        holder=st.just(PartyId("SE", "LAD")),
        owner=parties,
        id=ids,
        ref=st.just("ref"),
        request_id=ids,
        location_id=ids,
        option=st.none() | options,
        tokens=several_tokens,
        tariff_ids=st.lists(ids, max_size=2).map(tuple),
        period=slots,
        status=st.sampled_from(ReservationStatus),
        canceled=cancellations,
        access=access,
        authorization_reference=ids,
        terms=terms,
        requests=st.lists(asked_for, min_size=1, max_size=2).map(tuple),
        last_updated=instants,
        evse_uid=st.none(),
        reservation=st.none(),
    )
    places = st.builds(
        BookingLocation,
        owner=parties,
        id=ids,
        location_id=ids,
        option=st.none() | options,
        policy=st.none() | st.builds(BookingPolicy, reservation_required=st.booleans(), ad_hoc=st.none() | amounts),
        tariff_ids=st.lists(ids, max_size=2).map(tuple),
        terms=st.none() | terms,
        calendars=st.lists(calendars, max_size=2).map(tuple),
        last_updated=instants,
    )
    return {Booking: bookings, BookingLocation: places, BookingRequest: requests, Calendar: calendars}
