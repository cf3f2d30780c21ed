"""The exact problem with "6 A or nothing", as a whole-number program said anew: the oracle of small sites.

It shares nothing with the code it judges but the nouns: a variable each, constraints in a row, HiGHS to solve it. Of
the site it knows cars, panels, phases and prices; no meter, no battery, nobody that gives back.
"""

from __future__ import annotations

from typing import Any

import highspy

from laddnav.scheduling.site import Site


def least_cost(site: Site, unmet: float, *, whole: bool = True) -> float:
    """Of any plan that misses no more than `unmet` kWh in all. `whole` False: a car may draw as little as it likes."""
    solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # the package does not type it
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("mip_rel_gap", 1e-6)
    steps = site.steps
    hours = steps.length.total_seconds() / 3600
    through: dict[tuple[int, int, int], list[Any]] = {}
    missed, cost = [], []
    for car in site.cars:
        given: list[Any] = []
        ended: list[Any] = []
        for step in range(steps.count):
            begins = steps.start_at + step * steps.length
            share = (min(car.until_at, begins + steps.length) - max(car.since_at, begins)) / steps.length
            if share <= 1e-3 or car.amps_max < car.amps_min:
                continue
            amps = solver.addVariable(0, car.amps_max)
            held = amps
            if whole:
                on, end = solver.addBinary(), solver.addBinary()
                held = solver.addVariable(0, car.amps_max)
                solver.addConstr(amps <= car.amps_max * on)
                solver.addConstr(amps >= car.amps_min * on - car.amps_min * end)
                solver.addConstr(held >= amps)
                solver.addConstr(held >= car.amps_min * on)
                solver.addConstr(on + sum(ended) <= 1)
                ended.append(end)
            kwh = amps * (share * len(car.phases) * site.volts / 1000 * hours)
            given.append(kwh)
            cost.append(kwh * float(site.prices[step]))
            panel: int | None = car.panel
            while panel is not None:
                for phase in car.phases:
                    through.setdefault((panel, phase, step), []).append(held)
                panel = site.panels[panel].under
        missing = solver.addVariable(0, car.energy)
        solver.addConstr(sum(given) + missing == car.energy)
        missed.append(missing)
        if ended:
            solver.addConstr(sum(ended) <= 1)
    for (panel, phase, _), flows in through.items():
        solver.addConstr(sum(flows) <= site.panels[panel].amps_max[phase])
    if not cost:
        return 0.0
    solver.addConstr(sum(missed) <= unmet)
    solver.minimize(sum(cost))
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal, solver.getModelStatus()
    value: float = solver.getObjectiveValue()
    return value
