"""A plan without needless spikes: where only the hour is measured, and its quarters cost the same, each has as much.

A month's peak counts the kWh of an hour, so to the linear program one quarter at 22 kW and three at none are as good as
four at 5.5. To fuses, to other cars that may come, and to whoever sees the plan they are not. What a car draws within a
measured hour is spread over those of its quarters that cost alike, where that costs no more and keeps every limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from laddnav.scheduling.cost import cost, of_energy
from laddnav.scheduling.site import Floats, Plan, Site, Wish
from laddnav.scheduling.table import Table, through

SLIP = 1e-6  # A, kW or money: the solver is as exact as that

Numbers = NDArray[np.int64]


def evened(site: Site, table: Table, plan: Plan) -> Plan:
    """As much for each car, in the same hours, for no more money. Who is to be early, or gives back, stays as it is."""
    spans = list(_alike(site, table))
    if not spans or not site.cars:
        return plan
    per_step = table.share * table.per_amp[:, None]
    amps = np.divide(plan.power, per_step, out=np.zeros_like(plan.power), where=per_step > 0)
    may = np.array([car.wish is not Wish.NOW for car in site.cars]) & ~(amps < 0).any(axis=1)
    least = np.array([car.amps_min for car in site.cars])
    spread = amps.copy()
    for span in spans:
        spread[:, span] = np.where(may[:, None], _means(table, amps[:, span], span, least), amps[:, span])
    return moved(site, table, plan, spread, spans)


def moved(site: Site, table: Table, plan: Plan, after: Floats, spans: Sequence[Numbers]) -> Plan:
    """The plan with (car, step) amperes `after`, but as it was in each span that would cost more or break a limit.

    Within a span nobody has more or less of it than before, and outside of them nothing is another.
    """
    per_step = table.share * table.per_amp[:, None]
    power = after * per_step
    good = _kept(site, table, after, plan.battery) | (np.abs(power - plan.power) < SLIP).all(axis=0)
    grid = table.net + power.sum(axis=0) + plan.battery
    dearer = of_energy(site, table, grid) - of_energy(site, table, plan.grid)
    more = np.maximum(grid, 0.0) - np.maximum(plan.grid, 0.0)
    for span in spans:
        if not good[span].all() or dearer[span].sum() > SLIP or more[span].sum() > SLIP:
            power[:, span] = plan.power[:, span]
    grid = table.net + power.sum(axis=0) + plan.battery
    return replace(plan, power=power, grid=grid, cost=cost(site, table, grid))


def _alike(site: Site, table: Table) -> Iterator[Numbers]:
    """Steps of one measured hour, of each of the peaks, that cost the same."""
    if not site.peaks:
        return
    steps = np.arange(site.steps.count)
    marks = [table.prices, table.feed_in, table.carbon]
    for peak in site.peaks:
        hour_of = np.full(site.steps.count, -1)
        for number, hour in enumerate(peak.hours):
            hour_of[list(hour)] = number
        steps = steps[hour_of[steps] >= 0]
        marks.append(hour_of.astype(np.float64))
    if not steps.size:
        return
    _, group = np.unique(np.array(marks)[:, steps], axis=1, return_inverse=True)
    for number in range(int(group.max()) + 1):
        span = steps[group.ravel() == number]
        if span.size > 1:
            yield span


def _means(table: Table, amps: Floats, span: Numbers, least: Floats) -> Floats:
    """(car, step of the span) amperes: even, for cars that are there all the while and then draw what they begin at."""
    mean = amps.mean(axis=1)
    there = (table.share[:, span] > 1 - SLIP).all(axis=1)
    able = there & (mean >= least) & (mean[:, None] <= table.ceiling[:, span] + SLIP).all(axis=1)
    return np.where(able[:, None], mean[:, None], amps)


def _kept(site: Site, table: Table, amps: Floats, battery: Floats) -> NDArray[np.bool_]:
    """(step) whether fuses, others' limits and the balance of phases hold; a car that ends there draws its minimum."""
    least = np.array([car.amps_min for car in site.cars])[:, None]
    held = np.where(amps > 0, np.maximum(amps, least), amps)
    flows = through(site, table, held)
    flows[0] += battery / 3 * 1000 / site.volts
    kw = table.per_amp @ held
    kept = (flows <= table.highest + SLIP).all(axis=(0, 1)) & (flows >= table.lowest - SLIP).all(axis=(0, 1))
    kept &= (np.vstack([kw + battery, kw]) <= table.allowed + SLIP).all(axis=0)
    if site.unbalance_max is not None:
        of_building = np.ptp(table.load, axis=0)
        kept &= np.ptp(flows[0], axis=0) <= np.maximum(of_building, site.unbalance_max) + SLIP
    return np.asarray(kept, dtype=np.bool_)
