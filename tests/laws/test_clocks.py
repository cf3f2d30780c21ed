"""Laws of a clock: no honest one is taken for one that was set meanwhile, and none that was set for an honest one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from laddnav.metering.clocks import CATCHES_UP, Word, was_set

BEGAN = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LONG_AGO = BEGAN - 400 * HOUR

offsets = st.integers(-300_000, 300_000).map(lambda seconds: timedelta(seconds=seconds))
# Minutes after its start at which something of a charge happens; both ends among them.
happens = st.lists(st.integers(1, 900), min_size=1, max_size=40, unique=True).map(lambda later: [0, *sorted(later)])
# At which it says something that is not of the charge.
beside = st.lists(st.integers(-120, 900), max_size=20, unique=True)


@st.composite
def absences(draw: st.DrawFn) -> list[tuple[datetime, datetime]]:
    """From when until when a Station was not on the line, in their order."""
    ends = sorted(draw(st.lists(st.integers(-900, 1200), max_size=8, unique=True)))
    return [(BEGAN + gone * MINUTE, BEGAN + back * MINUTE) for gone, back in zip(ends[::2], ends[1::2], strict=False)]


# It lets out a word a minute, and reads its meter as often, so that all of them are as late.
@example(list(range(40)), [], timedelta(), [(BEGAN + 5 * MINUTE, BEGAN + 3 * HOUR)], 60, False)
@given(happens, beside, offsets, absences(), st.floats(0.01, 60), st.booleans())
def test_a_station_that_keeps_what_it_cannot_tell_is_honest(
    minutes: list[int],
    others: list[int],
    off: timedelta,
    away: list[tuple[datetime, datetime]],
    seconds: float,
    newest_first: bool,
) -> None:
    """However wrong its clock is all along, however often it was away, and however slowly it tells what it kept.

    Some tell what happens now before what they kept.
    """
    words, apart = list[Word](), list[Word]()
    free_at = LONG_AGO
    for minute, its_own in sorted([*((one, True) for one in minutes), *((one, False) for one in others)]):
        at = BEGAN + minute * MINUTE
        gone = next(((since, back) for since, back in away if since <= at < back), None)
        ready_at = at if gone is None else gone[1]
        heard_at = ready_at if newest_first and gone is None else max(ready_at, free_at)
        if ready_at > at:
            free_at = heard_at + timedelta(seconds=seconds)
        back_at = max((back for _, back in away if back <= heard_at), default=LONG_AGO)
        heard_at += timedelta(seconds=seconds)
        if its_own:
            words.append(Word(at=at + off, heard_at=heard_at, on_line_since=back_at))
        else:
            apart.append(Word(at=at + off, heard_at=heard_at))
    assert not was_set(words[0], words[1:-1], words[-1], apart)


@given(
    st.integers(20, 240), st.integers(20, 240), offsets, offsets, st.sampled_from([1, 5, 10]), st.integers(0, 20_000)
)
def test_one_that_is_set_on_the_line_is_found_by_what_was_read_on_both_sides(
    before: int, after: int, off: timedelta, other: timedelta, every: int, delay: int
) -> None:
    """Whatever it said before and said then, once it had been on the line for as long as it was set by."""
    words = [
        Word(
            at=BEGAN + minute * MINUTE + (off if minute < before else other),
            heard_at=BEGAN + minute * MINUTE + timedelta(milliseconds=delay),
            on_line_since=LONG_AGO,
        )
        for minute in range(0, before + after, every)
    ]
    assert was_set(words[0], words[1:-1], words[-1]) is (abs(other - off) > CATCHES_UP)


@given(st.integers(6, 110), offsets, offsets, st.integers(20, 240), st.integers(0, 20_000))
def test_one_that_is_set_where_an_end_alone_was_told_by_the_other_time_is_found_by_what_was_read_beside_it(
    ago: int, off: timedelta, other: timedelta, after: int, delay: int
) -> None:
    """Before the start by the clock that was behind, or before the stop by the one that was set back."""

    def word(minute: int, by: timedelta, since: datetime | None = LONG_AGO) -> Word:
        at = BEGAN + minute * MINUTE
        return Word(at=at + by, heard_at=at + timedelta(milliseconds=delay), on_line_since=since)

    behind, right = sorted((off, other))
    began = word(0, behind), [word(minute, right) for minute in range(1, after)], word(after, right)
    ended = word(-after, right), [word(minute, right) for minute in range(1 - after, -ago)], word(0, behind)
    for start, read, stop in (began, ended):
        assert was_set(start, read, stop, [word(-ago, behind, None)]) is (right - behind > CATCHES_UP)


@pytest.mark.parametrize(
    ("heard", "company"),
    [
        (-20, True),
        (-86, False),  # kept while the station was away, and told as it came
        (-100, False),  # the same, on the line before
        (-2, False),  # of nearly the same instant: both were held up at once
        (50, False),  # nobody knows on which line
    ],
)
def test_a_start_that_was_tried_again_for_an_hour_finds_company_only_in_what_was_held_up_by_nothing(
    heard: int, company: bool
) -> None:
    """On the line for an hour and a half."""
    since = BEGAN - 90 * MINUTE
    began = Word(at=BEGAN - HOUR, heard_at=BEGAN, on_line_since=since)
    read = [Word(at=BEGAN + each * MINUTE, heard_at=BEGAN + each * MINUTE, on_line_since=since) for each in (1, 30)]
    ended = Word(at=BEGAN + HOUR, heard_at=BEGAN + HOUR, on_line_since=since)
    beside = Word(at=BEGAN + heard * MINUTE - HOUR, heard_at=BEGAN + heard * MINUTE)
    assert was_set(began, read, ended, [beside]) is company
