"""Bookings as the text spells them: its own examples, which deviate from it, put right; and field by field."""

from __future__ import annotations

from typing import Any

import pytest

from laddnav.bookings.model import (
    AccessMethod,
    Booking,
    BookingLocation,
    BookingRequest,
    Calendar,
    ReservationStatus,
)
from laddnav.kit.ids import NotAPartyId
from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire.codec import encoded, parsed
from laddnav.ocpi.wire.v2_3_0.codecs import CODECS
from laddnav.sessions.model import Session
from laddnav.tokens.model import TokenType
from tests.ocpi.wire.test_examples import CASES, HEARING

EXAMPLES = CASES / "2.3.0" / "bookings"


def example(name: str) -> bytes:
    return (EXAMPLES / f"{name}.json").read_bytes()


def booking() -> dict[str, Any]:
    """The text's own, with party ids of three characters, and the place that its requests leave out."""
    text = example("example-booking-2").decode().replace('"INF12"', '"INF"').replace('"INFOO"', '"INF"')
    words: dict[str, Any] = parsed(text.encode())
    for one in words["booking_requests"]:
        one["booking_request"]["booking_location_id"] = "12345"
    return words


def place() -> dict[str, Any]:
    """The text's own, with times that there are, and its lists as the table has them."""
    words: dict[str, Any] = parsed(example("example-bookinglocation").decode().replace(":59:99Z", ":59:59Z").encode())
    option = words["booking_option"]
    option["evse_position"] = [option["evse_position"]]
    option["connector_format"] = option.pop("formats")
    return words


def request() -> dict[str, Any]:
    words: dict[str, Any] = booking()["booking_requests"][0]["booking_request"]
    return words


WHOLE: dict[type[Any], Any] = {
    Booking: booking,
    BookingLocation: place,
    BookingRequest: request,
    Calendar: lambda: place()["calendars"][0],
}


@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.__name__)
def test_an_example_of_the_text_that_is_put_right_is_read_and_written(kind: type[Any]) -> None:
    """BOOK-021, BOOK-022, BOOK-023, BOOK-025, BOOK-026, BOOK-027, BOOK-033, BOOK-034."""
    words, codec = WHOLE[kind](), CODECS[kind]
    thing = codec.convert(words, HEARING)
    assert parsed(codec.encode(thing)) == words
    assert codec.lost(thing, HEARING) == ()


@pytest.mark.parametrize(
    ("name", "kind", "field"),
    [("example-booking-2", Booking, "party_id"), ("example-bookinglocation", BookingLocation, "evse_position")],
)
def test_an_example_that_deviates_from_its_text_is_refused(name: str, kind: type[Any], field: str) -> None:
    """BOOK-038."""
    with pytest.raises(Unreadable, match=field):
        CODECS[kind].decode(example(name), HEARING)


def test_times_that_there_are_not_and_names_with_a_space_are_refused() -> None:
    """BOOK-038: 23:59:99 is no time, and `start_date_time ` no field."""
    words = place()
    words["calendars"][0]["end_before"] = "2025-03-23T23:59:99Z"
    with pytest.raises(Unreadable, match="end_before"):
        CODECS[BookingLocation].convert(words, HEARING)
    codec, calendar = CODECS[Calendar], encoded(place()["calendars"][0])
    with pytest.raises(Unreadable, match="start_date_time"):
        codec.decode(codec.patch(calendar, example("example-timeslot-changes")), HEARING)


def test_the_changes_of_the_text_are_applied_to_what_they_are_partial_of() -> None:
    """BOOK-015, BOOK-033: an evse_uid beside the booking_option chooses nothing, and is kept as it was said."""
    terms = parsed(CODECS[BookingLocation].patch(encoded(place()), example("example-booking-terms-update")))
    assert terms["booking_terms"] == place()["booking_terms"] | {
        "booking_terms": "https://example.com/booking-a-charger"
    }
    codec = CODECS[Booking]
    status = codec.decode(codec.patch(encoded(booking()), example("example-booking")), HEARING)
    assert (status.status, status.option) == (ReservationStatus.RESERVED, codec.convert(booking(), HEARING).option)
    beside = codec.patch(encoded(booking()), example("example-timeslot-changes-2"))
    assert parsed(beside)["evse_uid"] == "EVS1234"
    assert codec.decode(beside, HEARING).option == status.option
    for name in ("tokens", "timeslot"):
        named = f"booking-request-patch-example-{name}-not-referenced-by-any-chapter"
        CODECS[BookingRequest].decode(CODECS[BookingRequest].patch(encoded(request()), example(named)), HEARING)


REQUIRED: dict[type[Any], str] = {
    Booking: """/id /country_code /party_id /request_id /location_id /period /reservation_status /booking_terms
        /authorization_reference /booking_requests /last_updated /booking_requests/0/request_status
        /booking_requests/0/booking_request /booking_requests/0/request_received /booking_tokens/0/country_code
        /booking_tokens/0/party_id /booking_tokens/0/uid /booking_tokens/0/type /booking_tokens/0/contract_id
        /booking_terms/supported_access_methods /booking_terms/change_until_minutes /period/start_date_time
        /booking_terms/cancel_until_minutes /period/end_date_time""",
    BookingLocation: "/country_code /party_id /id /location_id /last_updated",
    BookingRequest: """/country_code /party_id /request_id /location_id /booking_location_id /period
        /authorization_reference /period/start_date_time /period/end_date_time""",
    Calendar: """/id /begin_from /end_before /available_timeslots /last_updated
        /available_timeslots/0/start_date_time /available_timeslots/0/end_date_time""",
}
MISSING = [(kind, pointer) for kind, pointers in REQUIRED.items() for pointer in pointers.split()]


@pytest.mark.parametrize(("kind", "pointer"), MISSING, ids=lambda one: one if isinstance(one, str) else one.__name__)
def test_what_is_required_is_required(kind: type[Any], pointer: str) -> None:
    """BOOK-021, BOOK-022, BOOK-023, BOOK-025, BOOK-026, BOOK-027, BOOK-034, BOOK-041."""
    words = WHOLE[kind]()
    inside, last = at(words, pointer)
    del inside[last]
    with pytest.raises((Unreadable, NotAPartyId)):
        CODECS[kind].convert(words, HEARING)


STATUSES = "PENDING RESERVED CANCELED FAILED NO_SHOW FULFILLED REJECTED UNKNOWN"
ANSWERS = "PENDING ACCEPTED DECLINED FAILED"
REASONS = "POWER_OUTAGE BROKEN_CHARGER FULL BLOCKED TRAFFIC BROKEN_VEHICLE NO_CANCELED UNKNOWN"
METHODS = "OPEN TOKEN LICENSE_PLATE ACCESS_CODE INTERCOM PARKING_TICKET"
SAID: list[tuple[type[Any], str, Any, bool]] = [
    *((Booking, "/reservation_status", one, True) for one in STATUSES.split()),
    (Booking, "/reservation_status", "FULLFILLED", False),
    *((Booking, "/booking_requests/0/request_status", one, True) for one in ANSWERS.split()),
    (Booking, "/booking_requests/0/request_status", "REJECTED", False),
    *((Booking, "/canceled", {"cancellation_reason": one, "who_canceled": "CPO"}, True) for one in REASONS.split()),
    (Booking, "/canceled", {"cancellation_reason": "BORED", "who_canceled": "CPO"}, False),
    (Booking, "/canceled", {"cancellation_reason": "TRAFFIC"}, False),
    (Booking, "/canceled", {"who_canceled": "EMSP"}, False),
    (Booking, "/canceled", {"cancellation_reason": "TRAFFIC", "who_canceled": "DRIVER"}, False),
    *((BookingRequest, "/access_information", [{"method": one, "value": "ABC12D"}], True) for one in METHODS.split()),
    (BookingRequest, "/access_information", [{"method": "KEY"}], False),
    (BookingRequest, "/access_information", [{"value": "1224"}], False),
    (BookingRequest, "/power_required", 11, True),
    (BookingRequest, "/power_required", 11.5, False),
    (BookingRequest, "/period", {"start_date_time": "2025-03-23T12:00:00Z"}, False),
    (Booking, "/period/max_power", 11000.5, True),
    (Booking, "/period/max_power", "11000", False),
    (Booking, "/booking_requests", [], False),
    (Booking, "/booking_terms/supported_access_methods", [], False),
    (Booking, "/booking_tokens/0/uid", "x" * 36, True),
    (Booking, "/booking_tokens/0/uid", "x" * 37, False),
    (Booking, "/booking_tokens/0/contract_id", "x" * 37, False),
    (Booking, "/location_id", "x" * 37, False),
    (Booking, "/booking_tokens/0/party_id", "INFO", False),
    (BookingLocation, "/policy", {"reservation_required": True}, True),
    (BookingLocation, "/policy", {"ad_hoc": 2}, False),
    (BookingLocation, "/booking_option", {}, True),
    (BookingLocation, "/booking_option", None, True),
    (BookingLocation, "/booking_option/evse_uid", "#NA", True),
    (Calendar, "/available_timeslots", [], False),
    (Calendar, "/timeslot_increment", 15, True),
    (Calendar, "/timeslot_increment", "15", False),
]


@pytest.mark.parametrize(("kind", "pointer", "value", "taken"), SAID, ids=str)
def test_a_field_of_a_booking_may_say_this(kind: type[Any], pointer: str, value: Any, taken: bool) -> None:
    """BOOK-009, BOOK-017, BOOK-019, BOOK-021, BOOK-022, BOOK-024, BOOK-025, BOOK-026, BOOK-027, BOOK-031, BOOK-032.

    BOOK-033, BOOK-034, BOOK-040, BOOK-041: what others have too is as long as theirs.
    """
    words = WHOLE[kind]()
    inside, last = at(words, pointer)
    inside[last] = value
    if taken:
        CODECS[kind].decode(encoded(words), HEARING)
        return
    with pytest.raises((Unreadable, NotAPartyId)):
        CODECS[kind].decode(encoded(words), HEARING)


def test_a_plate_opens_a_gate_and_is_no_token() -> None:
    """BOOK-031, BOOK-034: LICENSE_PLATE is how one gets in, and none of the types of Tokens."""
    assert "LICENSE_PLATE" in set(AccessMethod) and "LICENSE_PLATE" not in set(TokenType)


def test_a_charge_that_was_booked_is_counted_as_every_other_of_2_3_0() -> None:
    """BOOK-040: in PARKING_TIME too, and in nothing that only the chapter's first edition counts."""
    session = CASES / "2.3.0" / "sessions" / "simple-session-example-of-a-short-finished-session.json"
    words = parsed(session.read_bytes()) | {"authorization_reference": booking()["authorization_reference"]}

    def counted(dimension: str) -> list[dict[str, Any]]:
        return [{"start_date_time": words["start_date_time"], "dimensions": [{"type": dimension, "volume": 1}]}]

    heard = CODECS[Session].convert(words | {"charging_periods": counted("PARKING_TIME")}, HEARING)
    said = parsed(CODECS[Session].encode(heard))
    assert (said["charging_periods"], said["authorization_reference"]) == (
        counted("PARKING_TIME"),
        booking()["authorization_reference"],
    )
    with pytest.raises(Unreadable, match="dimensions"):
        CODECS[Session].convert(words | {"charging_periods": counted("RESERVATION_OVERTIME")}, HEARING)


def at(words: Any, pointer: str) -> tuple[Any, str]:
    """(what the field is in, its name)."""
    *way, last = pointer.strip("/").split("/")
    inside = words
    for step in way:
        inside = inside[int(step)] if step.isdigit() else inside[step]
    return inside, last
