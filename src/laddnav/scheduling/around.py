"""What stands around the cars in the linear program: the meter to the grid, the battery, the peaks of the month."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from laddnav.scheduling.cost import weight
from laddnav.scheduling.linear import INFINITY, Program
from laddnav.scheduling.site import Battery, Peak, Site
from laddnav.scheduling.table import Table

Ints = NDArray[np.int64]


class Meter(Struct, frozen=True):
    """The rows and columns of the grid connection, one a step: what goes in less what goes out is what is drawn."""

    balance: Ints
    drawn: Ints
    fed_in: Ints


class Store(Struct, frozen=True):
    """The columns of the battery, one a step, in kW."""

    charge: Ints
    discharge: Ints


def metered(site: Site, table: Table) -> bool:
    """Whether what a car costs depends on what else is drawn: else each of its kWh has the price of its step."""
    gives = bool((table.net < 0).any() or table.giving.any())
    return gives or site.battery is not None or bool(site.peaks)


def add_meter(program: Program, site: Site, table: Table, scale: float) -> Meter:
    count, hours = site.steps.count, site.steps.hours
    of_battery = site.battery.discharge_max if site.battery else 0.0
    out_most = np.maximum(-table.net, 0.0) + of_battery + table.giving.T @ table.per_amp
    balance = program.add_rows(table.net, table.net, count)
    drawn = program.add_columns(table.prices * hours * scale, 0.0, INFINITY, count)
    fed_in = program.add_columns(-table.feed_in * hours * scale, 0.0, np.minimum(out_most, table.lets_out), count)
    program.put(balance, drawn, 1.0)
    program.put(balance, fed_in, -1.0)
    if table.roof.any():
        program.put(balance, program.add_columns(0.0, 0.0, table.roof, count), -1.0)
    return Meter(balance, drawn, fed_in)


def add_battery(program: Program, site: Site, table: Table, battery: Battery, meter: Meter) -> Store:
    """Its losses are counted as it is charged. Below nothing a kWh, it gives none: it would only burn energy."""
    count, hours = site.steps.count, site.steps.hours
    capacity = max(battery.capacity, 0.0)
    stored = min(max(battery.stored, 0.0), capacity)
    charge = program.add_columns(0.0, 0.0, max(battery.charge_max, 0.0), count)
    dear = np.minimum(table.prices, table.feed_in) >= 0
    discharge = program.add_columns(0.0, 0.0, np.where(dear, max(battery.discharge_max, 0.0), 0.0), count)
    lower, upper = np.zeros(count), np.full(count, capacity)
    lower[-1:] = upper[-1:] = stored
    level = program.add_columns(0.0, lower, upper, count)
    before = np.zeros(count)
    before[:1] = stored
    rows = program.add_rows(before, before, count)
    program.put(rows, level, 1.0)
    program.put(rows[1:], level[:-1], -1.0)
    program.put(rows, charge, -hours * battery.efficiency)
    program.put(rows, discharge, hours)
    program.put(meter.balance, charge, -1.0)
    program.put(meter.balance, discharge, 1.0)
    return Store(charge, discharge)


def add_peak(program: Program, site: Site, peak: Peak, meter: Meter, scale: float) -> None:
    """The sum of the n highest is the least over λ of n·λ and all that is above λ, so the charge is exactly linear."""
    if not peak.hours:
        return
    each = peak.per_kw / peak.top_n * scale
    mark = int(program.add_columns(each * peak.top_n, 0.0, INFINITY, 1)[0])
    days = sorted(set(peak.days))
    least = np.zeros(len(days))
    if peak.today is not None:
        least[days.index(peak.days[0])] = peak.highest[peak.today]
    highest = program.add_columns(0.0, least, INFINITY, len(days))
    above = program.add_columns(each, 0.0, INFINITY, len(days))
    rows = program.add_rows(-INFINITY, 0.0, len(days))
    program.put(rows, highest, 1.0)
    program.put(rows, np.full(len(days), mark), -1.0)
    program.put(rows, above, -1.0)

    before = np.array([one for number, one in enumerate(peak.highest) if number != peak.today])
    over = program.add_columns(each, 0.0, INFINITY, len(before))
    kept = program.add_rows(before, INFINITY, len(before))
    program.put(kept, over, 1.0)
    program.put(kept, np.full(len(before), mark), 1.0)

    begun = np.zeros(len(peak.hours))
    begun[0] = peak.begun
    hours = program.add_rows(-INFINITY, -begun, len(peak.hours))
    program.put(hours, highest[np.searchsorted(days, peak.days)], -1.0)
    of_hour = np.repeat(np.arange(len(peak.hours)), [len(steps) for steps in peak.hours])
    steps = np.array([step for steps in peak.hours for step in steps], dtype=np.int64)
    weights = np.array([weight(peak, number) for number in range(len(peak.hours))])
    program.put(hours[of_hour], meter.drawn[steps], weights[of_hour] * site.steps.hours)
