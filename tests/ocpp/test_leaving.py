"""Stations that are sent away, or find no room, come back one after the other."""

from __future__ import annotations

import pytest

from laddnav.ocpp.leaving import BACK_FROM, BACK_WITHIN, EACH_SECOND, again_in, pause


@pytest.mark.parametrize(("stations", "within", "takes"), [(10, 30, 0.2), (1_000, 30, 20), (6_000, 30, 30), (5, 0, 0)])
def test_farewells_are_spread_over_the_time_that_there_is_and_over_less_where_they_are_few(
    stations: int, within: float, takes: float
) -> None:
    assert stations * pause(stations, within) == pytest.approx(takes)
    assert pause(0, within) <= 1 / EACH_SECOND


def test_who_finds_no_room_is_told_a_time_that_is_another_for_each() -> None:
    told = [again_in(f"ST-{number}") for number in range(3_000)]
    assert set(told) == set(range(BACK_FROM, BACK_FROM + BACK_WITHIN))
    assert max(told.count(one) for one in set(told)) < 2 * len(told) / BACK_WITHIN
