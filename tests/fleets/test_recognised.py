"""A vehicle is recognised when it charges, its plan is led by its departure, and its battery is known."""

from __future__ import annotations

from laddnav.fleets import actions as fleets
from laddnav.fleets.actions.standing import board
from laddnav.fleets.model import Cause, How, Light
from laddnav.kit.energy import NO_ENERGY, kwh
from laddnav.locations import actions as locations
from laddnav.locations.model import Status
from laddnav.sessions.model import Voice
from tests.fleets.desk import HOUR, SIX, TUESDAY, Desk, desk, hears
from tests.fleets.vans import departure_said, vehicle_said
from tests.things import US

__all__ = ["desk", "hears"]  # fixtures


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
