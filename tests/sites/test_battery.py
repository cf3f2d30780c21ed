"""What a battery is told: as planned, and never so much that a fuse, a limit or the site's own word would be passed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from laddnav.scheduling.beside import Beside, Stretch
from laddnav.sites.battery import LASTS, SEEN_AFTER, on_its_way
from laddnav.sites.facts import Facts
from laddnav.sites.model.plan import SitePlan
from laddnav.sites.model.site import SiteBattery
from laddnav.sites.model.standing import BatteryTold, BatteryWhy
from laddnav.sites.model.told import Covers, OutsideLimit, Place
from laddnav.sites.moment import moment
from laddnav.sites.picture import picture
from laddnav.sites.steering import steered
from tests.sites.garage import each, member, site
from tests.sites.moments import NOW, charge, facts, measured

SECOND = timedelta(seconds=1)
OWN = SiteBattery(capacity_kwh=Decimal(10), charge_kw=Decimal(5), discharge_kw=Decimal(4))
VOLTS = 230.0


def planned(*kw: float) -> SitePlan:
    return SitePlan(
        number=1,
        made_at=NOW,
        why="a test",
        start_at=NOW,
        step_minutes=15,
        prices=(1.0,) * len(kw),
        battery=kw,
        cost=0.0,
        currency="SEK",
    )


def at_home(
    kw: float, *, stored: float | None = 5, mains: float = 4, does: float = 0, building: float = 20, **more: Any
) -> Facts:
    """A plug without a car, a fuse of 40 A, a building of at most `building` A; mains and what it does in A a phase."""
    beside = Beside(at=NOW, amps=(mains,) * 3, stretches=(Stretch(NOW, (mains,) * 3),))
    fields: dict[str, Any] = {
        "site": site(members=(member(),), building=each(building), battery=OWN),
        "measurements": {
            Place.GRID: measured(Place.GRID, mains),
            Place.BATTERY: measured(Place.BATTERY, does, stored_kwh=None if stored is None else Decimal(str(stored))),
        },
        "plan": planned(kw, kw),
        "beside": beside,
    }
    return facts(**fields | more)


def said(now: Facts) -> tuple[float, BatteryWhy] | None:
    told = steered(now).battery
    return None if told is None else (told.kw, told.why)


def limit(covers: Covers, kw: float) -> OutsideLimit:
    return OutsideLimit(id="1", by="grid", kw=Decimal(str(kw)), covers=covers, begin_at=NOW, told_at=NOW)


# What it is told -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kw", "told"), [(3.27, 3.2), (-3.27, -3.2), (9, 5), (-9, -4), (0, 0)])
def test_it_is_told_what_is_planned_in_tenths_and_no_more_than_it_can(kw: float, told: float) -> None:
    assert said(at_home(kw)) == (told, BatteryWhy.AS_PLANNED)


@pytest.mark.parametrize(("kw", "stored", "why"), [(3, 9.95, BatteryWhy.FULL), (-3, 0.05, BatteryWhy.EMPTY)])
def test_one_that_is_full_takes_nothing_and_one_that_is_empty_gives_nothing(
    kw: float, stored: float, why: BatteryWhy
) -> None:
    assert said(at_home(kw, stored=stored)) == (0, why)


@pytest.mark.parametrize(
    "unknown",
    [
        at_home(3, stored=None),
        at_home(3, plan=None),
        at_home(3, measurements={Place.GRID: measured(Place.GRID, 4)}),
        at_home(3, at=NOW + 91 * SECOND),
        at_home(3, site=site(members=(member(),))),
    ],
)
def test_where_nobody_says_how_it_is_or_what_is_planned_it_goes_by_itself(unknown: Facts) -> None:
    assert said(unknown) is None


def test_it_takes_no_more_than_the_site_says_is_drawn_beside_the_cars() -> None:
    """All fallbacks fit beside that, so they do when every line is down while it charges."""
    assert said(at_home(5, mains=16, building=20)) == (2.7, BatteryWhy.NO_ROOM)  # 4 A
    assert said(at_home(5, mains=20, building=20)) == (0, BatteryWhy.NO_ROOM)
    # What it takes already is its own.
    assert said(at_home(5, mains=20, does=4, building=20)) == (2.7, BatteryWhy.NO_ROOM)


def test_it_takes_no_more_than_cars_leave_by_what_they_may_draw_and_are_asked_to() -> None:
    """A car in a hurry is raised to 22 A in the same tick: of 40 A, 4 are the building's and 14 are left."""
    hurried = at_home(5, building=34, mains=4)
    hurried = replace(hurried, sessions={("G1", 1): charge()})
    asked = steered(hurried)
    (ask,) = asked.asked
    assert asked.battery is not None
    amps = asked.battery.kw * 1000 / 3 / VOLTS
    assert float(ask.profile.limits[0].rate) + 4 + amps <= 40


def test_a_limit_of_the_grid_holds_with_it() -> None:
    """4 A of the building are 2.76 kW; the plug may draw nothing that counts, for no car is there."""
    assert said(at_home(5, limits=[limit(Covers.SITE, 10)])) == (3.1, BatteryWhy.NO_ROOM)  # 6 A of a newcomer's too
    assert said(at_home(5, limits=[limit(Covers.SITE, 1)])) == (0, BatteryWhy.NO_ROOM)


def test_no_more_goes_out_than_may_though_every_car_stops() -> None:
    """A car draws 16 A and may stop at any second: what it gives goes no further than building and limit."""
    goes_out = at_home(-4, limits=[limit(Covers.EXPORT, 1)])
    assert said(goes_out) == (-3.7, BatteryWhy.NO_ROOM)  # 2.76 kW of the building, and 1 that may go out
    shines = {**goes_out.measurements, Place.SOLAR: measured(Place.SOLAR, 2)}
    mains = {**shines, Place.GRID: measured(Place.GRID, 2)}
    assert said(replace(goes_out, measurements=mains)) == (-2.3, BatteryWhy.NO_ROOM)  # the roof gives 1.38 of it
    assert said(at_home(-4)) == (-4, BatteryWhy.AS_PLANNED)


def test_outwards_a_fuse_carries_no_more_than_inwards() -> None:
    """Where nobody else bounds what goes out: of 40 A the roof gives 36."""
    home = at_home(-4)
    shines = {**home.measurements, Place.SOLAR: measured(Place.SOLAR, 36), Place.GRID: measured(Place.GRID, -32)}
    assert said(replace(home, measurements=shines)) == (-2.7, BatteryWhy.NO_ROOM)


# From tick to tick ---------------------------------------------------------------------------------------------------


def order(kw: float, *, ago: int = 60, lasts: timedelta = LASTS) -> BatteryTold:
    at = NOW - ago * SECOND
    return BatteryTold(at=at, kw=kw, until_at=at + lasts)


def test_the_same_is_told_again_when_half_of_its_time_is_over() -> None:
    assert steered(at_home(3, battery_told=order(3))).battery == order(3)
    late = order(3, ago=200)
    assert steered(at_home(3, battery_told=late)).battery == replace(late, until_at=NOW + LASTS)


def test_it_is_told_to_take_more_only_once_meters_have_shown_what_it_was_told_before() -> None:
    """And less, or to give, at once."""
    soon = order(2, ago=int(SEEN_AFTER.total_seconds()) - 1)
    assert said(at_home(5, battery_told=soon)) == (2, BatteryWhy.AS_PLANNED)
    assert said(at_home(5, battery_told=order(2, ago=30))) == (5, BatteryWhy.AS_PLANNED)
    assert said(at_home(1, battery_told=soon)) == (1, BatteryWhy.AS_PLANNED)
    assert said(at_home(5, battery_told=order(0, ago=1))) == (5, BatteryWhy.AS_PLANNED)  # there is nothing to be shown
    assert said(at_home(5, does=2, battery_told=order(0, ago=1))) == (0, BatteryWhy.AS_PLANNED)
    assert said(at_home(-2, battery_told=soon)) == (-2, BatteryWhy.AS_PLANNED)


def test_cars_are_given_nothing_of_what_it_was_told_to_take_before_it_does() -> None:
    told = at_home(4.14, does=2, mains=6, battery_told=order(4.14))  # 6 A
    assert on_its_way(told) == pytest.approx((4, 4, 4))
    assert moment(told).building == pytest.approx((10, 10, 10))  # 4 of the building, and its own 6
    assert on_its_way(replace(told, at=NOW + LASTS)) == (0, 0, 0)
    assert on_its_way(at_home(-4, battery_told=order(-4))) == (0, 0, 0)


def test_the_picture_shows_what_it_is_told_does_and_holds() -> None:
    shown = picture(at_home(3, does=2, mains=6, battery_told=order(3))).battery
    assert shown is not None
    assert (shown.told_kw, shown.does_kw, shown.stored_kwh) == (Decimal(3), Decimal("1.380"), Decimal(5))
    by_itself = picture(at_home(3, battery_told=order(3, ago=400))).battery
    assert by_itself is not None and by_itself.told_kw is None
    assert picture(facts()).battery is None


# A law ---------------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    kw=st.floats(-6, 6),
    mains=st.floats(0, 40),
    takes=st.floats(0, 8),
    building=st.floats(0, 34),
    before=st.none() | st.floats(-4, 5),
    kw_max=st.none() | st.floats(0, 30),
)
def test_whatever_is_measured_it_takes_no_more_than_fuse_and_limit_leave_beside_all_that_cars_may_draw(
    kw: float, mains: float, takes: float, building: float, before: float | None, kw_max: float | None
) -> None:
    """But for what it was told before and nobody has seen yet, which counts as drawn by then."""
    limits = [] if kw_max is None else [limit(Covers.SITE, round(kw_max, 1))]
    told = None if before is None else order(round(before, 1))
    now = at_home(kw, mains=mains, does=takes, building=building, limits=limits, battery_told=told)
    found = steered(now).battery
    assert found is not None and -4 <= found.kw <= 5
    if found.kw > 0:
        others = max(mains - takes, 0.0)
        amps = found.kw * 1000 / 3 / VOLTS
        assert others + amps <= min(building, 40 - 6) + 0.2  # to the decimals of a measurement
        if kw_max is not None:
            assert (others + amps + 6) * 3 * VOLTS / 1000 <= kw_max + 0.2


class World(Struct, kw_only=True):
    """A house of `building` A with a battery that follows `late` seconds after it is told, or as it likes.

    Its meters speak every so many seconds, and what they said is that old for control.
    """

    building: float
    late: int
    mains_every: int
    battery_every: int
    plan: tuple[float, ...]  # kW, of a minute each

    def course(self, seconds: int) -> Iterator[tuple[int, float, BatteryTold | None]]:
        """(second, A that the battery truly takes, what it is told), every five seconds."""
        orders: list[tuple[int, float]] = [(-60, 0.0)]
        beside, told, heard = None, None, {}
        for second in range(0, seconds, 5):
            at = NOW + second * SECOND
            kw = next(kw for since, kw in reversed(orders) if since + self.late <= second)
            takes = kw * 1000 / 3 / VOLTS
            for place, every, amps in (
                (Place.GRID, self.mains_every, self.building + takes),
                (Place.BATTERY, self.battery_every, takes),
            ):
                if second % every == 0:
                    stored = Decimal(5) if place is Place.BATTERY else None
                    heard[place] = measured(place, round(amps, 3), at, stored_kwh=stored)
            now = facts(
                site=site(members=(member(),), building=each(20), battery=OWN),
                at=at,
                measurements=dict(heard),
                plan=planned(self.plan[min(second // 60, len(self.plan) - 1)]),
                beside=beside,
                battery_told=told,
            )
            tick = steered(now)
            beside, told = tick.beside or beside, tick.battery
            if told is not None and told.kw != orders[-1][1]:
                orders.append((second, told.kw))
            yield second, takes, told


@settings(max_examples=25, deadline=None)
@given(
    world=st.builds(
        World,
        building=st.floats(0, 20),
        late=st.integers(0, 20),
        mains_every=st.sampled_from((5, 10, 30)),
        battery_every=st.sampled_from((5, 10, 30)),
        plan=st.lists(st.floats(-5, 5), min_size=5, max_size=5).map(tuple),
    )
)
def test_however_late_it_follows_and_meters_speak_building_and_battery_stay_within_the_word_of_the_site(
    world: World,
) -> None:
    """20 A of the building's, beside which every fallback fits."""
    for second, takes, _ in world.course(300):
        assert max(takes, 0.0) + world.building <= max(20.0, world.building) + 0.1, second


def test_one_that_may_take_all_that_is_planned_does_so_within_a_minute() -> None:
    world = World(building=3, late=5, mains_every=10, battery_every=10, plan=(5.0,))
    taken = {second: takes for second, takes, _ in world.course(120)}
    assert taken[60] * 3 * VOLTS / 1000 == pytest.approx(5)
