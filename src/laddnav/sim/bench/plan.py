"""How good plans are on real days, beside the best that anybody could have done knowing everything; and how fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from operator import add
from statistics import median
from time import process_time

from laddnav.scheduling.control import shared
from laddnav.scheduling.optimum import modelled, optimum
from laddnav.scheduling.repair import planned
from laddnav.scheduling.room import rows
from laddnav.scheduling.rule import ruled
from laddnav.scheduling.table import laid_out
from laddnav.sim.bench.figures import Figure, Goal, Measure, Pace, effort
from laddnav.sim.bench.garage_day import (
    Done,
    Expected,
    Known,
    charged_at_once,
    in_hindsight,
    least_laxity,
    planned_anew,
)
from laddnav.sim.bench.garages import GARAGES, Day, days
from laddnav.sim.bench.parks import moment, park

CAPS = (20.0, 30.0, 45.0, 70.0)  # kW
SIZES = tuple((cars, steps) for cars in (10, 100, 1000) for steps in (96, 192))
HINDSIGHT = "the exact optimum of the same days, everything known beforehand"

ENERGY = Goal(of=Measure.RATIO, most=1 / 0.995)
COST = Goal(of=Measure.RATIO, most=1.02)

POLICIES: Mapping[str, Callable[[Day, float], Done]] = {
    "at_once": charged_at_once,
    "laxity": least_laxity,
    "rule": partial(planned_anew, planner=ruled, known=Known.ALL, expects=Expected.AS_BUSY),
    "foreseen": partial(planned_anew, planner=planned, known=Known.ALL, expects=Expected.ALL),
    "alone": partial(planned_anew, planner=planned, known=Known.ALL),
    "known": partial(planned_anew, planner=planned, known=Known.ALL, expects=Expected.AS_BUSY),
    "said": partial(planned_anew, planner=planned, known=Known.SAID, expects=Expected.AS_BUSY),
    "guessed": partial(planned_anew, planner=planned, known=Known.GUESSED, expects=Expected.AS_BUSY),
}
WITH_GOAL = "known"


def plans(pace: Pace) -> list[Figure]:
    """Real days first, then made-up parks of growing size."""
    found = list[Figure]()
    for garage in GARAGES:
        of = days(garage, pace.days)
        for kw in CAPS:
            found += lived(f"plan_{garage}_{kw:.0f}", of, kw)
    rounds = min(pace.rounds, 3)
    for cars, steps in SIZES:
        found += solving(cars, steps, rounds)
    return [*found, sharing(1000, pace.rounds)]


def lived(name: str, of: Sequence[Day], kw: float) -> list[Figure]:
    """Of each policy the energy that cars were given, and what a kWh cost."""
    best = _all(in_hindsight, of, kw)
    found = []
    for policy, day_by in POLICIES.items():
        done = _all(day_by, of, kw)
        paid, least = 100 * done.cost / done.energy, 100 * best.cost / best.energy
        goal = policy == WITH_GOAL
        found += [
            _beside(
                f"{name}_{policy}_energy", "kWh", done.energy, best.energy, best.energy / done.energy, goal and ENERGY
            ),
            _beside(f"{name}_{policy}_cost", "cent/kWh", paid, least, paid / least, goal and COST),
        ]
    return found


def _all(day_by: Callable[[Day, float], Done], of: Sequence[Day], kw: float) -> Done:
    return reduce(add, (day_by(day, kw) for day in of))


def _beside(name: str, unit: str, ours: float, best: float, ratio: float, goal: Goal | bool) -> Figure:
    """A ratio that tells half a hundredth from nothing."""
    return Figure(
        name=name,
        value=round(ours, 3),
        unit=unit,
        limit=round(best, 3),
        limit_is=HINDSIGHT,
        ratio=round(ratio, 5),
        goal=goal if isinstance(goal, Goal) else None,
    )


def solving(cars: int, steps: int, rounds: int) -> list[Figure]:
    """Processor time of the bound, and of a plan with its bound, on one core."""
    site = park(cars, steps)
    name = f"plan_solve_{cars}x{steps}"

    def solver() -> float:
        program = modelled(site, laid_out(site)).program
        return _taken(program.solved)

    alone = median(solver() for _ in range(rounds))
    bound = median(_taken(lambda: optimum(site)) for _ in range(rounds))
    both = median(_taken(lambda: planned(site)) for _ in range(rounds))
    rule = median(_taken(lambda: ruled(site)) for _ in range(rounds))
    goal = Goal(of=Measure.VALUE, most=2000) if (cars, steps) == SIZES[-1] else None
    return [
        effort(f"{name}_bound", "CPU ms", bound, alone, "the solver alone, all arrays made"),
        effort(f"{name}_plan", "CPU ms", both, bound, "the bound alone: no car begins at 6 A", goal=goal),
        effort(f"{name}_rule", "CPU ms", rule, bound, "the bound alone"),
    ]


def sharing(cars: int, rounds: int) -> Figure:
    """Of the rule that shares amperes from second to second."""
    now = moment(cars)
    ours = median(_taken(lambda: shared(now)) for _ in range(rounds))
    targets = shared(now)
    limit = median(_taken(lambda: rows(now, targets)) for _ in range(rounds))
    goal = Goal(of=Measure.VALUE, most=50)
    return effort(f"plan_control_{cars}", "CPU ms", ours, limit, "the table of its fuses and limits alone", goal=goal)


def _taken(work: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    began = process_time()
    work()
    return 1000 * (process_time() - began)
