"""What a plan costs: the energy of every step, and what it adds to the peaks of the month."""

from __future__ import annotations

import numpy as np

from laddnav.scheduling.roof import turned_down
from laddnav.scheduling.site import Floats, Peak, Site
from laddnav.scheduling.table import Table


def cost(site: Site, table: Table, grid: Floats) -> float:
    """Of energy in less energy out, and of the peaks what they rise by. `grid`: (step) kW, below zero out.

    Where prices were missing or absurd it is that of those that were planned with.
    """
    return float(of_energy(site, table, grid).sum()) + sum(rise(peak, grid, site.steps.hours) for peak in site.peaks)


def of_energy(site: Site, table: Table, grid: Floats) -> Floats:
    """(step) money, once the roof is turned down where it is to be."""
    grid = grid + turned_down(table, grid)
    cost: Floats = np.where(grid > 0, table.prices, _fed_in(site, table)) * grid * site.steps.hours
    return cost


def rise(peak: Peak, grid: Floats, hours: float) -> float:
    """By how much the charge for the month's peaks rises."""
    drawn = np.maximum(grid, 0.0) * hours
    days = dict[int, float]()
    for number, (steps, day) in enumerate(zip(peak.hours, peak.days, strict=True)):
        of_hour = weight(peak, number) * float(drawn[list(steps)].sum()) + (peak.begun if number == 0 else 0.0)
        days[day] = max(days.get(day, 0.0), of_hour)
    before = list(peak.highest)
    after = [one for number, one in enumerate(before) if number != peak.today]
    if peak.today is not None and peak.days:
        days[peak.days[0]] = max(days[peak.days[0]], before[peak.today])
    return peak.per_kw / peak.top_n * (_top(after + list(days.values()), peak.top_n) - _top(before, peak.top_n))


def weight(peak: Peak, number: int) -> float:
    return peak.weights[number] if peak.weights else 1.0


def _top(peaks: list[float], count: int) -> float:
    return sum(sorted(peaks, reverse=True)[:count])


def _fed_in(site: Site, table: Table) -> Floats:
    """As it is paid, though a plan may have counted on less."""
    said = np.zeros(site.steps.count)
    said[: site.feed_in.size] = np.nan_to_num(site.feed_in[: said.size])
    return said
