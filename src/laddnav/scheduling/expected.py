"""A plan that keeps room for cars that have not come yet.

Who plans only for the cars that are there waits for cheap hours, and finds them full: on real days under a tight limit
that loses up to a sixth of the energy. So cars that are expected are planned for like the others, as on a busy day that
was; and where even so the day will be too short for everybody, nothing is left lying for the sake of a price: whoever
could wait least draws all that the others leave, now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from msgspec.structs import replace

from laddnav.scheduling.cost import cost
from laddnav.scheduling.placing import Room, placed
from laddnav.scheduling.repair import planned
from laddnav.scheduling.roof import with_roof
from laddnav.scheduling.site import Car, Floats, Plan, Site
from laddnav.scheduling.table import Table, laid_out

SHORT = 5.0  # kWh that are missed because of the site, not because of a car, from which a day counts as short


def planned_with_room(site: Site, expected: Sequence[Car], planner: Callable[[Site], Plan] = planned) -> Plan:
    """For the cars of `site`; the `expected` ones are in no array of it, and none of what is missed is theirs.

    Cars that give back, and phases that have to balance, are left as they were planned.
    """
    both = replace(site, cars=(*site.cars, *expected))
    plan = planner(both)
    short = float((plan.unmet - _missed_alone(both, laid_out(both))).sum()) > SHORT
    table, there = laid_out(site), len(site.cars)
    power = plan.power[:there]
    if short and site.unbalance_max is None and not (power < 0).any():
        power = _drawn_forward(site, table, power, plan.battery)
    grid = table.net + power.sum(axis=0) + plan.battery
    given = power.sum(axis=1) * site.steps.hours
    unmet = np.where(table.giving.any(axis=1), plan.unmet[:there], np.maximum(table.wanted - given, 0.0))
    alone = replace(plan, power=power, grid=grid, unmet=unmet, cost=cost(site, table, grid), bound=None)
    return with_roof(table, alone)


def _drawn_forward(site: Site, table: Table, power: Floats, battery: Floats) -> Floats:
    """(car, step) kW: each car in turn as early as the plan of the others allows."""
    per_amp = np.where(table.share > 0, table.share, 1.0) * table.per_amp[:, None]
    amps = power / np.where(per_amp > 0, per_amp, 1.0)
    least = np.array([car.amps_min for car in site.cars]).reshape(-1, 1)
    room = Room(site, table, np.where(amps > 0, np.maximum(amps, least), 0.0), battery)
    early = np.arange(site.steps.count, dtype=np.float64)
    for car in _least_laxity_first(site, table):
        room.give_back(car, amps[car])
        if table.wanted[car] and table.per_amp[car]:
            need = table.wanted[car] / (table.per_amp[car] * site.steps.hours)
            amps[car] = placed(need, site.cars[car].amps_min, room.left(car), table.share[car], early)
        room.take(car, amps[car])
    forward: Floats = amps * table.share * table.per_amp[:, None]
    return forward


def _missed_alone(site: Site, table: Table) -> Floats:
    """(car) kWh that it would miss if it had the site for itself."""
    most = (table.ceiling * table.share).sum(axis=1) * table.per_amp * site.steps.hours
    missed: Floats = np.maximum(table.wanted - most, 0.0)
    return missed


def _least_laxity_first(site: Site, table: Table) -> list[int]:
    """By how long each could wait and still be ready."""
    most = np.maximum(table.ceiling.max(axis=1, initial=0.0) * table.per_amp * site.steps.hours, 1e-9)
    return [int(car) for car in np.argsort(table.share.sum(axis=1) - table.wanted / most, kind="stable")]
