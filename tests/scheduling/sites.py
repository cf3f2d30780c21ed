"""Sites to plan for, small ones by Hypothesis, and what every plan for one has to keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import strategies as st
from msgspec.structs import replace

from laddnav.scheduling.site import Battery, Car, Panel, Peak, Plan, Site, Steps, Wish

BEGIN = datetime(2026, 11, 22, 16, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def car(name: str = "a", **more: Any) -> Car:
    """On all phases of the grid connection, for two hours, and in want of 10 kWh."""
    usual = Car(
        id=name,
        panel=0,
        phases=(0, 1, 2),
        since_at=BEGIN,
        until_at=BEGIN + timedelta(hours=2),
        energy=10.0,
        amps_max=32.0,
    )
    return replace(usual, **more)


def site(*cars: Car, amps: float = 40.0, prices: tuple[float, ...] = (3, 1, 2, 1, 3, 2, 1, 2), **more: Any) -> Site:
    """One fuse before all of them, a price each quarter."""
    steps = Steps(BEGIN, QUARTER, len(prices))
    panels = (Panel(name="grid", amps_max=(amps, amps, amps)),)
    return replace(Site(steps=steps, panels=panels, cars=cars, prices=np.array(prices, dtype=float)), **more)


def _amps(most: int) -> st.SearchStrategy[float]:
    return st.integers(0, most).map(float)


@st.composite
def cars(draw: st.DrawFn, panels: int, count: int, number: int, *, gives: bool) -> Car:
    since, stay = draw(st.integers(-60, count * 15)), draw(st.integers(-5, count * 15))
    return Car(
        id=f"car {number}",
        panel=draw(st.integers(0, panels - 1)),
        phases=draw(st.sampled_from([(0, 1, 2), (0,), (1,), (2,), (0, 1)])),
        since_at=BEGIN + timedelta(minutes=since),
        until_at=BEGIN + timedelta(minutes=since + stay),
        energy=draw(st.floats(0, 12)),
        amps_max=draw(st.sampled_from([5.0, 6.0, 10.0, 16.0, 32.0])),
        wish=draw(st.sampled_from(Wish)),
        weight=draw(st.sampled_from([1.0, 1.0, 3.0])),
        discharge_amps_max=draw(st.sampled_from([0.0, 16.0])) if gives else 0.0,
        ceilings=draw(st.sampled_from([(), (0.0, 3.0, 10.0), (16.0,) * count])),
    )


@st.composite
def plain_sites(draw: st.DrawFn) -> Site:
    """Cars, panels and prices alone."""
    count, panels = draw(st.integers(1, 10)), draw(st.integers(1, 3))
    return Site(
        steps=Steps(BEGIN, QUARTER, count),
        panels=tuple(
            Panel(name=f"panel {one}", under=one - 1 if one else None, amps_max=(draw(_amps(50)),) * 3)
            for one in range(panels)
        ),
        cars=tuple(draw(cars(panels, count, one, gives=False)) for one in range(draw(st.integers(0, 4)))),
        prices=np.array(
            draw(st.lists(st.floats(-1, 3).map(lambda one: round(one, 2)), min_size=count, max_size=count))
        ),
    )


@st.composite
def any_sites(draw: st.DrawFn) -> Site:
    """With everything that may stand around the cars, and input that nobody should rely on."""
    plain = draw(plain_sites())
    count, panels = plain.steps.count, len(plain.panels)
    numbers = st.one_of(st.floats(0, 9), st.just(float("nan")), st.just(float("inf")), st.floats(-1e9, 1e9))
    steps = st.lists(numbers, max_size=count + 1).map(np.array)
    well = st.lists(st.floats(0, 9), max_size=count).map(np.array)
    return Site(
        steps=plain.steps,
        panels=plain.panels,
        cars=tuple(draw(cars(panels, count, one, gives=True)) for one in range(draw(st.integers(0, 3)))),
        prices=draw(st.one_of(st.just(plain.prices), steps)),
        feed_in=draw(well),
        carbon=draw(steps),
        load=np.array(
            draw(st.lists(st.lists(st.floats(0, 9), min_size=count, max_size=count), min_size=3, max_size=3))
        ),
        solar=draw(well),
        unbalance_max=draw(st.sampled_from([None, 0.0, 16.0])),
        import_max=draw(st.one_of(st.just(np.zeros(0)), steps)),
        cars_max=draw(st.one_of(st.just(np.zeros(0)), well)),
        battery=draw(st.sampled_from([None, Battery(capacity=9, stored=3, charge_max=4, discharge_max=5)])),
        peaks=draw(
            st.sampled_from(
                [
                    (),
                    (Peak(per_kw=40, hours=(tuple(range(min(4, count))),), days=(0,), top_n=3, highest=(7.0, 2.0)),),
                ]
            )
        ),
    )


def drawn(site: Site, plan: Plan) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(car, step) amperes while the car is there: what it begins at, where it has all before the step is over."""
    amps = np.zeros((len(site.cars), site.steps.count))
    for number, one in enumerate(site.cars):
        for step in np.flatnonzero(plan.power[number]):
            begins = site.steps.start_at + int(step) * site.steps.length
            share = (min(one.until_at, begins + site.steps.length) - max(one.since_at, begins)) / site.steps.length
            assert share > 0, f"{one.id} draws while it is away"
            mean = plan.power[number, step] / (len(one.phases) * site.volts / 1000 * share)
            amps[number, step] = max(mean, one.amps_min) if mean > 0 else mean
    return amps


def keeps_every_limit(site: Site, plan: Plan, *, begins: bool = True) -> None:
    """By its own reckoning. `begins`: a car draws what it begins at, or nothing, but for its last step."""
    amps = drawn(site, plan)
    count = site.steps.count
    load = np.zeros((3, count))
    load[:, : site.load.shape[1]] = site.load[:, :count]
    solar = np.zeros(count)
    solar[: site.solar.size] = site.solar[:count]
    building = (load - solar / 3) * 1000 / site.volts
    for number, panel in enumerate(site.panels):
        for phase in range(3):
            flow = np.zeros(count)
            for one, own in zip(site.cars, amps, strict=True):
                if phase in one.phases and (one.panel == number or number in fed_by(site, one.panel)):
                    flow += own
            alone = building[phase] if number == 0 else np.zeros(count)
            flow += alone + (plan.battery / 3 * 1000 / site.volts if number == 0 else 0)
            assert (flow <= np.maximum(panel.amps_max[phase], alone) + 1e-3).all(), (panel.name, phase, flow)
            assert (flow >= np.minimum(-panel.amps_max[phase], alone) - 1e-3).all(), (panel.name, phase, flow)
    kw = sum((own * len(one.phases) for one, own in zip(site.cars, amps, strict=True)), np.zeros(count))
    kw = kw * site.volts / 1000
    of_building = load.sum(axis=0) - solar
    assert (of_building + kw + plan.battery <= np.maximum(most(site.import_max, count), of_building) + 1e-3).all()
    assert (kw <= most(site.cars_max, count) + 1e-3).all()
    for one, own, power in zip(site.cars, amps, plan.power, strict=True):
        ceilings = np.nan_to_num(np.full(count, one.amps_max))
        ceilings[: len(one.ceilings)] = np.minimum(ceilings[: len(one.ceilings)], one.ceilings[:count])
        assert (own <= np.maximum(ceilings, 0) + 1e-3).all(), one.id
        assert (own >= -one.discharge_amps_max - 1e-3).all(), one.id
        if begins and power.any():
            phased = len(one.phases) * site.volts / 1000
            for step in np.flatnonzero(power)[:-1]:
                begun = site.steps.start_at + int(step) * site.steps.length
                share = (min(one.until_at, begun + site.steps.length) - max(one.since_at, begun)) / site.steps.length
                assert abs(power[step]) >= (one.amps_min - 1e-2) * phased * share, (one.id, step, power)


def most(said: np.ndarray[Any, np.dtype[np.float64]], count: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(step) kW; without end where nobody limits it."""
    row = np.full(count, np.inf)
    row[: min(count, said.size)] = said[:count]
    return np.where(np.isnan(row), np.inf, np.maximum(row, 0))


def fed_by(site: Site, panel: int) -> set[int]:
    """The panels that feed this one."""
    under = site.panels[panel].under
    return set() if under is None else {under} | fed_by(site, under)
