"""A plan that Stations can carry out: a car draws what it begins at (6 A) or more, or nothing.

The exact problem with this rule is a whole-number one, minutes long for a hundred cars; the linear bound breaks the
rule in a few steps only. So the program is solved again, a few times: where a car would draw too little it begins, if
the fuses bear it while all others draw as little as they begin at, or it rests. What is still wrong then is placed car
by car, in what the others leave. The plan says how far it is from the bound.

The last step of a car may be less: it draws what it begins at, and has all it wants before the step is over.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from laddnav.scheduling.at_once import charged_at_once
from laddnav.scheduling.calmed import calmed
from laddnav.scheduling.evened import evened
from laddnav.scheduling.linear import Floats, Optimum, Unsolved
from laddnav.scheduling.notes import NoteKind, noted
from laddnav.scheduling.optimum import Model, modelled
from laddnav.scheduling.placing import Room, placed
from laddnav.scheduling.roof import with_roof
from laddnav.scheduling.site import Plan, Site
from laddnav.scheduling.table import laid_out, through

SLIGHT = 1e-3  # kWh that nobody misses
PLENTY = 1.0  # kWh that a plan may miss beyond its bound before it is asked whether charging at once does better
EXACT = 1e-4  # amperes below what a car begins at that it does not notice
GOOD = 1e-3  # of the bound; who is so near looks no further
FEW = 8_000  # choices (cars × steps) with which there is time to look for a better plan
EAGER = (0.0, 0.3, 0.6)  # of what it begins at: a car that would draw more than this begins, if it can
ROUNDS, ROUNDS_OF_MANY = 12, 5

Marks = NDArray[np.bool_]  # (car, step)


def planned(site: Site) -> Plan:
    """The plan to carry out, and its bound. It keeps every limit, and misses energy rather than that."""
    table = laid_out(site)
    model = modelled(site, table)
    try:
        best = model.program.solved()
        chosen, found = min(_repaired(model, best), key=lambda one: one[1].cost)
        plan = chosen.plan(found)
        if plan.unmet.sum() > model.missed(best).sum() + PLENTY:
            plan = min(plan, charged_at_once(site, table), key=lambda one: float(one.unmet.sum()))
        plan = calmed(site, table, evened(site, table, plan))
        return with_roof(table, replace(plan, bound=_bound(model, best, plan)))
    except Unsolved:
        plan = with_roof(table, charged_at_once(site, table))
        return replace(plan, notes=(*plan.notes, noted(NoteKind.NOT_SOLVED)))


def breaks(model: Model, found: Optimum) -> Marks:
    """Where a car would draw less than it begins at, and not because it has all it wants before the step is over."""
    site, table, least = model.site, model.table, _least(model.site)
    amps, battery = model.amps(found), model.battery(found)
    low: Marks = (np.abs(amps) > 0) & (np.abs(amps) < least - EXACT)
    if not low.any():
        return low
    drawing = amps != 0
    last = np.zeros_like(low)
    cars = np.flatnonzero(drawing.any(axis=1))
    last[cars, site.steps.count - 1 - np.argmax(drawing[cars, ::-1], axis=1)] = True
    ends = low & last & (amps > 0)
    held = np.where(ends, least, amps)
    flows = through(site, table, held)
    flows[0] += battery / 3 * 1000 / site.volts
    over = (flows > table.highest + EXACT).any(axis=(0, 1))
    if site.unbalance_max is not None:
        of_building = np.ptp(table.load, axis=0)
        over |= np.ptp(flows[0], axis=0) > np.maximum(of_building, site.unbalance_max) + EXACT
    kw = table.per_amp @ held
    over |= (np.vstack([kw + battery, kw]) > table.allowed + EXACT).any(axis=0)
    return low & ~(ends & ~over)


def _least(site: Site) -> Floats:
    return np.array([car.amps_min for car in site.cars]).reshape(-1, 1)


def _repaired(model: Model, best: Optimum) -> Iterator[tuple[Model, Optimum]]:
    """Plans to choose from."""
    wrong = breaks(model, best)
    if not wrong.any():
        yield model, best
        return
    few, found = len(model.draws.columns) <= FEW, None
    for eager in EAGER if few else EAGER[:1]:
        near = _dived(model, best, eager, ROUNDS if few else ROUNDS_OF_MANY)
        found = _finished(model, best, near)
        if found is not None:
            yield model, found
            if found.cost - best.cost <= GOOD * abs(best.cost):
                return
    if found is None and np.any(model.table.giving):
        plain = modelled(model.site, replace(model.table, giving=np.zeros_like(model.table.giving)))
        yield from _repaired(plain, plain.program.solved())
    elif found is None:
        yield model, _with_fewer(model, wrong)


def _dived(model: Model, best: Optimum, eager: float, rounds: int) -> Optimum:
    """Nearer to a plan, round by round, until there is one or the rounds are over."""
    site, table, least = model.site, model.table, _least(model.site)
    model.reserve(np.zeros_like(table.share))
    lower, upper = -table.giving, table.ceiling.copy()
    kwh = table.share * table.per_amp[:, None] * site.steps.hours * least
    found = best
    for _ in range(rounds):
        amps = model.amps(found)
        wrong = breaks(model, found)
        if not wrong.any():
            break
        drawing = (amps > 0) & ~wrong
        room = Room(site, table, np.where(drawing, least, 0.0), model.battery(found))
        spare = table.wanted - (kwh * drawing).sum(axis=1)
        cars, steps = np.nonzero(wrong)
        for place in np.argsort(-amps[cars, steps] / least[cars, 0], kind="stable"):
            car, step = int(cars[place]), int(steps[place])
            if amps[car, step] < 0:
                lower[car, step] = 0.0
            elif amps[car, step] >= eager * least[car, 0] and spare[car] >= kwh[car, step] and room.begins(car, step):
                lower[car, step] = least[car, 0]
                spare[car] -= kwh[car, step]
            else:
                upper[car, step] = 0.0
        model.bound_cars(lower, upper)
        try:
            found = model.program.solved()
        except Unsolved:
            break  # where phases have to balance, some cars begin only together
    return found


def _finished(model: Model, best: Optimum, near: Optimum) -> Optimum | None:
    """A plan, with the steps of each car as they are now, but for those who still draw too little."""
    amps = model.amps(near)
    wrong = breaks(model, near)
    if not wrong.any():
        return near
    try:
        found = _with_steps_chosen(model, best, _placed_anew(model, near, amps, wrong))
    except Unsolved:
        return None
    return None if breaks(model, found).any() else found


def _with_steps_chosen(model: Model, best: Optimum, chosen: Floats) -> Optimum:
    """Solved with each car's steps chosen, and more of them chosen for cars that miss more than at the bound."""
    found = _solved(model, chosen)
    for _ in range(2):
        more = model.missed(found) - model.missed(best)
        if more.max() <= SLIGHT:
            break
        opened = _with_more_steps(model, found, chosen, more)
        try:
            better = _solved(model, opened)
        except Unsolved:
            break
        if better.cost >= found.cost:
            break
        chosen, found = opened, better
    return found


def _placed_anew(model: Model, near: Optimum, amps: Floats, wrong: Marks) -> Floats:
    """(car, step) amperes: those who draw too little somewhere are placed by price, and give nothing back."""
    site, table = model.site, model.table
    anew = [int(car) for car in np.flatnonzero(wrong.any(axis=1))]
    chosen = np.where(wrong, 0.0, amps)
    chosen[anew] = 0.0
    room = Room(site, table, np.where(chosen > 0, np.maximum(chosen, _least(site)), chosen), model.battery(near))
    price = model.price(near)
    for car in sorted(anew, key=lambda number: site.cars[number].until_at):
        need = table.wanted[car] / (table.per_amp[car] * site.steps.hours)
        chosen[car] = placed(need, site.cars[car].amps_min, room.left(car), table.share[car], price[car])
        room.take(car, chosen[car])
    return chosen


def _with_more_steps(model: Model, near: Optimum, chosen: Floats, more: Floats) -> Floats:
    """Where every car that draws could draw as little as it begins at, there is room for one that misses energy."""
    site, table, least = model.site, model.table, _least(model.site)
    opened = chosen.copy()
    room = Room(site, table, np.where(chosen > 0, least, chosen), model.battery(near))
    price = model.price(near)
    for car in map(int, np.argsort(-more)[: int((more > SLIGHT).sum())]):
        kwh = table.share[car] * table.per_amp[car] * site.steps.hours * least[car]
        free = np.flatnonzero((room.left(car) > 0) & (opened[car] == 0))
        spare = table.wanted[car] - kwh[opened[car] > 0].sum()
        added = np.zeros_like(kwh)
        for step in free[np.argsort(price[car][free], kind="stable")]:
            if added.any() and kwh[added > 0].sum() >= more[car]:
                break
            if kwh[added > 0].sum() + kwh[step] <= spare:
                added[step] = least[car, 0]
        room.take(car, added)
        opened[car] += added
    return opened


def _solved(model: Model, chosen: Floats) -> Optimum:
    """With these steps and no others: each car draws what it begins at or more; a last one, that is less, just so.

    Who gives back does exactly as was chosen, for in its every step it has all others to mind.
    """
    table, least = model.table, _least(model.site)
    ends = (chosen > 0) & (chosen < least - EXACT)
    gives = np.any(chosen < 0, axis=1)[:, None]
    lower = np.select([ends | gives, chosen > 0], [chosen, least], 0.0)
    upper = np.select([ends | gives, chosen > 0], [chosen, table.ceiling], 0.0)
    model.bound_cars(lower, upper)
    model.reserve(np.where(ends, least - chosen, 0.0))
    return model.program.solved()


def _with_fewer(model: Model, wrong: Marks) -> Optimum:
    """Steps in which a car draws too little are taken from it until there are none: nothing is always allowed."""
    table = model.table
    away = wrong.copy()
    model.reserve(np.zeros_like(table.share))
    for number in range(ROUNDS + len(model.site.cars)):
        model.bound_cars(np.where(away, 0.0, -table.giving), np.where(away, 0.0, table.ceiling))
        found = model.program.solved()
        wrong = breaks(model, found)
        if not wrong.any():
            return found
        away |= wrong if number < ROUNDS else np.any(wrong, axis=1)[:, None]
    raise Unsolved("No end of cars that draw too little")


def _bound(model: Model, best: Optimum, plan: Plan) -> float | None:
    """What the linear optimum costs for the energy that the plan gives; None where the problem is not a linear one."""
    site, table = model.site, model.table
    paid = site.feed_in[: site.steps.count]
    if model.meter is not None and (paid > table.prices[: paid.size]).any():
        return None
    if np.abs(plan.unmet - model.missed(best)).max(initial=0.0) > SLIGHT:
        model.reserve(np.zeros_like(table.share))
        model.bound_cars(-table.giving, table.ceiling)
        model.miss(plan.unmet)
        try:
            best = model.program.solved()
        except Unsolved:
            return None
    return min(model.plan(best).cost, plan.cost)
