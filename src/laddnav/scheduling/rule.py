"""A plan without a solver: who could wait least is placed first, each car in the cheapest steps that others have left.

It is there when there is no time for the exact one, and says itself how far from the best it can be: no plan for the
same energy costs less than if every car had the site for itself (`bound`), so it is never dearer than the best by more
than `cost - bound`. Where no fuse is contested the two are the same. It leaves the battery alone, takes nothing out of
cars and does not see the month's peaks coming: where these are, the plan is as safe, and dearer.

A car that takes all of a fuse leaves the other phases to nobody who needs three. Where something is missed, the same is
tried with less for each, and the plan that misses least is taken.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from laddnav.scheduling.cost import cost
from laddnav.scheduling.optimum import worth
from laddnav.scheduling.placing import TRIFLE, Room, placed
from laddnav.scheduling.site import Floats, Plan, Site
from laddnav.scheduling.table import Table, laid_out

CAPS = (np.inf, 16.0, 10.0, 7.0)  # amperes


def ruled(site: Site) -> Plan:
    table = laid_out(site)
    order, wishes = _most_urgent_first(site, table), worth(site, table)
    best = np.zeros_like(table.share)
    for cap in CAPS:
        amps = _placed(site, table, order, wishes, cap)
        if cap == CAPS[0] or _given(site, table, amps).sum() > _given(site, table, best).sum() + TRIFLE:
            best = amps
        if _given(site, table, best).sum() >= table.wanted.sum() - TRIFLE:
            break
    given = _given(site, table, best)
    power = best * table.share * table.per_amp[:, None]
    grid = table.net + power.sum(axis=0)
    return Plan(
        power=power,
        grid=grid,
        battery=np.zeros(site.steps.count),
        unmet=np.maximum(table.wanted - given, 0.0),
        cost=cost(site, table, grid),
        bound=None if site.battery is not None or table.giving.any() else _bound(site, table, given),
        notes=table.noted,
    )


def _most_urgent_first(site: Site, table: Table) -> NDArray[np.intp]:
    """Heavier cars first, then by how many steps each could wait and still be ready; nobody who could have nothing."""
    there = table.share.sum(axis=1)
    most = (table.ceiling * table.share).max(axis=1, initial=0.0) * table.per_amp * site.steps.hours
    needed = np.where(most > 0, table.wanted / np.where(most > 0, most, 1.0), np.inf)
    weights = np.array([car.weight for car in site.cars])
    order = np.lexsort((there - needed, -weights))
    chosen: NDArray[np.intp] = order[(table.wanted[order] > 0) & (most[order] > 0)]
    return chosen


def _placed(site: Site, table: Table, order: NDArray[np.intp], wishes: Floats, cap: float) -> Floats:
    """(car, step) amperes, at most `cap` of them for each car, or its minimum."""
    amps = np.zeros_like(table.share)
    room = Room(site, table, amps)
    net = table.net.copy()
    for car in order:
        per_amp_step, share, least = table.per_amp[car] * site.steps.hours, table.share[car], site.cars[car].amps_min
        # The sun's kWh cost what they would have fetched.
        price = (np.where(net < 0, table.feed_in, table.prices) + wishes[car]) * per_amp_step
        left = np.minimum(room.left(car), max(cap, least))
        amps[car] = placed(table.wanted[car] / per_amp_step, least, left, share, price)
        room.take(car, amps[car])
        net += amps[car] * share * table.per_amp[car]
    return amps


def _given(site: Site, table: Table, amps: Floats) -> Floats:
    """(car) kWh."""
    given: Floats = (amps * table.share).sum(axis=1) * table.per_amp * site.steps.hours
    return given


def _bound(site: Site, table: Table, given: Floats) -> float:
    """What the building costs alone, and each car alone in its cheapest hours, where the sun's kWh are never used up.

    The peaks rise at least as the building makes them.
    """
    cheapest = np.where(table.net < 0, table.feed_in, table.prices)
    order = np.argsort(cheapest, kind="stable")
    most = (table.ceiling * table.share * table.per_amp[:, None] * site.steps.hours)[:, order]
    before = np.cumsum(most, axis=1) - most
    energy = np.clip(given[:, None] - before, 0.0, most)  # (car, step by price) kWh
    return cost(site, table, table.net) + float((energy @ cheapest[order]).sum())
