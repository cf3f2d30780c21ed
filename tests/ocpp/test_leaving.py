"""Stations that are sent away, or find no room, come back one after the other; how much room there is."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from laddnav.ocpp.leaving import BACK_FROM, BACK_WITHIN, EACH_SECOND, again_in, pause
from laddnav.ocpp.room import FEW, MANY, Room, room


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


@pytest.mark.parametrize(
    ("standing", "seconds", "may"),
    [(500, 0.5, 2_000), (500, 1, 1_000), (500, 2, 500), (500, 30, FEW), (500, 0, MANY), (5_000, 0.1, MANY)],
)
def test_so_many_may_stand_at_the_door_as_are_in_before_they_give_up(standing: int, seconds: float, may: int) -> None:
    assert room(standing, seconds) == may


def filled(door: Room) -> list[AbstractContextManager[None]]:
    """Those for whom there was room."""
    crowd: list[AbstractContextManager[None]] = []
    while not door.full:
        crowd.append(door.taken())
        crowd[-1].__enter__()
    return crowd


def test_the_room_at_the_door_is_that_of_the_crowd_that_stands_there() -> None:
    now = 0.0
    door = Room(lambda: now)
    crowd = filled(door)
    assert len(door) == FEW
    now = 1.0
    crowd.pop().__exit__(None, None, None)
    crowd += filled(door)
    assert len(door) == 2 * FEW
    now = 60.0
    crowd.pop().__exit__(None, None, None)
    assert filled(door) == []  # it has become slow
    while crowd:
        crowd.pop().__exit__(None, None, None)
    crowd = filled(door)
    assert len(crowd) == FEW
    while crowd:
        crowd.pop().__exit__(None, None, None)  # in no time at all, so that there was room for thousands
    assert not len(door) and len(filled(door)) == FEW
