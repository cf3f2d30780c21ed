"""A plan with fewer starts and stops: in quarters that cost the same a car draws in one stretch rather than in several.

To the linear program it is all one which of them a car draws in. Contactors and drivers like one stretch better, and
some cars sleep after a few pauses. So a stretch is moved up to another of the same car, where each of its quarters
costs what the one costs that it goes to, and the others leave room for it: no plan is dearer or slower for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from laddnav.scheduling.evened import moved
from laddnav.scheduling.placing import Room
from laddnav.scheduling.site import Floats, Plan, Site, Wish
from laddnav.scheduling.table import Table

EXACT = 1e-4  # amperes below what a car begins at that it does not notice
WHOLE = 1 - 1e-6  # of a step that a car is there

Numbers = NDArray[np.int64]
Stretch = tuple[int, int]  # the first step, and the one after the last


def calmed(site: Site, table: Table, plan: Plan) -> Plan:
    """As much for each car, for no more money. Who is to be early, or gives back, stays as it is."""
    kinds = _kinds(site, table)
    per_step = table.share * table.per_amp[:, None]
    restless = _restless(site, plan)
    if not restless or np.bincount(kinds).max(initial=0) < 2:
        return plan
    amps = np.divide(plan.power, per_step, out=np.zeros_like(plan.power), where=per_step > 0)
    room, changed = Room(site, table, amps, plan.battery), False
    for car in restless:
        before = amps[car].copy()
        room.give_back(car, before)
        left = np.where(table.share[car] >= WHOLE, room.left(car), np.nan)
        while _joined(amps[car], left, kinds, site.cars[car].amps_min):
            changed = True
        room.take(car, amps[car])
    if not changed:
        return plan
    found = moved(site, table, plan, amps, [np.flatnonzero(kinds == kind) for kind in np.unique(kinds)])
    return found if _begins(found).sum() < _begins(plan).sum() else plan


def _kinds(site: Site, table: Table) -> Numbers:
    """(step) a number that is the same where steps cost the same, and are of one measured hour of each of the peaks."""
    marks = [table.prices, table.feed_in, table.carbon]
    for peak in site.peaks:
        hour_of = np.full(site.steps.count, -1.0)
        for number, hour in enumerate(peak.hours):
            hour_of[list(hour)] = number
        marks.append(hour_of)
    return np.unique(np.array(marks), axis=1, return_inverse=True)[1].ravel()


def _restless(site: Site, plan: Plan) -> list[int]:
    """Cars that begin more than once."""
    gives = (plan.power < 0).any(axis=1)
    several = np.flatnonzero((_begins(plan) > 1) & ~gives)
    return [car for car in several.tolist() if site.cars[car].wish is not Wish.NOW]


def _begins(plan: Plan) -> Numbers:
    """(car) how often."""
    on = plan.power > 0
    begins: Numbers = on[:, :1].sum(axis=1) + (on[:, 1:] & ~on[:, :-1]).sum(axis=1)
    return begins


def _joined(amps: Floats, left: Floats, kinds: Numbers, least: float) -> bool:
    """One stretch of a car is moved up to another, the shortest first; False: none can be.

    `left` is no number where the car is there for a part of the step: nothing goes there, or from there. A last step in
    which it has all it wants before the step is over stays the last one.
    """
    stretches = _stretches(amps)
    end = stretches[-1][1] - 1 if amps[stretches[-1][1] - 1] < least - EXACT else amps.size
    for stretch in sorted(stretches, key=lambda one: one[1] - one[0]):
        if stretch[1] > end or np.isnan(left[slice(*stretch)]).any():
            continue
        values = amps[slice(*stretch)].copy()
        for first in _beside(stretch, stretches):
            to = slice(first, first + values.size)
            if first < 0 or to.stop > end:
                continue
            order = _same(kinds[slice(*stretch)], kinds[to])
            if order is None or not (values[order] <= left[to]).all():
                continue
            amps[slice(*stretch)] = 0.0
            amps[to] = values[order]
            return True
    return False


def _stretches(amps: Floats) -> list[Stretch]:
    on = np.concatenate(([0], (amps > 0).astype(np.int8), [0]))
    turns = np.flatnonzero(np.diff(on))
    return [(int(first), int(end)) for first, end in zip(turns[::2], turns[1::2], strict=True)]


def _beside(stretch: Stretch, stretches: list[Stretch]) -> Iterator[int]:
    """Where it would begin, right before or after each of the others, and in the way of none."""
    others = [one for one in stretches if one != stretch]
    length = stretch[1] - stretch[0]
    for one in others:
        for first in (one[0] - length, one[1]):
            if all(first + length <= other[0] or other[1] <= first for other in others):
                yield first


def _same(these: Numbers, those: Numbers) -> Numbers | None:
    """In which order the ones cost what the others do, step by step; None: they do not."""
    order, place = np.argsort(these, kind="stable"), np.argsort(those, kind="stable")
    if (these[order] != those[place]).any():
        return None
    found = np.empty_like(order)
    found[place] = order
    return found
