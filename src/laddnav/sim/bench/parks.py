"""Car parks of any size, made from a seed: boards of ten posts, cars on one phase or three, an evening of arrivals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from laddnav.scheduling.outlets import Moment, Outlet
from laddnav.scheduling.site import Car, Panel, Site, Steps

BEGIN = datetime(2026, 11, 22, 16, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def park(cars: int, count: int, seed: int = 1, *, tight: float = 0.6) -> Site:
    """`count` steps of a quarter; `tight`: the connection has so much of 6 A for each car."""
    dice = np.random.default_rng(seed)
    panels = _panels(cars, tight)
    parked = []
    for number in range(cars):
        since = BEGIN + timedelta(hours=dice.uniform(0, count / 4 * 0.6))
        three = dice.random() < 0.6
        parked.append(
            Car(
                id=f"car {number}",
                panel=1 + number % (len(panels) - 1),
                phases=(0, 1, 2) if three else (int(dice.integers(3)),),
                since_at=since,
                until_at=since + timedelta(hours=dice.uniform(4, 12)),
                energy=dice.uniform(5, 30) * (1 if three else 0.6),
                amps_max=float(dice.choice([16.0, 32.0])),
            )
        )
    prices = 0.3 + 0.2 * np.sin(np.arange(count) / 24 * np.pi) + dice.normal(0, 0.03, count)
    return Site(steps=Steps(BEGIN, QUARTER, count), panels=panels, cars=tuple(parked), prices=prices)


def moment(cars: int, seed: int = 1) -> Moment:
    """All of them want something at once, of a connection that gives each 12 A."""
    dice = np.random.default_rng(seed)
    panels = _panels(cars, 2.0)
    outlets = tuple(
        Outlet(
            id=f"post {number}",
            panel=1 + number % (len(panels) - 1),
            phases=(0, 1, 2) if dice.random() < 0.6 else (int(dice.integers(3)),),
            amps_max=32.0,
            charging=True,
            wanted_amps=float(dice.choice([0.0, 10.0, 16.0, 32.0])),
            laxity=timedelta(hours=float(dice.uniform(-1, 8))),
        )
        for number in range(cars)
    )
    return Moment(at=BEGIN, panels=panels, outlets=outlets, building=(20.0, 20.0, 20.0), unbalance_max=60.0)


def _panels(cars: int, tight: float) -> tuple[Panel, ...]:
    grid = Panel(name="grid", amps_max=(cars * 6 * tight,) * 3)
    boards = [
        Panel(name=f"board {number}", under=0, amps_max=(80.0, 80.0, 80.0)) for number in range(max(1, cars // 10))
    ]
    return (grid, *boards)
