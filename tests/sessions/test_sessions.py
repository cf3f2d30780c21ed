"""A charge from the plug to its end, with everything a station can do to it."""

from datetime import timedelta
from decimal import Decimal

import pytest

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrClosed
from laddnav.db import stream
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.kit.energy import NO_ENERGY, Energy, wh
from laddnav.kit.money import Price
from laddnav.locations import actions as locations
from laddnav.locations.model import Station
from laddnav.locations.rules import NoStation
from laddnav.metering.model import Activity, DoubtKind, Measurand, Reading
from laddnav.readings import actions as readings
from laddnav.sessions import actions as sessions
from laddnav.sessions import rules
from laddnav.sessions.actions import Measurement
from laddnav.sessions.events import SessionAmended, SessionEnded
from laddnav.sessions.model import AuthMethod, CdrToken, Session, Status, StopReason
from laddnav.sessions.rules import AlreadyEnded, EvseBusy
from laddnav.tariffs import actions as tariffs
from laddnav.tariffs.model import Element, TariffDimension
from laddnav.tokens.model import Allowed, Authorization, TokenType
from tests.clock import SetClock
from tests.things import US, WHERE, component, settled, tariff, token

CARD = CdrToken(owner=US, uid="CARD1", type=TokenType.RFID, contract_id="SE-LAD-CCARD1")


@pytest.fixture
def hears() -> dict[type[Event], list[Listener]]:
    return {SessionEnded: [cdrs.close], SessionAmended: [cdrs.correct]}


class Charge:
    """Tells the installation what a station would, a minute of the set clock at a time."""

    def __init__(self, database: Database, clock: SetClock, station: Station) -> None:
        self.database, self.clock, self.station = database, clock, station
        self.id = ""

    async def begin(self, register: int | None = 1000, *, allowed: Allowed = Allowed.ALLOWED) -> Session:
        async with self.database.unit() as unit:
            session = await sessions.begin(
                unit,
                station=self.station,
                evse_no=1,
                uid="CARD1",
                given=Authorization(allowed=allowed, token=token()),
                at=self.clock.now(),
                register=None if register is None else wh(register),
            )
        self.id = session.id
        return session

    async def measure(self, *registers: int) -> Session:
        """One message a register, each ten minutes after the one before."""
        for register in registers:
            said = reading(self.clock.advance(timedelta(minutes=10)), register)
            async with self.database.unit() as unit:
                await sessions.measure(unit, [self.measurement(said)])
        return await self.session()

    def measurement(self, *said: Reading) -> Measurement:
        return Measurement(station=self.station, evse_no=1, session_id=self.id, readings=said)

    async def stop(self, register: int | None) -> Session:
        at = self.clock.advance(timedelta(minutes=10))
        async with self.database.unit() as unit:
            return await sessions.stop(
                unit,
                holder=US,
                session_id=self.id,
                at=at,
                register=None if register is None else wh(register),
                reason=StopReason.DRIVER,
            )

    async def session(self) -> Session:
        async with self.database.unit() as unit:
            return await sessions.fetch(unit, US, US, self.id)

    async def billed(self) -> list[Energy]:
        """By its CDRs in their order, less than nothing by one that takes back."""
        async with self.database.unit() as unit:
            found = [one for one in await cdrs.page(unit, US) if one.session_id == self.id]
        return [NO_ENERGY - one.energy if one.credit else one.energy for one in reversed(found)]

    async def doubts(self) -> list[DoubtKind]:
        async with self.database.unit() as unit:
            return [one.kind for one in await readings.doubts_of(unit, US, self.id) if one.settled_at is None]


def reading(at: object, register: int) -> Reading:
    return Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))  # type: ignore[arg-type]


@pytest.fixture
async def charge(database: Database, clock: SetClock) -> Charge:
    return Charge(database, clock, await settled(database))


async def test_a_charge_that_another_process_changed_goes_on_from_what_it_is_now(
    charge: Charge, database_url: str
) -> None:
    """What a process remembers of a charge holds only while nobody else has written it."""
    await charge.begin(1000)
    await charge.measure(2000, 3000)
    other = Charge(await Database.connect(database_url, clock=charge.clock), charge.clock, charge.station)
    other.id = charge.id
    await other.measure(6000)
    assert (await charge.measure(5000)).energy == wh(5000)
    assert await charge.doubts() == [DoubtKind.BACKWARD_REGISTER]
    assert (await charge.measure(7000)).energy == wh(6000)
    await other.database.close()


async def test_what_readings_moved_and_what_else_changed_are_one_charge(charge: Charge) -> None:
    """A reading writes only what it moves; whatever else happens to the charge writes it whole, with that in it."""
    begun = await charge.begin(1000)
    moved = await charge.measure(2000, 3000)
    assert (moved.energy, moved.place, moved.revision) == (wh(2000), begun.place, begun.revision + 2)
    assert moved.meter is not None and moved.tab is not None and begun.tab is not None
    assert (moved.meter.register, moved.tab.used, moved.tab.tariffs) == (wh(3000), wh(2000), begun.tab.tariffs)
    async with charge.database.unit() as unit:
        await sessions.mark(unit, charge.station, 1, Activity.SUSPENDED_EV, charge.clock.now())
    marked = await charge.session()
    assert (marked.energy, marked.tab, marked.last_updated) == (moved.energy, moved.tab, charge.clock.now())
    assert (await charge.measure(3000)).energy == wh(2000)
    assert (await charge.stop(4000)).energy == wh(3000)
    assert (await charge.session()).energy == wh(3000)


async def test_a_charge_is_metered_priced_and_closed_to_the_wh_and_the_ore(charge: Charge) -> None:
    """CDR-001: 12.345 kWh at 2.50 and 5.00 a charge, 25 % VAT on both."""
    await charge.begin(1000)
    running = await charge.measure(4000, 7000, 10000)
    assert running.energy == wh(9000)
    assert running.cost is not None
    assert running.cost.before_taxes == Decimal("27.50")
    done = await charge.stop(13345)
    assert (done.status, done.energy) == (Status.COMPLETED, wh(12345))
    await drain(charge.database)
    async with charge.database.unit() as unit:
        cdr = await cdrs.of_session(unit, US, US, charge.id)
    assert cdr is not None
    assert cdr.energy == wh(12345)
    assert cdr.costs.total.before_taxes == Decimal("35.86")  # 30.8625 + 5.00, rounded once
    assert cdr.costs.total.after_taxes == Decimal("44.83")
    assert {line.dimension: line.billed_volume for line in cdr.lines} == {
        "FLAT": Decimal(1),
        "ENERGY": Decimal("12.345"),
    }
    assert (await charge.session()).status is Status.COMPLETED
    assert await charge.doubts() == []


async def test_the_cost_a_driver_sees_at_the_end_is_the_cost_of_the_cdr(charge: Charge) -> None:
    await charge.begin(0)
    await charge.measure(1111, 2222, 3333)
    await charge.stop(4444)
    seen = (await charge.session()).cost
    await drain(charge.database)
    async with charge.database.unit() as unit:
        cdr = await cdrs.of_session(unit, US, US, charge.id)
    assert cdr is not None
    assert cdr.costs.total == seen


async def test_the_same_end_heard_again_closes_no_second_cdr(charge: Charge) -> None:
    await charge.begin()
    await charge.stop(2000)
    ended = SessionEnded(holder=US, owner=str(US), session_id=charge.id)
    for _ in range(3):
        await cdrs.close(charge.database, ended)
    async with charge.database.unit() as unit:
        assert await unit.value("select count(*) from cdr") == 1
        closings = [one for one in await stream.after(unit, "") if one.kind == CdrClosed.__name__]
    assert len(closings) == 1


async def test_the_same_reading_twice_is_one_reading(charge: Charge) -> None:
    await charge.begin(1000)
    said = reading(charge.clock.advance(timedelta(minutes=10)), 3000)
    for _ in range(2):
        async with charge.database.unit() as unit:
            await sessions.measure(unit, [charge.measurement(said), charge.measurement(said)])
    assert (await charge.session()).energy == wh(2000)
    async with charge.database.unit() as unit:
        assert await unit.value("select count(*) from reading") == 1
    assert await charge.doubts() == []


async def test_a_late_reading_is_put_right_when_the_charge_closes(charge: Charge) -> None:
    await charge.begin(1000)
    early = charge.clock.advance(timedelta(minutes=10))
    await charge.measure(5000)
    async with charge.database.unit() as unit:
        await sessions.measure(unit, [charge.measurement(reading(early, 2000))])
    assert await charge.doubts() == [DoubtKind.LATE_READING]
    await charge.stop(6000)
    await drain(charge.database)
    assert await charge.doubts() == []
    async with charge.database.unit() as unit:
        cdr = await cdrs.of_session(unit, US, US, charge.id)
    assert cdr is not None
    assert cdr.energy == wh(5000)


async def test_a_backward_register_is_a_doubt_not_a_credit(charge: Charge) -> None:
    await charge.begin(1000)
    session = await charge.measure(5000, 4000)
    assert session.energy == wh(4000)
    assert await charge.doubts() == [DoubtKind.BACKWARD_REGISTER]


async def test_a_stop_without_a_register_waits_for_it_and_then_bills_what_is_known(charge: Charge) -> None:
    await charge.begin(1000)
    await charge.measure(3000)
    assert (await charge.stop(None)).status is Status.SETTLING
    await sessions.settle_overdue(charge.database)
    assert (await charge.session()).status is Status.SETTLING
    charge.clock.advance(rules.SETTLE_WITHIN + timedelta(seconds=1))
    await sessions.settle_overdue(charge.database)
    await drain(charge.database)
    session = await charge.session()
    assert (session.status, session.energy) == (Status.COMPLETED, wh(2000))
    assert DoubtKind.STOP_UNKNOWN in await charge.doubts()


async def test_parking_begins_when_the_car_takes_no_more(charge: Charge) -> None:
    async with charge.database.unit() as unit:
        hourly = (component(TariffDimension.TIME, "6.00"), component(TariffDimension.PARKING_TIME, "60.00"))
        await tariffs.keep(unit, US, tariff(elements=(Element(components=hourly),), last_updated=charge.clock.now()))
    await charge.begin(0)
    await charge.measure(1000)
    async with charge.database.unit() as unit:
        await sessions.mark(unit, charge.station, 1, Activity.SUSPENDED_EV, charge.clock.now())
    await charge.stop(1000)
    await drain(charge.database)
    async with charge.database.unit() as unit:
        cdr = await cdrs.of_session(unit, US, US, charge.id)
    assert cdr is not None
    assert cdr.parking_time == timedelta(minutes=10)
    assert cdr.costs.parking is not None
    assert cdr.costs.parking.before_taxes == Decimal("10.00")
    assert cdr.costs.total == Price(Decimal("11.00"), cdr.costs.total.taxes)


async def test_a_driver_who_was_refused_is_never_billed(charge: Charge) -> None:
    session = await charge.begin(allowed=Allowed.BLOCKED)
    assert not session.allowed
    await charge.stop(9000)
    await drain(charge.database)
    assert (await charge.session()).status is Status.INVALID
    async with charge.database.unit() as unit:
        assert await unit.value("select count(*) from cdr") == 0


async def test_a_charge_is_stopped_once(charge: Charge) -> None:
    """SES-035."""
    await charge.begin()
    await charge.stop(2000)
    with pytest.raises(AlreadyEnded, match="COMPLETED"):
        await charge.stop(9000)
    assert (await charge.session()).energy == wh(1000)


async def test_a_new_charge_at_an_evse_ends_the_forgotten_one_with_a_doubt(charge: Charge) -> None:
    """LOC-060: it serves one vehicle at a time. Nobody knows when the first one left, and nobody pays for it."""
    first = await charge.begin(1000)
    heard_at = (await charge.measure(3000)).last_updated
    charge.clock.advance(timedelta(hours=1))
    await charge.begin(3500)
    async with charge.database.unit() as unit:
        forgotten = await sessions.fetch(unit, US, US, first.id)
        doubts = {one.kind for one in await readings.doubts_of(unit, US, first.id)}
    assert (forgotten.status, forgotten.energy, forgotten.ended_at) == (Status.SETTLING, wh(2000), heard_at)
    assert DoubtKind.OVERLAP in doubts


async def test_a_charge_whose_end_is_lost_is_closed_up_to_its_last_register_until_the_end_is_found(
    charge: Charge,
) -> None:
    await charge.begin(1000)
    heard_at = (await charge.measure(3000)).last_updated
    charge.clock.advance(timedelta(days=2))
    async with charge.database.unit() as unit:
        closed = await sessions.close_lost(unit, US, charge.id, by="Ada", why="the station was exchanged")
    assert (closed.status, closed.ended_at, closed.energy) == (Status.COMPLETED, heard_at, wh(2000))
    await drain(charge.database)
    assert await charge.billed() == [wh(2000)]
    assert await charge.doubts() == [DoubtKind.STOP_LOST]
    async with charge.database.unit() as unit:
        (doubt,) = await readings.doubts_of(unit, US, charge.id)
        assert doubt.detail == "closed by Ada: the station was exchanged"
        with pytest.raises(AlreadyEnded):
            await sessions.close_lost(unit, US, charge.id, by="Ada", why="once more")
    async with charge.database.unit() as unit:
        later, reason = heard_at + timedelta(minutes=5), StopReason.DRIVER
        await sessions.stop(unit, holder=US, session_id=charge.id, at=later, register=wh(3500), reason=reason)
    await drain(charge.database)
    assert await charge.billed() == [wh(2000), wh(-2000), wh(2500)]
    assert await charge.doubts() == []


async def test_a_pause_belongs_to_the_last_charge_that_had_begun_by_then(charge: Charge) -> None:
    """Where what a station kept for hours tells of several that its own words have not ended yet."""
    newer = await charge.begin(5000)
    charge.clock.advance(-timedelta(hours=2))
    older = await charge.begin(1000)
    pause = charge.clock.advance(timedelta(minutes=10))
    for at, session_id in ((pause, None), (pause + timedelta(hours=2), None), (pause, older.id)):
        async with charge.database.unit() as unit:
            await sessions.mark(unit, charge.station, 1, Activity.SUSPENDED_EV, at, session_id)
    async with charge.database.unit() as unit:
        marks = {
            one.id: [fact.at for fact in await readings.facts(unit, US, one.id)]
            for one in await sessions.under_way_at(unit, US, WHERE)
        }
    assert marks == {older.id: [pause], newer.id: [pause + timedelta(hours=2)]}


async def test_a_start_from_afar_waits_for_its_car(charge: Charge) -> None:
    """SES-021, SES-034: its start is when it was asked for, until the car is there."""
    async with charge.database.unit() as unit:
        asked = await sessions.request_start(unit, holder=US, token=CARD, evse=WHERE, reference="REF", command_id="C1")
    assert asked.status is Status.PENDING
    async with charge.database.unit() as unit:
        with pytest.raises(EvseBusy):
            await sessions.request_start(unit, holder=US, token=CARD, evse=WHERE)
    came = charge.clock.advance(timedelta(minutes=5))
    session = await charge.begin(1000)
    assert session.id == asked.id and (asked.started_at, session.started_at) == (came - timedelta(minutes=5), came)
    assert (session.status, session.auth_method) == (Status.ACTIVE, AuthMethod.COMMAND)
    assert (session.authorization_reference, session.command_id) == ("REF", "C1")


async def test_a_start_from_afar_is_that_start_also_where_the_station_clock_is_hours_behind(charge: Charge) -> None:
    async with charge.database.unit() as unit:
        asked = await sessions.request_start(unit, holder=US, token=CARD, evse=WHERE, command_id="C1")
    charge.clock.advance(timedelta(hours=-2))
    begun = await charge.begin()
    assert (begun.id, begun.token, begun.auth_method) == (asked.id, CARD, AuthMethod.COMMAND)


async def test_a_start_that_the_station_refuses_fails(charge: Charge) -> None:
    async with charge.database.unit() as unit:
        asked = await sessions.request_start(unit, holder=US, token=CARD, evse=WHERE, command_id="C1")
    async with charge.database.unit() as unit:
        await sessions.answer_start(unit, US, asked.id, "REJECTED")
    async with charge.database.unit() as unit:
        assert (await sessions.fetch(unit, US, US, asked.id)).status is Status.INVALID
        kinds = [one.kind for one in await stream.after(unit, "")]
    assert kinds[-2:] == ["SessionFailed", "StartAnswered"]


async def test_a_start_that_no_car_follows_expires(charge: Charge) -> None:
    async with charge.database.unit() as unit:
        asked = await sessions.request_start(unit, holder=US, token=CARD, evse=WHERE)
    charge.clock.advance(rules.START_WITHIN + timedelta(seconds=1))
    assert await sessions.settle_overdue(charge.database) == 1
    async with charge.database.unit() as unit:
        assert (await sessions.fetch(unit, US, US, asked.id)).status is Status.INVALID


async def test_a_start_needs_a_connected_station(charge: Charge) -> None:
    async with charge.database.unit() as unit:
        locations.disconnected(unit, charge.station, process="test")
    async with charge.database.unit() as unit:
        with pytest.raises(NoStation):
            await sessions.request_start(unit, holder=US, token=CARD, evse=WHERE)


async def test_a_tariff_that_changes_during_a_charge_does_not_change_the_charge(charge: Charge) -> None:
    await charge.begin(0)
    async with charge.database.unit() as unit:
        dear = (Element(components=(component(TariffDimension.ENERGY, "99"),)),)
        await tariffs.keep(unit, US, tariff(elements=dear, last_updated=charge.clock.now()))
    session = await charge.measure(1000)
    assert session.cost is not None
    assert session.cost.before_taxes == Decimal("7.50")


async def test_several_stations_of_one_tick_share_a_unit(charge: Charge) -> None:
    await charge.begin(0)
    other = Charge(charge.database, charge.clock, charge.station)
    async with charge.database.unit() as unit:
        session = await sessions.begin(
            unit,
            station=charge.station,
            evse_no=2,
            uid="CARD1",
            given=Authorization(allowed=Allowed.ALLOWED, token=token()),
            at=charge.clock.now(),
            register=wh(0),
        )
    other.id = session.id
    at = charge.clock.advance(timedelta(minutes=10))
    async with charge.database.unit() as unit:
        await sessions.measure(unit, [charge.measurement(reading(at, 500)), other.measurement(reading(at, 700))])
    assert (await charge.session()).energy == wh(500)
    assert (await other.session()).energy == wh(700)
