"""The best that any plan could be, exactly: a linear program over cars and steps.

It knows fuses, phases, limits from outside, prices, sun, battery, cars that give back and peaks of the month, and lets
a car draw as little as it likes; what Stations can carry out (`repair`) may cost more, and says how much.

Energy that a car misses is the worst, whatever it would have cost: more weight before less, and among equals each
quarter of a need before the next quarter of anybody's, so that nobody starves. Then a driver's wish: NOW is early at
any price, GREEN counts the whole span of carbon as ten times that of prices. Then money. Last, by a trifle, early.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from laddnav.scheduling.around import Meter, Store, add_battery, add_meter, add_peak, metered
from laddnav.scheduling.cost import cost
from laddnav.scheduling.linear import INFINITY, Floats, Ints, Optimum, Program
from laddnav.scheduling.placing import TRIFLE
from laddnav.scheduling.roof import with_roof
from laddnav.scheduling.site import Plan, Site, Wish
from laddnav.scheduling.table import MOST_ENERGY, Table, laid_out, through

QUARTERS = 4  # in so many parts of a need each counts more than the one before
DEARER = 0.05  # by so much
GREENER = 10.0
HURRY = 1e-4  # of the span of prices, over the whole plan
AS_NOTHING = 1e-12  # money per kWh: of a price below, no number that is left by a division means anything


class Currents(Struct, frozen=True, kw_only=True):
    """A column of amperes for each `who` (a car) and `when` (a step); `sign` -1 where these are given back."""

    who: Ints
    when: Ints
    columns: Ints
    sign: float


class Model(Struct, frozen=True, kw_only=True):
    """The program, and where in it the cars are."""

    site: Site
    table: Table
    program: Program
    draws: Currents
    gives: Currents
    unmet: Ints  # (car, part) columns, flat
    fuses: Ints  # (panel, phase, step) rows, -1 where nothing can go beyond the fuse
    others: Ints  # (2, step) rows of what others allow, as `Table.allowed` has it, -1 likewise
    meter: Meter | None
    store: Store | None

    def amps(self, found: Optimum) -> Floats:
        """(car, step) amperes on each of its phases while it is plugged in."""
        amps: Floats = np.zeros_like(self.table.share)
        amps[self.draws.who, self.draws.when] = found.columns[self.draws.columns]
        amps[self.gives.who, self.gives.when] -= found.columns[self.gives.columns]
        amps[np.abs(amps) < TRIFLE] = 0.0
        return amps

    def price(self, found: Optimum) -> Floats:
        """(car, step) what one more kWh would cost at the margin, a driver's wish included."""
        price: Floats = worth(self.site, self.table)
        if self.meter is None:
            return price + self.table.prices
        at_the_meter: Floats = found.duals[self.meter.balance] * _unit(self.table) / self.site.steps.hours
        return price + at_the_meter

    def missed(self, found: Optimum) -> Floats:
        """(car) kWh."""
        missed: Floats = np.maximum(found.columns[self.unmet].reshape(-1, QUARTERS).sum(axis=1), 0.0)
        return missed

    def miss(self, unmet: Floats) -> None:
        """From now on each car misses so many kWh, no more and no less."""
        parts = np.repeat(self.table.wanted / QUARTERS, QUARTERS)
        missed = np.clip(np.repeat(unmet, QUARTERS) - parts * np.tile(np.arange(QUARTERS), len(unmet)), 0.0, parts)
        self.program.bound_columns(self.unmet, missed, missed)

    def bound_cars(self, lower: Floats, upper: Floats) -> None:
        """From now on each car draws so many amperes in each (car, step), below zero where it gives back."""
        for one, least, most in ((self.draws, lower, upper), (self.gives, -upper, -lower)):
            at = (one.who, one.when)
            self.program.bound_columns(one.columns, np.maximum(least[at], 0.0), np.maximum(most[at], 0.0))

    def reserve(self, amps: Floats) -> None:
        """Keep (car, step) amperes free of each limit, beyond what the columns draw, from now on."""
        rows = self.fuses >= 0
        lower, upper = room_of_fuses(self.table)
        kept = through(self.site, self.table, amps)
        kept[0] -= self.table.load
        self.program.bound_rows(self.fuses[rows], lower[rows], np.maximum(upper - kept, 0.0)[rows])
        rows = self.others >= 0
        left = np.maximum(self.table.allowed - self.table.per_amp @ amps, 0.0)[rows]
        self.program.bound_rows(self.others[rows], np.full(left.shape, -INFINITY), left)

    def battery(self, found: Optimum) -> Floats:
        """(step) kW into it."""
        if self.store is None:
            return np.zeros(self.site.steps.count)
        return found.columns[self.store.charge] - found.columns[self.store.discharge]

    def plan(self, found: Optimum) -> Plan:
        power = self.amps(found) * self.table.share * self.table.per_amp[:, None]
        battery = self.battery(found)
        grid = self.table.net + power.sum(axis=0) + battery
        return Plan(
            power=power,
            grid=grid,
            battery=battery,
            unmet=self.missed(found),
            cost=cost(self.site, self.table, grid),
            notes=self.table.noted,
        )


def optimum(site: Site) -> Plan:
    """The bound: nothing that keeps these limits and meets as much of these needs costs less. Raises Unsolved."""
    model = modelled(site, laid_out(site))
    plan = with_roof(model.table, model.plan(model.program.solved()))
    return replace(plan, bound=plan.cost)


def modelled(site: Site, table: Table) -> Model:
    program, scale, of_meter = Program(), 1.0 / _unit(table), metered(site, table)
    draws = _add_draws(program, site, table, scale, priced=not of_meter)
    gives = _add_gives(program, site, table)
    unmet = _add_needs(program, site, table, scale, draws, gives)
    meter = store = None
    if of_meter:
        meter = add_meter(program, site, table, scale)
        for one in (draws, gives):
            program.put(meter.balance[one.when], one.columns, -one.sign * _kw_per_amp(table, one))
        if site.battery is not None:
            store = add_battery(program, site, table, site.battery, meter)
        for peak in site.peaks:
            add_peak(program, site, peak, meter, scale)
    flows = (draws, gives)
    fuses = _add_fuses(program, site, table, flows, store)
    if site.unbalance_max is not None:
        _add_unbalance(program, site, table, flows, max(site.unbalance_max, 0.0))
    return Model(
        site=site,
        table=table,
        program=program,
        draws=draws,
        gives=gives,
        unmet=unmet,
        fuses=fuses,
        others=_add_others(program, site, table, flows, store),
        meter=meter,
        store=store,
    )


def _kw_per_amp(table: Table, of: Currents) -> Floats:
    """Of each column, for as much of its step as the car is there."""
    kw: Floats = table.per_amp[of.who] * table.share[of.who, of.when]
    return kw


def _unit(table: Table) -> float:
    """What differences of prices are measured by, so that the solver sees numbers around 1."""
    prices = np.concatenate((table.prices, table.feed_in, [0.0]))
    unit = float(np.ptp(table.prices) if table.prices.size else 0.0) + 1e-3 * float(np.abs(prices).max())
    return unit if unit > AS_NOTHING else 1.0


def worth(site: Site, table: Table) -> Floats:
    """(car, step) money per kWh that a wish counts beside its price, above or below none."""
    unit, count = _unit(table), site.steps.count
    steps = np.arange(count)
    hurry = HURRY * unit * steps / max(count, 1)
    span = np.ptp(table.carbon) if count else 0.0
    green = hurry + (GREENER * unit * (table.carbon - table.carbon.min()) / span if span else 0.0)
    now = 1.01 * unit * steps  # more than the whole span of prices from one step to the next
    wishes = {Wish.NOW: now, Wish.CHEAP: hurry, Wish.GREEN: green}
    worths = np.zeros_like(table.share)
    for number, car in enumerate(site.cars):
        worths[number] = wishes[car.wish]
    return worths


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


def _add_draws(program: Program, site: Site, table: Table, scale: float, *, priced: bool) -> Currents:
    """What cars draw costs what its wish counts, and its price, where that is not for the meter to count."""
    who, when = np.nonzero(table.ceiling * table.share)
    price = worth(site, table)[who, when] + (table.prices[when] if priced else 0.0)
    kwh = table.per_amp[who] * table.share[who, when] * site.steps.hours
    columns = program.add_columns(price * scale * kwh, 0.0, table.ceiling[who, when], len(who))
    return Currents(who=who, when=when, columns=columns, sign=1.0)


def _add_gives(program: Program, site: Site, table: Table) -> Currents:
    """Where a kWh costs less than nothing nobody gives back: drawing and giving at once would only burn energy."""
    who, when = np.nonzero(table.giving * table.share * (np.minimum(table.prices, table.feed_in) >= 0))
    kwh = table.per_amp[who] * table.share[who, when] * site.steps.hours
    greener = worth(site, table)[who, when] * np.array([site.cars[car].wish is Wish.GREEN for car in who], dtype=float)
    columns = program.add_columns(-greener / _unit(table) * kwh, 0.0, table.giving[who, when], len(who))
    return Currents(who=who, when=when, columns=columns, sign=-1.0)


def _add_needs(program: Program, site: Site, table: Table, scale: float, draws: Currents, gives: Currents) -> Ints:
    """What a car is given and what it misses are what it wants. Answers the columns of what is missed."""
    count = len(site.cars)
    parts = 1 + DEARER * np.arange(QUARTERS)
    costs = (_missing(site, table)[:, None] * parts * scale).ravel()
    unmet = program.add_columns(costs, 0.0, np.repeat(table.wanted / QUARTERS, QUARTERS), count * QUARTERS)
    needs = program.add_rows(table.wanted, table.wanted, count)
    program.put(np.repeat(needs, QUARTERS), unmet, 1.0)
    per_column = table.per_amp[:, None] * table.share * site.steps.hours
    back = np.any(table.giving > 0, axis=1)
    plain = ~back[draws.who]
    program.put(needs[draws.who[plain]], draws.columns[plain], per_column[draws.who[plain], draws.when[plain]])
    for car in np.flatnonzero(back).tolist():
        level = _add_level(program, site, table, car, per_column[car], draws, gives)
        program.put(needs[[car]], level[-1:], 1.0)
    return unmet


def _add_level(
    program: Program, site: Site, table: Table, car: int, kwh_per_amp: Floats, draws: Currents, gives: Currents
) -> Ints:
    """(step) what a car that gives back was given by then: it lies between what it lends and what it wants."""
    lends = min(max(site.cars[car].lends, 0.0), MOST_ENERGY)
    level = program.add_columns(0.0, -lends, table.wanted[car], site.steps.count)
    rows = program.add_rows(0.0, 0.0, site.steps.count)
    program.put(rows, level, 1.0)
    program.put(rows[1:], level[:-1], -1.0)
    into, out = draws.when[draws.who == car], gives.when[gives.who == car]
    program.put(rows[into], draws.columns[draws.who == car], -kwh_per_amp[into])
    efficiency = min(max(site.cars[car].discharge_efficiency, 0.01), 1.0)
    program.put(rows[out], gives.columns[gives.who == car], kwh_per_amp[out] / efficiency)
    return level


def _add_fuses(program: Program, site: Site, table: Table, flows: Sequence[Currents], store: Store | None) -> Ints:
    """A row for each panel, phase and step that the cars behind it could bring beyond its limits, and for no other."""
    per_amp = site.volts / 1000
    most = through(site, table, table.ceiling)
    least = through(site, table, -table.giving)
    if site.battery is not None:
        most[0] += site.battery.charge_max / 3 / per_amp
        least[0] -= site.battery.discharge_max / 3 / per_amp
    binding = (most > table.highest) | (least < table.lowest)
    lower, upper = room_of_fuses(table)
    rows = np.full(most.shape, -1)
    rows[binding] = program.add_rows(lower[binding], upper[binding], int(binding.sum()))
    above = _above(site)
    at = np.array([car.panel for car in site.cars], dtype=np.int64)
    for one in flows:
        for panel_of in above:
            for phase in range(3):
                panel = panel_of[at[one.who]]
                row = np.where((panel >= 0) & table.phased[one.who, phase], rows[panel, phase, one.when], -1)
                here = row >= 0
                program.put(row[here], one.columns[here], one.sign)
    if store is not None:
        for phase in range(3):
            here = rows[0, phase] >= 0
            program.put(rows[0, phase][here], store.charge[here], 1 / 3 / per_amp)
            program.put(rows[0, phase][here], store.discharge[here], -1 / 3 / per_amp)
    return rows


def _add_others(program: Program, site: Site, table: Table, flows: Sequence[Currents], store: Store | None) -> Ints:
    """A row for each step in which cars, or cars and battery together, could go beyond what others allow."""
    most = table.per_amp @ table.ceiling
    of_battery = site.battery.charge_max if site.battery is not None else 0.0
    binding = np.vstack([most + of_battery, most]) > table.allowed
    rows = np.full(binding.shape, -1)
    rows[binding] = program.add_rows(-INFINITY, table.allowed[binding], int(binding.sum()))
    for one in flows:
        for row in rows:
            here = row[one.when] >= 0
            program.put(row[one.when][here], one.columns[here], one.sign * table.per_amp[one.who[here]])
    if store is not None:
        here = rows[0] >= 0
        program.put(rows[0][here], store.charge[here], 1.0)
        program.put(rows[0][here], store.discharge[here], -1.0)
    return rows


def room_of_fuses(table: Table) -> tuple[Floats, Floats]:
    """(panel, phase, step) amperes, lowest and highest, that cars and battery may come to beside the building."""
    lower, upper = table.lowest + TRIFLE, table.highest - TRIFLE
    lower[0] -= table.load
    upper[0] -= table.load
    return np.minimum(lower, 0.0), np.maximum(upper, 0.0)


def _above(site: Site) -> Ints:
    """(height, panel): the panel itself, the one that feeds it, and so on; -1 where there is none."""
    lines = []
    line = np.arange(len(site.panels))
    feeds = np.array([-1 if panel.under is None else panel.under for panel in site.panels])
    while (line >= 0).any():
        lines.append(line)
        line = np.where(line >= 0, feeds[line], -1)
    return np.array(lines)


def _add_unbalance(program: Program, site: Site, table: Table, flows: Sequence[Currents], most: float) -> None:
    """Between any two phases; where the building alone differs by more, the cars may not add to it."""
    for first, other in combinations(range(3), 2):
        base = table.load[first] - table.load[other]
        rows = program.add_rows(np.minimum(-most, base) - base, np.maximum(most, base) - base, site.steps.count)
        for one in flows:
            difference = table.phased[one.who, first].astype(float) - table.phased[one.who, other]
            here = difference != 0
            program.put(rows[one.when[here]], one.columns[here], one.sign * difference[here])
