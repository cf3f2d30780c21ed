"""BookingLocation and Calendar as OCPI 2.3.0 spells them.

OCPI 2.3.0 mod_bookings_bookinglocation_object, mod_bookings_calendar_object.
"""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.bookings.model import BookingLocation, BookingPolicy, Calendar, Timeslot
from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import (
    CiString2,
    CiString3,
    CiString36,
    DateTime,
    Number,
    many,
    maybe_number,
    value_of,
)
from laddnav.ocpi.wire.v2_3_0.booking_terms import (
    WireBookingOption,
    WireBookingTerms,
    read_option,
    read_terms,
    write_option,
    write_terms,
)

Minutes = Annotated[int, Meta(ge=1, le=1_000_000)]  # the text names no bounds; these are ours, of about two years


class WirePolicy(Struct, kw_only=True, omit_defaults=True):
    """OCPI 2.3.0 mod_bookings_policy_object."""

    reservation_required: bool
    ad_hoc: Number | None = None


class WireTimeslot(Struct, kw_only=True, omit_defaults=True):
    """OCPI 2.3.0 mod_bookings_timeslot_class."""

    start_date_time: DateTime
    end_date_time: DateTime
    min_power: Number | None = None
    max_power: Number | None = None
    green_energy_support: bool | None = None


class WireCalendar(Struct, kw_only=True, omit_defaults=True):
    id: CiString36
    begin_from: DateTime
    end_before: DateTime
    timeslot_increment: Minutes | None = None
    available_timeslots: Annotated[tuple[WireTimeslot, ...], Meta(min_length=1)]
    last_updated: DateTime


class WireBookingLocation(Struct, kw_only=True, omit_defaults=True):
    country_code: CiString2
    party_id: CiString3
    id: CiString36
    location_id: CiString36
    booking_option: WireBookingOption | None = None
    policy: WirePolicy | None = None
    tariff_ids: tuple[CiString36, ...] | None = None
    booking_terms: WireBookingTerms | None = None
    calendars: tuple[WireCalendar, ...] | None = None
    last_updated: DateTime


def read_timeslot(wire: WireTimeslot) -> Timeslot:
    return Timeslot(
        begins_at=wire.start_date_time.at,
        ends_at=wire.end_date_time.at,
        power_min=value_of(wire.min_power),
        power_max=value_of(wire.max_power),
        green_energy=wire.green_energy_support,
    )


def write_timeslot(slot: Timeslot) -> WireTimeslot:
    return WireTimeslot(
        start_date_time=DateTime(slot.begins_at),
        end_date_time=DateTime(slot.ends_at),
        min_power=maybe_number(slot.power_min),
        max_power=maybe_number(slot.power_max),
        green_energy_support=slot.green_energy,
    )


def read_calendar(wire: WireCalendar, hearing: Hearing) -> Calendar:
    return Calendar(
        id=wire.id,
        begins_at=wire.begin_from.at,
        ends_at=wire.end_before.at,
        increment=None if wire.timeslot_increment is None else timedelta(minutes=wire.timeslot_increment),
        timeslots=tuple(read_timeslot(one) for one in wire.available_timeslots),
        last_updated=wire.last_updated.at,
    )


def write_calendar(calendar: Calendar) -> WireCalendar:
    return WireCalendar(
        id=calendar.id,
        begin_from=DateTime(calendar.begins_at),
        end_before=DateTime(calendar.ends_at),
        timeslot_increment=None if calendar.increment is None else calendar.increment // timedelta(minutes=1),
        available_timeslots=tuple(write_timeslot(one) for one in calendar.timeslots),
        last_updated=DateTime(calendar.last_updated),
    )


def read(wire: WireBookingLocation, hearing: Hearing) -> BookingLocation:
    return BookingLocation(
        owner=PartyId.of(wire.country_code, wire.party_id),
        id=wire.id,
        location_id=wire.location_id,
        option=None if wire.booking_option is None else read_option(wire.booking_option),
        policy=_read_policy(wire.policy),
        tariff_ids=wire.tariff_ids or (),
        terms=None if wire.booking_terms is None else read_terms(wire.booking_terms),
        calendars=tuple(read_calendar(one, hearing) for one in wire.calendars or ()),
        last_updated=wire.last_updated.at,
    )


def write(place: BookingLocation) -> WireBookingLocation:
    return WireBookingLocation(
        country_code=place.owner.country,
        party_id=place.owner.party,
        id=place.id,
        location_id=place.location_id,
        booking_option=None if place.option is None else write_option(place.option),
        policy=_write_policy(place.policy),
        tariff_ids=many(place.tariff_ids),
        booking_terms=None if place.terms is None else write_terms(place.terms),
        calendars=many(write_calendar(one) for one in place.calendars),
        last_updated=DateTime(place.last_updated),
    )


def _read_policy(wire: WirePolicy | None) -> BookingPolicy | None:
    if wire is None:
        return None
    return BookingPolicy(reservation_required=wire.reservation_required, ad_hoc=value_of(wire.ad_hoc))


def _write_policy(policy: BookingPolicy | None) -> WirePolicy | None:
    if policy is None:
        return None
    return WirePolicy(reservation_required=policy.reservation_required, ad_hoc=maybe_number(policy.ad_hoc))


codec = Codec(WireBookingLocation, read, write)
calendar_codec = Codec(WireCalendar, read_calendar, write_calendar)
