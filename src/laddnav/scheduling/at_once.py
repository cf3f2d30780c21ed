"""What charging at once would give and cost: first come, first served, as fast as can be, whatever the price.

The honest comparison to a plan: the same cars, the same needs, the same fuses. Who came first draws all it can until it
has what it wants; who comes later has what is left, at least what it begins at or nothing. The battery rests.
"""

from __future__ import annotations

import numpy as np

from laddnav.scheduling.cost import cost
from laddnav.scheduling.placing import Room, placed
from laddnav.scheduling.roof import with_roof
from laddnav.scheduling.site import Plan, Site
from laddnav.scheduling.table import Table, laid_out


def at_once(site: Site) -> Plan:
    table = laid_out(site)
    return with_roof(table, charged_at_once(site, table))


def charged_at_once(site: Site, table: Table) -> Plan:
    amps = np.zeros_like(table.share)
    room = Room(site, table, amps)
    early = np.arange(site.steps.count, dtype=np.float64)
    for car in sorted(range(len(site.cars)), key=lambda number: site.cars[number].since_at):
        if table.wanted[car] and table.per_amp[car]:
            need = table.wanted[car] / (table.per_amp[car] * site.steps.hours)
            amps[car] = placed(need, site.cars[car].amps_min, room.left(car), table.share[car], early)
            room.take(car, amps[car])
    power = amps * table.share * table.per_amp[:, None]
    grid = table.net + power.sum(axis=0)
    return Plan(
        power=power,
        grid=grid,
        battery=np.zeros(site.steps.count),
        unmet=np.maximum(table.wanted - power.sum(axis=1) * site.steps.hours, 0.0),
        cost=cost(site, table, grid),
        notes=table.noted,
    )
