"""A fleet on a real database: kept, recognised, watched, swapped, and what it spends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec import Struct
from msgspec.structs import replace

from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.events import CdrAccepted, CdrClosed, CdrReceived
from laddnav.db import stream
from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.fleets import actions as fleets
from laddnav.fleets.actions.standing import board
from laddnav.fleets.model import Cause, Fleet, How, Light, Outlook, Vehicle
from laddnav.fleets.rules import NotSwappable, SignTaken, Unfit, UnknownVehicle
from laddnav.fleets.tables import Faults
from laddnav.fleets.written_departures import DepartureSaid
from laddnav.fleets.written_vehicles import VehicleSaid
from laddnav.kit import json
from laddnav.kit.energy import NO_ENERGY, kwh, wh
from laddnav.kit.ids import PartyId
from laddnav.locations import actions as locations
from laddnav.locations.model import Station, Status
from laddnav.metering.model import Measurand, Reading
from laddnav.sessions import actions as sessions
from laddnav.sessions.actions import Measurement
from laddnav.sessions.events import SessionEnded, SessionFailed, SessionStarted
from laddnav.sessions.model import CdrToken, Session, StopReason, Voice
from laddnav.sessions.model import Status as SessionStatus
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Allowed, Authorization
from tests.clock import SetClock
from tests.fleets.vans import departure_said, vehicle_said
from tests.things import THEM, US, settled, token

EVENING = datetime(2026, 11, 23, 18, tzinfo=UTC)  # Monday, 19:00 at the depot
SIX = datetime(2026, 11, 24, 5, tzinfo=UTC)
TUESDAY = date(2026, 11, 24)
HOUR = timedelta(hours=1)


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {
        SessionStarted: [fleets.vehicle_plugged_in],
        SessionEnded: [cdrs.close, fleets.vehicle_unplugged],
        SessionFailed: [fleets.vehicle_unplugged],
        CdrClosed: [fleets.count],
        CdrReceived: [cdrs.check],
        CdrAccepted: [fleets.count],
    }


class Told(Struct):
    """What of an announcement about a departure is looked at here."""

    cause: str


class Desk:
    """Whoever looks after the vans of Nordpost, and the cards that they show at the station."""

    def __init__(self, database: Database, clock: SetClock, station: Station, fleet: Fleet) -> None:
        self.database, self.clock, self.station, self.ref = database, clock, station, fleet.ref

    async def fleet(self) -> Fleet:
        async with self.database.unit() as unit:
            return await fleets.by_ref(unit, self.ref)

    async def add(self, said: VehicleSaid) -> Vehicle:
        async with self.database.unit() as unit:
            return await fleets.keep_vehicle(unit, self.ref, said)

    async def leaves(self, said: DepartureSaid) -> None:
        async with self.database.unit() as unit:
            await fleets.keep_departure(unit, self.ref, said)

    async def tell(self, vehicle: Vehicle, percent: int) -> None:
        async with self.database.unit() as unit:
            await fleets.tell(unit, await fleets.by_ref(unit, self.ref), vehicle.ref, percent=Decimal(percent))

    async def plug_in(self, uid: str = "CARD1", evse_no: int = 1, register: int = 0) -> Session:
        async with self.database.unit() as unit:
            session = await sessions.begin(
                unit,
                station=self.station,
                evse_no=evse_no,
                uid=uid,
                given=Authorization(allowed=Allowed.ALLOWED, token=token(uid)),
                at=self.clock.now(),
                register=wh(register),
            )
        await drain(self.database)
        return session

    async def measure(self, session: Session, register: int, percent: int | None = None) -> None:
        at = self.clock.now()
        said = [Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(register))]
        if percent is not None:
            said.append(Reading(at=at, measurand=Measurand.STATE_OF_CHARGE, value=Decimal(percent), location="EV"))
        one = Measurement(station=self.station, evse_no=1, session_id=session.id, readings=tuple(said))
        async with self.database.unit() as unit:
            await sessions.measure(unit, [one])
        await drain(self.database)

    async def unplug(self, session: Session, register: int) -> None:
        async with self.database.unit() as unit:
            await sessions.stop(
                unit,
                holder=US,
                session_id=session.id,
                at=self.clock.now(),
                register=wh(register),
                reason=StopReason.EV_DISCONNECTED,
            )
        await drain(self.database)

    async def session(self, one: Session) -> Session:
        async with self.database.unit() as unit:
            return await sessions.fetch(unit, US, US, one.id)

    async def looks(self) -> list[Outlook]:
        async with self.database.unit() as unit:
            return [*(await board(unit, await fleets.by_ref(unit, self.ref))).outlooks]

    async def next_look(self, at: datetime) -> list[str]:
        """What is announced about departures when somebody looks then, with its cause."""
        self.clock.set(at)
        async with self.database.unit() as unit:
            cursor = await stream.newest(unit)
        await fleets.look_after(self.database)
        async with self.database.unit() as unit:
            return [
                f"{one.kind} {json.decode(one.body, Told).cause}"
                for one in await stream.after(unit, cursor)
                if one.kind.startswith("Departure")
            ]

    async def spent(self, month: date = date(2026, 11, 1)) -> list[tuple[str | None, int, Decimal, Decimal]]:
        async with self.database.unit() as unit:
            found = await fleets.month(unit, await fleets.by_ref(unit, self.ref), month)
        return [(one.cost_centre, one.charges, one.energy.kwh.normalize(), one.cost.normalize()) for one in found]


@pytest.fixture
async def desk(database: Database, clock: SetClock) -> Desk:
    station = await settled(database)
    async with database.unit() as unit:
        await tokens.keep(unit, US, token("CARD2"))
        fleet = await fleets.found(unit, US, name="Nordpost", customer="Nordpost AB", by="a test")
        await fleets.add_depot(unit, fleet.ref, id="GBG", name="", location_id="loc1")
        await fleets.add_cost_centre(unit, fleet.ref, code="4010", name="Post")
        await fleets.add_cost_centre(unit, fleet.ref, code="4020", name="Parcels")
    clock.set(EVENING)
    return Desk(database, clock, station, fleet)


async def test_a_depot_is_removed_once_no_vehicle_belongs_to_it(desk: Desk) -> None:
    one = await desk.add(vehicle_said())
    async with desk.database.unit() as unit:
        with pytest.raises(Unfit, match=r"depot: vehicles belong to GBG \(V1\)"):
            await fleets.remove_depot(unit, desk.ref, "gbg")
        with pytest.raises(Unfit, match="depot: 'NOWHERE' is no depot of this fleet"):
            await fleets.remove_depot(unit, desk.ref, "NOWHERE")
    async with desk.database.unit() as unit:
        await fleets.remove_vehicle(unit, await fleets.by_ref(unit, desk.ref), one.ref)
    async with desk.database.unit() as unit:
        assert (await fleets.remove_depot(unit, desk.ref, "gbg")).depots == ()
    async with desk.database.unit() as unit:
        assert (await fleets.by_ref(unit, desk.ref)).depots == ()


# Kept -----------------------------------------------------------------------------------------------------------------


async def test_a_vehicle_is_kept_with_what_it_is_recognised_by_and_no_other_has_that(desk: Desk) -> None:
    one = await desk.add(vehicle_said(cards="CARD1", evccids="VID:00-1A-2B-3C-4D-5E"))
    assert [str(sign.value) for sign in one.signs] == ["CARD1", "001A2B3C4D5E"]
    with pytest.raises(SignTaken, match="is vehicle 'V1' already"):
        await desk.add(vehicle_said("V2", evccids="001a2b3c4d5e"))
    again = await desk.add(vehicle_said("v1", cards="CARD2", name="Post 1"))
    assert again.ref == one.ref
    await desk.add(vehicle_said("V2", cards="card1"))


async def test_who_pays_changes_from_a_day_on_and_what_was_before_stays(desk: Desk) -> None:
    one = await desk.add(vehicle_said(cost_centre="4010"))
    async with desk.database.unit() as unit:
        fleet = await fleets.by_ref(unit, desk.ref)
        one = await fleets.pay(unit, fleet, one.ref, code="4020", since=date(2026, 12, 1))
    assert (await desk.add(vehicle_said(name="Ida"))).paid == one.paid
    assert (await desk.add(vehicle_said(cost_centre="-"))).paid == ()
    assert [one.cost_centre(date(2026, 11, day)) for day in (22, 23, 30)] == [None, "4010", "4010"]
    assert one.cost_centre(date(2026, 12, 1)) == "4020"


async def test_a_table_is_taken_whole_or_not_at_all(desk: Desk) -> None:
    await desk.add(vehicle_said(cards="CARD1"))
    head = "id,battery_kwh,ac_amps,kwh_per_100_km,cards,depot,cost_centre\n"
    async with desk.database.unit() as unit:
        with pytest.raises(Faults) as refused:
            await fleets.take_vehicles(
                unit,
                desk.ref,
                head + "V1,60,16,20,,,\nV2,60,16,20,CARD2,MALMÖ,\nV3,60,16,20,CARD2,,9\nV3,0,16,20,card2,,\n",
            )
    assert [(one.line, one.column) for one in refused.value.faults] == [
        (3, "depot"),
        (4, "cost_centre"),
        (5, "battery_kwh"),
    ]
    async with desk.database.unit() as unit:
        with pytest.raises(Faults, match="line 3, cards: 'CARD2' is vehicle 'V2' already"):
            await fleets.take_vehicles(unit, desk.ref, head + "V2,60,16,20,CARD2,,\nV3,60,16,20,card2 CARD2,,\n")
    async with desk.database.unit() as unit:
        rows = head + "V1,60,16,20,,,\nV2,60,16,20,CARD1,,\n"
        tried = await fleets.take_vehicles(unit, desk.ref, rows, preview=True)
        assert (tried.new, tried.changed, tried.same) == (1, 1, 0)
        assert len(await fleets.vehicles(unit, await fleets.by_ref(unit, desk.ref))) == 1
        done = await fleets.take_vehicles(unit, desk.ref, rows)
        assert (done.new, done.changed, done.same) == (1, 1, 0)
    async with desk.database.unit() as unit:
        fleet = await fleets.by_ref(unit, desk.ref)
        again = await fleets.take_vehicles(unit, desk.ref, await fleets.vehicles_as_table(unit, fleet))
        assert (again.new, again.changed, again.same) == (0, 0, 2)


async def test_a_timetable_is_taken_whole_and_says_what_a_vehicle_cannot_do(desk: Desk) -> None:
    await desk.add(vehicle_said())
    head = "id,vehicle,days,at,back,need\n"
    async with desk.database.unit() as unit:
        with pytest.raises(Faults) as refused:
            await fleets.take_departures(unit, desk.ref, head + "D1,V1,Mon-Fri,25:00,,150 km\nD2,V9,daily,6:00,,1 km\n")
        assert [str(one).partition(":")[0] for one in refused.value.faults] == ["line 2, at", "line 3, vehicle"]
        with pytest.raises(Faults, match=r"line 2, need: 300 km is more than V1 can have: 54 kWh .*, 270 km"):
            await fleets.take_departures(unit, desk.ref, head + "D1,V1,Mon-Fri,6:00,,300 km\n")
        taken = await fleets.take_departures(unit, desk.ref, head + "D1,V1,Mon-Fri,6:00,14:00,150 km\n")
        assert taken.new == 1
    async with desk.database.unit() as unit:
        fleet = await fleets.by_ref(unit, desk.ref)
        again = await fleets.take_departures(unit, desk.ref, await fleets.departures_as_table(unit, fleet))
        assert (again.new, again.same) == (0, 1)


async def test_a_removed_vehicle_leaves_no_more_and_frees_its_card(desk: Desk) -> None:
    one = await desk.add(vehicle_said(cards="CARD1"))
    await desk.leaves(departure_said())
    async with desk.database.unit() as unit:
        fleet = await fleets.by_ref(unit, desk.ref)
        await fleets.remove_vehicle(unit, fleet, one.ref)
    assert await desk.looks() == []
    async with desk.database.unit() as unit:
        with pytest.raises(UnknownVehicle):
            await fleets.vehicle(unit, fleet, one.ref)
    await desk.add(vehicle_said(cards="CARD1"))


async def test_a_departure_that_is_called_off_is_not_on_that_day(desk: Desk) -> None:
    await desk.add(vehicle_said())
    await desk.leaves(departure_said())
    async with desk.database.unit() as unit:
        fleet = await fleets.by_ref(unit, desk.ref)
        (one,) = await fleets.departures(unit, fleet)
        await fleets.call_off(unit, fleet, one.ref, TUESDAY)
        with pytest.raises(Unfit, match="not on 2026-11-24 anyway"):
            await fleets.call_off(unit, fleet, one.ref, TUESDAY)
    assert [one.trip.on for one in await desk.looks()] == [date(2026, 11, 25)]


# Recognised -----------------------------------------------------------------------------------------------------------


async def test_a_vehicle_that_charges_is_told_to_the_plan_with_its_departure_and_what_it_lacks(desk: Desk) -> None:
    van = await desk.add(vehicle_said(cards="card1"))
    await desk.leaves(departure_said())
    await desk.tell(van, 50)
    session = await desk.session(await desk.plug_in())
    (said,) = session.preferred
    assert (said.by, said.wants.departs_at) == (Voice.FLEET, SIX)
    assert said.wants.energy == kwh(8)  # 36 less 28.8 that are surely in it, and a tenth more for the losses
    (looks,) = [one for one in await desk.looks() if one.trip.on == TUESDAY]
    assert looks.readiness.light is Light.WILL_BE_READY
    assert looks.plugged is not None


async def test_a_car_is_known_by_its_own_address_and_by_its_contract(desk: Desk) -> None:
    await desk.add(vehicle_said(evccids="00:1A:2B:3C:4D:5E"))
    await desk.add(vehicle_said("V2", contracts="SE*LAD*CCARD2"))
    await desk.plug_in("VID:001A2B3C4D5E")
    await desk.plug_in("CARD2", evse_no=2)
    async with desk.database.unit() as unit:
        seen = await board(unit, await fleets.by_ref(unit, desk.ref))
    vans = {seen.standings[ref].vehicle.id: one.token.uid for ref, one in seen.sessions.items()}
    assert vans == {"V1": "VID:001A2B3C4D5E", "V2": "CARD2"}


async def test_what_a_charge_gave_stays_in_the_battery_and_a_trip_takes_it_out(desk: Desk) -> None:
    van = await desk.add(vehicle_said(cards="CARD1"))
    await desk.leaves(departure_said())
    await desk.tell(van, 50)
    session = await desk.plug_in()
    desk.clock.advance(2 * HOUR)
    await desk.measure(session, 10_000)
    assert (await desk.looks())[0].content.energy == kwh(39)
    await desk.unplug(session, 12_000)
    content = (await desk.looks())[0].content
    assert (content.energy, content.how, content.charged) == (kwh("40.8"), How.COUNTED, NO_ENERGY)
    desk.clock.set(SIX + HOUR)
    content = (await desk.looks())[0].content
    assert (content.energy, content.how) == (kwh("10.8"), How.ESTIMATED)


async def test_a_state_of_charge_that_the_car_tells_counts_more_than_a_guess(desk: Desk) -> None:
    await desk.add(vehicle_said(cards="CARD1"))
    await desk.leaves(departure_said())
    session = await desk.plug_in()
    desk.clock.advance(HOUR)
    await desk.measure(session, 1_000, percent=70)
    (looks, *_) = await desk.looks()
    assert (looks.content.energy, looks.content.how) == (kwh(42), How.TOLD)
    assert looks.readiness.light is Light.READY


async def test_a_broken_charger_and_a_station_that_is_away_are_seen(desk: Desk) -> None:
    van = await desk.add(vehicle_said(cards="CARD1"))
    await desk.leaves(departure_said())
    await desk.tell(van, 10)
    await desk.plug_in()
    async with desk.database.unit() as unit:
        await locations.report_status(unit, US, US, "LOC1", "EVSE1", Status.OUTOFORDER, unit.now)
    (looks, *_) = await desk.looks()
    assert looks.readiness.cause is Cause.CHARGER_BROKEN
    assert looks.readiness.plug_by is not None  # the other Evse works
    async with desk.database.unit() as unit:
        locations.disconnected(unit, desk.station, process="test")
    (looks, *_) = await desk.looks()
    assert (looks.readiness.cause, looks.readiness.plug_by) == (Cause.CHARGER_BROKEN, None)


# Watched --------------------------------------------------------------------------------------------------------------


async def test_a_departure_at_risk_is_told_once_early_enough_and_again_when_it_is_saved(desk: Desk) -> None:
    van = await desk.add(vehicle_said(cards="CARD1"))
    await desk.leaves(departure_said())
    await desk.tell(van, 10)
    (looks, *_) = await desk.looks()
    assert looks.readiness.plug_by is not None
    assert await desk.next_look(looks.readiness.plug_by - 2 * HOUR) == []
    assert await desk.next_look(looks.readiness.plug_by - HOUR / 4) == ["DepartureAtRisk NOT_PLUGGED_IN"]
    assert await desk.next_look(looks.readiness.plug_by - HOUR / 5) == []
    async with desk.database.unit() as unit:
        (alert,) = await fleets.at_risk(unit, US)
    assert alert.act_by == looks.readiness.plug_by
    session = await desk.plug_in()
    async with desk.database.unit() as unit:
        assert await fleets.at_risk(unit, US) == []
        (alert,) = await fleets.alerts(unit, await fleets.by_ref(unit, desk.ref))
    assert alert.cured_at == desk.clock.now()
    assert (await desk.session(session)).preferred != ()


async def test_a_departure_that_nobody_saved_is_missed_and_told_so(desk: Desk) -> None:
    van = await desk.add(vehicle_said())
    await desk.leaves(departure_said())
    await desk.tell(van, 10)
    assert await desk.next_look(SIX - HOUR) == ["DepartureAtRisk NOT_PLUGGED_IN"]
    assert await desk.next_look(SIX) == ["DepartureMissed NOT_PLUGGED_IN"]
    assert await desk.next_look(SIX + HOUR) == []
    async with desk.database.unit() as unit:
        (missed,) = (await board(unit, await fleets.by_ref(unit, desk.ref))).missed
    assert missed.missed_at == SIX


async def test_what_the_fleet_says_again_is_said_only_where_it_makes_a_difference(desk: Desk) -> None:
    van = await desk.add(vehicle_said(cards="CARD1"))
    await desk.leaves(departure_said())
    await desk.tell(van, 20)
    session = await desk.plug_in()
    for minutes, register in ((30, 5_000), (60, 10_000)):
        desk.clock.set(EVENING + timedelta(minutes=minutes))
        await desk.measure(session, register)
        await fleets.look_after(desk.database)
    assert len((await desk.session(session)).preferred) == 1
    await desk.leaves(departure_said(at="05:00"))
    await fleets.look_after(desk.database)
    first, second = (await desk.session(session)).preferred
    assert (second.wants.departs_at, second.by) == (SIX - HOUR, Voice.FLEET)
    assert first.wants.departs_at == SIX


async def test_a_full_van_is_proposed_and_leaves_instead(desk: Desk) -> None:
    empty, full = await desk.add(vehicle_said()), await desk.add(vehicle_said("V2"))
    await desk.leaves(departure_said())
    await desk.tell(empty, 10)
    await desk.tell(full, 90)
    assert await desk.next_look(SIX - HOUR) == ["DepartureAtRisk NOT_PLUGGED_IN"]
    (looks, *_) = await desk.looks()
    assert [one.vehicle for one in looks.swaps] == [full.ref]
    assert looks.act_by == SIX - HOUR / 4
    async with desk.database.unit() as unit:
        fleet = await fleets.by_ref(unit, desk.ref)
        await fleets.swap(unit, fleet, looks.trip.departure, TUESDAY, full.ref, by="a test")
    assert await desk.next_look(SIX - HOUR / 2) == ["DepartureSaved NOT_PLUGGED_IN"]
    (looks, *_) = await desk.looks()
    assert (looks.vehicle.ref, looks.trip.swapped_for, looks.readiness.light) == (full.ref, empty.ref, Light.READY)
    async with desk.database.unit() as unit:
        await fleets.unswap(unit, fleet, looks.trip.departure, TUESDAY, by="a test")
    assert (await desk.looks())[0].vehicle.ref == empty.ref


async def test_two_vans_exchange_where_the_other_has_to_leave_itself(desk: Desk) -> None:
    one, two = await desk.add(vehicle_said()), await desk.add(vehicle_said("V2"))
    small = await desk.add(vehicle_said("V3", battery_kwh=Decimal(20)))
    await desk.leaves(departure_said())
    await desk.leaves(departure_said("D2", "V2", at="10:00"))
    async with desk.database.unit() as unit:
        fleet = await fleets.by_ref(unit, desk.ref)
        first, _ = await fleets.departures(unit, fleet)
        with pytest.raises(NotSwappable, match="battery is too small"):
            await fleets.swap(unit, fleet, first.ref, TUESDAY, small.ref, by="a test")
        made = await fleets.swap(unit, fleet, first.ref, TUESDAY, two.ref, by="a test")
    assert [each.vehicle for each in made] == [two.ref, one.ref]
    leaving = [(each.trip.id, each.vehicle.id) for each in await desk.looks() if each.trip.on == TUESDAY]
    assert leaving == [("D1", "V2"), ("D2", "V1")]


# Spent ----------------------------------------------------------------------------------------------------------------


async def test_what_a_vehicle_charged_is_on_the_cost_centre_of_the_day(desk: Desk) -> None:
    """2.50 SEK a kWh and 5 SEK a charge, before taxes."""
    await desk.add(vehicle_said(cards="CARD1", cost_centre="4010"))
    session = await desk.plug_in()
    desk.clock.advance(HOUR)
    await desk.unplug(session, 10_000)
    assert await desk.spent() == [("4010", 1, Decimal(10), Decimal(30))]
    await desk.add(vehicle_said(cards="CARD1", cost_centre="4020"))
    assert await desk.spent() == [("4010", 1, Decimal(10), Decimal(30))]
    desk.clock.advance(timedelta(days=1))
    session = await desk.plug_in(register=10_000)
    desk.clock.advance(HOUR)
    await desk.unplug(session, 12_000)
    assert await desk.spent() == [("4010", 1, Decimal(10), Decimal(30)), ("4020", 1, Decimal(2), Decimal(10))]
    assert await desk.spent(date(2026, 12, 1)) == []


async def test_a_cdr_that_is_taken_back_costs_nothing(desk: Desk) -> None:
    await desk.add(vehicle_said(cards="CARD1", cost_centre="4010"))
    session = await desk.plug_in()
    desk.clock.advance(HOUR)
    await desk.unplug(session, 10_000)
    async with desk.database.unit() as unit:
        (cdr,) = await cdrs.page(unit, US)
        await cdrs.credit(unit, cdr.ref, by="a test", why="a mistake")
    await drain(desk.database)
    assert await desk.spent() == [("4010", 0, Decimal(0), Decimal(0))]


async def test_a_charge_with_a_partner_counts_by_its_token_even_if_no_session_was_told(desk: Desk) -> None:
    await desk.add(vehicle_said(cards="CARD1", cost_centre="4010"))
    session = await desk.plug_in()
    desk.clock.advance(HOUR)
    await desk.unplug(session, 10_000)
    async with desk.database.unit() as unit:
        (ours,) = await cdrs.page(unit, US)
        theirs = replace(ours, owner=THEM, id="ROAM1", ref=unit.new_id(), session_id=None, lines=())
        await cdrs.receive(unit, theirs, b"{}")
    await drain(desk.database)
    async with desk.database.unit() as unit:
        for review in await cdrs.disputes(unit, US):
            await cdrs.accept(unit, review.ref, by="a test", why="a test")
    await drain(desk.database)
    async with desk.database.unit() as unit:
        (sums,) = await fleets.month(unit, await fleets.by_ref(unit, desk.ref), date(2026, 11, 1))
    assert (sums.charges, sums.energy, sums.roamed, sums.cost.normalize()) == (2, kwh(20), kwh(10), Decimal(60))


async def test_a_partners_session_fills_the_battery_too(desk: Desk) -> None:
    van = await desk.add(vehicle_said(cards="CARD1"))
    await desk.leaves(departure_said())
    await desk.tell(van, 20)
    async with desk.database.unit() as unit:
        theirs = Session(
            holder=US,
            owner=THEM,
            id="ROAM1",
            ref=unit.new_id(),
            status=SessionStatus.ACTIVE,
            token=CdrToken(owner=US, uid="CARD1", type="RFID", contract_id="SE-LAD-CCARD1"),
            auth_method="WHITELIST",  # type: ignore[arg-type]  # as it is spelt
            location_id="L9",
            evse_uid="E9",
            connector_id="1",
            started_at=unit.now,
            currency="SEK",
            time_zone="UTC",
            last_updated=unit.now,
        )
        await sessions.hear(unit, theirs)
    await drain(desk.database)
    (looks, *_) = await desk.looks()
    assert looks.plugged is None
    at = desk.clock.advance(HOUR)
    async with desk.database.unit() as unit:
        over = replace(theirs, status=SessionStatus.COMPLETED, energy=kwh(20), ended_at=at, last_updated=at)
        await sessions.hear(unit, over)
    await fleets.look_after(desk.database)
    content = (await desk.looks())[0].content
    assert (content.energy, content.at) == (kwh(30), at)


async def test_a_vehicle_of_another_party_is_not_ours(desk: Desk) -> None:
    await desk.add(vehicle_said(cards="CARD1"))
    async with desk.database.unit() as unit:
        assert await fleets.page(unit, PartyId("NL", "TNM")) == []
        assert len(await fleets.page(unit, US)) == 1
        assert len(await fleets.page(unit, None)) == 1
