"""Each thing that can be doubtful about registers has its name, and none of it becomes money by itself."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.kit.energy import NO_ENERGY, Energy, wh
from laddnav.kit.power import kw
from laddnav.metering.clocks import ahead, behind
from laddnav.metering.model import DoubtKind, Measurand, Reading
from laddnav.metering.periods import stretches

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
K = DoubtKind

# What the register says at the start, at each tenth minute after it, and at the stop, on an Evse that gives 22 kW;
# what of it is billed, and what is named.
CASES = {
    "as it should be": ((1000, 3000, 4000, 4500), 3500, []),
    "a slip downwards": ((1000, 3000, 0, 3500, 4000), 3000, [K.BACKWARD_REGISTER]),
    "a slip downwards, twice told alike": ((1000, 3000, 0, 0, 3500, 4000), 3000, [K.BACKWARD_REGISTER]),
    "lower and lower": ((1000, 3000, 2000, 1000, 3500, 4000), 3000, [K.BACKWARD_REGISTER, K.BACKWARD_REGISTER]),
    "lower at the stop": ((1000, 3000, 2000), 2000, [K.BACKWARD_REGISTER]),
    "another meter": (
        (9000, 11000, 12, 1512, 3012, 4512),
        2000,
        [K.BACKWARD_REGISTER, K.METER_EXCHANGED, K.METER_EXCHANGED],
    ),
    "another meter, seen at the stop": ((9000, 11000, 12, 1512), 2000, [K.BACKWARD_REGISTER, K.METER_EXCHANGED]),
    "counted to the end of six digits": ((997_000, 999_000, 700, 2000), 2000, [K.ROLLOVER, K.ROLLOVER]),
    "counted to the end of 32 bits": ((2**32 - 3000, 2**32 - 1000, 800), 2000, [K.ROLLOVER]),
    "near the end, and more than can have flowed": ((950_000, 952_000, 700), 2000, [K.BACKWARD_REGISTER]),
    "more than this Evse gives": ((1000, 3000, 12_000, 3500, 4000), 3000, [K.POWER_IMPLAUSIBLE]),
    "more than any gives": ((1000, 3000, 5_000_000, 3500, 4000), 3000, [K.JUMP]),
    "more than any gives, and it goes on from there": ((1000, 3000, 5_000_000, 5_001_000), 5_000_000, [K.JUMP]),
}


def register(at: datetime, amount: int | Decimal, context: str = "Sample.Periodic") -> Reading:
    return Reading(at=at, measurand=Measurand.ENERGY_IMPORT_REGISTER, value=Decimal(amount), context=context)


@pytest.mark.parametrize("case", CASES)
def test_a_register_is_named_for_what_it_is(case: str) -> None:
    (first, *between, last), billed, kinds = CASES[case]
    read = [register(NOON + timedelta(minutes=10 * number), value) for number, value in enumerate(between, 1)]
    stop = NOON + timedelta(minutes=10 * (len(between) + 1))
    done = stretches(read, NOON, wh(first), stop, wh(last), power_max=kw(22))
    assert sum((one.energy for one in done.stretches), NO_ENERGY) == wh(billed)
    assert [doubt.kind for doubt in done.doubts] == kinds
    assert sum((doubt.energy for doubt in done.doubts), wh(billed)) == wh(last) - wh(first)


@pytest.mark.parametrize(
    ("start", "stop", "kinds"),
    [
        (0, 0, []),
        (99, -99, []),
        (100, 0, [K.START_DISAGREES]),
        (0, -100, [K.STOP_DISAGREES]),
        (500, -500, [K.START_DISAGREES, K.STOP_DISAGREES]),
    ],
)
def test_samples_of_start_and_stop_say_the_same_register_as_they_do(
    start: int, stop: int, kinds: list[DoubtKind]
) -> None:
    end = NOON + timedelta(minutes=20)
    read = (register(NOON, 1000 + start, "Transaction.Begin"), register(end, 5000 + stop, "Transaction.End"))
    done = stretches(read, NOON, wh(1000), end, wh(5000))
    assert [doubt.kind for doubt in done.doubts] == kinds
    assert sum((one.energy for one in done.stretches), NO_ENERGY) == wh(4000)
    unsaid = stretches(read, NOON, None, end, None)
    assert not {K.START_DISAGREES, K.STOP_DISAGREES} & {doubt.kind for doubt in unsaid.doubts}


def test_a_clock_that_is_ahead_is_one_doubt_of_its_charge_and_words_that_were_kept_are_none() -> None:
    def doubts(*minutes: int) -> list[DoubtKind]:
        return [one.kind for one in ahead([register(NOON + timedelta(minutes=m), 0) for m in minutes], NOON, NOON)]

    assert doubts(5, -600) == []
    assert doubts(6, 60) == [K.CLOCK_OFF]


def test_a_clock_is_behind_when_what_a_station_had_no_reason_to_keep_comes_late() -> None:
    def doubts(*minutes: int, on_line_since: int | None) -> list[DoubtKind]:
        since = None if on_line_since is None else NOON + timedelta(minutes=on_line_since)
        facts = [register(NOON + timedelta(minutes=m), 0) for m in minutes]
        return [one.kind for one in behind(facts, NOON, NOON, since)]

    assert doubts(on_line_since=-600) == []
    assert doubts(-120, -15, on_line_since=-600) == []  # the older ones came beside one of now
    assert doubts(-120, -16, on_line_since=-600) == [K.CLOCK_OFF]
    assert doubts(-120, on_line_since=-119) == []  # kept while it was away
    assert doubts(-120, on_line_since=-124) == []  # as the clocks may differ
    assert doubts(-120, on_line_since=-125) == [K.CLOCK_OFF]
    assert doubts(-120, on_line_since=None) == []
    assert doubts(-31 * 24 * 60, on_line_since=-1) == [K.CLOCK_OFF]  # as one that was never set says


rises = st.lists(st.integers(0, 3000), min_size=1, max_size=8)


@given(rises, st.integers(0, 2999), st.sampled_from([10**6, 10**9, 2**32]))
def test_a_meter_that_counts_to_its_end_is_billed_up_to_there_and_named(
    before: list[int], across: int, full: int
) -> None:
    """What it counts afterwards is in the doubt, to the Wh."""
    first = full - 1 - sum(before)
    counted = [first + sum(before[:number]) for number in range(1, len(before) + 1)]
    read = [register(NOON + timedelta(minutes=10 * number), value) for number, value in enumerate(counted, 1)]
    stop = NOON + timedelta(minutes=10 * (len(counted) + 1))
    done = stretches(read, NOON, wh(first), stop, wh(across), power_max=kw(22))
    assert sum((one.energy for one in done.stretches), NO_ENERGY) == wh(sum(before))
    assert [(doubt.kind, doubt.energy) for doubt in done.doubts] == [(K.ROLLOVER, wh(across) - wh(full - 1))]


@given(rises, rises, st.integers(0, 800))
def test_energy_after_an_exchange_is_never_billed_and_never_lost(old: list[int], new: list[int], base: int) -> None:
    first = 1000
    read_old = [first + sum(old[:number]) for number in range(1, len(old) + 1)]
    read_new = [base, *(base + sum(new[:number]) for number in range(1, len(new) + 1))]
    read_new = [value for value in read_new if value < read_old[-1]]
    said = [*read_old, *read_new]
    read = [register(NOON + timedelta(minutes=10 * number), value) for number, value in enumerate(said, 1)]
    stop = NOON + timedelta(minutes=10 * (len(said) + 1))
    done = stretches(read, NOON, wh(first), stop, wh(said[-1]), power_max=kw(22))
    billed = sum((one.energy for one in done.stretches), NO_ENERGY)
    assert billed == wh(sum(old))
    assert sum((doubt.energy for doubt in done.doubts), billed) == Energy(Decimal(said[-1] - first))
    assert {doubt.kind for doubt in done.doubts} <= {K.BACKWARD_REGISTER, K.METER_EXCHANGED}
