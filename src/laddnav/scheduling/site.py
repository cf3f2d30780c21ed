"""A site as a plan sees it: steps of time, panels with their fuses, cars with their needs, and what energy costs.

Plans are worked out in floats, kilowatts and amperes; what leaves this room for a Station is a ChargingProfile again,
in exact tenths and never above the plan.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from laddnav.kit.notes import Note

Floats = NDArray[np.float64]


class Steps(Struct, frozen=True):
    """`count` steps of equal length, one after the other; a day on which clocks change has 92 or 100 quarters."""

    start_at: datetime
    length: timedelta
    count: int

    @property
    def hours(self) -> float:
        """The length of one step."""
        return self.length / timedelta(hours=1)

    @property
    def end_at(self) -> datetime:
        return self.start_at + self.length * self.count


class Panel(Struct, frozen=True, kw_only=True):
    """A board with fuses: so many amperes at most on each of the mains' phases.

    The first of a site is its grid connection, and `under` None; every other stands after the one that feeds it.
    """

    name: str
    under: int | None = None
    amps_max: tuple[float, float, float]


class Wish(StrEnum):
    """What matters to a driver beside having the energy in time."""

    NOW = "NOW"  # as early as can be, whatever it costs
    CHEAP = "CHEAP"
    GREEN = "GREEN"  # least carbon


class Car(Struct, frozen=True, kw_only=True):
    """Plugged in `since_at`, gone `until_at`, and wanting `energy` kWh meanwhile.

    It draws the same amperes from each of `phases` (of the mains: 0, 1, 2), `amps_min` at least or nothing at all.
    `ceilings`: at most so many amperes by step, as others limit it; empty: nobody does. `weight`: how much a kWh that
    it misses counts beside those of others. One that can discharge gives back of what it has been given meanwhile, and
    `lends` kWh at most of what it has before; of what it gives back, `discharge_efficiency` comes out.
    """

    id: str
    panel: int
    phases: tuple[int, ...]
    since_at: datetime
    until_at: datetime
    energy: float
    amps_max: float
    amps_min: float = 6.0
    wish: Wish = Wish.CHEAP
    weight: float = 1.0
    discharge_amps_max: float = 0.0
    discharge_efficiency: float = 0.9
    lends: float = 0.0
    ceilings: tuple[float, ...] = ()


class Battery(Struct, frozen=True, kw_only=True):
    """A battery of the site, in kWh and kW; it ends as full as it began.

    Of what goes in, the share `efficiency` comes out.
    """

    capacity: float
    stored: float
    charge_max: float
    discharge_max: float
    efficiency: float = 0.9


class Peak(Struct, frozen=True, kw_only=True):
    """What the month's highest hours cost: `per_kw` times the mean of the `top_n` highest, one a day at most.

    `hours`: the steps of each measured hour that lies in the window of the charge; `days`: on which day each is.
    `highest`: the peaks of days of this month so far in kW; `begun`: kWh that the first hour has had before the first
    step. `weights`: by what factor each hour counts (half at night, say); empty: all in full. `highest` and `begun` are
    weighed already. `today`: which of `highest` is that of the day of `days[0]`, so that it takes no second place;
    None: that day has none yet.
    """

    per_kw: float
    hours: tuple[tuple[int, ...], ...]
    days: tuple[int, ...]
    top_n: int = 1
    highest: tuple[float, ...] = ()
    begun: float = 0.0
    weights: tuple[float, ...] = ()
    today: int | None = None


class Site(Struct, frozen=True, kw_only=True):
    """All that a plan has to know. Arrays have one number a step; empty ones stand for zeros.

    `prices` and `feed_in` are money per kWh in and out, `carbon` grams per kWh. `load`: (phase, step) kW that the
    building draws beside its cars; `solar`: kW of its roof, even over the phases. `unbalance_max`: amperes between the
    highest and the lowest phase of the grid connection, where somebody limits them. `import_max`, `cars_max`: kW at
    most that come in from the grid, and that all cars together draw, as somebody outside allows; infinite, or no
    number, where nobody limits it. `export_max`: kW at most that cars and battery send out beside what the roof gives,
    a third of it on each phase; a roof that `bends` can be told to give less, and does where that is too much.
    """

    steps: Steps
    panels: tuple[Panel, ...]
    cars: tuple[Car, ...]
    prices: Floats
    feed_in: Floats = np.zeros(0)
    carbon: Floats = np.zeros(0)
    load: Floats = np.zeros((3, 0))
    solar: Floats = np.zeros(0)
    volts: float = 230.0
    unbalance_max: float | None = None
    import_max: Floats = np.zeros(0)
    cars_max: Floats = np.zeros(0)
    export_max: Floats = np.zeros(0)
    bends: bool = False
    battery: Battery | None = None
    peaks: tuple[Peak, ...] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """What is to happen. `power`: (car, step) kW, the mean over the step, below zero where a car gives back.

    `grid`: (step) kW in, below zero out; `battery`: (step) kW into it; `roof_down`: (step) kW that the roof is to give
    less than it can, empty where it cannot be told; `unmet`: (car) kWh that it will miss. `cost` is
    that of all energy, the building's too, and of what the peaks of the month rise by; `bound`: no plan that heeds the
    same wishes could cost less for the energy that this one gives, None where nobody knows. `notes`: what of the input
    could not be meant as it was said, and what was planned with instead.
    """

    power: Floats
    grid: Floats
    battery: Floats
    unmet: Floats
    roof_down: Floats = np.zeros(0)
    cost: float
    bound: float | None = None
    notes: tuple[Note, ...] = ()
