"""A site laid out as arrays: what each car may draw in each step, what the fuses leave, and what bad input meant."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from laddnav.kit.notes import Note
from laddnav.scheduling.notes import NoteKind
from laddnav.scheduling.notes import noted as note
from laddnav.scheduling.site import Car, Floats, Site

MOST_ENERGY = 10_000.0  # kWh that one car may want; more is a slip of the pen
MOST_AMPS = 10_000.0
SHORTEST = 1e-3  # the share of a step below which a car counts as away
WILD = 1000.0  # a price that is so many times the usual one is planned for as if it were this many


class Table(Struct, frozen=True, kw_only=True):
    """What a plan counts with. A car that is plugged in for a share of a step can draw only then.

    `net`: (step) kW that the building draws beyond its solar power, and `load` the same as (phase, step) amperes.
    `lowest`, `highest`: (panel, phase, step) amperes through each panel, at the first with `load` included; where the
    building alone is beyond its fuse, the cars may draw nothing more there. `allowed`: kW that others leave, infinite
    where nobody limits it; its first row is for cars and battery beside the building, its second for cars alone.
    `roof`: kW of it that can be turned down, and `lets_out` what goes out before it is; nothing where that costs money.
    `noted`: what was not meant as it was said.
    """

    share: Floats  # (car, step) of the step
    ceiling: Floats  # (car, step) amperes at most while it is there, 0 where it is not
    giving: Floats  # (car, step) amperes that it may give back
    per_amp: Floats  # (car) kW of one ampere on each of its phases
    phased: NDArray[np.bool_]  # (car, phase) of the mains
    wanted: Floats  # (car) kWh
    prices: Floats
    feed_in: Floats
    carbon: Floats
    net: Floats
    load: Floats
    lowest: Floats
    highest: Floats
    allowed: Floats  # (2, step)
    roof: Floats
    lets_out: Floats
    noted: tuple[Note, ...]


def laid_out(site: Site) -> Table:
    noted: list[Note] = []
    count = site.steps.count
    load = np.vstack([_row(phase, count, NoteKind.BUILDING_UNKNOWN, noted) for phase in site.load])
    solar = _row(site.solar, count, NoteKind.SUN_UNKNOWN, noted)
    prices = _tame(_row(site.prices, count, NoteKind.PRICE_UNKNOWN, noted, usual=True), noted)
    feed_in = _row(site.feed_in, count, NoteKind.FEED_IN_UNKNOWN, noted)
    if site.feed_in.size and (feed_in > prices).any():
        noted.append(note(NoteKind.FEED_IN_PAYS_BETTER))
    share = _shares(site)
    ceiling, giving = _ceilings(site.cars, share)
    phased = np.zeros((len(site.cars), 3), dtype=bool)
    for number, car in enumerate(site.cars):
        phased[number, list(car.phases)] = True
    amps = (load - solar / 3) * 1000 / site.volts
    lowest, highest = _borne(site, amps, noted)
    net = load.sum(axis=0) - solar
    return Table(
        share=share,
        ceiling=ceiling,
        giving=giving,
        per_amp=phased.sum(axis=1) * site.volts / 1000,
        phased=phased,
        wanted=_wanted(site.cars, noted),
        prices=prices,
        feed_in=np.minimum(feed_in, prices),  # else drawing and feeding in at once would be a living
        carbon=_row(site.carbon, count, NoteKind.CARBON_UNKNOWN, noted, usual=True),
        net=net,
        load=amps,
        lowest=lowest,
        highest=highest,
        allowed=_allowed(site, net, noted),
        roof=np.maximum(solar, 0.0) if site.bends else np.zeros(count),
        lets_out=np.where(feed_in < 0, 0.0, _limited(site.export_max, count)) if site.bends else np.full(count, np.inf),
        noted=tuple(noted),
    )


def _row(said: Floats, count: int, unknown: NoteKind, noted: list[Note], *, usual: bool = False) -> Floats:
    """One number a step; what is not there or no number is nothing, or as `usual` as the rest: their median, so that a
    single wild one does not count for those that are missing."""
    row = np.full(count, np.nan)
    row[: min(count, said.size)] = said[:count]
    missing = ~np.isfinite(row)
    if not missing.any():
        return row
    known = row[~missing]
    row[missing] = np.median(known) if usual and known.size else 0.0
    if said.size:
        instead = _shown(row[missing][0], 4)
        noted.append(note(unknown, missing=int(missing.sum()), count=count, instead=instead))
    return row


def _tame(prices: Floats, noted: list[Note]) -> Floats:
    usual = float(np.median(np.abs(prices))) if prices.size else 0.0
    wild = np.abs(prices) > WILD * usual if usual else np.zeros(prices.size, dtype=bool)
    if wild.any():
        noted.append(note(NoteKind.PRICE_ABSURD, count=int(wild.sum()), price=_shown(prices[wild][0], 6)))
        return np.clip(prices, -WILD * usual, WILD * usual)
    return prices


def _shares(site: Site) -> Floats:
    """(car, step) how much of the step the car is plugged in."""
    steps = site.steps
    since = np.array([(car.since_at - steps.start_at) / steps.length for car in site.cars])
    until = np.array([(car.until_at - steps.start_at) / steps.length for car in site.cars])
    begins = np.arange(steps.count)
    inside = np.minimum(until[:, None], begins + 1) - np.maximum(since[:, None], begins)
    return np.where(inside > SHORTEST, np.minimum(inside, 1.0), 0.0).reshape(len(site.cars), steps.count)


def _ceilings(cars: tuple[Car, ...], share: Floats) -> tuple[Floats, Floats]:
    own = np.array([_amount(car.amps_max, MOST_AMPS) for car in cars])
    ceiling = np.where(share > 0, own[:, None], 0.0).reshape(share.shape)
    giving = np.zeros_like(share)
    for number, car in enumerate(cars):
        if car.ceilings:
            others = np.nan_to_num(np.array(car.ceilings[: share.shape[1]]), nan=0.0, posinf=MOST_AMPS)
            ceiling[number, : others.size] = np.minimum(ceiling[number, : others.size], np.maximum(others, 0.0))
        if car.discharge_amps_max > 0:
            giving[number] = np.where(share[number] > 0, _amount(car.discharge_amps_max, MOST_AMPS), 0.0)
    least = np.array([car.amps_min for car in cars])[:, None]
    # Between nothing and what a car begins at there is nothing to be had.
    return np.where(ceiling >= least, ceiling, 0.0), np.where(giving >= least, giving, 0.0)


def _wanted(cars: tuple[Car, ...], noted: list[Note]) -> Floats:
    wanted = np.array([_amount(car.energy, MOST_ENERGY) for car in cars])
    for car, meant in zip(cars, wanted, strict=True):
        if meant != car.energy:
            noted.append(note(NoteKind.NO_AMOUNT, car=car.id, energy=car.energy, meant=_shown(meant, 6)))
    return wanted


def _shown(value: float, digits: int) -> float | int:
    """Rounded to so many digits that count; whole, where it is."""
    found = float(f"{value:.{digits}g}")
    return int(found) if found.is_integer() else found


def _amount(said: float, most: float) -> float:
    """Nothing, where it is no number or below nothing."""
    return min(max(said, 0.0), most) if said == said else 0.0


def _borne(site: Site, load: Floats, noted: list[Note]) -> tuple[Floats, Floats]:
    fuses = np.array([[_amount(amps, MOST_AMPS) for amps in panel.amps_max] for panel in site.panels])
    highest = np.repeat(fuses[:, :, None], site.steps.count, axis=2)
    out = _limited(site.export_max, site.steps.count)
    lowest = -highest
    lowest[0] = np.maximum(lowest[0], -out * 1000 / site.volts / 3)
    over = -load.sum(axis=0) * site.volts / 1000 - out
    if not site.bends and (beyond := int((over > 1e-9).sum())) > 0:
        noted.append(note(NoteKind.ROOF_BEYOND_LIMIT, kw=round(float(over.max()), 1), count=beyond))
    if (load > highest[0]).any():
        beyond = int((load > highest[0]).any(axis=0).sum())
        noted.append(note(NoteKind.BUILDING_BEYOND_FUSE, count=beyond))
    highest[0] = np.maximum(highest[0], load)
    lowest[0] = np.minimum(lowest[0], load)
    return lowest, highest


def _allowed(site: Site, net: Floats, noted: list[Note]) -> Floats:
    of_site, of_cars = (_limited(said, site.steps.count) for said in (site.import_max, site.cars_max))
    if (beyond := int((net > of_site).sum())) > 0:
        noted.append(note(NoteKind.BUILDING_BEYOND_LIMIT, count=beyond))
    return np.vstack([np.maximum(of_site - net, 0.0), of_cars])


def _limited(said: Floats, count: int) -> Floats:
    row = np.full(count, np.inf)
    row[: min(count, said.size)] = said[:count]
    return np.where(np.isnan(row), np.inf, np.maximum(row, 0.0))


def through(site: Site, table: Table, amps: Floats) -> Floats:
    """(panel, phase, step) amperes through each panel, when cars draw `amps` (car, step) and the building its load."""
    flows = np.zeros((len(site.panels), 3, site.steps.count))
    at = np.array([car.panel for car in site.cars], dtype=np.int64)
    for phase in range(3):
        on = table.phased[:, phase]
        np.add.at(flows[:, phase], at[on], amps[on])
    for number in reversed(range(1, len(site.panels))):  # each stands after the one that feeds it
        under = site.panels[number].under
        flows[0 if under is None else under] += flows[number]
    flows[0] += table.load
    return flows


def feeders(site: Site, panel: int) -> list[int]:
    """The panel, the one that feeds it, and so on to the grid connection."""
    line = [panel]
    while line[-1] != 0:
        line.append(site.panels[line[-1]].under or 0)
    return line
