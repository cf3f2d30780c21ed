"""What a Station may draw at most is known whatever it answered, and all of them together never come to too much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from laddnav.scheduling import asking, committed, control
from laddnav.scheduling.asking import LONG_LEASE
from laddnav.scheduling.committed import LEASE, TooMuch, accepted, acknowledged, asked, most, refused
from laddnav.scheduling.outlets import NO_AMPS, Ask, Ban, Floats, Lease, Moment, Outlet
from laddnav.scheduling.room import weaknesses
from laddnav.scheduling.site import Panel

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def outlet(name: str = "A", **more: Any) -> Outlet:
    usual = Outlet(id=name, panel=0, phases=(0, 1, 2), amps_max=32.0, keeps_for_newcomers=True, laxity=120 * MINUTE)
    return replace(usual, **more)


def lease(number: int, amps: float, *, minutes: float = 5, acknowledged: bool = True, ago: float = 3) -> Lease:
    at = NOON - ago * MINUTE
    return Lease(
        number=number,
        amps=amps,
        asked_at=at,
        until_at=NOON + minutes * MINUTE,
        acknowledged_at=at if acknowledged else None,
    )


def panel(amps: float, name: str = "connection", under: int | None = None) -> Panel:
    return Panel(name=name, under=under, amps_max=(amps, amps, amps))


def may(one: Outlet, seconds: float = 0) -> float:
    at = NOON + seconds * SECOND
    return most(one, at, at)


# A site is accepted --------------------------------------------------------------------------------------------------


def test_a_site_is_accepted_when_all_fallbacks_fit_beside_the_building() -> None:
    accepted([panel(25)], [outlet("A"), outlet("B")], (13.0, 13.0, 13.0))


def test_a_refusal_names_panel_phase_and_by_how_much() -> None:
    panels = [panel(63), panel(16, "garage", 0)]
    members = [outlet("A", panel=1), outlet("B", panel=1, phases=(1,)), outlet("C", panel=1, phases=(1,))]
    with pytest.raises(TooMuch, match=r"garage L2 by 2\.0 A \(18\.0 A on a fuse of 16\.0 A\)") as refusal:
        accepted(panels, members, NO_AMPS)
    assert "L1" not in str(refusal.value)
    assert "connection" not in str(refusal.value)


def test_a_fallback_that_a_station_does_not_know_counts_as_all_that_it_can_draw() -> None:
    with pytest.raises(TooMuch, match=r"by 7\.0 A"):
        accepted([panel(25)], [outlet(fallback_known=False)], NO_AMPS)


def test_a_site_says_which_station_could_overload_which_fuse_by_itself() -> None:
    members = [outlet("A"), outlet("B", amps_max=63.0), outlet("C", panel=1, phases=(2,))]
    panels = [panel(50), panel(40, "garage", 0)]
    (l1, l2, l3) = weaknesses(panels, members, NO_AMPS, 1.25)
    assert (l1.panel, l1.phase, l1.outlet_id, l1.amps) == ("connection", 0, "B", 63 + 6 - 62.5)
    assert (l2.phase, l3.phase, l3.amps) == (1, 2, 63 + 6 + 6 - 62.5)


# One Station ---------------------------------------------------------------------------------------------------------


def test_who_was_told_nothing_may_draw_its_fallback_or_all_if_it_does_not_know_one() -> None:
    assert may(outlet()) == 6
    assert may(outlet(fallback_known=False)) == 32


def test_a_lowering_counts_once_it_is_acknowledged_and_there_was_time_to_follow() -> None:
    leases = asked((lease(1, 16),), Ask(outlet_id="A", amps=8, until_at=NOON + 5 * MINUTE), NOON, 2)
    assert may(outlet(leases=leases), 200) == 16
    leases = acknowledged(leases, 2, NOON + 10 * SECOND)
    assert may(outlet(leases=leases), 69) == 16
    assert may(outlet(leases=leases), 70) == 8


def test_a_raise_counts_from_when_it_is_on_its_way() -> None:
    leases = asked((lease(1, 8),), Ask(outlet_id="A", amps=16, until_at=NOON + 5 * MINUTE), NOON, 2)
    assert may(outlet(leases=leases)) == 16


def test_a_refused_ask_counts_no_more_and_what_was_before_does() -> None:
    leases = asked((lease(1, 8),), Ask(outlet_id="A", amps=16, until_at=NOON + 5 * MINUTE), NOON, 2)
    assert may(outlet(leases=refused(leases, 2))) == 8


def test_an_answer_that_comes_late_does_not_bring_back_what_was_replaced() -> None:
    leases = asked((lease(1, 8),), Ask(outlet_id="A", amps=16, until_at=NOON + 5 * MINUTE), NOON, 2)
    leases = asked(leases, Ask(outlet_id="A", amps=7, until_at=NOON + 5 * MINUTE), NOON, 3)
    leases = acknowledged(leases, 3, NOON)
    assert acknowledged(leases, 2, NOON + SECOND) == leases
    assert may(outlet(leases=leases), 61) == 7


def test_a_station_without_a_line_keeps_its_lease_until_it_lapses_and_then_its_fallback_counts() -> None:
    away = outlet(leases=(lease(1, 16),), reachable=False)
    assert may(away, 299) == 16
    assert may(away, 300 + 59) == 16
    assert may(away, 300 + 60) == 6


def test_one_below_its_fallback_counts_with_the_fallback_a_reaction_before_it_lapses() -> None:
    paused = outlet(leases=(lease(1, 0, minutes=15),), reachable=False)
    assert may(paused) == 0
    assert may(paused, 14 * 60) == 0
    assert may(paused, 14 * 60 + 1) == 6
    assert most(paused, NOON, NOON + 14 * MINUTE) == 0
    assert most(paused, NOON, NOON + 15 * MINUTE) == 6


def test_an_unanswered_ask_may_have_replaced_a_pause_and_may_lapse_before_it() -> None:
    leases = asked((lease(1, 0, minutes=15),), Ask(outlet_id="A", amps=8, until_at=NOON + 5 * MINUTE), NOON, 2)
    assert may(outlet(leases=leases), 10 * 60) == 6


def test_what_was_not_answered_is_remembered_as_long_as_what_it_may_have_replaced() -> None:
    leases = asked((lease(1, 0, minutes=15),), Ask(outlet_id="A", amps=8, until_at=NOON + 2 * MINUTE), NOON, 2)
    one = outlet(leases=leases)
    one = replace(one, leases=committed.pruned(leases, one, NOON + 8 * MINUTE))
    assert may(one, 8 * 60) == 6
    assert committed.pruned(leases, one, NOON + 20 * MINUTE) == ()


def test_a_pause_that_ends_with_its_charge_never_counts_below_the_fallback() -> None:
    paused = outlet(leases=(lease(1, 0, minutes=15),), keeps_for_newcomers=False)
    assert may(paused) == 6
    # But limits from outside are not held against what a newcomer begins with.
    assert committed.by_this_charge(paused, NOON, NOON) == 0


def test_a_first_pause_counts_when_there_was_time_to_follow_and_its_renewal_at_once() -> None:
    fresh = outlet(leases=(lease(1, 0, minutes=15, ago=0),))
    assert may(fresh, 59) == 6
    assert may(fresh, 60) == 0
    renewed = asked((lease(1, 0, minutes=9),), Ask(outlet_id="A", amps=0, until_at=NOON + 15 * MINUTE), NOON, 2)
    renewed = acknowledged(renewed, 2, NOON)
    assert may(outlet(leases=renewed), 1) == 0


def test_who_draws_more_than_it_may_counts_with_that_at_once_and_is_out_after_its_reaction() -> None:
    rogue = outlet(leases=(lease(1, 8),), drawn=(20.0, 20.0, 20.0), drawn_at=NOON, over_since_at=NOON)
    assert may(rogue) == 20
    moment = Moment(at=NOON + 90 * SECOND, panels=(panel(63),), outlets=(rogue,))
    assert committed.outcasts(moment) == ()  # it has not been measured again
    again = replace(rogue, drawn_at=NOON + 50 * SECOND)
    assert committed.outcasts(replace(moment, at=NOON + 59 * SECOND, outlets=(again,))) == ()
    (outcast,) = committed.outcasts(replace(moment, at=NOON + 60 * SECOND, outlets=(again,)))
    assert outcast.why.text == "It draws 20.0 A, may draw 8.0 A, and has not followed for 60 s"
    assert may(replace(rogue, ban=Ban(since_at=NOON))) == 32


def test_a_station_that_still_lowers_is_not_taken_for_one_that_does_not_follow() -> None:
    leases = asked((lease(1, 16),), Ask(outlet_id="A", amps=8, until_at=NOON + 5 * MINUTE), NOON, 2)
    leases = acknowledged(leases, 2, NOON)
    lowering = outlet(leases=leases, drawn=(16.0, 16.0, 16.0), drawn_at=NOON + 59 * SECOND)
    assert not committed.over(lowering)
    assert committed.over(replace(lowering, drawn_at=NOON + 60 * SECOND))


@pytest.mark.parametrize(
    ("times", "quiet_minutes", "returns"),
    [(1, 14, False), (1, 15, True), (2, 59, False), (2, 60, True), (3, 999, False)],
)
def test_who_was_out_comes_back_after_a_quiet_time_but_not_a_third_time(
    times: int, quiet_minutes: int, returns: bool
) -> None:
    ban = Ban(since_at=NOON, times=times, quiet_since_at=NOON)
    assert committed.may_return(outlet(ban=ban), NOON + quiet_minutes * MINUTE) is returns


# What is asked -------------------------------------------------------------------------------------------------------


def test_a_raise_waits_until_another_has_made_room() -> None:
    full = outlet("A", leases=(lease(1, 20),), charging=True, wanted_amps=32.0)
    new = outlet("B", leases=(lease(1, 0, minutes=15),), charging=True, wanted_amps=32.0)
    moment = Moment(at=NOON, panels=(panel(20),), outlets=(full, new), overload=None)
    targets = control.shared(moment)
    assert targets.tolist() == [10, 10]
    (lowering,) = asking.asks(moment, targets)
    assert (lowering.outlet_id, lowering.amps) == ("A", 10)
    full = replace(full, leases=acknowledged(asked(full.leases, lowering, NOON, 2), 2, NOON))
    for seconds, raised in ((59, []), (60, [("B", 10.0)])):
        later = replace(moment, at=NOON + seconds * SECOND, outlets=(full, new))
        assert [(ask.outlet_id, ask.amps) for ask in asking.asks(later, targets)] == raised


@pytest.mark.parametrize(("told", "uses", "again"), [(3, (0, 1, 2), []), (3, (1,), [1]), (1, (0, 1, 2), [3])])
def test_a_car_that_is_seen_on_other_phases_is_told_anew(told: int, uses: tuple[int, ...], again: list[int]) -> None:
    """The same amperes are another power, and some stations take nothing else."""
    before = replace(lease(1, 16, ago=1), phases=told)
    one = outlet("A", phases=uses, leases=(before,), charging=True, wanted_amps=16.0)
    moment = Moment(at=NOON, panels=(panel(63),), outlets=(one,), overload=None)
    assert [ask.phases for ask in asking.asks(moment, _to(16))] == again


@pytest.mark.parametrize(("minutes", "amps"), [(3, []), (2, [11.0])])
def test_the_last_ampere_is_worth_no_message_but_is_taken_with_one_that_is_due(minutes: int, amps: list[float]) -> None:
    one = outlet("A", leases=(lease(1, 10, minutes=minutes),), charging=True, wanted_amps=16.0)
    moment = Moment(at=NOON, panels=(panel(63),), outlets=(one,), overload=None)
    assert [ask.amps for ask in asking.asks(moment, _to(11))] == amps


def test_what_is_above_the_fallback_lasts_shorter_than_what_is_below() -> None:
    one = outlet("A", charging=True, wanted_amps=16.0)
    two = outlet("B", fallback_amps=8.0)
    asks = asking.asks(Moment(at=NOON, panels=(panel(63),), outlets=(one, two)), _to(16, 0))
    assert {ask.outlet_id: ask.until_at - NOON for ask in asks} == {"A": LEASE, "B": LONG_LEASE}


def _to(*amps: float) -> Floats:
    return np.array(amps, dtype=np.float64)


# Whatever happens ----------------------------------------------------------------------------------------------------


class Truth:
    """A Station as it is: what it keeps to, and what it kept to within its reaction, for its car may be as late."""

    def __init__(self, one: Outlet) -> None:
        self.fallback, self.keeps, self.reaction = one.fallback_amps, one.keeps_for_newcomers, one.reaction
        self.lease: Ask | None = None
        self.since: list[tuple[datetime, float]] = [(NOON, self.fallback)]
        self.on_its_way: list[tuple[int, Ask]] = []
        self.answers: list[tuple[int, bool]] = []

    def lapse(self, now: datetime) -> None:
        if self.lease is not None and self.lease.until_at <= now:
            self.since.append((self.lease.until_at, self.fallback))
            self.lease = None

    def may_draw(self, now: datetime) -> float:
        ends = [at for at, _ in self.since[1:]] + [now + SECOND]
        return max(amps for (_, amps), end in zip(self.since, ends, strict=True) if end > now - self.reaction)


class Promises(RuleBasedStateMachine):
    """Asks are lost, arrive late, are refused; answers are lost; lines go, charges change: the fuse always holds."""

    @initialize(
        fallbacks=st.lists(st.sampled_from([0.0, 6.0, 8.0]), min_size=2, max_size=4),
        keeps=st.lists(st.booleans(), min_size=4, max_size=4),
        spare=st.sampled_from([0.0, 5.0, 14.0]),
    )
    def begin(self, fallbacks: list[float], keeps: list[bool], spare: float) -> None:
        self.now = NOON
        self.fuse = sum(fallbacks) + spare
        self.known = [
            outlet(str(number), phases=(0,), fallback_amps=amps, keeps_for_newcomers=keeps[number])
            for number, amps in enumerate(fallbacks)
        ]
        self.truths = [Truth(one) for one in self.known]
        self.told = 0

    @rule(which=st.integers(0, 3), wanted=st.sampled_from([0.0, 6.0, 16.0, 32.0]))
    def a_car_wants(self, which: int, wanted: float) -> None:
        number = which % len(self.known)
        self.known[number] = replace(self.known[number], charging=wanted > 0, wanted_amps=wanted)

    @rule()
    def tick(self) -> None:
        self.known = [replace(one, leases=committed.pruned(one.leases, one, self.now)) for one in self.known]
        moment = Moment(at=self.now, panels=(panel(self.fuse),), outlets=tuple(self.known), overload=None)
        targets = control.shared(moment)
        for ask in asking.asks(moment, targets):
            number = int(ask.outlet_id)
            self.told += 1
            leases = asked(self.known[number].leases, ask, self.now, self.told)
            self.known[number] = replace(self.known[number], leases=leases)
            self.truths[number].on_its_way.append((self.told, ask))
        self.known = [control.after(one, float(amps), self.now) for one, amps in zip(self.known, targets, strict=True)]

    @precondition(lambda self: any(one.on_its_way for one in self.truths))
    @rule(which=st.integers(0, 3), fate=st.sampled_from(["arrives", "arrives", "arrives", "is lost", "is refused"]))
    def an_ask(self, which: int, fate: str) -> None:
        waiting = [one for one in self.truths if one.on_its_way]
        truth = waiting[which % len(waiting)]
        number, ask = truth.on_its_way.pop(0)
        if fate == "is lost":
            return
        if fate == "arrives" and ask.until_at > self.now:
            truth.lease = ask
            truth.since.append((self.now, ask.amps))
        truth.answers.append((number, fate == "arrives"))

    @precondition(lambda self: any(one.answers for one in self.truths))
    @rule(which=st.integers(0, 3), fate=st.sampled_from(["arrives", "arrives", "is lost"]), late=st.booleans())
    def an_answer(self, which: int, fate: str, late: bool) -> None:
        waiting = [number for number, one in enumerate(self.truths) if one.answers]
        place = waiting[which % len(waiting)]
        number, follows = self.truths[place].answers.pop(-1 if late else 0)
        if fate == "arrives":
            leases = self.known[place].leases
            heard = acknowledged(leases, number, self.now) if follows else refused(leases, number)
            self.known[place] = replace(self.known[place], leases=heard)

    @rule(minutes=st.sampled_from([1, 3, 6, 11]), but=st.none() | st.integers(0, 3))
    def it_goes_well(self, minutes: int, but: int | None) -> None:
        """For so long, for all but one perhaps, whom nothing reaches."""
        for _ in range(2 * minutes):
            self.tick()
            for place, truth in enumerate(self.truths):
                while truth.on_its_way:
                    number, ask = truth.on_its_way.pop(0)
                    if place != but and ask.until_at > self.now:
                        truth.lease = ask
                        truth.since.append((self.now, ask.amps))
                        leases = acknowledged(self.known[place].leases, number, self.now)
                        self.known[place] = replace(self.known[place], leases=leases)
            self.time_passes(30)

    @rule(which=st.integers(0, 3), reachable=st.booleans())
    def a_line(self, which: int, reachable: bool) -> None:
        number = which % len(self.known)
        self.known[number] = replace(self.known[number], reachable=reachable)

    @rule(which=st.integers(0, 3), noticed=st.booleans())
    def another_charge(self, which: int, noticed: bool) -> None:
        number = which % len(self.known)
        truth = self.truths[number]
        if not truth.keeps:
            truth.lease, truth.on_its_way, truth.answers = None, [], []
            truth.since = [(self.now, truth.fallback)]
        if noticed:
            leases = committed.ended(self.known[number].leases, self.known[number])
            self.known[number] = replace(self.known[number], leases=leases)

    @rule(seconds=st.sampled_from([1, 10, 30, 61, 150, 290, 600]))
    def time_passes(self, seconds: int) -> None:
        for second in sorted({*range(30, seconds, 30), seconds}):
            self._at(second)
        self.now += seconds * SECOND

    def _at(self, second: int) -> None:
        now = self.now + second * SECOND
        for truth in self.truths:
            truth.lapse(now)
        self._holds(now)

    def _holds(self, now: datetime) -> None:
        may_draw = [truth.may_draw(now) for truth in self.truths]
        for one, amps in zip(self.known, may_draw, strict=True):
            assert amps <= most(one, now, now), (one, now)
        assert sum(may_draw) <= self.fuse, (may_draw, self.fuse)

    @invariant()
    def nobody_could_draw_more_than_the_fuse_gives(self) -> None:
        if hasattr(self, "now"):
            self._holds(self.now)


Promises.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
test_whatever_is_answered_lost_or_lapses_the_fuse_is_never_exceeded = Promises.TestCase
