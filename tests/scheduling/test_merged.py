"""What several limit a charge to, as one profile: laws, and what it comes to in cases that a person can check."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.scheduling.merged import Feed, merged
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.rules import sound

BEGUN = datetime(2026, 11, 23, 8, tzinfo=UTC)
FEED = Feed(volts=Decimal(230), phases=3, watts=Decimal(22_000))
A, W = RateUnit.AMPERE, RateUnit.WATT
lengths = st.integers(0, 7200).map(lambda tenths: timedelta(milliseconds=500 * tenths))


@st.composite
def profiles(draw: st.DrawFn) -> ChargingProfile:
    unit = draw(st.sampled_from([A, W]))
    rates = st.integers(0, 320).map(lambda one: Decimal(one) / 10 * (1 if unit is A else 690))
    after = {timedelta(), *draw(st.sets(lengths, max_size=3))}
    phases = st.sampled_from([None, None, 1, 2, 3])
    return sound(
        ChargingProfile(
            unit=unit,
            started_at=draw(st.none() | lengths.map(lambda length: BEGUN + length - timedelta(minutes=20))),
            duration=draw(st.none() | lengths.filter(bool)),
            limits=tuple(ProfileLimit(one, draw(rates), draw(phases)) for one in sorted(after)),
        )
    )


def said(profile: ChargingProfile, at: datetime) -> ProfileLimit | None:
    """Written beside what is tested: the last limit that has begun, unless all is over."""
    after = at - (profile.started_at or BEGUN)
    if after < timedelta() or (profile.duration is not None and after >= profile.duration):
        return None
    return [one for one in profile.limits if one.after <= after][-1]


def drawn(limit: ProfileLimit, unit: RateUnit, phases: int) -> dict[RateUnit, Decimal]:
    """The most of a car on so many phases: amperes of each, and watts in all."""
    volts = FEED.volts * phases
    return {A: limit.rate, W: limit.rate * volts} if unit is A else {A: limit.rate / volts, W: limit.rate}


@settings(max_examples=60)
@given(
    st.lists(profiles(), min_size=1, max_size=3),
    lengths,
    st.sampled_from([None, A, W]),
    st.sampled_from([None, 1, 2, 3]),
)
def test_at_no_moment_is_more_allowed_than_any_of_them_allows(
    several: list[ChargingProfile], after: timedelta, unit: RateUnit | None, used: int | None
) -> None:
    """Whichever phases the car uses where nobody knows, and to the half of a second. CHP-034."""
    one = merged(several, begun_at=BEGUN, feed=replace(FEED, used=used), unit=unit)
    assert one is not None and sound(one) is one
    borders = {(each.started_at or BEGUN) + limit.after for each in several for limit in each.limits}
    for at in {BEGUN + after, *borders, *(border - timedelta(milliseconds=500) for border in borders)}:
        held = said(one, at)
        for theirs, unit in ((said(each, at), each.unit) for each in several):
            if theirs is not None:
                assert held is not None and (theirs.phases is None or (held.phases or 3) <= theirs.phases)
                for phases in (1, 2, 3) if held.phases is None else (held.phases,):
                    assert drawn(held, one.unit, phases)[unit] <= theirs.rate


@settings(max_examples=60)
@given(st.lists(profiles(), max_size=3))
def test_the_order_does_not_matter_and_twice_the_same_is_the_same(several: list[ChargingProfile]) -> None:
    one = merged(several, begun_at=BEGUN, feed=FEED)
    assert merged([*reversed(several), *several], begun_at=BEGUN, feed=FEED) == one
    assert one is None or merged([one, one], begun_at=BEGUN, feed=FEED) == one


@settings(max_examples=60)
@given(profiles())
def test_what_one_wants_alone_is_what_holds(profile: ChargingProfile) -> None:
    assert merged([profile], begun_at=BEGUN, feed=FEED) == profile


def profile(unit: RateUnit, *limits: tuple[int, int], **changes: Any) -> ChargingProfile:
    said = ChargingProfile(
        unit=unit, limits=tuple(ProfileLimit(timedelta(minutes=after), Decimal(rate)) for after, rate in limits)
    )
    return replace(said, **changes)


def test_where_one_is_over_the_other_goes_on() -> None:
    lease = profile(A, (0, 16), started_at=BEGUN + timedelta(minutes=10), duration=timedelta(minutes=5))
    one = merged([lease, profile(A, (0, 20))], begun_at=BEGUN, feed=FEED)
    assert one == profile(A, (0, 20), (10, 16), (15, 20), started_at=BEGUN)


def test_between_two_that_do_not_meet_the_evse_gives_all_it_can() -> None:
    at_nine = ProfileLimit(timedelta(minutes=9), Decimal(8))
    first = profile(A, (0, 10), duration=timedelta(minutes=5))
    later = profile(A, (0, 8), started_at=BEGUN + timedelta(minutes=9), duration=timedelta(minutes=1))
    assert merged([first, later], begun_at=BEGUN, feed=FEED) == replace(
        profile(A, (0, 10), (9, 8), started_at=BEGUN, duration=timedelta(minutes=10)),
        limits=(ProfileLimit(timedelta(), Decimal(10)), ProfileLimit(timedelta(minutes=5), Decimal("31.8")), at_nine),
    )


def test_a_current_becomes_a_power_for_one_phase_and_a_power_a_current_for_all() -> None:
    """Until somebody says from how many phases the car draws."""
    amps, watts = profile(A, (0, 10)), profile(W, (0, 6900))
    assert merged([amps], begun_at=BEGUN, feed=FEED, unit=W) == profile(W, (0, 2300))
    assert merged([watts], begun_at=BEGUN, feed=FEED, unit=A) == profile(A, (0, 10))
    seen = merged([amps], begun_at=BEGUN, feed=replace(FEED, used=3), unit=W)
    assert seen is not None and seen.limits == (ProfileLimit(timedelta(), Decimal(6900), 3),)
    three = replace(amps, limits=(ProfileLimit(timedelta(), Decimal(10), 3),))
    fewer = merged([three], begun_at=BEGUN, feed=replace(FEED, used=1), unit=W)
    assert fewer is not None and fewer.limits == (ProfileLimit(timedelta(), Decimal(2300), 1),)
    said = merged([three], begun_at=BEGUN, feed=FEED, unit=W)
    assert said is not None and said.limits[0].rate == 6900
