"""Whom a depot expects by its timetable, and the room that the plan of its site keeps for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.db.events import Event
from laddnav.db.outbox import drain
from laddnav.db.unit import Database, Listener
from laddnav.fleets import actions as fleets
from laddnav.fleets.arrivals import arrivals, timetabled
from laddnav.fleets.model import Standing, Trip
from laddnav.fleets.outlook import outlooks
from laddnav.kit.energy import kwh
from laddnav.kit.power import kw
from laddnav.sessions.actions import preferring
from laddnav.sessions.events import SessionEnded, SessionStarted
from laddnav.sessions.model import Preferences, ProfileType, Voice
from laddnav.sites import actions as sites
from laddnav.sites.model.plan import SitePlan
from laddnav.sites.model.told import Arrival
from tests.clock import SetClock
from tests.fleets.vans import (
    HOUR,
    NOW,
    SIX,
    TUESDAY,
    departure,
    departure_said,
    plugged,
    standing,
    trip,
    vehicle_said,
)
from tests.sites import garage
from tests.things import US

NOON = SIX + 8 * HOUR


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    return {SessionStarted: [fleets.vehicle_plugged_in], SessionEnded: [fleets.vehicle_unplugged]}


def expected(one: Standing, *trips: Trip) -> tuple[Arrival, ...]:
    return arrivals(outlooks({"V1": one}, trips, NOW), {"V1": one}, {"V1"}).get("V1", ())


def test_a_vehicle_that_is_out_comes_when_it_is_to_be_back_for_what_it_will_miss() -> None:
    """6 of 36 kWh are in it; nine tenths of what a meter counts come to be there. 10 kW are 14.5 A on each phase."""
    (one,) = expected(standing(home_at=NOW + HOUR), trip())
    assert (one.vehicle, one.since_at, one.until_at) == ("V1", NOW + HOUR, SIX)
    assert (one.energy_kwh, one.amps_max, one.phases) == (Decimal("33.4"), Decimal("14.5"), 3)


def test_one_that_is_there_and_unplugged_is_waited_for_and_one_that_charges_after_its_next_trip_alone() -> None:
    (one,) = expected(standing(), trip())
    assert one.since_at is None
    next_day = trip(departs_at=SIX + 24 * HOUR, departure="D2", id="D2")
    (after,) = expected(standing(plugged=plugged()), trip(), next_day)
    assert (after.since_at, after.until_at) == (NOON, SIX + 24 * HOUR)


def test_who_has_what_it_needs_comes_too_late_or_finds_no_plug_that_works_is_not_expected() -> None:
    assert expected(standing(inside=40), trip()) == ()
    assert expected(standing(home_at=SIX + HOUR), trip()) == ()
    assert expected(standing(fastest=kw(0)), trip()) == ()
    assert arrivals(outlooks({"V1": standing()}, [trip()], NOW), {"V1": standing()}, ()) == {}


def test_no_vehicle_is_expected_to_take_more_than_its_battery_holds() -> None:
    (one,) = expected(standing(inside=0), trip(need=replace(trip().need, amount=Decimal(900))))
    assert one.energy_kwh == Decimal("66.7")


def test_a_timetable_counts_where_it_always_says_when_the_vehicle_is_back() -> None:
    silent = departure(ref="D2", back=None)
    assert timetabled([departure()], TUESDAY) == {"V1"}
    assert timetabled([departure(), silent], TUESDAY) == timetabled([], TUESDAY) == frozenset()
    over = replace(silent, ends_on=date(2026, 11, 20))
    assert timetabled([departure(), over], TUESDAY) == {"V1"} and timetabled([over], TUESDAY) == frozenset()


async def test_a_depot_keeps_room_for_a_van_until_it_is_there_and_counts_it_once(
    database: Database, clock: SetClock
) -> None:
    """Its charge of Friday evening is no habit of anybody's; once it stands there it is a car like the others."""
    clock.set(NOW)
    await garage.opened(database)
    async with database.unit() as unit:
        await sites.save(unit, garage.site(members=tuple(garage.member(id) for id in ("G1", "G2", "G6"))), by="a test")
        fleet = await fleets.found(unit, US, name="Nordpost", customer="Nordpost AB", by="a test")
        await fleets.add_depot(unit, fleet.ref, id="GBG", name="", location_id="loc1")
    friday = NOW - timedelta(days=3) + HOUR
    async with database.unit() as unit:
        await fleets.keep_vehicle(unit, fleet.ref, vehicle_said(cards="C6"))
    await garage.charged(database, "G6", friday, friday + 3 * HOUR, "30")
    await drain(database)
    waits = await garage.plugged_in(database, "G1")
    async with database.unit() as unit:
        wants = Preferences(profile=ProfileType.CHEAP, departs_at=SIX, energy=kwh(30))
        await preferring.prefer(unit, US, waits.id, wants, by=Voice.DRIVER)

    async def room() -> tuple[int, int]:
        await fleets.look_after(database)
        plan: SitePlan = await sites.plan(database, US, "garage", why="a test")
        return (0, 0) if plan.room is None else (plan.room.cars, plan.room.timetabled)

    assert await room() == (1, 0)
    async with database.unit() as unit:
        await fleets.keep_departure(unit, fleet.ref, departure_said(back="21:00", at="06:00", need="250 km"))
    assert await room() == (1, 1)
    await garage.plugged_in(database, "G6")
    await drain(database)
    assert await room() == (0, 0)
