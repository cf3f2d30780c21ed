"""A booking from its question to its end, with us as the CPO; and how its Evse waits for the driver."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from laddnav.bookings import actions as bookings
from laddnav.bookings.actions import deciding, offering, waiting
from laddnav.bookings.model import (
    Booking,
    BookingLocation,
    BookingOption,
    BookingRequest,
    CanceledReason,
    Cancellation,
    RequestStatus,
    ReservationStatus,
)
from laddnav.bookings.rules import BookingOver, NothingToDecide, UnknownBooking, UnknownBookingLocation
from laddnav.cdrs import actions as cdrs
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import wh
from laddnav.kit.ids import EvseRef, PartyId
from laddnav.locations import actions as locations
from laddnav.locations.events import LocationChanged
from laddnav.parties.model import Role
from laddnav.reservations import actions as reservations
from laddnav.reservations.events import CancellationRequested, ReservationChanged
from laddnav.reservations.model import State
from laddnav.sessions import actions as sessions
from laddnav.sessions.events import SessionEnded, SessionFailed, SessionStarted
from laddnav.sessions.model import CdrToken, Session
from laddnav.sessions.rules import EvseBusy
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, Restriction, TariffDimension
from laddnav.tokens.model import Allowed, Authorization
from tests.bookings.offers import AN_HOUR, DRIVER, at, period, place, request, slot, terms
from tests.clock import SetClock
from tests.things import THEM, US, component, evse, location, settled, tariff
from tests.things import token as card

S = ReservationStatus
OTHER = CdrToken(owner=US, uid="CARD1", type="RFID", contract_id="SE-LAD-CCARD1")
TRAFFIC = Cancellation(reason=CanceledReason.TRAFFIC, by=Role.EMSP)
WHERE = EvseRef("LOC1", "EVSE1")


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {
        LocationChanged: [offering.location_changed],
        ReservationChanged: [waiting.reservation_went_on],
        SessionStarted: [reservations.session_went_on, waiting.session_went_on],
        SessionFailed: [reservations.session_went_on],
        SessionEnded: [cdrs.close],
    }


class Desk:
    """Offers what one Evse can do, asks as an eMSP would, and answers as the Station would."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock

    async def offer(self, *, by_hand: bool = False, **changes: object) -> None:
        async with self.database.unit() as unit:
            await offering.offer(unit, place(**changes), by_hand=by_hand)

    async def ask(self, wanted: BookingRequest | None = None, holder: PartyId = US) -> Booking:
        async with self.database.unit() as unit:
            return await deciding.take(unit, holder, wanted or request())

    async def now(self, booking: Booking) -> Booking:
        async with self.database.unit() as unit:
            return await bookings.by_ref(unit, booking.ref)

    async def told(self) -> BookingLocation:
        async with self.database.unit() as unit:
            found = await bookings.told(unit, US, "bl1")
        assert found is not None
        return found

    async def free(self) -> list[tuple[float, float]]:
        """By the hour."""
        return [
            ((one.begins_at - at(0)) / AN_HOUR, (one.ends_at - at(0)) / AN_HOUR)
            for calendar in (await self.told()).calendars
            for one in calendar.timeslots
        ]

    async def wait_until(self, hour: float) -> None:
        self.clock.set(at(hour))
        await waiting.look_after(self.database)
        await reservations.expire(self.database)
        await drain(self.database)

    async def keeps(self, booking: Booking, result: str = "ACCEPTED") -> None:
        """The Station answers to the reservation."""
        async with self.database.unit() as unit:
            number = (await bookings.by_ref(unit, booking.ref)).reservation
            assert number is not None
            await reservations.answer(unit, US, number, result, None)
        await drain(self.database)

    async def reservation(self, booking: Booking) -> State | None:
        async with self.database.unit() as unit:
            number = (await bookings.by_ref(unit, booking.ref)).reservation
            one = None if number is None else await reservations.numbered(unit, US, number)
            return None if one is None else one.state

    async def begin(self, token: CdrToken = DRIVER, evse_no: int = 1) -> Session:
        async with self.database.unit() as unit:
            session = await sessions.begin(
                unit,
                station=await locations.station(unit, "ST1"),
                evse_no=evse_no,
                uid=token.uid,
                given=Authorization(
                    allowed=Allowed.ALLOWED, token=card(token.uid, token.owner), asked=False, reference="walked up"
                ),
                at=unit.now,
                register=wh(1000),
            )
        await drain(self.database)
        return session

    async def announced(self, kind: type[Event]) -> int:
        async with self.database.unit() as unit:
            return int(await unit.value("select count(*) from event where kind = $1", kind.__name__))


@pytest.fixture
async def desk(database: Database, clock: SetClock) -> Desk:
    """One Evse that can be booked and reserved; an hour reserved costs 6.00, and a charge 2.50 a kWh."""
    await settled(database)
    async with database.unit() as unit:
        promised = tariff(
            elements=(
                Element(
                    components=(component(TariffDimension.TIME, "6.00"),),
                    restriction=Restriction(reservation="RESERVATION"),
                ),
                Element(components=(component(TariffDimension.ENERGY, "2.50"),)),
            ),
            last_updated=unit.now,
        )
        await tariffs.keep(unit, US, promised)
        only = evse("EVSE1", capabilities=("RESERVABLE",), last_updated=unit.now)
        await locations.keep(unit, US, location(evses=(only, evse("EVSE2", connectors=())), last_updated=unit.now))
    one = Desk(database, clock)
    await one.offer()
    return one


# Decided --------------------------------------------------------------------------------------------------------------


async def test_a_request_is_decided_at_once_and_takes_what_it_takes(desk: Desk) -> None:
    """BOOK-004, BOOK-005, BOOK-021, BOOK-025: what is booked is not free, and the Evse is named."""
    assert await desk.free() == [(9, 17)]
    booking = await desk.ask()
    assert (booking.status, booking.requests[0].status) == (S.RESERVED, RequestStatus.ACCEPTED)
    assert (booking.option, booking.evse_uid) == (BookingOption(evse_uid="EVSE1"), "EVSE1")
    assert (booking.authorization_reference, booking.tariff_ids) == ("AUTH1", ("T1",))
    assert await desk.free() == [(9, 10), (11, 17)]
    no = await desk.ask(request(10.5, 11.5, request_id="RQ2"))
    assert (no.status, no.requests[0].status) == (S.REJECTED, RequestStatus.DECLINED)
    assert no.requests[0].why == "Nothing of what is asked for is free at this time"
    assert (await desk.ask(request(11, 12, request_id="RQ3"))).status is S.RESERVED


async def test_the_very_same_request_is_answered_as_the_first_one_was(desk: Desk) -> None:
    """BOOK-007: and the same name of somebody else is another booking."""
    booking = await desk.ask()
    assert await desk.ask() == booking
    theirs = await desk.ask(request(12, 13, asked_by=PartyId("DE", "8AC")))
    assert theirs.id != booking.id and theirs.status is S.RESERVED


async def test_a_change_moves_the_booking_and_frees_what_it_had(desk: Desk) -> None:
    """BOOK-007, BOOK-008: one that cannot be met leaves it where it was."""
    booking = await desk.ask()
    await desk.ask(request(14, 15, request_id="RQ2"))
    no = await desk.ask(request(14, 14.5))
    assert (no.id, no.status, no.period) == (booking.id, S.RESERVED, booking.period)
    yes = await desk.ask(request(10.5, 11.5))
    assert (yes.id, yes.period) == (booking.id, slot(10.5, 11.5))
    assert [one.status for one in yes.requests] == [
        RequestStatus.ACCEPTED,
        RequestStatus.DECLINED,
        RequestStatus.ACCEPTED,
    ]
    assert await desk.free() == [(9, 10.5), (11.5, 14), (15, 17)]


async def test_what_is_cancelled_is_free_again_and_over(desk: Desk) -> None:
    """BOOK-009, BOOK-018."""
    await desk.ask()
    over = await desk.ask(request(canceled=TRAFFIC))
    assert (over.status, over.canceled) == (S.CANCELED, TRAFFIC)
    assert await desk.free() == [(9, 17)]
    with pytest.raises(BookingOver):
        await desk.ask(request(12, 13))
    with pytest.raises(UnknownBooking):
        await desk.ask(request(request_id="NEVER", canceled=TRAFFIC))
    with pytest.raises(UnknownBookingLocation):
        await desk.ask(request(request_id="RQ2", booking_location_id="BL9"))


async def test_of_many_who_ask_at_once_for_one_time_one_gets_it(desk: Desk) -> None:
    """BOOK-039."""
    answers = await asyncio.gather(*(desk.ask(request(request_id=f"RQ{number}")) for number in range(6)))
    assert sorted(one.status for one in answers) == [S.REJECTED] * 5 + [S.RESERVED]


async def test_the_schema_itself_has_one_evse_booked_once(desk: Desk) -> None:
    """BOOK-039: whoever forgets to look is stopped there."""
    booking = await desk.ask()
    copy = "insert into booking select (jsonb_populate_record(b, $1::jsonb)).* from booking b where ref = $2"
    with pytest.raises(Exception, match="booked_once"):
        async with desk.database.unit() as unit:
            await unit.execute(copy, '{"id_key": "another", "ref": "another", "request_key": "another"}', booking.ref)


async def test_a_person_decides_where_that_is_wanted(desk: Desk) -> None:
    """BOOK-005, BOOK-006, BOOK-033: until then nobody has an Evse, and others may be faster."""
    await desk.offer(by_hand=True)
    first, second = await desk.ask(), await desk.ask(request(10.5, 11.5, request_id="RQ2"))
    assert (first.status, first.option, first.evse_uid) == (S.PENDING, BookingOption(evse_uid="#NA"), None)
    async with desk.database.unit() as unit:
        assert (await deciding.accept(unit, second.ref)).status is S.RESERVED
        late = await deciding.accept(unit, first.ref)
        assert (late.status, late.pending) == (S.REJECTED, None)
        with pytest.raises(NothingToDecide):
            await deciding.accept(unit, first.ref)
    change = await desk.ask(request(12, 13, request_id="RQ2"))
    assert (change.status, change.requests[-1].status) == (S.RESERVED, RequestStatus.PENDING)
    async with desk.database.unit() as unit:
        no = await deciding.decline(unit, change.ref, "closed then")
    assert (no.status, no.requests[-1].why) == (S.RESERVED, "closed then")
    third = await desk.ask(request(14, 15, request_id="RQ3"))
    assert (await desk.ask(request(14, 15, request_id="RQ3", canceled=TRAFFIC))).status is S.CANCELED
    assert (await desk.now(third)).requests[0].status is RequestStatus.DECLINED


async def test_what_nobody_decides_in_time_has_failed(desk: Desk) -> None:
    """BOOK-018, BOOK-019."""
    await desk.offer(by_hand=True)
    booking = await desk.ask()
    await desk.wait_until(10)
    now = await desk.now(booking)
    assert (now.status, now.requests[0].status) == (S.FAILED, RequestStatus.FAILED)


async def test_we_can_call_off_what_we_promised(desk: Desk) -> None:
    """BOOK-010: at any time, and it says who and why."""
    booking = await desk.ask()
    async with desk.database.unit() as unit:
        now = await deciding.call_off(unit, booking.ref, CanceledReason.BROKEN_CHARGER)
        assert (now.status, now.canceled) == (
            S.CANCELED,
            Cancellation(reason=CanceledReason.BROKEN_CHARGER, by=Role.CPO),
        )
        with pytest.raises(BookingOver):
            await deciding.call_off(unit, booking.ref, CanceledReason.FULL)
    assert await desk.free() == [(9, 17)]


async def test_what_is_withdrawn_cannot_be_booked_and_what_is_booked_stays(desk: Desk) -> None:
    """BOOK-011: it has no status that could say so, so it is told without a Calendar."""
    booking = await desk.ask()
    async with desk.database.unit() as unit:
        (one,) = await bookings.offerings(unit, US)
        await offering.withdraw(unit, one)
    assert (await desk.told()).calendars == ()
    with pytest.raises(UnknownBookingLocation):
        await desk.ask(request(12, 13, request_id="RQ2"))
    assert (await desk.now(booking)).status is S.RESERVED


async def test_an_evse_that_is_gone_is_not_offered_any_more(desk: Desk) -> None:
    """BOOK-025."""
    before = (await desk.told()).last_updated
    desk.clock.advance(timedelta(minutes=1))
    async with desk.database.unit() as unit:
        await locations.keep(unit, US, location(evses=(evse("EVSE2", connectors=()),), last_updated=unit.now))
    await drain(desk.database)
    assert await desk.free() == [] and (await desk.told()).last_updated > before


# When its time comes --------------------------------------------------------------------------------------------------


async def test_the_evse_waits_for_the_driver_and_for_nobody_else(desk: Desk) -> None:
    """BOOK-020, BOOK-035: a start of another driver is refused; that of the right one fulfils the booking."""
    booking = await desk.ask()
    await desk.wait_until(9.9)
    assert await desk.reservation(booking) is None
    await desk.wait_until(10)
    assert await desk.reservation(booking) is State.ASKED
    await desk.keeps(booking)
    async with desk.database.unit() as unit:
        with pytest.raises(EvseBusy):
            await sessions.request_start(unit, holder=US, token=OTHER, evse=WHERE)
    desk.clock.set(at(10.25))
    began = await desk.begin()
    now = await desk.now(booking)
    assert (now.status, await desk.reservation(booking)) == (S.FULFILLED, State.USED)
    async with desk.database.unit() as unit:
        assert (await sessions.fetch(unit, US, US, began.id)).authorization_reference == "AUTH1"
    await desk.wait_until(10.5)
    assert (await desk.now(booking)).status is S.FULFILLED


async def test_waiting_costs_nothing_and_the_reference_is_in_the_cdr(desk: Desk) -> None:
    """BOOK-035: prices for reservations are not for bookings."""
    booking = await desk.ask()
    await desk.wait_until(10)
    await desk.keeps(booking)
    desk.clock.set(at(10.25))
    began = await desk.begin()
    desk.clock.set(at(11))
    async with desk.database.unit() as unit:
        await sessions.stop(unit, holder=US, session_id=began.id, at=unit.now, register=wh(11_000), reason="Local")
    await drain(desk.database)
    async with desk.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, US)
    assert cdr.authorization_reference == "AUTH1"
    assert cdr.costs.total.before_taxes == 25


async def test_who_walks_up_with_the_right_token_fulfils_the_booking_too(desk: Desk) -> None:
    """BOOK-020, BOOK-035: though the station kept nothing; nobody else does, nor at another time."""
    booking = await desk.ask()
    await desk.wait_until(9.5)
    early = await desk.begin()
    assert (await desk.now(booking)).status is S.RESERVED
    async with desk.database.unit() as unit:
        await sessions.stop(unit, holder=US, session_id=early.id, at=unit.now, register=wh(1001), reason="Local")
    await desk.wait_until(10)
    await desk.keeps(booking, "REJECTED")
    began = await desk.begin()
    assert (await desk.now(booking)).status is S.FULFILLED
    async with desk.database.unit() as unit:
        assert (await sessions.fetch(unit, US, US, began.id)).authorization_reference == "AUTH1"


async def test_who_does_not_come_in_time_is_not_awaited_any_longer(desk: Desk) -> None:
    """BOOK-020: then the Evse is free, also for being booked."""
    booking = await desk.ask()
    await desk.wait_until(10)
    await desk.keeps(booking)
    await desk.wait_until(10.3)
    assert (await desk.now(booking)).status is S.RESERVED
    await desk.wait_until(10.5)
    assert (await desk.now(booking)).status is S.NO_SHOW
    assert await desk.announced(CancellationRequested) == 1
    assert await desk.free() == [(9, 17)]


async def test_without_a_timeout_the_evse_waits_until_the_end(desk: Desk) -> None:
    """BOOK-029."""
    await desk.offer(terms=terms(noshow_timeout=None))
    booking = await desk.ask()
    await desk.wait_until(10)
    await desk.keeps(booking)
    await desk.wait_until(12)
    assert (await desk.now(booking)).status is S.RESERVED
    assert await desk.announced(CancellationRequested) == 0


async def test_a_station_that_does_not_keep_it_is_asked_again_a_minute_later(desk: Desk) -> None:
    booking = await desk.ask()
    await desk.wait_until(10)
    await desk.keeps(booking, "EVSE_OCCUPIED")
    await desk.wait_until(10.01)
    assert await desk.reservation(booking) is None
    await desk.wait_until(10.05)
    assert await desk.reservation(booking) is State.ASKED


async def test_where_somebody_still_charges_the_booking_waits_for_its_evse(desk: Desk) -> None:
    """BOOK-020: it is asked for again and again, and held once the other has left."""
    booking = await desk.ask()
    desk.clock.set(at(9.9))
    other = await desk.begin(OTHER)
    await desk.wait_until(10)
    assert await desk.reservation(booking) is None
    async with desk.database.unit() as unit:
        await sessions.stop(unit, holder=US, session_id=other.id, at=unit.now, register=wh(1001), reason="Local")
    await desk.wait_until(10.1)
    assert await desk.reservation(booking) is State.ASKED


async def test_what_is_moved_or_cancelled_while_it_is_held_is_let_go(desk: Desk) -> None:
    """BOOK-028, BOOK-010: what its terms still allow."""
    await desk.offer(terms=terms(change_until_minutes=terms().change_until_minutes * -2))
    booking = await desk.ask()
    await desk.wait_until(10)
    await desk.keeps(booking)
    moved = await desk.ask(request(12, 13))
    assert (moved.status, moved.period) == (S.RESERVED, slot(12, 13))
    assert await desk.announced(CancellationRequested) == 1
    assert await desk.reservation(booking) is None


async def test_a_yes_that_comes_when_the_booking_is_over_is_taken_back(desk: Desk) -> None:
    booking = await desk.ask()
    await desk.wait_until(10)
    async with desk.database.unit() as unit:
        await deciding.call_off(unit, booking.ref, CanceledReason.FULL)
    await desk.keeps(booking)
    assert await desk.announced(CancellationRequested) == 1


async def test_without_a_token_there_is_nobody_to_hold_it_for(desk: Desk) -> None:
    booking = await desk.ask(request(tokens=()))
    await desk.wait_until(10)
    assert (booking.status, await desk.reservation(booking)) == (S.RESERVED, None)


async def test_all_that_is_to_come_is_listed_in_order(desk: Desk) -> None:
    second, first = await desk.ask(request(14, 15)), await desk.ask(request(10, 11, request_id="RQ2"))
    await desk.ask(request(10, 11, request_id="RQ3"))
    async with desk.database.unit() as unit:
        assert [one.id for one in await bookings.upcoming(unit, US)] == [first.id, second.id]
        assert [one.id for one in await bookings.upcoming(unit, US, limit=1)] == [first.id]
        assert [one.id for one in await bookings.upcoming(unit, US, after=first.ref)] == [second.id]
        assert await bookings.upcoming(unit, US, location_id="ELSEWHERE") == []
        offered = await bookings.offerings(unit, US)
        assert await bookings.coming(unit, US, offered) == {one.ref: 2 for one in offered}
        assert await bookings.upcoming(unit, THEM) == []
        assert len(await bookings.page(unit, US, statuses=(S.REJECTED,))) == 1
        assert await bookings.named(unit, US, US, "rq2") == replace(first)
        assert await bookings.find(unit, US, US, "nothing") is None
    assert period(10, 11).length == AN_HOUR
