"""A plan without a solver: who could wait least is placed first, each car in the cheapest steps that others have left.

It is there when there is no time for the exact one, and says itself how far from the best it can be: no plan for the
same energy costs less than if every car had the site for itself (`bound`), so it is never dearer than the best by more
than `cost - bound`. Where no fuse is contested the two are the same. It leaves the battery alone, takes nothing out of
cars and does not see the month's peaks coming: where these are, the plan is as safe, and dearer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from laddnav.scheduling.cost import cost
from laddnav.scheduling.optimum import worth
from laddnav.scheduling.placing import Room, placed
from laddnav.scheduling.site import Floats, Plan, Site
from laddnav.scheduling.table import Table, laid_out, through


def ruled(site: Site) -> Plan:
    table = laid_out(site)
    amps = np.zeros_like(table.share)
    room = Room(site, table, through(site, table, amps))
    wishes = worth(site, table)
    net = table.net.copy()
    order = _most_urgent_first(site, table)
    for car in order:
        per_amp_step, share = table.per_amp[car] * site.steps.hours, table.share[car]
        price = (np.where(net < 0, table.feed_in, table.prices) + wishes[car]) * per_amp_step
        need = table.wanted[car] / per_amp_step
        amps[car] = placed(need, site.cars[car].amps_min, room.left(car), share, price)
        room.take(car, amps[car])
        net += amps[car] * share * table.per_amp[car]
    power = amps * table.share * table.per_amp[:, None]
    given = power.sum(axis=1) * site.steps.hours
    return Plan(
        power=power,
        grid=net,
        battery=np.zeros(site.steps.count),
        unmet=np.maximum(table.wanted - given, 0.0),
        cost=cost(site, table, net),
        bound=None if site.battery is not None or table.giving.any() else _bound(site, table, given),
        notes=table.noted,
    )


def _most_urgent_first(site: Site, table: Table) -> NDArray[np.intp]:
    """By how many steps each could wait and still be ready, heavier before lighter, whoever needs nothing left out."""
    steps_there = table.share.sum(axis=1)
    most = (table.ceiling * table.share).max(axis=1, initial=0.0) * table.per_amp * site.steps.hours
    needed = np.where(most > 0, table.wanted / np.where(most > 0, most, 1.0), np.inf)
    weights = np.array([car.weight for car in site.cars])
    order = np.lexsort((steps_there - needed, -weights))
    chosen: NDArray[np.intp] = order[(table.wanted[order] > 0) & (most[order] > 0)]
    return chosen


def _bound(site: Site, table: Table, given: Floats) -> float:
    """What the building costs alone, and each car alone in its cheapest hours, at what the sun's kWh would have fetched
    wherever there is any. The peaks rise at least as the building makes them.
    """
    cheapest = np.where(table.net < 0, np.minimum(table.feed_in, table.prices), table.prices)
    order = np.argsort(cheapest, kind="stable")
    most = (table.ceiling * table.share * table.per_amp[:, None] * site.steps.hours)[:, order]
    before = np.cumsum(most, axis=1) - most
    energy = np.clip(given[:, None] - before, 0.0, most)  # (car, step by price) kWh
    return cost(site, table, table.net) + float((energy @ cheapest[order]).sum())
