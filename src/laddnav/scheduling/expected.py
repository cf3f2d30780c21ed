"""A plan that keeps room for cars that have not come yet.

Who plans only for the cars that are there waits for cheap hours, and finds them full: on real days under a tight limit
that loses up to a sixth of the energy. So cars that are expected are planned for like the others, as on a busy day that
was; and where even so the day will be too short for everybody, nothing is left lying for the sake of a price: whoever
could wait least draws all that the others leave, now.

That is `planned_with_room`, for whoever knows when cars leave and how much they need. `with_room_to_spare`
is for whoever does not: it keeps the same room, and none where that would be at the cost of a car that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from laddnav.scheduling.cost import cost
from laddnav.scheduling.placing import Room, placed
from laddnav.scheduling.repair import planned
from laddnav.scheduling.roof import with_roof
from laddnav.scheduling.site import Car, Floats, Plan, Site, Wish
from laddnav.scheduling.table import Table, laid_out, through

SHORT = 5.0  # kWh that are missed because of the site, not because of a car, from which a day counts as short
GUESSED = 0.01  # what a kWh counts that an expected car misses, beside one of a car that is there
SLIGHT = 0.05  # kWh that a car which is there may miss more, or have later, and does not notice


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


class Spared(Struct, frozen=True, kw_only=True):
    """A plan for the cars that are there. `room`: (step) kW that it leaves to those that are expected; empty: none.

    It is so much `dearer` than a plan that leaves none. `gave_way`: room would have been at somebody's cost.
    """

    plan: Plan
    room: Floats = np.zeros(0)
    dearer: float = 0.0
    gave_way: bool = False


def with_room_to_spare(site: Site, expected: Sequence[Car], planner: Callable[[Site], Plan] = planned) -> Spared:
    """For the cars of `site`, with room for the `expected` ones, which are in no array of the plan.

    Nobody who is there misses more than without them, and who does not wait has nothing later; else there is no room
    for anybody. Where nobody waits for a better hour no room has to be kept: all that is free is drawn already.
    """
    alone = planner(site)
    if not expected or all(car.wish is Wish.NOW for car in site.cars):
        return Spared(plan=alone)
    there = len(site.cars)
    both = planner(replace(site, cars=(*site.cars, *(replace(car, weight=GUESSED) for car in expected))))
    table, power = laid_out(site), both.power[:there]
    grid = table.net + power.sum(axis=0) + both.battery
    plan = replace(both, power=power, grid=grid, unmet=both.unmet[:there], cost=cost(site, table, grid), bound=None)
    plan = with_roof(table, plan)
    if _worse_off(site, plan, alone) or not _fits(site, table, plan):
        return Spared(plan=alone, gave_way=True)
    if plan.unmet.sum() <= alone.unmet.sum() + 1e-6:
        plan = replace(plan, bound=alone.bound)  # no plan that gives them as much costs less
    return Spared(plan=plan, room=both.power[there:].sum(axis=0), dearer=plan.cost - alone.cost)


def _worse_off(site: Site, plan: Plan, alone: Plan) -> bool:
    if (plan.unmet > alone.unmet + SLIGHT).any():
        return True
    hurried = [number for number, car in enumerate(site.cars) if car.wish is Wish.NOW]
    later = (alone.power[hurried] - plan.power[hurried]).sum(axis=0).cumsum() * site.steps.hours
    return bool((later > SLIGHT).any())


def _fits(site: Site, table: Table, plan: Plan) -> bool:
    """Without the expected cars: who gives counted on what they draw, and phases may have been even with them alone."""
    per_amp = table.share * table.per_amp[:, None]
    amps = np.divide(plan.power, per_amp, out=np.zeros_like(plan.power), where=per_amp > 0)
    least = np.array([car.amps_min for car in site.cars])[:, None]
    amps = np.where(amps > 0, np.maximum(amps, least), amps)  # its last step it draws for a part of it
    flows = through(site, table, amps)
    flows[0] += plan.battery * 1000 / site.volts / 3
    if (flows > table.highest + 1e-3).any() or (flows < table.lowest - 1e-3).any():
        return False
    if site.unbalance_max is None:
        return True
    apart, alone = np.ptp(flows[0], axis=0), np.ptp(table.load, axis=0)
    return bool((apart <= np.maximum(site.unbalance_max, alone) + 1e-3).all())
