"""Who may draw how much now: what the site can give, shared among the cars that stand there.

**The rule.** First as many cars as possible get their minimum, then those who would be late without more get it, the
most urgent first, and what is left is shared evenly, ampere by ampere, up to what the plan wants for each.

- Who has its minimum keeps it for a turn (a quarter of an hour), unless there is less room than before.
- Who has waited for a turn comes next, whoever has waited longest first, and nobody behind may take a place that it
  could fill. So nobody starves: a car waits two turns at most, and one more for each car that has waited longer for the
  same place.
- Among all others, and among those whose turn is over, higher priority goes first, then who could wait least.
- Whoever draws clearly less than it may leaves the rest to others, and gets it back when it draws all that it has.

Amperes are whole ones. What is lowered is lowered at once; what is raised is raised in steps (`asking.asks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil, floor

import numpy as np
from msgspec.structs import replace

from laddnav.scheduling.asking import floors, wanted
from laddnav.scheduling.outflow import Outflow
from laddnav.scheduling.outlets import Floats, Moment, Outlet
from laddnav.scheduling.room import Tally, rows

TURN = timedelta(minutes=15)
# One that was paused stays so long enough for its contactor, and starts again only where there is so much to spare.
REST = timedelta(minutes=2)
SPARE = 1.0
# Who could wait no longer than this and still be ready is urgent.
URGENT = timedelta(minutes=30)
# So much more than it draws is left to a car that draws less than it may, once it has had a minute to take it.
HEADROOM = 2.0
TAKES_UP_IN = timedelta(seconds=60)

_SLIP = 1e-9  # of floats


def shared(moment: Moment) -> Floats:
    """(outlet) amperes for each, whole ones, 0 or its minimum at least, below zero where it gives back.

    What it may be told is for `asking.asks`.
    """
    outlets = moment.outlets
    wants = np.array([wanted(one) if one.reachable and one.ban is None else 0.0 for one in outlets])
    targets = _to_give_back(moment)
    if not wants.any():
        return targets
    tally = _empty(moment, wants)
    order = _give_minimums(moment, wants, targets, tally)
    urgent = [column for column in order if outlets[column].laxity <= URGENT]
    tally.count()
    for column in sorted(urgent, key=lambda column: (-outlets[column].priority, outlets[column].laxity)):
        _set(column, min(wants[column], max(targets[column], floor(tally.highest(column) + _SLIP))), targets, tally)
    taken = np.array([_takes(one, moment.at) for one in outlets])
    _fill(order, np.minimum(wants, taken), targets, tally)
    _fill(order, wants, targets, tally)
    return targets


def after(outlet: Outlet, target: float, at: datetime) -> Outlet:
    """The same Evse once it has been given so much: since when it is on, or waits."""
    if target > 0:
        return replace(outlet, on_since_at=outlet.on_since_at or at, waits_since_at=None, paused=False)
    if wanted(outlet) <= 0:
        return replace(outlet, on_since_at=None, waits_since_at=None, paused=False)
    paused = outlet.paused or outlet.on_since_at is not None
    return replace(outlet, on_since_at=None, waits_since_at=outlet.waits_since_at or at, paused=paused)


def _to_give_back(moment: Moment) -> Floats:
    """(outlet) amperes, below zero where it gives back: whole ones, its minimum at least, as much as may go out."""
    targets = np.zeros(len(moment.outlets))
    asked = [
        column
        for column, one in enumerate(moment.outlets)
        if one.gives_amps > 0 and one.busy and one.reachable and one.ban is None
    ]
    if asked:
        back = Outflow(moment, np.zeros(len(moment.outlets)))
        for column in asked:
            amps = back.may_give(column, moment.outlets[column].gives_amps)
            targets[column] = -amps
            back.give(column, amps)
    return targets


def _empty(moment: Moment, wants: Floats) -> Tally:
    """Nobody has anything yet but what cannot be taken from it.

    Where even that is too much, because a Station is out of hand or the building draws more than was ever said, those
    who can be lowered count with nothing: it is for the moment, and they can be asked again in the next.
    """
    least = floors(moment)
    table = rows(moment, least)
    crowded = table.wiring.through(least) > table.fuses + _SLIP
    if crowded.any():
        caught = table.wiring.behind(crowded) & (wants > 0)
        least = np.where(caught, 0.0, least)
        table = rows(moment, least)
    drawing = np.array([not one.reachable or one.ban is not None for one in moment.outlets])
    return Tally(table, moment.outlets, least, np.where(drawing, least, 0.0))


def _give_minimums(moment: Moment, wants: Floats, targets: Floats, tally: Tally) -> list[int]:
    """Who has one then, in the order in which they were served."""
    served: list[int] = []

    for column in sorted(np.flatnonzero(wants).tolist(), key=lambda column: _turn(moment.outlets[column], moment.at)):
        outlet = moment.outlets[column]
        amps = float(ceil(outlet.amps_min))
        waited = moment.at - (outlet.waits_since_at or moment.at)
        rests = outlet.paused and waited < REST
        spare = SPARE if outlet.paused and waited < TURN else 0.0
        if not rests and tally.highest(column) + _SLIP >= amps + spare:
            _set(column, amps, targets, tally)
            served.append(column)
        elif _overdue(outlet, moment.at):
            tally.keep_free(column, amps)
    return served


def _turn(outlet: Outlet, at: datetime) -> tuple[int, datetime, int, timedelta, str]:
    if outlet.on_since_at is not None and at - outlet.on_since_at < TURN:
        return (0, at, -outlet.priority, outlet.laxity, outlet.id)
    if _overdue(outlet, at):
        return (1, outlet.waits_since_at or at, -outlet.priority, outlet.laxity, outlet.id)
    return (2, at, -outlet.priority, outlet.laxity, outlet.id)


def _overdue(outlet: Outlet, at: datetime) -> bool:
    return outlet.waits_since_at is not None and at - outlet.waits_since_at >= TURN


def _set(column: int, amps: float, targets: Floats, tally: Tally) -> None:
    targets[column] = amps
    tally.give(column, amps)


def _takes(outlet: Outlet, at: datetime) -> float:
    """Amperes that its car is expected to take: any, unless it has had the time and draws clearly less than it may."""
    if outlet.drawn is None:
        return float("inf")
    followed = [one for one in outlet.leases if one.acknowledged_at is not None and one.replaced_at is None]
    lease = max(followed, key=lambda one: one.number, default=None)
    if lease is None or lease.acknowledged_at is None or lease.amps < outlet.amps_min:
        return float("inf")
    drawn = max(outlet.drawn)
    if at - lease.acknowledged_at < TAKES_UP_IN or drawn > lease.amps - HEADROOM:
        return float("inf")
    return float(ceil(max(drawn + HEADROOM, outlet.amps_min)))


def _fill(order: Sequence[int], wants: Floats, targets: Floats, tally: Tally) -> None:
    """All of them evenly, until each has what it wants or meets a limit; amperes that are left over go by the order."""
    open_ = np.zeros(len(targets), dtype=np.bool_)
    open_[list(order)] = True
    by_order = np.array(order, dtype=np.intp)
    tally.count()
    while True:
        open_ &= targets < wants
        if not open_.any():
            return
        level = tally.level(open_)
        step = floor(min(level, float((wants - targets)[open_].min())) + _SLIP)
        if step >= 1:
            targets[open_] += step
            tally.raise_all(open_, targets)
            continue
        able = open_ & (tally.reach() + _SLIP >= targets + 1)
        more = (targets + 1).tolist()
        for column in by_order[able[by_order]].tolist():
            if tally.highest(column) + _SLIP >= more[column]:
                _set(column, more[column], targets, tally)
        tally.count()
        open_ &= tally.reach() + _SLIP >= targets + 1
