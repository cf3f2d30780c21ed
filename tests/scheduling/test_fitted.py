"""A profile as a Station can follow it allows no more than the whole one, and fits into what the Station holds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.scheduling.fitted import Abilities, Way, fitted, ways, with_fallback
from laddnav.scheduling.merged import merged
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.rules import sound
from tests.scheduling.test_merged import BEGUN, FEED, A, W, lengths, profile, profiles, said


@settings(max_examples=60)
@given(profiles(), st.integers(1, 4), lengths, lengths, st.sampled_from([None, Decimal(0)]))
def test_what_is_told_fits_and_never_allows_more(
    whole: ChargingProfile, most: int, now: timedelta, after: timedelta, afterwards: Decimal | None
) -> None:
    """K01.FR.31 K01.FR.35: in order and from its start on, of the same length where it all fits; and until then."""
    at = BEGUN + now
    told = fitted(whole, Way(whole.unit, most, True), now=at, begun_at=BEGUN, afterwards=afterwards)
    assert sound(told.profile) is told.profile and len(told.profile.limits) <= most
    for moment in (at, at + after):
        mine, theirs = said(told.profile, moment), said(whole, moment)
        if told.until is None or moment < told.until:
            assert (mine and (mine.rate, mine.phases)) == (theirs and (theirs.rate, theirs.phases))
        elif mine is not None:
            assert mine.rate == afterwards


def test_what_is_over_takes_no_room() -> None:
    """An hour later, of five periods three are left, and those fit."""
    five = profile(A, (0, 6), (30, 10), (60, 16), (90, 8), (120, 6))
    told = fitted(five, Way(A, 3, False), now=BEGUN + timedelta(hours=1), begun_at=BEGUN)
    assert told.until is None
    assert told.profile == profile(A, (0, 16), (30, 8), (60, 6), started_at=BEGUN + timedelta(hours=1))


def test_what_does_not_fit_is_followed_by_the_fallback_and_told_before_that() -> None:
    """OCPP 1.6 §9.4.3, K15.FR.07: of a Station that holds three periods, the last of them is what it falls back to."""
    five = profile(A, (0, 16), (30, 10), (60, 16), (90, 8), (120, 6))
    told = fitted(five, Way(A, 3, False), now=BEGUN, begun_at=BEGUN, afterwards=Decimal(6))
    assert told.until == BEGUN + timedelta(hours=1)
    assert told.profile == profile(A, (0, 16), (30, 10), (60, 6), started_at=BEGUN)
    alone = fitted(five, Way(A, 3, False), now=BEGUN, begun_at=BEGUN)
    assert alone.profile == profile(A, (0, 16), (30, 10), (60, 16), started_at=BEGUN, duration=timedelta(minutes=90))
    assert alone.until == BEGUN + timedelta(minutes=90)


def test_each_way_of_telling_has_its_turn() -> None:
    """K01.FR.26 K01.FR.43 K01.FR.49: a unit that is taken, phases that it can choose, and in the end one period."""
    plain, several = profile(A, (0, 16)), profile(W, (0, 9000), (15, 4000))
    assert ways(plain, Abilities()) == (Way(A, None, False), Way(W, None, False))
    assert ways(plain, Abilities(units=frozenset({W}), periods_max=1)) == (Way(W, 1, False),)
    assert ways(several, Abilities(units=frozenset({W}), periods_max=6)) == (Way(W, 6, False), Way(W, 1, False))
    single = replace(plain, limits=(ProfileLimit(timedelta(), Decimal(16), 1),))
    switching = Abilities(units=frozenset({A}), switches_phases=True)
    assert ways(single, switching) == (Way(A, None, True),)
    assert ways(single, Abilities()) == (Way(A, None, False), Way(W, None, True), Way(W, None, False))
    assert ways(plain, Abilities(), 3) == (Way(A, None, False), Way(W, None, True), Way(W, None, False))
    assert ways(plain, switching, 3) == (Way(A, None, False),)  # what is only known chooses nothing


def test_a_lease_ends_in_the_fallback_whatever_else_is_wanted() -> None:
    """K02.FR.08: and before anybody has leased anything, the fallback holds already."""
    lease = profile(A, (0, 20), started_at=BEGUN, duration=timedelta(minutes=10))
    six, app = ProfileLimit(timedelta(), Decimal(6)), profile(A, (0, 16))
    whole = merged([app, *with_fallback(lease, six, A, begun_at=BEGUN)], begun_at=BEGUN, feed=FEED)
    assert whole == profile(A, (0, 16), (10, 6), started_at=BEGUN)
    assert merged([app, *with_fallback(None, six, A, begun_at=BEGUN)], begun_at=BEGUN, feed=FEED) == profile(A, (0, 6))


def test_a_fallback_of_direct_current_is_the_power_that_the_mains_give() -> None:
    direct = replace(FEED, volts=Decimal(500), phases=1, direct=True)
    assert direct.of_mains(Decimal(16)) == (RateUnit.WATT, Decimal(11040))
    assert FEED.of_mains(Decimal("6.25")) == (RateUnit.AMPERE, Decimal("6.2"))


def test_what_would_begin_after_the_end_is_not_told() -> None:
    """A profile may say more than it lasts for; of a Station that holds one period it lasts no longer for that."""
    short = profile(A, (0, 6), (30, 16), duration=timedelta(minutes=10))
    assert fitted(short, Way(A, 1, False), now=BEGUN, begun_at=BEGUN).until is None
    assert fitted(short, Way(A, 1, False), now=BEGUN, begun_at=BEGUN).profile == profile(
        A, (0, 6), duration=timedelta(minutes=10)
    )
