"""What a figure is, and how long a run takes to come to one."""

from __future__ import annotations

from msgspec import Struct

from laddnav.sim.bench.load import Rate


class Figure(Struct, frozen=True, kw_only=True):
    """`ratio` is how many times the work of the limit it was: 1 is as good as can be, whichever way the unit counts.

    `goal` is what somebody set us, where somebody did: of the value, unless it says that it is of the ratio.
    """

    name: str
    value: float
    unit: str
    limit: float
    limit_is: str
    ratio: float
    goal: str = ""


class Pace(Struct, frozen=True, kw_only=True):
    """How much is done for one figure: `rounds` of ours and of the limit in turn, `seconds` each, the median taken."""

    rounds: int
    seconds: float
    warm_up: float = 0.5  # seconds before anything is counted: connections, plans and caches are warm by then
    askers: int = 16  # HTTP connections, as a few busy partners have
    stations: int = 64  # open sockets, each with a charge under way
    places: int = 500  # Locations in the network; a page shows 50 of them


FULL = Pace(rounds=5, seconds=1.0)
QUICK = Pace(rounds=1, seconds=0.6)


def rate(name: str, unit: str, ours: float, limit: float, limit_is: str, *, goal: str = "") -> Figure:
    """More is better."""
    ratio = _of(limit, ours)
    return Figure(
        name=name, value=_short(ours), unit=unit, limit=_short(limit), limit_is=limit_is, ratio=ratio, goal=goal
    )


def effort(name: str, unit: str, ours: float, limit: float, limit_is: str, *, goal: str = "") -> Figure:
    """Less is better."""
    ratio = _of(ours, limit)
    return Figure(
        name=name, value=_short(ours), unit=unit, limit=_short(limit), limit_is=limit_is, ratio=ratio, goal=goal
    )


def of_answers(name: str, thing: str, ours: Rate, limit: Rate, limit_is: str) -> list[Figure]:
    """How many answers a second there are with one processor for the server, and what each costs there and beyond."""
    return [
        rate(name, f"{thing}s/s", ours.per_second, limit.per_second, limit_is),
        effort(f"{name}_cpu", f"µs/{thing}", ours.server_us, limit.server_us, limit_is),
        effort(f"{name}_postgres_cpu", f"µs/{thing}", ours.postgres_us, limit.postgres_us, limit_is),
    ]


def _of(more: float, less: float) -> float:
    return _short(more / less)


def _short(value: float) -> float:
    """Three digits say as much as two runs agree on."""
    return float(f"{value:.3g}")
