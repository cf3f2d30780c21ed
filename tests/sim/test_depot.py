"""The demo's depot: when its vans come and go, what its meters say, and that its site is one that is accepted."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

from laddnav.db.unit import Database
from laddnav.fleets import actions as fleets
from laddnav.kit.power import kw
from laddnav.locations import actions as locations
from laddnav.sim import depot, network
from laddnav.sim.day import ZONE, Stay
from laddnav.sim.depot import COLLEAGUES, STATIONS, VANS
from laddnav.sim.network import OURS, STREET
from laddnav.sites.model.told import Place
from tests.sim.test_network import PASSWORDS

OPENED = date(2026, 11, 22)
MORNING = datetime(2026, 11, 22, 8, 50, tzinfo=ZONE)
DAY = timedelta(days=1)
FIRST = 30


def of_van(stays: tuple[Stay, ...], number: int) -> list[Stay]:
    return [one for one in stays if one.card == FIRST + number]


def test_when_it_opens_all_vans_but_one_stand_there_until_tomorrow_morning() -> None:
    stays = depot.standing(MORNING, OPENED, FIRST)
    assert [one.card - FIRST for one in stays] == [0, 1, 2, 3, 4]
    assert all(one.arrives_at == MORNING and one.leaves_at.date() == OPENED + DAY for one in stays)
    assert {one.leaves_at.astimezone(ZONE).hour for one in stays} == {5, 6, 7}
    # Whoever works there has come five minutes later, and is there too when a slow machine begins late.
    assert len(depot.standing(MORNING + timedelta(minutes=5), OPENED, FIRST)) == 6


def test_a_week_at_the_depot_has_no_two_cars_at_one_plug_and_every_van_home_each_night() -> None:
    stays = [*depot.standing(MORNING, OPENED, FIRST)]
    for number in range(7):
        stays += depot.coming(OPENED + number * DAY, OPENED, FIRST)
    for plug in depot.plugs():
        at = sorted((one.arrives_at, one.leaves_at) for one in stays if one.plug == plug)
        assert all(before[1] <= after[0] for before, after in pairwise(at)), plug
    for number, van in enumerate(VANS):
        # One is on its way when the depot opens.
        assert len(of_van(tuple(stays), number)) == 7 - van.out
    assert len(stays) == 7 * (len(VANS) + len(COLLEAGUES)) - 1
    assert all(one.car.energy.wh > 0 for one in stays)


def test_a_van_that_was_charging_when_the_demo_was_stopped_goes_on_fuller_than_it_came() -> None:
    evening, night = (datetime(2026, 11, 24, hour, tzinfo=ZONE) for hour in (18, 23))
    (came,), (later,) = (of_van(depot.standing(at, OPENED, FIRST), 0) for at in (evening, night))
    assert came.leaves_at == later.leaves_at and came.car.energy.wh > later.car.energy.wh
    on_tour = datetime(2026, 11, 24, 10, tzinfo=ZONE)
    assert not of_van(depot.standing(on_tour, OPENED, FIRST), 0)
    assert of_van(depot.standing(on_tour, OPENED, FIRST), len(VANS)), "but who works there is"


def test_the_building_never_draws_more_than_was_said_and_the_roof_gives_by_day_alone() -> None:
    for quarter in range(4 * 24 * 14):
        at = MORNING + quarter * timedelta(minutes=15)
        said = depot.measured(at, kw(10))
        assert all(0 < amps <= depot.BUILDING_MOST for amps in said[Place.BUILDING])
        whole = sum(said[Place.BUILDING]) + 43 - sum(said[Place.SOLAR])
        assert abs(float(sum(said[Place.GRID])) - float(whole)) < 1
    noon, midnight = (depot.measured(MORNING.replace(hour=hour), kw(0))[Place.SOLAR] for hour in (12, 0))
    assert sum(noon) > 10 and sum(midnight) == 0


async def test_it_is_furnished_with_a_site_that_is_accepted_and_a_fleet_whose_vans_are_known(
    database: Database,
) -> None:
    passwords = PASSWORDS | dict.fromkeys(STATIONS, "a-password-of-16-bytes")
    async with database.unit() as unit:
        await network.furnish_network(unit, passwords, seed=7)
    async with database.unit() as unit:
        await depot.furnish(unit, passwords, seed=7)
    async with database.unit() as unit:
        assert len(await locations.stations(unit, OURS)) == len(STREET) + len(STATIONS)
        fleet = await fleets.named(unit, OURS, depot.FLEET)
        board = await fleets.board(unit, fleet, timedelta(hours=36))
    assert len(board.standings) == len(VANS) == len({one.vehicle.ref for one in board.outlooks})
