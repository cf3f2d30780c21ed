"""What may be booked, changed and cancelled when; which of several Evses; and what is left."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.bookings import rules, slots
from laddnav.bookings.model import (
    Booking,
    BookingOption,
    CanceledReason,
    Cancellation,
    RequestStatus,
    ReservationStatus,
    TimePeriod,
)
from laddnav.bookings.rules import BookingOver, NotAskedFor, NotOffered, Unexpected
from laddnav.bookings.slots import Kept
from laddnav.parties.model import Role
from tests.bookings.offers import AN_HOUR, DRIVER, NINE, at, calendar, period, place, request, slot, terms
from tests.things import THEM, connector, evse, location

S = ReservationStatus
NOW = NINE - AN_HOUR
TRAFFIC = Cancellation(reason=CanceledReason.TRAFFIC, by=Role.EMSP)


def asked(**changes: object) -> Booking:
    one = place(**changes)
    assert one.terms is not None
    return rules.asked(request(), one, one.terms, id="B1", ref="B1", now=NOW)


def reserved(**changes: object) -> Booking:
    return rules.granted(asked(**changes), evse(), place(**changes), NOW)


def says(booking: Booking, now: float = 8, *, again: Booking | None = None, **changes: object) -> str | None:
    """What speaks against the request, at that hour."""
    others = () if again is None else (again,)
    return rules.objection(booking, request(**changes), place(terms=booking.terms), others, at(now))  # type: ignore[arg-type]


def test_a_booking_becomes_what_the_lifecycle_says_and_nothing_else() -> None:
    """BOOK-017, BOOK-018: an end is an end."""
    meant = {
        *product([None], [S.PENDING, S.RESERVED, S.FAILED, S.REJECTED]),
        *product([S.PENDING], [S.RESERVED, S.FAILED, S.REJECTED, S.CANCELED]),
        *product([S.RESERVED], [S.FULFILLED, S.NO_SHOW, S.CANCELED, S.PENDING]),
    }
    assert {(before, after) for before, many in rules.MOVES.items() for after in many} == meant
    assert set(S) - rules.FINAL == {S.PENDING, S.RESERVED, S.UNKNOWN}
    for status in rules.FINAL:
        booking = replace(asked(), status=status)
        with pytest.raises(Unexpected):
            rules.moved(booking, S.RESERVED, NOW)
        with pytest.raises(BookingOver):
            rules.asked_again(booking, request(), NOW)
        with pytest.raises(BookingOver):
            rules.heard(booking, replace(booking, holder=THEM, status=S.RESERVED))
        assert rules.heard(booking, replace(booking, holder=THEM)).status is status


def test_a_change_that_waits_leaves_reserved_what_is_reserved() -> None:
    """BOOK-005, BOOK-008, BOOK-019: every request is kept with its own answer."""
    booking = rules.asked_again(reserved(), request(12, 13), NOW)
    assert booking.status is S.RESERVED and booking.pending is not None
    no = rules.declined(booking, "no", NOW)
    assert (no.status, no.period) == (S.RESERVED, reserved().period)
    yes = rules.granted(booking, evse("EVSE2"), place(), NOW)
    assert (yes.status, yes.period, yes.evse_uid) == (S.RESERVED, slot(12, 13), "EVSE2")
    assert [one.status for one in yes.requests] == [RequestStatus.ACCEPTED] * 2
    assert [one.status for one in no.requests] == [RequestStatus.ACCEPTED, RequestStatus.DECLINED]
    later = rules.asked_again(booking, request(14, 15), NOW)
    assert [one.status for one in later.requests][1:] == [RequestStatus.DECLINED, RequestStatus.PENDING]
    assert rules.failed(asked(), "nobody looked", NOW).status is S.FAILED
    over = rules.ended(booking, S.FULFILLED, NOW)
    assert [one.status for one in over.requests] == [RequestStatus.ACCEPTED, RequestStatus.FAILED]


def test_terms_say_until_when_a_booking_can_be_changed() -> None:
    """BOOK-028: at the limit it still can; `change_not_allowed` forbids it, whatever its description says."""
    assert says(reserved(), 9.5) is None
    assert says(reserved(), 9.6, begins=12, ends=13) is not None
    assert says(asked(), 9.6) is None
    assert says(reserved(terms=terms(change_not_allowed=True))) is not None
    assert says(reserved(terms=terms(change_not_allowed=False))) is None


def test_terms_say_until_when_a_booking_can_be_cancelled() -> None:
    """BOOK-009, BOOK-028: what nobody has granted can always be cancelled."""
    wanted = request(canceled=TRAFFIC)
    early = rules.cancelled(rules.asked_again(reserved(), wanted, at(9.5)), TRAFFIC, at(9.5))
    assert (early.status, early.canceled, early.requests[-1].status) == (S.CANCELED, TRAFFIC, RequestStatus.ACCEPTED)
    late = rules.cancelled(rules.asked_again(reserved(), wanted, at(9.6)), TRAFFIC, at(9.6))
    assert (late.status, late.canceled, late.requests[-1].status) == (S.RESERVED, None, RequestStatus.DECLINED)
    waiting = rules.cancelled(rules.asked_again(asked(), wanted, at(9.9)), TRAFFIC, at(9.9))
    assert waiting.status is S.CANCELED


def test_a_booking_is_as_long_as_the_terms_and_as_regular_as_the_calendar_say() -> None:
    """BOOK-030, BOOK-026: steps are counted from where the timeslot begins."""
    short = asked(terms=terms(min_booking_duration=Decimal(45), max_booking_duration=Decimal(90)))
    assert says(short, ends=10.75) is None and says(short, ends=11.5) is None
    assert says(short, ends=10.5) is not None and says(short, ends=11.75) is not None
    assert says(asked(), begins=10.25, ends=10.75) is None
    assert says(asked(), begins=10.1, ends=11.1) is not None and says(asked(), ends=10.6) is not None
    for begins, ends in ((8.5, 9.5), (16.5, 17.5), (11, 10), (7, 7.5)):
        assert says(asked(), begins=begins, ends=ends) is not None
    assert says(asked(), now=10.5) is not None
    assert says(asked(), location_id="ELSEWHERE") is not None


def test_more_power_than_there_is_cannot_be_booked() -> None:
    """BOOK-026: kilowatts are asked for, and watts are offered."""
    weak = place(calendars=(calendar(slot(9, 17, power_max=Decimal(22_000))),))
    assert rules.objection(asked(), request(power_required=22), weak, (), NOW) is None
    assert rules.objection(asked(), request(power_required=23), weak, (), NOW) is not None
    waiting = rules.asked_again(asked(), request(power_required=11), NOW)
    assert rules.granted(waiting, evse(), weak, NOW).period.power_max == 11_000
    assert rules.granted(rules.asked_again(asked(), request(), NOW), evse(), weak, NOW).period.power_max == 22_000


def test_whether_one_token_is_good_for_two_bookings_at_once_the_terms_say() -> None:
    """BOOK-028."""
    other = replace(reserved(), id="B2")
    strict = asked(terms=terms(overlapping_bookings_allowed=False))
    assert says(strict, again=other) is not None
    assert says(asked(), again=other) is None and says(strict, again=other, begins=11, ends=12) is None
    assert says(strict, again=other, tokens=(replace(DRIVER, uid="CARD9"),)) is None


def test_what_is_offered_says_what_it_is_on_which_terms_and_when() -> None:
    """BOOK-024: the text leaves open what nobody can do without."""
    assert rules.offerable(place()) == place()
    backwards, outside = calendar(slot(11, 10)), calendar(slot(40, 49))
    for wrong in ({"option": None}, {"terms": None}, {"calendars": (backwards,)}, {"calendars": (outside,)}):
        with pytest.raises(NotOffered):
            rules.offerable(place(**wrong))


def test_an_evse_is_bookable_where_it_is_all_that_is_asked_for() -> None:
    """BOOK-033: #NA is nobody's Evse."""
    plug = connector(standard="CHADEMO", format="CABLE", power_type="DC")
    here = location(evses=(evse(), evse("EVSE2", connectors=(plug,))))

    def fitting(**wanted: object) -> list[str]:
        return [one.uid for one in rules.bookable(here, place().option and BookingOption(**wanted), None)]  # type: ignore[arg-type]

    assert fitting() == fitting(evse_uid="#NA") == ["EVSE1", "EVSE2"]
    assert (
        fitting(evse_uid="evse2") == fitting(connector_types=("CHADEMO",)) == fitting(power_types=("DC",)) == ["EVSE2"]
    )
    assert fitting(connector_format=("SOCKET",)) == ["EVSE1"] and fitting(connector_id="7") == []


def kept(uid: str, begins: float, ends: float) -> Kept:
    return Kept(booking_id="B9", evse_uid=uid, period=period(begins, ends))


def test_what_is_booked_is_not_offered_any_more() -> None:
    """BOOK-025: pieces too short to be booked are not said, nor a Calendar without any."""
    one = (evse(),)
    left = slots.free([calendar()], one, [kept("evse1", 10, 11), kept("EVSE1", 16.75, 18)], timedelta(minutes=30))
    assert [two.timeslots for two in left] == [(slot(9, 10), slot(11, 16.75))]
    assert slots.free([calendar()], one, [kept("EVSE1", 9.25, 17)], timedelta(minutes=30)) == ()
    assert slots.free([calendar()], (), [], timedelta()) == ()


def test_what_one_car_can_have_is_free_at_one_evse() -> None:
    """BOOK-025: an hour here and the next one there are not two hours."""
    two, booked = (evse(), evse("EVSE2")), [kept("EVSE1", 10, 17), kept("EVSE2", 9, 10)]
    assert slots.free([calendar()], two, booked, timedelta())[0].timeslots == (slot(9, 10), slot(10, 17))
    assert slots.free([calendar()], two, booked[:1], timedelta())[0].timeslots == (slot(9, 17),)


hours = st.integers(0, 40).map(lambda quarters: 9 + quarters / 4)


@given(st.lists(st.tuples(st.sampled_from(["EVSE1", "EVSE2"]), hours, hours), max_size=5), hours, hours)
@settings(max_examples=60)
def test_what_is_said_to_be_free_can_be_had_and_nothing_else(
    taken: list[tuple[str, float, float]], begins: float, ends: float
) -> None:
    """BOOK-039: a period lies in a free Timeslot exactly where an Evse is found for it."""
    evses = (evse(), evse("EVSE2"))
    booked = [kept(uid, *sorted(both)) for uid, *both in taken if both[0] != both[1]]
    wanted = period(min(begins, ends), max(begins, ends) + 0.25)
    free = slots.free([calendar(increment=None)], evses, booked, timedelta())
    offered = slots.offered_at([calendar()], wanted) is not None
    found = slots.free_evse(evses, booked, wanted)
    assert (slots.offered_at(free, wanted) is not None) == (offered and found is not None)


def test_the_evse_of_before_is_preferred() -> None:
    assert slots.free_evse((evse(), evse("EVSE2")), [], period(9, 10), "evse2") == evse("EVSE2")
    assert slots.free_evse((evse(), evse("EVSE2")), [kept("EVSE2", 9, 10)], period(9, 10), "EVSE2") == evse()


def test_a_booking_at_the_end_of_all_time_is_declined_like_any_other() -> None:
    """BOOK-030: and terms that say absurd numbers mean never, or always."""
    ends = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    absurd = terms(**dict.fromkeys(("early_start_time", "noshow_timeout"), Decimal("9e99")), early_start_allowed=True)
    for begins_at in ends:
        wanted = replace(request(), period=TimePeriod(begins_at=begins_at, ends_at=begins_at))
        booking = rules.asked(wanted, place(), absurd, id="B1", ref="B1", now=NOW)
        assert rules.objection(booking, wanted, place(), (), NOW) is not None
        assert rules.hold_from(booking) <= begins_at
        assert rules.no_show_at(booking) == begins_at
        assert rules.cancelled(booking, TRAFFIC, NOW).status is S.CANCELED
    assert rules.minutes(Decimal("-9e99")) < timedelta() and says(asked(), power_required=-1) is not None


def test_what_somebody_else_asked_for_is_not_heard() -> None:
    """BOOK-003, BOOK-012."""
    with pytest.raises(NotAskedFor):
        rules.heard(None, reserved())
    mine = replace(reserved(), holder=request().asked_by)
    assert rules.heard(None, mine) == mine


def test_without_a_timeout_nobody_is_ever_late() -> None:
    """BOOK-029: and an early start is awaited early."""
    patient = reserved(terms=terms(noshow_timeout=None))
    assert rules.no_show_at(patient) is None and rules.no_show_at(reserved()) == at(10) + timedelta(minutes=20)
    assert rules.hold_from(reserved()) == at(10)
    early = reserved(terms=terms(early_start_allowed=True, early_start_time=Decimal(15)))
    assert rules.hold_from(early) == at(9.75)
    never = reserved(terms=terms(early_start_allowed=False, early_start_time=Decimal(15)))
    assert rules.hold_from(never) == at(10)
