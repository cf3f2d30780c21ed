"""What a figure is, what was hoped of it, and how long a run takes to come to one."""

from __future__ import annotations

from enum import StrEnum
from math import inf
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from laddnav.sim.bench.load import Rate


class Measure(StrEnum):
    """What of a figure a goal is about; `percent` and `times` say how fast it is beside its limit."""

    VALUE = "value"
    RATIO = "ratio"
    PERCENT = "percent"
    TIMES = "times"


class Goal(Struct, frozen=True, kw_only=True):
    """What somebody set us."""

    of: Measure
    least: float = 0
    most: float = inf

    def __str__(self) -> str:
        what = "" if self.of in (Measure.VALUE, Measure.PERCENT) else f"{self.of} "
        unit = " %" if self.of is Measure.PERCENT else ""
        return f"{what}≥ {self.least:,g}{unit}" if self.most == inf else f"{what}≤ {self.most:,g}{unit}"


OF_LIMIT = Goal(of=Measure.PERCENT, least=70)


class Figure(Struct, frozen=True, kw_only=True):
    """`ratio` is how many times the work of the limit it was: 1 is as good as can be, whichever way the unit counts.

    Where answers were counted, `cost` is what each took of us, and `limit_cost` of the limit.
    """

    name: str
    value: float
    unit: str
    limit: float
    limit_is: str
    ratio: float
    goal: Goal | None = None
    cost: Rate | None = None
    limit_cost: Rate | None = None

    @property
    def percent(self) -> float:
        """Of the limit's speed."""
        return _short(100 / self.ratio)

    @property
    def times(self) -> float:
        """The limit's speed."""
        return _short(1 / self.ratio)

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        measured: float = getattr(self, self.goal.of)
        return self.goal.least <= measured <= self.goal.most

    def told(self) -> dict[str, Any]:
        """A line of JSON, the same fields in each."""
        said = asdict(self)
        costs = {"": said.pop("cost"), "limit_": said.pop("limit_cost")}
        cpu = {
            f"{whose}{part}": None if cost is None else _short(getattr(cost, part))
            for part in ("server_us", "postgres_us")
            for whose, cost in costs.items()
        }
        goal = None if self.goal is None else str(self.goal)
        return said | {"percent": self.percent, "goal": goal, "met": self.met} | cpu


class Pace(Struct, frozen=True, kw_only=True):
    """How much is done for one figure: `rounds` of ours and of the limit in turn, `seconds` each, the median taken."""

    rounds: int
    seconds: float
    warm_up: float = 0.5  # seconds before anything is counted: connections, plans and caches are warm by then
    askers: int = 32  # HTTP connections, as some busy partners have; with fewer both sides wait more than they work
    places: int = 500  # Locations in the network; a page shows 50 of them
    objects: int = 256  # Locations, Sessions and cards that are asked for or changed one by one, in turn
    changed: int = 1000  # EVSEs
    partners: int = 50  # that are to hear of each
    readings: int = 100_000_000
    metered: int = 250  # stations that say them, six each a minute
    postings: int = 1_000_000  # in the ledger while more come
    ledger: int = 100_000_000  # in a large one
    customers: int = 100_000  # with an invoice each
    papers: int = 2_000  # of these as PDFs
    compared: int = 1_000_000  # CDRs, with a partner's table of as many rows
    days: int = 2  # in each garage, for plans


FULL = Pace(rounds=5, seconds=1.0)
QUICK = Pace(
    rounds=1,
    seconds=0.6,
    readings=1_000_000,
    postings=100_000,
    ledger=1_000_000,
    customers=2_000,
    papers=100,
    days=1,
    compared=50_000,
)


def rate(name: str, unit: str, ours: float, limit: float, limit_is: str, *, goal: Goal | None = None) -> Figure:
    """More is better."""
    ratio = _short(limit / ours)
    return Figure(
        name=name, value=_short(ours), unit=unit, limit=_short(limit), limit_is=limit_is, ratio=ratio, goal=goal
    )


def effort(name: str, unit: str, ours: float, limit: float, limit_is: str, *, goal: Goal | None = None) -> Figure:
    """Less is better."""
    ratio = _short(ours / limit)
    return Figure(
        name=name, value=_short(ours), unit=unit, limit=_short(limit), limit_is=limit_is, ratio=ratio, goal=goal
    )


def of_answers(name: str, things: str, ours: Rate, limit: Rate, limit_is: str, *, goal: Goal | None = None) -> Figure:
    """How many answers a second there are with one processor for the server, and what each costs there and beyond."""
    return Figure(
        name=name,
        value=_short(ours.per_second),
        unit=f"{things}/s",
        limit=_short(limit.per_second),
        limit_is=limit_is,
        ratio=_short(limit.per_second / ours.per_second),
        goal=goal,
        cost=ours,
        limit_cost=limit,
    )


def _short(value: float) -> float:
    """Three digits say as much as two runs agree on."""
    return float(f"{value:.3g}")
