"""What is drawn at a connection beside its cars, which no meter says: what the mains meter says less what cars draw.

A mains meter and the meters of cars speak at different times, and a car that is told more draws that at some time
within its reaction. So a look at all of them tells between what bounds it is.

**The rule.** More is believed at once, as soon as cars cannot be the reason. Less is believed once all looks of HELD
have told of less, and then no less than the most that any of them left open. So a car that stops between two samples,
which looks like a smaller building, deceives nobody: within HELD it has said so, or its old word no longer counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial, reduce

from msgspec import Struct

from laddnav.scheduling import committed
from laddnav.scheduling.outlets import NO_AMPS, Amps, Outlet

# A car says what it draws every minute at least; what it said counts so long, and no longer.
COUNTS_FOR = timedelta(seconds=75)
# Of less, all looks of so long have to tell: within it each car has spoken, or its word counts no more.
HELD = COUNTS_FOR
# Looks are remembered by stretches of so long, of each the highest.
STRETCH = timedelta(seconds=25)
# A meter that has said nothing for so long is silent, and what was believed is forgotten.
SILENT = timedelta(seconds=90)


class Look(Struct, frozen=True):
    """What is drawn beside the cars at least and at most, by phase, as all meters tell it together."""

    least: Amps
    most: Amps


class Stretch(Struct, frozen=True):
    """The most that any look left open from then until the next Stretch began."""

    since_at: datetime
    most: Amps


class Beside(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was thought to be drawn beside the cars at an instant, amperes by phase.

    `stretches` reach back over HELD, the newest last; none where it is measured by itself.
    """

    at: datetime
    amps: Amps
    stretches: tuple[Stretch, ...] = ()


def look(mains: Amps, at: datetime, outlets: Sequence[Outlet]) -> Look:
    """`mains`: all that came to cars and building `at` that instant."""
    drew = [drawn_at(one, at) for one in outlets]
    least, most = _less(mains, [high for _, high in drew]), _less(mains, [low for low, _ in drew])
    return Look(least, most)


def believed(before: Beside | None, now: Look, at: datetime, building_max: Amps) -> Beside:
    """What is thought now, by what was thought a look ago; where nothing was, as much as the site says it may be."""
    if before is None or not before.stretches or not timedelta() <= at - before.at <= SILENT:
        amps = each(max, now.least, each(min, now.most, building_max))
        return Beside(at=at, amps=amps, stretches=(Stretch(at, now.most),))
    stretches = _with(before.stretches, now.most, at)
    amps = before.amps
    if stretches[0].since_at <= at - HELD:
        amps = each(min, amps, reduce(partial(each, max), [one.most for one in stretches]))
    return Beside(at=at, amps=each(max, amps, now.least), stretches=stretches)


def _with(stretches: tuple[Stretch, ...], most: Amps, at: datetime) -> tuple[Stretch, ...]:
    """Those that reach back over HELD, this look among them."""
    *earlier, last = stretches
    if at - last.since_at < STRETCH:
        several = [*earlier, Stretch(last.since_at, each(max, last.most, most))]
    else:
        several = [*earlier, last, Stretch(at, most)]
    while len(several) > 1 and several[1].since_at <= at - HELD:
        del several[0]
    return tuple(several)


def drawn_at(outlet: Outlet, at: datetime) -> tuple[Amps, Amps]:
    """What it drew at least and at most at that instant.

    Who was told the same all the while goes on with what it said last. Of all others nobody knows whether they follow
    yet, nor of one that has just begun, or is silent, what it draws at all.
    """
    if outlet.since_at is not None and at < outlet.since_at:
        return NO_AMPS, _evenly(outlet, outlet.amps_max)  # somebody else was there, or nobody is any more
    if outlet.drawn is None or outlet.drawn_at is None or at - outlet.drawn_at > COUNTS_FOR:
        return _evenly(outlet, -committed.given_back(outlet, at, at)), _evenly(outlet, committed.most(outlet, at, at))
    if not outlet.busy:
        return NO_AMPS, NO_AMPS
    said, begin_at, end_at = [outlet.drawn], outlet.drawn_at, at
    if outlet.drawn_at > at:
        if outlet.drawn_before is None or outlet.drawn_before_at is None:
            least = _evenly(outlet, -committed.given_back(outlet, at, outlet.drawn_at))
            most = _evenly(outlet, committed.most(outlet, at, outlet.drawn_at))
            return each(min, outlet.drawn, least), each(max, outlet.drawn, most)
        said, begin_at, end_at = [outlet.drawn_before, outlet.drawn], outlet.drawn_before_at, outlet.drawn_at
    least = most = said[0]
    for one in said[1:]:
        least, most = each(min, least, one), each(max, most, one)
    low, high = committed.kept_to(outlet, begin_at, end_at)
    if outlet.since_at is not None and begin_at < outlet.since_at + outlet.reaction:
        low = min(low, 0.0)
    if low == high:
        return least, most
    return each(min, least, _evenly(outlet, low)), each(max, most, _evenly(outlet, high))


def _evenly(outlet: Outlet, amps: float) -> Amps:
    used = outlet.phases
    return amps if 0 in used else 0.0, amps if 1 in used else 0.0, amps if 2 in used else 0.0


def each(pick: Callable[[float, float], float], some: Amps, others: Amps) -> Amps:
    """Phase by phase."""
    return pick(some[0], others[0]), pick(some[1], others[1]), pick(some[2], others[2])


def _less(mains: Amps, drawn: Sequence[Amps]) -> Amps:
    of_cars = [sum(amps[phase] for amps in drawn) for phase in range(3)]
    return mains[0] - of_cars[0], mains[1] - of_cars[1], mains[2] - of_cars[2]
