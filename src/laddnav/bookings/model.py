"""What can be booked and what was, in the nouns of OCPI: BookingLocation > Calendar > Timeslot, and Booking."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.locations.model import EvsePosition
from laddnav.parties.model import Role
from laddnav.sessions.model import CdrToken

NOT_ASSIGNED = "#NA"  # in place of an Evse that nobody has chosen yet (OCPI 2.3.0 mod_bookings_booking_option_class)


class ReservationStatus(StrEnum):
    """OCPI 2.3.0 mod_bookings_reservation_status_enum."""

    PENDING = "PENDING"
    RESERVED = "RESERVED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    NO_SHOW = "NO_SHOW"
    FULFILLED = "FULFILLED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"


class RequestStatus(StrEnum):
    """OCPI 2.3.0 mod_bookings_request_status_enum."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    FAILED = "FAILED"


class CanceledReason(StrEnum):
    """OCPI 2.3.0 mod_bookings_canceled_reason_enum."""

    POWER_OUTAGE = "POWER_OUTAGE"
    BROKEN_CHARGER = "BROKEN_CHARGER"
    FULL = "FULL"
    BLOCKED = "BLOCKED"
    TRAFFIC = "TRAFFIC"
    BROKEN_VEHICLE = "BROKEN_VEHICLE"
    NO_CANCELED = "NO_CANCELED"
    UNKNOWN = "UNKNOWN"


class AccessMethod(StrEnum):
    """OCPI 2.3.0 mod_bookings_access_method_enum."""

    OPEN = "OPEN"
    TOKEN = "TOKEN"
    LICENSE_PLATE = "LICENSE_PLATE"
    ACCESS_CODE = "ACCESS_CODE"
    INTERCOM = "INTERCOM"
    PARKING_TICKET = "PARKING_TICKET"


class TimePeriod(Struct, frozen=True, kw_only=True):
    """From the one instant until just before the other."""

    begins_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.begins_at


class Timeslot(TimePeriod, frozen=True, kw_only=True, omit_defaults=True):
    """`power_min` and `power_max` in watt."""

    power_min: Decimal | None = None
    power_max: Decimal | None = None
    green_energy: bool | None = None


class Calendar(TimePeriod, frozen=True, kw_only=True, omit_defaults=True):
    """When something can be booked; in steps of `increment`, where one is given."""

    id: str
    increment: timedelta | None = None
    timeslots: tuple[Timeslot, ...]
    last_updated: datetime


class BookingOption(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which of what stands at a Location, in the words of OCPI 2.3.0 mod_bookings_booking_option_class.

    Lengths are centimetres and weights kilograms; words of open lists are kept as they are.
    """

    evse_uid: str | None = None
    connector_id: str | None = None
    parking_id: str | None = None
    evse_position: tuple[EvsePosition, ...] = ()
    vehicle_types: tuple[str, ...] = ()
    connector_format: tuple[str, ...] = ()
    connector_types: tuple[str, ...] = ()
    power_types: tuple[str, ...] = ()
    max_vehicle_weight: Decimal | None = None
    max_vehicle_height: Decimal | None = None
    max_vehicle_length: Decimal | None = None
    max_vehicle_width: Decimal | None = None
    min_parking_space_length: Decimal | None = None
    min_parking_space_width: Decimal | None = None
    dangerous_goods_allowed: bool | None = None
    drive_through: bool | None = None
    refrigeration_outlet: bool | None = None


class BookingTerms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """In the words of OCPI 2.3.0 mod_bookings_booking_terms_class; all lengths of time in minutes."""

    rfid_auth_required: bool | None = None
    token_groups_supported: bool | None = None
    remote_auth_supported: bool | None = None
    supported_access_methods: tuple[AccessMethod, ...]
    change_until_minutes: Decimal
    cancel_until_minutes: Decimal
    change_not_allowed: bool | None = None
    early_start_allowed: bool | None = None
    early_start_time: Decimal | None = None
    noshow_timeout: Decimal | None = None
    noshow_fee: bool | None = None
    late_stop_allowed: bool | None = None
    late_stop_time: Decimal | None = None
    overlapping_bookings_allowed: bool | None = None
    min_booking_duration: Decimal | None = None
    max_booking_duration: Decimal | None = None
    booking_terms: str | None = None


class BookingPolicy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether one may charge there without a booking, and at how many of the Evses (`ad_hoc`)."""

    reservation_required: bool
    ad_hoc: Decimal | None = None


class BookingLocation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What can be booked at a Location (OCPI 2.3.0 mod_bookings_bookinglocation_object).

    Of one of ours the Calendars say what we offer; what of it is still free is seen when somebody is told.
    """

    owner: PartyId
    id: str
    location_id: str
    option: BookingOption | None = None
    policy: BookingPolicy | None = None
    tariff_ids: tuple[str, ...] = ()
    terms: BookingTerms | None = None
    calendars: tuple[Calendar, ...] = ()
    last_updated: datetime


class Offering(Struct, frozen=True, kw_only=True):
    """A BookingLocation as it is kept; `by_hand`: of ours, a person decides what is asked for there."""

    ref: str
    holder: PartyId
    by_hand: bool = False
    withdrawn_at: datetime | None = None
    place: BookingLocation


class AccessInformation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one gets in; `value` is the plate or the code."""

    method: AccessMethod
    value: str | None = None


class Cancellation(Struct, frozen=True, kw_only=True):
    reason: CanceledReason
    by: Role


class BookingRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody wants: a booking, a change of it, or its end (OCPI 2.3.0 mod_bookings_request_class).

    `asked_by` is the eMSP, and `request_id` its name for the booking through all changes; `power_required` in kW.
    """

    asked_by: PartyId
    request_id: str
    option: BookingOption | None = None
    location_id: str
    booking_location_id: str
    tokens: tuple[CdrToken, ...] = ()
    access: tuple[AccessInformation, ...] = ()
    period: TimePeriod
    authorization_reference: str
    power_required: int | None = None
    canceled: Cancellation | None = None


class AskedFor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request and what was said to it; `why` it was not granted is for people here, OCPI has no word for that."""

    status: RequestStatus
    request: BookingRequest
    received_at: datetime
    why: str | None = None


class Booking(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A time at a place for one driver (OCPI 2.3.0 mod_bookings_booking_object).

    `owner` is the CPO, `holder` whichever of us two we are. Of one of ours `evse_uid` is what waits for the driver, and
    `reservation` the number under which its Station keeps it, once it was asked to.
    """

    holder: PartyId
    owner: PartyId
    id: str
    ref: str
    request_id: str
    location_id: str
    option: BookingOption | None = None
    tokens: tuple[CdrToken, ...] = ()
    tariff_ids: tuple[str, ...] = ()
    period: Timeslot
    status: ReservationStatus
    canceled: Cancellation | None = None
    access: tuple[AccessInformation, ...] = ()
    authorization_reference: str
    terms: BookingTerms
    requests: tuple[AskedFor, ...]
    evse_uid: str | None = None
    reservation: int | None = None
    last_updated: datetime

    @property
    def asked_by(self) -> PartyId:
        return self.requests[0].request.asked_by

    @property
    def booking_location_id(self) -> str:
        return self.requests[-1].request.booking_location_id

    @property
    def pending(self) -> AskedFor | None:
        """The request that waits for an answer."""
        last = self.requests[-1]
        return last if last.status is RequestStatus.PENDING else None
