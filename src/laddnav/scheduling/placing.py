"""One car at a time, in what all others leave: where it draws, at least what it begins at or nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from laddnav.scheduling.site import Floats, Site
from laddnav.scheduling.table import Table, feeders, through

TRIFLE = 1e-5  # amperes that nobody means: the solver is as exact as that


class Room:
    """What fuses and others leave, as one car after the other takes of it.

    `amps`: (car, step) amperes so far; `battery`: (step) kW into it, none unless said.
    """

    def __init__(self, site: Site, table: Table, amps: Floats, battery: Floats | None = None) -> None:
        self._site, self._table = site, table
        self._flows = through(site, table, amps)
        self._limited = bool(np.isfinite(table.allowed).any())
        self._allowed = table.allowed - table.per_amp @ amps
        if battery is not None:
            self._flows[0] += battery / 3 * 1000 / site.volts
            self._allowed[0] -= battery
        self._lines = [feeders(site, number) for number in range(len(site.panels))]

    def left(self, car: int) -> Floats:
        """(step) amperes that this car may draw more; nothing where it could not even begin."""
        phases = np.flatnonzero(self._table.phased[car])
        left = self._table.ceiling[car].copy()
        for panel in self._lines[self._site.cars[car].panel]:
            free = self._table.highest[panel] - self._flows[panel]
            np.minimum(left, free[phases].min(axis=0) - TRIFLE, out=left)
        if self._site.unbalance_max is not None and len(phases) < 3:
            others = np.flatnonzero(~self._table.phased[car])
            lead = self._flows[0][phases].max(axis=0) - self._flows[0][others].min(axis=0)
            np.minimum(left, self._site.unbalance_max - lead - TRIFLE, out=left)
        if self._limited:
            np.minimum(left, self._allowed.min(axis=0) / self._table.per_amp[car] - TRIFLE, out=left)
        return np.where(left >= self._site.cars[car].amps_min, left, 0.0)

    def begins(self, car: int, step: int) -> bool:
        """Takes what the car begins at in this step, where there is so much."""
        phases = np.flatnonzero(self._table.phased[car])
        amps = self._site.cars[car].amps_min
        panels = self._lines[self._site.cars[car].panel]
        free = min(
            (self._table.highest[panel][phases, step] - self._flows[panel][phases, step]).min() for panel in panels
        )
        if self._table.ceiling[car, step] < amps or free - TRIFLE < amps or self._lead(car, step) < amps:
            return False
        kw = amps * self._table.per_amp[car]
        if self._limited and self._allowed[:, step].min() - TRIFLE < kw:
            return False
        for panel in panels:
            self._flows[panel][phases, step] += amps
        self._allowed[:, step] -= kw
        return True

    def _lead(self, car: int, step: int) -> float:
        """Amperes more than now that the phases of this car may carry beyond the others."""
        phased = self._table.phased[car]
        if self._site.unbalance_max is None or phased.all():
            return np.inf
        flows = self._flows[0][:, step]
        return float(self._site.unbalance_max - flows[phased].max() + flows[~phased].min())

    def take(self, car: int, amps: Floats) -> None:
        """(step) amperes; a step in which it has all before the end takes as much as it begins at."""
        self._add(car, np.where(amps > 0, np.maximum(amps, self._site.cars[car].amps_min), 0.0))

    def give_back(self, car: int, amps: Floats) -> None:
        """What it took."""
        self._add(car, -np.where(amps > 0, np.maximum(amps, self._site.cars[car].amps_min), 0.0))

    def _add(self, car: int, amps: Floats) -> None:
        for panel in self._lines[self._site.cars[car].panel]:
            self._flows[panel][self._table.phased[car]] += amps
        self._allowed -= amps * self._table.per_amp[car]


def placed(need: float, least: float, most: Floats, share: Floats, price: Floats) -> Floats:
    """(step) amperes at the least cost. `need`: ampere-steps, `most`: 0 or at least `least`, `price`: per ampere-step.

    All that there is, where that is less than the need. Only the last step may be below `least`.
    """
    amps = np.zeros_like(most)
    room = most * share
    order = np.argsort(price, kind="stable")
    order = order[room[order] > 0]
    filled = np.cumsum(room[order])
    full = int(np.searchsorted(filled, need))
    amps[order[:full]] = most[order[:full]]
    if full == len(order):
        return amps
    rest = need - (filled[full - 1] if full else 0.0)
    if rest <= TRIFLE:
        return amps
    next_one = order[full]
    last = int(np.flatnonzero(amps)[-1]) if full else -1
    if rest / share[next_one] >= least or next_one > last:
        amps[next_one] = rest / share[next_one]
        return amps
    begun, cost = _begun(amps, order[: full + 1], rest, least, share, price)
    later = order[(order > last) & (room[order] >= rest)]  # in the order of prices
    if later.size and rest * price[later[0]] < cost:
        amps[later[0]] = rest / share[later[0]]
        return amps
    return begun


def _begun(
    amps: Floats, used: NDArray[np.intp], rest: float, least: float, share: Floats, price: Floats
) -> tuple[Floats, float]:
    """The last of `used` begins, and the dearest others draw less by as much. Answers what the rest costs so."""
    amps = amps.copy()
    *others, new = used
    amps[new] = least
    beyond = least * share[new] - rest
    cost = least * share[new] * price[new]
    end = max(used)
    for step in reversed(others):
        floor = TRIFLE if step == end else least
        less = min(beyond, max(amps[step] - floor, 0.0) * share[step])
        amps[step] -= less / share[step]
        beyond -= less
        cost -= less * price[step]
    if beyond > TRIFLE:  # nobody can draw less: it stays as it was, and the rest is missed
        amps[new] = 0.0
        for step in others:
            amps[step] = max(amps[step], 0.0)
        return amps, np.inf
    return amps, cost
