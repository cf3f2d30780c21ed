"""When real cars came to a real garage, how long they stayed and what they took (data/README.md names the origin)."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib import resources

from msgspec import Struct

from laddnav.kit.energy import Energy, kwh


class Arrival(Struct, frozen=True, kw_only=True):
    """A car that came to the garage at this hour of its clock, stayed so long and took so much."""

    at: time
    stayed: timedelta
    energy: Energy


@cache
def days() -> tuple[tuple[Arrival, ...], ...]:
    """The days of the excerpt, oldest first; the cars of each in the order in which they came."""
    found: dict[date, list[Arrival]] = defaultdict(list)
    text = resources.files("laddnav.sim").joinpath("data/caltech-garage.csv").read_text()
    for row in csv.DictReader(text.splitlines()):
        came, left = datetime.fromisoformat(row["arrival"]), datetime.fromisoformat(row["departure"])
        found[came.date()].append(Arrival(at=came.time(), stayed=left - came, energy=kwh(row["energy_kwh"])))
    return tuple(tuple(sorted(found[day], key=lambda one: one.at)) for day in sorted(found))
