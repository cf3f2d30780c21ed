"""What others allow to go out of a site bounds its plan, and is obeyed when the meter at the connection says so."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from msgspec.structs import replace

from laddnav.sites.model.site import SiteBattery
from laddnav.sites.model.standing import BatteryTold
from laddnav.sites.model.told import Covers, Measurement, OutsideLimit, Place
from laddnav.sites.moment import moment
from laddnav.sites.planning import steps_of
from laddnav.sites.problem import Outlook, problem
from laddnav.sites.steering import obeyed
from tests.sites.garage import site
from tests.sites.moments import NOW, charge, facts, measured

TWO_KW = OutsideLimit(
    id="1",
    by="DSO",
    kw=Decimal(2),
    covers=Covers.EXPORT,
    begin_at=NOW,
    end_at=NOW + timedelta(minutes=15),
    told_at=NOW,
)


def test_a_plan_knows_what_may_go_out_and_limits_nothing_else_by_it() -> None:
    now = facts(charge(), limits=(TWO_KW,))
    planned = problem(now, Outlook(), steps_of(now)).site
    assert planned.export_max[:2].tolist() == [2, np.inf]
    assert not planned.import_max.size and not planned.cars_max.size
    assert moment(now).kw_max is None
    assert not problem(facts(charge()), Outlook(), steps_of(now)).site.export_max.size


@pytest.mark.parametrize(("amps", "kept"), [(None, False), (-3, False), (-2.9, True), (10, True)])
def test_it_is_obeyed_by_what_is_measured(amps: float | None, kept: bool) -> None:
    """2.9 A out on three phases are 2 kW."""
    now = facts(charge(), limits=(TWO_KW,))
    if amps is not None:
        now = replace(now, measurements={Place.GRID: measured(Place.GRID, amps)})
    assert [one.obeyed_at for one in obeyed(now, moment(now))] == ([NOW] if kept else [])


# Beside roof and battery ---------------------------------------------------------------------------------------------


def test_cars_leave_room_for_what_roof_and_battery_give_on_each_phase() -> None:
    roof = Measurement(place=Place.SOLAR, at=NOW, amps=(Decimal(16), Decimal(0), Decimal(0)))
    battery = Measurement(place=Place.BATTERY, at=NOW, amps=(Decimal(0), Decimal(-5), Decimal(5)))
    both = facts(charge(), measurements={Place.SOLAR: roof, Place.BATTERY: battery})
    assert moment(both).given_most == (16, 5, 0)
    assert moment(facts(charge())).given_most == (0, 0, 0)


def test_what_the_battery_was_told_to_give_may_come_on_any_phase_until_it_is_measured() -> None:
    told = BatteryTold(at=NOW, kw=-4.6, until_at=NOW + timedelta(minutes=5))
    now = facts(charge(), battery_told=told, measurements={Place.BATTERY: measured(Place.BATTERY, 0)})
    assert moment(now).given_most == pytest.approx((20, 20, 20))
    gives = replace(now, measurements={Place.BATTERY: measured(Place.BATTERY, -6.67)})
    assert moment(gives).given_most == pytest.approx((6.67, 6.67, 6.67), abs=0.02)


@pytest.mark.parametrize("place", [Place.SOLAR, Place.BATTERY])
def test_nobody_can_say_what_a_roof_or_a_battery_gives_whose_meter_is_silent(place: Place) -> None:
    own = SiteBattery(capacity_kwh=Decimal(10), charge_kw=Decimal(5), discharge_kw=Decimal(5))
    has = {Place.SOLAR: site(solar_kwp=Decimal(10)), Place.BATTERY: site(battery=own)}[place]
    assert moment(facts(charge(), site=has)).given_most is None
    heard = {place: measured(place, 0)}
    assert moment(facts(charge(), site=has, measurements=heard)).given_most == (0, 0, 0)
    silent = {place: measured(place, 0, NOW - timedelta(minutes=10))}
    assert moment(facts(charge(), measurements=silent)).given_most is None
