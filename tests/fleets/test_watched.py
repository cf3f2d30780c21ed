"""Departures that are at risk are told early enough, missed ones as well, and another vehicle may leave instead."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from laddnav.fleets import actions as fleets
from laddnav.fleets.actions.standing import board
from laddnav.fleets.model import Light
from laddnav.fleets.rules import NotSwappable
from laddnav.sessions.model import Voice
from tests.fleets.desk import EVENING, HOUR, SIX, TUESDAY, Desk, desk, hears
from tests.fleets.vans import departure_said, vehicle_said
from tests.things import US

__all__ = ["desk", "hears"]  # fixtures


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
