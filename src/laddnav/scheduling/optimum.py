"""The best that any plan could be, exactly: a linear program over cars and steps.

It knows fuses, phases, prices, sun, battery, cars that give back and peaks of the month, and lets a car draw as little
as it likes; what Stations can carry out (`repair`) may cost more, and says how much.

Energy that a car misses is the worst, whatever it would have cost: more weight before less, and among equals each
quarter of a need before the next quarter of anybody's, so that nobody starves. Then a driver's wish: NOW is early at
any price, GREEN counts the whole span of carbon as ten times that of prices. Then money. Last, by a trifle, early.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from laddnav.scheduling.around import Store, add_battery, add_meter, add_peak, metered
from laddnav.scheduling.cost import cost
from laddnav.scheduling.linear import Floats, Ints, Optimum, Program
from laddnav.scheduling.site import Plan, Site, Wish
from laddnav.scheduling.table import Table, laid_out

QUARTERS = 4  # in so many parts of a need each counts more than the one before
DEARER = 0.05  # by so much
GREENER = 10.0
HURRY = 1e-4  # of the span of prices, over the whole plan


class Model(Struct, frozen=True, kw_only=True):
    """The program, and where in it the cars are. Draws: one column for each `who` (a car) and `when` (a step)."""

    site: Site
    table: Table
    program: Program
    who: Ints
    when: Ints
    draws: Ints
    gives: tuple[Ints, Ints, Ints]  # who, when, column
    unmet: Ints  # (car, part) columns, flat
    store: Store | None

    def power(self, found: Optimum) -> Floats:
        """(car, step) kW, the mean over the step."""
        amps = np.zeros_like(self.table.share)
        amps[self.who, self.when] = found.columns[self.draws]
        who, when, columns = self.gives
        amps[who, when] -= found.columns[columns]
        return amps * self.table.share * self.table.per_amp[:, None]

    def plan(self, found: Optimum) -> Plan:
        power = self.power(found)
        battery = np.zeros(self.site.steps.count)
        if self.store is not None:
            battery = found.columns[self.store.charge] - found.columns[self.store.discharge]
        grid = self.table.net + power.sum(axis=0) + battery
        unmet = np.maximum(found.columns[self.unmet].reshape(-1, QUARTERS).sum(axis=1), 0.0)
        return Plan(
            power=power,
            grid=grid,
            battery=battery,
            unmet=unmet,
            cost=cost(self.site, self.table, grid),
            notes=self.table.noted,
        )


def optimum(site: Site) -> Plan:
    """The bound: nothing that keeps these limits and meets as much of these needs costs less. Raises Unsolved."""
    model = modelled(site, laid_out(site))
    plan = model.plan(model.program.solved())
    return replace(plan, bound=plan.cost)


def modelled(site: Site, table: Table) -> Model:
    program = Program()
    who, when = np.nonzero(table.ceiling * table.share)
    of_meter = metered(site, table)
    scale = 1.0 / _unit(table)
    worth = _worth(site, table)[who, when]
    if not of_meter:
        worth = worth + table.prices[when]
    per_column = table.per_amp[who] * table.share[who, when]
    draws = program.add_columns(worth * scale * per_column * site.steps.hours, 0.0, table.ceiling[who, when], len(who))
    gives = _add_gives(program, site, table)
    unmet = _add_needs(program, site, table, scale, (who, when, draws), gives)
    store = None
    if of_meter:
        meter = add_meter(program, site, table, scale)
        program.put(meter.balance[when], draws, -per_column)
        program.put(meter.balance[gives[1]], gives[2], table.per_amp[gives[0]] * table.share[gives[0], gives[1]])
        if site.battery is not None:
            store = add_battery(program, site, table, site.battery, meter)
        for peak in site.peaks:
            add_peak(program, site, peak, meter, scale)
    flows = ((who, when, draws, 1.0), (*gives, -1.0))
    _add_fuses(program, site, table, flows, store)
    if site.unbalance_max is not None:
        _add_unbalance(program, site, table, flows, max(site.unbalance_max, 0.0))
    return Model(
        site=site, table=table, program=program, who=who, when=when, draws=draws, gives=gives, unmet=unmet, store=store
    )


def _unit(table: Table) -> float:
    """What differences of prices are measured by, so that the solver sees numbers around 1."""
    prices = np.concatenate((table.prices, table.feed_in, [0.0]))
    return float(np.ptp(table.prices) if table.prices.size else 0.0) + 1e-3 * float(np.abs(prices).max()) or 1.0


def _worth(site: Site, table: Table) -> Floats:
    """(car, step) money per kWh that a wish counts beside its price, above or below none."""
    unit, count = _unit(table), site.steps.count
    steps = np.arange(count)
    hurry = HURRY * unit * steps / max(count, 1)
    span = np.ptp(table.carbon) if count else 0.0
    green = hurry + (GREENER * unit * (table.carbon - table.carbon.min()) / span if span else 0.0)
    now = 1.01 * unit * steps  # more than the whole span of prices from one step to the next
    wishes = {Wish.NOW: now, Wish.CHEAP: hurry, Wish.GREEN: green}
    worth = np.zeros_like(table.share)
    for number, car in enumerate(site.cars):
        worth[number] = wishes[car.wish]
    return worth


def _missing(site: Site, table: Table) -> Floats:
    """(car) what the first kWh that it misses counts, in money: more than anything that could be saved by it."""
    unit = _unit(table)
    wishes = {car.wish for car in site.cars}
    most = float(np.abs(table.prices).max(initial=0.0)) + unit
    most += GREENER * unit if Wish.GREEN in wishes else 0.0
    most += 1.01 * unit * site.steps.count if Wish.NOW in wishes else 0.0
    most += sum(abs(peak.per_kw) / peak.top_n * max(peak.weights, default=1.0) for peak in site.peaks)
    weights = np.clip([car.weight for car in site.cars], 1e-2, 1e2)
    return np.asarray(weights / weights.min(initial=1e2) * most / DEARER)


def _add_needs(
    program: Program,
    site: Site,
    table: Table,
    scale: float,
    drawn: tuple[Ints, Ints, Ints],
    given: tuple[Ints, Ints, Ints],
) -> Ints:
    """What a car is given and what it misses are what it wants. Answers the columns of what is missed."""
    count = len(site.cars)
    parts = 1 + DEARER * np.arange(QUARTERS)
    costs = (_missing(site, table)[:, None] * parts * scale).ravel()
    unmet = program.add_columns(costs, 0.0, np.repeat(table.wanted / QUARTERS, QUARTERS), count * QUARTERS)
    needs = program.add_rows(table.wanted, table.wanted, count)
    program.put(np.repeat(needs, QUARTERS), unmet, 1.0)
    per_column = table.per_amp[:, None] * table.share * site.steps.hours
    who, when, draws = drawn
    back = np.any(table.giving > 0, axis=1)
    plain = ~back[who]
    program.put(needs[who[plain]], draws[plain], per_column[who[plain], when[plain]])

    # Who gives back has a level, step by step, between what it came with and what it wants.
    for car in np.flatnonzero(back):
        level = program.add_columns(0.0, 0.0, table.wanted[car], site.steps.count)
        rows = program.add_rows(0.0, 0.0, site.steps.count)
        program.put(rows, level, 1.0)
        program.put(rows[1:], level[:-1], -1.0)
        mine, out = who == car, given[0] == car
        program.put(rows[when[mine]], draws[mine], -per_column[car, when[mine]])
        lost = per_column[car, given[1][out]] / min(max(site.cars[car].discharge_efficiency, 0.01), 1.0)
        program.put(rows[given[1][out]], given[2][out], lost)
        program.put(needs[[car]], level[-1:], 1.0)
    return unmet


def _add_gives(program: Program, site: Site, table: Table) -> tuple[Ints, Ints, Ints]:
    """Where a kWh costs less than nothing nobody gives back: drawing and giving at once would only burn energy."""
    who, when = np.nonzero(table.giving * table.share * (np.minimum(table.prices, table.feed_in) >= 0))
    per_column = table.per_amp[who] * table.share[who, when] * site.steps.hours
    worth = _worth(site, table)[who, when] * np.array([site.cars[car].wish is Wish.GREEN for car in who], dtype=float)
    columns = program.add_columns(-worth / _unit(table) * per_column, 0.0, table.giving[who, when], len(who))
    return who, when, columns


Flow = tuple[Ints, Ints, Ints, float]


def _add_fuses(program: Program, site: Site, table: Table, flows: tuple[Flow, Flow], store: Store | None) -> None:
    """A row for each panel, phase and step that the cars behind it could bring beyond its limits, and for no other."""
    panels, count = len(site.panels), site.steps.count
    at = np.array([car.panel for car in site.cars], dtype=np.int64)
    above = _above(site)
    most, least = np.zeros((panels, 3, count)), np.zeros((panels, 3, count))
    for number in range(panels):
        behind = np.flatnonzero(np.any(above[:, at] == number, axis=0))
        phased = table.phased[behind].T.astype(float)
        most[number] = phased @ table.ceiling[behind]
        least[number] = phased @ table.giving[behind]
    volts = site.volts / 1000
    if site.battery is not None:
        most[0] += site.battery.charge_max / 3 / volts
        least[0] += site.battery.discharge_max / 3 / volts
    base = np.zeros((panels, 3, count))
    base[0] = table.load
    binding = (most + base > table.highest) | (base - least < table.lowest)
    rows = np.full((panels, 3, count), -1)
    rows[binding] = program.add_rows(
        (table.lowest - base)[binding], (table.highest - base)[binding], int(binding.sum())
    )
    for who, when, columns, sign in flows:
        for panel_of in above:
            for phase in range(3):
                through = panel_of[at[who]] if at.size else who
                row = np.where((through >= 0) & table.phased[who, phase], rows[through, phase, when], -1)
                here = row >= 0
                program.put(row[here], columns[here], sign)
    if store is not None:
        for phase in range(3):
            here = rows[0, phase] >= 0
            program.put(rows[0, phase][here], store.charge[here], 1 / 3 / volts)
            program.put(rows[0, phase][here], store.discharge[here], -1 / 3 / volts)


def _above(site: Site) -> Ints:
    """(height, panel): the panel itself, the one that feeds it, and so on; -1 where there is none."""
    lines = []
    line = np.arange(len(site.panels))
    feeds = np.array([-1 if panel.under is None else panel.under for panel in site.panels])
    while (line >= 0).any():
        lines.append(line)
        line = np.where(line >= 0, feeds[line], -1)
    return np.array(lines)


def _add_unbalance(program: Program, site: Site, table: Table, flows: tuple[Flow, Flow], most: float) -> None:
    """Between any two phases; where the building alone differs by more, the cars may not add to it."""
    for one, other in combinations(range(3), 2):
        base = table.load[one] - table.load[other]
        rows = program.add_rows(np.minimum(-most, base) - base, np.maximum(most, base) - base, site.steps.count)
        for who, when, columns, sign in flows:
            difference = table.phased[who, one].astype(float) - table.phased[who, other]
            here = difference != 0
            program.put(rows[when[here]], columns[here], sign * difference[here])
