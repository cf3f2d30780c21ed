"""Days in two real garages with the prices of a real market, and what was known there of stays before each day.

Time is counted in quarters of an hour since midnight by the clock of the garage; the prices are those of the same hour
of the same day of another year, by the clock of their zone.
"""

from __future__ import annotations

import csv
import gzip
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct

from laddnav.market import feeds
from laddnav.scheduling.site import Car, Floats, Panel, Site, Steps

DATA = Path(__file__).parent.parent / "data"
GARAGES = {"caltech": "caltech-2019.csv.gz", "jpl": "jpl-2021.csv.gz"}
PRICES, OF_YEAR, BY_CLOCK = "se3-2023.csv.gz", 2023, ZoneInfo("Europe/Stockholm")
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
QUARTERS = 4
LAST = 2 * 24 * QUARTERS  # a day is planned until the next midnight but one
AMPS, VOLTS = 32.0, 208.0  # of a post there: 6.66 kW on one phase
SHORT, MUCH = 0.1, 0.75  # a tenth of all stays are shorter than is guessed, and a quarter of all needs larger
HISTORY = timedelta(days=21)  # before the first day that is planned
LATELY = 10  # workdays


class Visit(Struct, frozen=True, kw_only=True):
    """The quarters in which the car was there. `wanted` kWh and `means_to_leave` are the driver's, None: unsaid."""

    arrives: int
    leaves: int
    energy: float
    wanted: float | None
    means_to_leave: int | None


class History:
    """Of the visits before a day: how long somebody stays and how much is wanted, guessed with care."""

    def __init__(self, visits: Sequence[Visit]) -> None:
        self._lengths = sorted(visit.leaves - visit.arrives for visit in visits)
        self.energy = float(np.quantile([visit.energy for visit in visits], MUCH))

    def length(self, so_far: int) -> int:
        """Of a stay that has lasted so long already, in quarters."""
        known = self._lengths[bisect_right(self._lengths, so_far) :]
        return known[int(SHORT * len(known))] if known else so_far + 1


class Day(Struct, frozen=True, kw_only=True):
    """All that came on one day, in order of arrival. `prices`: (quarter) money per kWh.

    `busy`: what came on the busiest of the ten workdays before it.
    """

    visits: tuple[Visit, ...]
    busy: tuple[Visit, ...]
    history: History
    prices: Floats


def days(garage: str, count: int) -> list[Day]:
    """The first so many workdays on which more came than on half of them, three weeks after its first day."""
    by_day: dict[date, list[Visit]] = {}
    for day, visit in _visits(garage):
        by_day.setdefault(day, []).append(visit)
    begin = min(by_day) + HISTORY
    workdays = [day for day in sorted(by_day) if day >= begin and day.weekday() < 5]
    usual = float(np.median([len(by_day[day]) for day in workdays]))
    prices = _prices()
    seen = {day: tuple(visit for visit in visits if visit.leaves > visit.arrives) for day, visits in by_day.items()}
    past = [day for day in sorted(by_day) if day.weekday() < 5]
    return [
        Day(
            visits=seen[day],
            busy=max((seen[one] for one in past[past.index(day) - LATELY : past.index(day)]), key=_energy),
            history=History([visit for before, visits in by_day.items() if before < day for visit in visits]),
            prices=np.concatenate([prices[(one.month, one.day)] for one in (day, day + DAY)]),
        )
        for day in [day for day in workdays if len(by_day[day]) > usual][:count]
    ]


def _energy(visits: Sequence[Visit]) -> float:
    return sum(visit.energy for visit in visits)


def site(kw: float, prices: Floats, cars: Sequence[Car], first: int = 0) -> Site:
    """One limit in kW for the cars of a garage, from a quarter on."""
    amps = kw * 1000 / VOLTS
    return Site(
        steps=Steps(at(first), QUARTER, len(prices) - first),
        panels=(Panel(name="garage", amps_max=(amps, amps, amps)),),
        cars=tuple(cars),
        prices=prices[first:],
        volts=VOLTS,
    )


def car(number: int, arrives: int, leaves: int, energy: float) -> Car:
    return Car(
        id=str(number), panel=0, phases=(0,), since_at=at(arrives), until_at=at(leaves), energy=energy, amps_max=AMPS
    )


def at(quarter: int) -> datetime:
    """Any day will do: plans are made of differences."""
    return datetime(2000, 1, 1, tzinfo=UTC) + quarter * QUARTER


def _visits(garage: str) -> Iterator[tuple[date, Visit]]:
    """With the day of each, in order of arrival."""
    text = gzip.decompress((DATA / GARAGES[garage]).read_bytes()).decode()
    for row in sorted(csv.DictReader(StringIO(text)), key=lambda row: row["arrival"]):
        day = datetime.fromisoformat(row["arrival"]).date()
        yield (
            day,
            Visit(
                arrives=-_quarters(day, row["arrival"], up=True),
                leaves=min(_quarters(day, row["departure"]), LAST),
                energy=float(row["energy_kwh"]),
                wanted=float(row["wanted_kwh"]) if row["wanted_kwh"] else None,
                means_to_leave=min(_quarters(day, row["means_to_leave"]), LAST) if row["means_to_leave"] else None,
            ),
        )


def _quarters(day: date, said: str, *, up: bool = False) -> int:
    """Since midnight of that day, by the clock there; `up`: the next, below zero."""
    since = datetime.fromisoformat(said) - datetime.combine(day, datetime.min.time())
    return -since // QUARTER if up else since // QUARTER


def _prices() -> dict[tuple[int, int], Floats]:
    """By month and day, each with 96 quarters: an hour that a clock leaves out costs what the one before it does."""
    _, (published,) = feeds.read((DATA / PRICES).read_bytes())
    by_hour: dict[tuple[int, int], dict[int, float]] = {}
    for step in published.steps:
        begin = step.begin_at.astimezone(BY_CLOCK)
        by_hour.setdefault((begin.month, begin.day), {})[begin.hour] = float(step.value)
    return {
        day: np.repeat([hours.get(hour, hours[max(hour - 1, 0)]) for hour in range(24)], QUARTERS)
        for day, hours in by_hour.items()
    }
