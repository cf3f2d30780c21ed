"""A fleet on a real database: depots, vehicles and departures are kept, alone and as tables."""

from __future__ import annotations

from datetime import date

import pytest

from laddnav.fleets import actions as fleets
from laddnav.fleets.rules import SignTaken, Unfit, UnknownVehicle
from laddnav.fleets.tables import Faults
from laddnav.kit.ids import PartyId
from tests.fleets.desk import TUESDAY, Desk, desk, hears
from tests.fleets.vans import departure_said, vehicle_said
from tests.things import US

__all__ = ["desk", "hears"]  # fixtures


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


async def test_a_vehicle_of_another_party_is_not_ours(desk: Desk) -> None:
    await desk.add(vehicle_said(cards="CARD1"))
    async with desk.database.unit() as unit:
        assert await fleets.page(unit, PartyId("NL", "TNM")) == []
        assert len(await fleets.page(unit, US)) == 1
        assert len(await fleets.page(unit, None)) == 1
