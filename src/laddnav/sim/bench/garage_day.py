"""A day in a garage under one limit, quarter by quarter: a policy says who draws what, knowing what it may know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from laddnav.scheduling.at_once import at_once
from laddnav.scheduling.expected import planned_with_room
from laddnav.scheduling.optimum import optimum
from laddnav.scheduling.site import Car, Floats, Plan, Site
from laddnav.sim.bench.garages import AMPS, QUARTERS, VOLTS, Day, Visit, car, site

POWER = AMPS * VOLTS / 1000  # kW
SLIGHT = 1e-3  # kWh

Planner = Callable[[Site], Plan]


class Known(StrEnum):
    """What is known of a car while it is there: its departure and need, what its driver said, or how others stayed."""

    ALL = "known"
    SAID = "said"
    GUESSED = "guessed"


class Expected(StrEnum):
    """Who is taken to come later: nobody, who came on the busiest of the last ten workdays, or who truly will."""

    NOBODY = "nobody"
    AS_BUSY = "as busy"
    ALL = "all"


class Done(Struct, frozen=True):
    """kWh, and what they cost."""

    energy: float
    cost: float

    def __add__(self, other: Done) -> Done:
        return Done(self.energy + other.energy, self.cost + other.cost)


def in_hindsight(day: Day, kw: float) -> Done:
    """The best of any: everything is known, and a car may draw as little as it likes."""
    return _of(optimum(_whole(day, kw)))


def charged_at_once(day: Day, kw: float) -> Done:
    return _of(at_once(_whole(day, kw)))


def least_laxity(day: Day, kw: float) -> Done:
    """Whoever could wait least draws all it can, each quarter anew; prices do not matter."""

    def drawn(now: int, there: Sequence[int], left: Floats) -> Floats:
        power = np.zeros(len(there))
        laxity = [day.visits[one].leaves - now - left[one] / POWER * QUARTERS for one in there]
        room = kw
        for place in np.argsort(laxity, kind="stable"):
            power[place] = min(POWER, room, left[there[place]] * QUARTERS)
            room -= power[place]
        return power

    return _lived(day, drawn)


def planned_anew(day: Day, kw: float, planner: Planner, known: Known, *, expects: Expected = Expected.NOBODY) -> Done:
    """Planned again whenever a car comes, has enough, goes before its time or stays beyond it."""
    present: tuple[int, ...] = ()
    plan, made, until = np.zeros((0, 0)), 0, 0

    def drawn(now: int, there: Sequence[int], left: Floats) -> Floats:
        nonlocal present, plan, made, until
        if tuple(there) != present or now >= until:
            cars = [_believed(day, one, now, float(left[one]), known) for one in there]
            here = site(kw, day.prices, [car(*one) for one in cars], now)
            alone = expects is Expected.NOBODY
            plan = (planner(here) if alone else planned_with_room(here, _to_come(day, now, expects), planner)).power
            present, made, until = tuple(there), now, min((leaves for _, _, leaves, _ in cars), default=now + 1)
        return np.asarray(plan[:, now - made])

    return _lived(day, drawn)


def _to_come(day: Day, now: int, expects: Expected) -> list[Car]:
    """An expected car may draw as little as it likes."""
    expected = {Expected.NOBODY: (), Expected.AS_BUSY: day.busy, Expected.ALL: day.visits}[expects]
    return [
        replace(car(-number, one.arrives, one.leaves, one.energy), amps_min=0.0)
        for number, one in enumerate(expected)
        if one.arrives > now
    ]


def _believed(day: Day, number: int, now: int, left: float, known: Known) -> tuple[int, int, int, float]:
    """(number, from when, until when, kWh) that a car is taken to be there and to want."""
    visit = day.visits[number]
    if known is Known.ALL:
        return number, now, visit.leaves, left
    longer = max(visit.arrives + day.history.length(now - visit.arrives), now + 1)
    if known is Known.GUESSED:
        return number, now, longer, left
    means = visit.means_to_leave
    wanted = day.history.energy if visit.wanted is None else visit.wanted
    return number, now, longer if means is None or means <= now else means, max(wanted - (visit.energy - left), 0.0)


def _lived(day: Day, drawn: Callable[[int, Sequence[int], Floats], Floats]) -> Done:
    """Who is there and wants more draws what the policy says, and no more than it wants."""
    visits: tuple[Visit, ...] = day.visits
    left = np.array([visit.energy for visit in visits])
    cost = 0.0
    for now in range(min(one.arrives for one in visits), max(one.leaves for one in visits)):
        there = [
            number for number, one in enumerate(visits) if one.arrives <= now < one.leaves and left[number] > SLIGHT
        ]
        given = np.minimum(drawn(now, there, left) / QUARTERS, left[there])
        left[there] -= given
        cost += float(given.sum() * day.prices[now])
    return Done(float(sum(visit.energy for visit in visits) - left.sum()), cost)


def _whole(day: Day, kw: float) -> Site:
    cars = [car(number, one.arrives, one.leaves, one.energy) for number, one in enumerate(day.visits)]
    return site(kw, day.prices, cars)


def _of(plan: Plan) -> Done:
    return Done(float(plan.power.sum() / QUARTERS), plan.cost)
