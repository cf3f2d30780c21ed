"""Which vehicle leaves instead: it is there, it is ready, it is free, and it is the best of those."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from laddnav.fleets.model import Light, Need, NeedUnit, Proposal, Standing, Trip
from laddnav.fleets.outlook import news, outlooks
from laddnav.fleets.swaps import proposals
from laddnav.kit.energy import kwh
from tests.fleets.vans import HOUR, NOW, SIX, content, km, plugged, standing, trip, van


def among(*others: Standing, trips: tuple[Trip, ...] = (), at: datetime = SIX - HOUR) -> list[Proposal]:
    """For V1, which will not be ready at six."""
    standings = {one.vehicle.ref: one for one in (standing(), *others)}
    by_vehicle = {ref: [one for one in trips if one.vehicle == ref] for ref in standings}
    return [*proposals(trip(), standings, by_vehicle, at)]


def other(ref: str = "V2", inside: float = 50, **changes: Any) -> Standing:
    return standing(van(ref), content=content(inside), **changes)


def test_a_full_van_of_the_depot_leaves_instead() -> None:
    (one,) = among(other())
    assert (one.vehicle, one.ready_at, one.over, one.takes) == ("V2", SIX - HOUR, kwh(14), None)


def test_one_of_another_depot_does_not() -> None:
    assert among(standing(van("V2", depot="STO"), inside=50)) == []


def test_one_that_is_away_does_not() -> None:
    assert among(other(home_at=SIX + HOUR)) == []


def test_one_with_too_little_in_it_does_only_where_it_will_be_ready_in_time() -> None:
    assert among(other(inside=20)) == []
    assert among(other(inside=20, plugged=plugged())) == []
    (one,) = among(other(inside=20, plugged=plugged()), at=NOW)
    assert one.ready_at > NOW


def test_one_that_has_to_leave_itself_does_not_where_the_first_cannot_take_that_instead() -> None:
    assert among(other(), trips=(trip("V2", SIX),)) == []


def test_two_exchange_where_the_first_will_be_ready_for_the_later_trip() -> None:
    theirs = trip("V2", SIX + 5 * HOUR)
    standings = {"V1": standing(plugged=plugged(SIX - HOUR)), "V2": other()}
    (one,) = proposals(trip(), standings, {"V2": [theirs]}, SIX - HOUR)
    assert one.takes == theirs


def test_one_that_would_not_be_ready_again_for_its_own_trip_does_not() -> None:
    again = trip("V2", SIX + 9 * HOUR)
    assert among(other(inside=37), trips=(again,)) == []
    (one,) = among(other(inside=60), trips=(trip("V2", SIX + 14 * HOUR),))
    assert one.next_at == SIX + 14 * HOUR


def test_a_share_of_one_battery_is_so_many_kwh_of_another() -> None:
    full = trip(need=Need(Decimal(90), NeedUnit.PERCENT))  # 54 kWh, of which 6 stay
    small = standing(van("V2", battery=kwh(50)), inside=50)
    large = standing(van("V3", battery=kwh(80)), inside=60)
    standings = {"V1": standing(), "V2": small, "V3": large}
    assert [one.vehicle for one in proposals(full, standings, {}, NOW)] == ["V3"]


def test_the_best_is_ready_now_and_free_for_long_and_not_larger_than_need_be() -> None:
    found = among(
        other("V2", 60),
        other("V3", 40),
        other("V4", 60),
        trips=(trip("V4", SIX + 12 * HOUR),),
    )
    assert [one.vehicle for one in found] == ["V3", "V2", "V4"]


def test_a_board_proposes_for_what_is_at_risk_alone_and_tells_each_cause_once() -> None:
    standings = {"V1": standing(), "V2": other()}
    at = SIX - HOUR
    (one,) = outlooks(standings, [trip()], at)
    assert one.readiness.light is Light.AT_RISK
    assert [each.vehicle for each in one.swaps] == ["V2"]
    assert one.act_by == SIX - HOUR / 4
    assert news((), (one,), at).raised == (one,)
    (calm,) = outlooks(standings, [trip()], NOW)
    assert (calm.readiness.light, calm.swaps) == (Light.TO_PLUG_IN, ())
    assert news((), (calm,), NOW).raised == ()


def test_a_distance_counts_by_what_the_other_uses() -> None:
    thirsty = standing(van("V2", per_100_km=kwh(40)), inside=50)
    assert [one.vehicle for one in among(thirsty)] == []
    assert km(150) == trip().need
