"""Something that can be booked, and what is asked for, for tests: Monday from 09:00, by quarters of an hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from laddnav.bookings.model import (
    AccessMethod,
    BookingLocation,
    BookingOption,
    BookingRequest,
    BookingTerms,
    Calendar,
    TimePeriod,
    Timeslot,
)
from laddnav.sessions.model import CdrToken
from laddnav.tokens.model import TokenType
from tests.things import LONG_AGO, THEM, US

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)
DRIVER = CdrToken(owner=THEM, uid="PHONE", type=TokenType.APP_USER, contract_id="C1")


def at(hour: float) -> datetime:
    return NINE + timedelta(hours=hour - 9)


def period(begins: float, ends: float) -> TimePeriod:
    return TimePeriod(begins_at=at(begins), ends_at=at(ends))


def slot(begins: float, ends: float, **changes: object) -> Timeslot:
    return Timeslot(**{"begins_at": at(begins), "ends_at": at(ends)} | changes)  # type: ignore[arg-type]


def calendar(*slots: Timeslot, **changes: object) -> Calendar:
    fields: dict[str, object] = {
        "id": "CAL1",
        "begins_at": at(0),
        "ends_at": at(48),
        "increment": timedelta(minutes=15),
        "timeslots": slots or (slot(9, 17),),
        "last_updated": LONG_AGO,
    }
    return Calendar(**fields | changes)  # type: ignore[arg-type]


def terms(**changes: object) -> BookingTerms:
    """Changed and cancelled until half an hour before; who is not there twenty minutes after, is not awaited."""
    fields: dict[str, object] = {
        "supported_access_methods": (AccessMethod.TOKEN,),
        "change_until_minutes": Decimal(30),
        "cancel_until_minutes": Decimal(30),
        "noshow_timeout": Decimal(20),
    }
    return BookingTerms(**fields | changes)  # type: ignore[arg-type]


def place(**changes: object) -> BookingLocation:
    fields: dict[str, object] = {
        "owner": US,
        "id": "BL1",
        "location_id": "LOC1",
        "option": BookingOption(power_types=("AC_3_PHASE",)),
        "tariff_ids": ("T1",),
        "terms": terms(),
        "calendars": (calendar(),),
        "last_updated": LONG_AGO,
    }
    return BookingLocation(**fields | changes)  # type: ignore[arg-type]


def request(begins: float = 10, ends: float = 11, **changes: object) -> BookingRequest:
    fields: dict[str, object] = {
        "asked_by": THEM,
        "request_id": "RQ1",
        "location_id": "LOC1",
        "booking_location_id": "BL1",
        "tokens": (DRIVER,),
        "period": period(begins, ends),
        "authorization_reference": "AUTH1",
    }
    return BookingRequest(**fields | changes)  # type: ignore[arg-type]
