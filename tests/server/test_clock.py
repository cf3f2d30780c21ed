"""The clocks: one that shows the wall's time, and one that runs faster, is shared, and never goes back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from laddnav.server.clock import Ids, NotAClock, ScaledClock, WallClock

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def test_ids_sort_in_the_order_in_which_they_were_made_and_are_uuids_version_7() -> None:
    ids = [WallClock().new_id() for _ in range(3)]
    clock = WallClock()
    many = [clock.new_id() for _ in range(10_000)]
    assert many == sorted(set(many))
    assert {UUID(one).version for one in ids + many} == {7}
    assert {UUID(one).variant for one in ids + many} == {"specified in RFC 4122"}


def test_ids_go_on_sorting_when_the_clock_steps_back() -> None:
    shown = iter([MONDAY, MONDAY - timedelta(hours=1), MONDAY - timedelta(hours=2)])
    ids = Ids(lambda: next(shown).timestamp())
    made = [ids.new(), ids.new(), ids.new()]
    assert made == sorted(set(made))


def test_an_id_says_when_it_was_made() -> None:
    milliseconds = UUID(Ids(MONDAY.timestamp).new()).int >> 80
    assert datetime.fromtimestamp(milliseconds / 1000, UTC) == MONDAY


def test_a_scaled_clock_moves_its_speed_times_as_far_as_the_wall() -> None:
    real = WallClock()
    clock = ScaledClock(real.now(), MONDAY, 3600)
    assert clock.wall(timedelta(seconds=2)) == timedelta(hours=2)
    before = real.now()
    shown = clock.now()
    assert shown >= MONDAY + (before - real.now()) * 3600
    assert clock.now() >= shown


def test_a_clock_that_is_started_again_goes_on_after_everything_it_showed(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    first = ScaledClock.started(file, 1000, begin=MONDAY)
    shown = [first.now() for _ in range(100)]
    again = ScaledClock.started(file)
    assert again.speed == 1000
    assert again.now() > max(shown) >= MONDAY
    assert ScaledClock.started(file, 7).speed == 7


def test_processes_that_share_a_clock_agree_on_the_time(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    own = ScaledClock.started(file, 60, begin=MONDAY)
    before = own.now()
    joined = ScaledClock.joined(file).now()
    assert before <= joined <= own.now()


def test_a_file_that_is_no_clock_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "clock.json"
    file.write_text("noon")
    with pytest.raises(NotAClock, match=r"clock\.json is no clock of ours"):
        ScaledClock.joined(file)
    with pytest.raises(NotAClock):
        ScaledClock.joined(tmp_path / "nowhere.json")
