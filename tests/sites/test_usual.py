"""Who usually comes to a site, and the room that is kept for them beside those who are there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from msgspec.structs import replace

from laddnav.kit.energy import kwh
from laddnav.market.model import MarketStep, Series
from laddnav.scheduling.site import Wish
from laddnav.sessions.model import ProfileType, Session, Stay
from laddnav.sites.awaited import awaited, waits
from laddnav.sites.facts import Facts
from laddnav.sites.model.plan import SitePlan
from laddnav.sites.model.site import Site, Unsaid
from laddnav.sites.model.standing import Standing
from laddnav.sites.model.told import Arrival, Expected
from laddnav.sites.planning import solved
from laddnav.sites.problem import Outlook
from laddnav.sites.usual import usual
from tests.sites.garage import each, member, panel, site
from tests.sites.moments import NOW, charge, facts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = NOW  # 2026-11-23, 19:00 by the clock of the site


def came(days_ago: int, hour: float, energy: float = 22, station_id: str = "G2", stays: float = 2) -> Stay:
    """So many days before Monday, at that hour of the site's own clock."""
    at = datetime(2026, 11, 23, tzinfo=UTC) - DAY * days_ago + HOUR * (hour - 1)
    return Stay(
        session_id=f"{station_id} {at:%d %H:%M}".lower(),
        station_id=station_id,
        evse_no=1,
        started_at=at,
        ended_at=at + HOUR * stays,
        energy=kwh(str(energy)),
    )


def bare(**more: object) -> Site:
    """Three plugs that fall back to nothing, 20 A, and nothing beside."""
    members = tuple(member(id, fallback_amps=Decimal(0)) for id in ("G1", "G2", "G3"))
    return replace(site(members=members, amps=each(20), building=each(0)), **more)


def waiting(station_id: str = "G1", energy: float = 20, until: float = 4, **more: object) -> Session:
    """It leaves so many hours from now, and would have its energy cheaply."""
    leaves = NOW + HOUR * until
    return charge(station_id, wants={"departs_at": leaves, "energy": kwh(str(energy)), **more})


# Who is expected -----------------------------------------------------------------------------------------------------


def test_on_a_workday_as_on_the_busiest_workday_before_it() -> None:
    past = [came(3, 20), came(3, 21, station_id="G3"), came(4, 20, energy=30), came(1, 20, energy=99)]
    expected = usual(bare(), past, MONDAY, MONDAY + 4 * HOUR)
    assert [(one.station_id, one.started_at) for one in expected] == [("G2", NOW + HOUR), ("G3", NOW + 2 * HOUR)]
    sunday = MONDAY - DAY
    assert [one.energy for one in usual(bare(), [came(3, 20), came(8, 20, energy=7)], sunday, sunday + 4 * HOUR)] == [
        kwh(7)
    ]


def test_what_is_over_by_now_and_what_comes_after_all_have_left_is_no_matter() -> None:
    past = [came(3, 12), came(3, 20), came(3, 23.5)]
    assert [one.started_at for one in usual(bare(), past, MONDAY, MONDAY + 4 * HOUR)] == [NOW + HOUR]


def test_after_midnight_another_day_begins_with_cars_of_its_own() -> None:
    past = [came(3, 20), came(3, 6), came(0, 6, energy=99)]  # today says nothing of today
    expected = usual(bare(), past, MONDAY, MONDAY + 12 * HOUR)
    assert [one.started_at for one in expected] == [NOW + HOUR, NOW + 11 * HOUR]


def test_the_clock_of_the_place_counts_also_where_it_was_put_back() -> None:
    """At 17:00 by the clock in summer, and so in winter; who stayed until the next morning does again."""
    summer = datetime(2026, 10, 23, 15, tzinfo=UTC)
    past = Stay(
        session_id="s", station_id="G2", evse_no=1, started_at=summer, ended_at=summer + 14 * HOUR, energy=kwh(9)
    )
    monday = datetime(2026, 10, 26, 12, tzinfo=UTC)
    (one,) = usual(bare(), [past], monday, monday + DAY)
    assert one.started_at == datetime(2026, 10, 26, 16, tzinfo=UTC)
    assert one.ended_at == datetime(2026, 10, 27, 6, tzinfo=UTC)


def test_nobody_is_expected_where_nobody_ever_came() -> None:
    assert usual(bare(), [], MONDAY, MONDAY + DAY) == []


def test_a_workday_to_which_hardly_anybody_came_is_a_day_off_whatever_the_calendar_says() -> None:
    """Of four who usually came by now less than a third has: for the rest of the day it is a Sunday, tomorrow not."""
    workday = [came(3, hour) for hour in (7, 8, 9, 10, 21)]
    past = [*workday, came(1, 22, energy=7)]
    ahead = MONDAY + 13.5 * HOUR

    def expected(today: list[Stay], there: int = 0) -> list[float]:
        at = MONDAY + HOUR * 6 - DAY / 2
        return [one.started_at.hour + 1 for one in usual(bare(), [*past, *today], MONDAY, ahead, [at] * there)]

    assert expected([]) == expected([came(0, 7)]) == [22, 7, 8]
    assert expected([came(0, 7)], there=1) == expected([], there=2) == [21, 7, 8]
    few = [came(3, hour) for hour in (7, 8, 9, 21)]
    assert [one.started_at.hour + 1 for one in usual(bare(), few, MONDAY, MONDAY + 4 * HOUR)] == [21]


# Where, and how much -------------------------------------------------------------------------------------------------


def now(*sessions: Session, **more: object) -> Facts:
    return facts(*sessions, **({"site": bare()} | more))


def test_an_expected_car_draws_as_its_plug_can_and_until_it_left_then() -> None:
    (one,) = awaited(now(waiting()), [came(3, 20)]).cars
    assert (one.since_at, one.until_at, one.energy) == (NOW + HOUR, NOW + 3 * HOUR, 22)
    assert (one.amps_max, one.amps_min, one.phases, one.panel) == (32, 0, (0, 1, 2), 0)


def test_what_the_fallback_of_a_plug_keeps_free_anyhow_is_not_kept_again() -> None:
    """6 A on three phases are 4.14 kW: of 22 kWh in two hours 8.28 are there already, and of 8 all."""
    (one,) = awaited(facts(waiting()), [came(3, 20), came(3, 21, energy=8, station_id="G3")]).cars
    assert one.energy == pytest.approx(22 - 8.28) and one.amps_max == 26


def test_who_finds_his_plug_taken_goes_to_another_and_then_nobody_comes() -> None:
    """Of the same panel before others; a plug is taken by who is there, by who is expected, or does not work."""
    rows = bare(
        panels=(panel("A", 20), panel("B", 20)),
        members=tuple(
            member(id, panel=row, fallback_amps=Decimal(0)) for id, row in (("G1", "A"), ("G2", "B"), ("G3", "A"))
        ),
    )
    there = facts(waiting(), site=rows)
    past = [came(3, 20, station_id="G1"), came(3, 20.5, station_id="G1"), came(3, 21, station_id="G1")]
    assert [one.panel for one in awaited(there, past).cars] == [1, 2]
    assert [one.panel for one in awaited(replace(there, online=frozenset({"G1", "G2"})), past).cars] == [2]
    leaves_soon = facts(waiting(until=1.25), waiting("G2"), site=rows)
    assert [(one.panel, one.since_at) for one in awaited(leaves_soon, past).cars] == [
        (1, NOW + HOUR),
        (1, NOW + 1.5 * HOUR),
    ]


# By a timetable ------------------------------------------------------------------------------------------------------


def van(since: float | None = 1, until: float = 11, energy: float = 30, **more: object) -> Arrival:
    """16 A on three phases; back so many hours from now, or there already and not plugged in."""
    fields = {"vehicle": "V1", "energy_kwh": Decimal(str(energy)), "amps_max": Decimal(16)} | more
    since_at = None if since is None else NOW + HOUR * since
    return Arrival(since_at=since_at, until_at=NOW + HOUR * until, **fields)  # type: ignore[arg-type]


def test_a_vehicle_comes_and_leaves_by_its_timetable_and_draws_what_it_can() -> None:
    found = awaited(now(waiting()), [], [van(), van(since=None, energy=8, amps_max=Decimal(10), phases=1)])
    assert found.timetabled == 2
    there, back = found.cars
    assert (there.since_at, there.amps_max, there.phases) == (NOW, 10, (0,))
    assert (back.since_at, back.until_at, back.energy, back.amps_max) == (NOW + HOUR, NOW + 11 * HOUR, 30, 16)


def test_what_a_vehicle_with_a_timetable_charged_is_nobodys_habit() -> None:
    past = [came(3, 20, energy=60), came(3, 21, station_id="G3", energy=5), came(4, 20, energy=30)]
    both = awaited(now(waiting()), past, [van()])
    assert (len(both.cars), both.timetabled) == (2, 1)  # a third finds no plug
    once = awaited(now(waiting()), past, [van()], {past[0].session_id})
    assert ([one.energy for one in once.cars], once.timetabled) == ([30, 30], 1)  # the busiest day is another now


def test_who_is_there_by_its_timetable_says_nothing_of_whether_others_came_today() -> None:
    past = [came(3, hour) for hour in (7, 8, 9, 10, 20)]
    vans = [waiting(id) for id in ("G1", "G2")]
    assert awaited(now(*vans), past).cars
    assert not awaited(now(*vans), past, [], {"s-g1", "s-g2"}).cars


def test_a_vehicle_that_leaves_before_it_comes_or_comes_when_all_have_left_is_not_waited_for() -> None:
    assert not awaited(now(waiting()), [], [van(since=3, until=2), van(since=4.5)]).cars


# What is kept --------------------------------------------------------------------------------------------------------


def outlook(*past: Stay) -> Outlook:
    """Three hours at 3.00, and 1.00 from then on."""
    prices = tuple(MarketStep(NOW + HOUR * n, HOUR, Decimal(3 if n < 3 else 1)) for n in range(24))
    return Outlook(prices=Series(zone="SE3", currency="SEK", steps=prices), stays=past)


def made(there: Facts, *past: Stay) -> SitePlan:
    return solved(there, outlook(*past), number=1, why="a test")


def test_who_waits_leaves_the_cheap_hour_to_who_usually_comes_in_it() -> None:
    """13.8 kWh are all that 20 A give in the fourth hour: 10 of them are somebody's who comes for that hour alone."""
    there = now(waiting(energy=12), site=bare(bidding_zone="SE3"))
    alone = made(there)
    assert sum(alone.cars[0].power[:12]) == 0 and alone.room is None
    kept = made(there, came(3, 22, energy=10, stays=1))
    assert sum(kept.cars[0].power[:12]) / 4 == pytest.approx(12 - 3.8, abs=0.1) and kept.cars[0].unmet == 0
    assert kept.room is not None and (kept.room.cars, kept.room.energy, kept.room.gave_way) == (1, 10, False)
    assert sum(kept.room.power[12:16]) / 4 == pytest.approx(10, abs=0.05)
    assert kept.room.dearer == pytest.approx((12 - 3.8) * 2, abs=0.2)
    assert (np.array(kept.grid) + np.array(kept.room.power)).max() <= 13.801  # both at once fit the fuse


def test_room_is_kept_for_a_vehicle_by_its_timetable() -> None:
    there = now(waiting(energy=12), site=bare(bidding_zone="SE3"))
    told = replace(outlook(), expected=(Expected(arrivals=(van(since=3, until=4, energy=10),)),))
    kept = solved(there, told, number=1, why="a test").room
    assert kept is not None and (kept.cars, kept.timetabled, kept.energy) == (1, 1, 10)
    assert sum(kept.power[12:16]) / 4 == pytest.approx(10, abs=0.5)


def test_whoever_is_there_misses_nothing_however_many_usually_come() -> None:
    there = now(waiting(energy=40), site=bare(bidding_zone="SE3"))
    kept = made(there, came(3, 20, energy=20, stays=3), came(3, 20, energy=20, stays=3, station_id="G3"))
    assert kept.cars[0].unmet == made(there).cars[0].unmet == 0


def test_room_is_kept_where_somebody_said_that_he_can_wait() -> None:
    """Who says nothing does not wait; and where the site lets him, his stay is a guess itself."""
    patient = bare(unsaid=Unsaid(wish=Wish.CHEAP))
    assert waits(now(waiting()))
    assert not waits(now(charge())) and not waits(now(charge(), site=patient)) and not waits(now())
    assert not waits(now(charge(wants={"profile": ProfileType.FAST})))


def test_a_station_that_was_taken_out_is_nobodys_plug() -> None:
    there = now(waiting())
    assert awaited(there, [came(3, 20)]).cars
    out = {key: Standing(station_id=key[0], evse_no=1) for key in (("G2", 1), ("G3", 1))}
    gone = replace(there, online=frozenset({"G1"}), standings=out)
    assert not awaited(gone, [came(3, 20)]).cars
