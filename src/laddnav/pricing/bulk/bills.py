"""Counts become prices, as in lines.py and limits.py, for many charges of one tariff at once."""

from __future__ import annotations

import numpy as np
from msgspec import Struct

from laddnav.pricing.bulk.columns import Volumes, owners
from laddnav.pricing.bulk.compiled import NO_RATE, Compiled, NotForColumns, scaled
from laddnav.pricing.bulk.digits import Marks, Numbers
from laddnav.pricing.bulk.exact import PLACES, Amounts, amounts, quotients
from laddnav.tariffs.model import Limit

_MOST = 1 << 60  # what one part of a price may come to: sums and products of it stay below 2^63
_FEWEST_PLACES = 12
_PLACES_OF_A_WH = 3  # in kWh
_HOUR = 3600


class Counted(Struct, frozen=True, kw_only=True):
    """What was counted of charges of one tariff, `many` periods of each: the volumes of a period, 0 where it has none.

    `rates`, (period, shelf), are numbers of the tariff's rates: of energy, time, parking and the flat fee.
    """

    many: Numbers
    energy: Volumes
    time: Volumes
    parking: Volumes
    rates: Numbers


class Sides(Struct, frozen=True):
    """An amount of each charge before and after taxes."""

    excl: Amounts
    incl: Amounts


class Bills(Struct, frozen=True, kw_only=True):
    """The price of each charge and its parts; those that are `left` are to be priced by others."""

    total: Sides
    fixed: Sides
    energy: Sides
    time: Sides
    parking: Sides
    left: Marks


class _Scale(Struct, frozen=True, kw_only=True):
    """With how many decimal places everything is written; `rest` is what of a tax lies below `money`."""

    kwh: int
    hours: int
    price: int
    money: int
    rest: int


class _Lines(Struct, frozen=True, kw_only=True):
    """Lines of bills, those of a charge in a row; what could not be written at the scale is `left`."""

    charge: Numbers
    rate: Numbers
    cost: Numbers
    left: Marks


class _Sum(Struct, frozen=True, kw_only=True):
    """One part of the price of each charge. What is after taxes is `incl`, and `rest` of the last place of it."""

    excl: Numbers
    incl: Numbers
    rest: Numbers
    excl_known: Marks
    incl_known: Marks
    left: Marks

    def __add__(self, other: _Sum) -> _Sum:
        return _Sum(
            excl=self.excl + other.excl,
            incl=self.incl + other.incl,
            rest=self.rest + other.rest,
            excl_known=self.excl_known & other.excl_known,
            incl_known=self.incl_known & other.incl_known,
            left=self.left | other.left,
        )


def bills(counted: Counted, tariff: Compiled) -> Bills:
    """Raises NotForColumns where the tariff's prices are too fine or too high for 64 bits."""
    scale = _scale(counted, tariff)
    charge, count = owners(counted.many), len(counted.many)
    too_much = _too_much(counted, charge, tariff, scale)
    energy = _energy_lines(counted, charge, tariff, scale)
    times = _time_lines(counted, charge, tariff, scale)
    # OCPI 2.2.1 mod_cdrs_cdr_object has a total for each. A limit of the tariff is in none of them.
    fixed = _summed(_fees(counted, tariff, scale), count, tariff, scale)
    by_kind = [_summed(lines, count, tariff, scale) for lines in (energy, *times)]
    total = _limited(fixed + by_kind[0] + by_kind[1] + by_kind[2], tariff, scale)
    return Bills(
        total=_written(total, scale),
        fixed=_written(fixed, scale),
        energy=_written(by_kind[0], scale),
        time=_written(by_kind[1], scale),
        parking=_written(by_kind[2], scale),
        left=total.left | too_much,
    )


def _scale(counted: Counted, tariff: Compiled) -> _Scale:
    kwh = max(counted.energy.places, _PLACES_OF_A_WH)
    hours = max(counted.time.places, counted.parking.places)
    money = max(_FEWEST_PLACES, max(kwh, hours) + tariff.price_places)
    rest = money + 2 + tariff.vat_places
    if rest > PLACES or tariff.dearest * tariff.widest * 10 ** (money - tariff.price_places) > _MOST:
        raise NotForColumns
    return _Scale(kwh=kwh, hours=hours, price=tariff.price_places, money=money, rest=rest)


def _too_much(counted: Counted, charge: Numbers, tariff: Compiled, scale: _Scale) -> Marks:
    """What is negative, or more than can be calculated with in 64 bits."""
    step = int(tariff.steps.max(initial=0))
    most = _MOST // tariff.widest // max(tariff.dearest, 1)
    most_kwh = most // 10 ** (scale.money - scale.kwh - scale.price) - step * 10 ** (scale.kwh - _PLACES_OF_A_WH)
    most_hours = min(most // 10 ** (scale.money - scale.hours - scale.price), most // _HOUR) - (
        (step // _HOUR + 1) * 10**scale.hours
    )
    marks = np.zeros(len(counted.many), np.bool_)
    for volumes, places, highest in (
        (counted.energy, scale.kwh, most_kwh),
        (counted.time, scale.hours, most_hours),
        (counted.parking, scale.hours, most_hours),
    ):
        # Each at most its share, so that their sum is not too much either.
        share = max(highest, 0) // 10 ** (places - volumes.places) // counted.many
        marks[charge[(volumes.values < 0) | (volumes.values > share[charge])]] = True
    return marks


# ---- Lines


def _fees(counted: Counted, tariff: Compiled, scale: _Scale) -> _Lines:
    """One a charge, as its first period begins."""
    first = np.cumsum(counted.many) - counted.many
    rate = counted.rates[first, 3]
    charge = np.flatnonzero(rate != NO_RATE)
    cost = tariff.prices[rate[charge]] * 10 ** (scale.money - scale.price)
    return _Lines(charge=charge, rate=rate[charge], cost=cost, left=np.zeros(len(charge), np.bool_))


def _energy_lines(counted: Counted, charge: Numbers, tariff: Compiled, scale: _Scale) -> _Lines:
    volume = counted.energy.at(scale.kwh)
    runs = _runs(charge, np.zeros(len(charge), np.bool_), counted.rates[:, 0], volume)
    billed = _stepped(runs, tariff.steps * 10 ** (scale.kwh - _PLACES_OF_A_WH), len(counted.many))
    cost = billed * tariff.prices[runs.rate] * 10 ** (scale.money - scale.kwh - scale.price)
    return _Lines(charge=runs.charge, rate=runs.rate, cost=cost, left=np.zeros(len(cost), np.bool_))


def _time_lines(counted: Counted, charge: Numbers, tariff: Compiled, scale: _Scale) -> tuple[_Lines, _Lines]:
    """Of charging and of parking: the volumes as hours, billed in seconds of as many places."""
    volume = np.stack((counted.time.at(scale.hours), counted.parking.at(scale.hours)), axis=1) * _HOUR
    parks = np.tile(np.array([False, True]), len(charge))
    runs = _runs(np.repeat(charge, 2), parks, counted.rates[:, 1:3].ravel(), volume.ravel())
    billed = _stepped(runs, tariff.steps * 10**scale.hours, len(counted.many))
    cost, exact = quotients(
        billed * tariff.prices[runs.rate], _HOUR, scale.money - scale.hours - scale.price, scale.money
    )
    charging, parking = (
        _Lines(charge=runs.charge[these], rate=runs.rate[these], cost=cost[these], left=~exact[these])
        for these in (~runs.parks, runs.parks)
    )
    return charging, parking


class _Runs(Struct, frozen=True, kw_only=True):
    """Pieces that follow each other under one rate are one."""

    charge: Numbers
    parks: Marks
    rate: Numbers
    volume: Numbers


def _runs(charge: Numbers, parks: Marks, rate: Numbers, volume: Numbers) -> _Runs:
    """Of pieces in order; those of no volume are none, and those of no rate cost nothing but come between."""
    if not volume.all():
        counted = np.flatnonzero(volume)
        charge, parks, rate, volume = charge[counted], parks[counted], rate[counted], volume[counted]
    begins = np.ones(len(charge), np.bool_)
    begins[1:] = (charge[1:] != charge[:-1]) | (rate[1:] != rate[:-1]) | (parks[1:] != parks[:-1])
    starts = np.flatnonzero(begins)
    volume = np.add.reduceat(volume, starts) if len(starts) else volume
    priced = rate[starts] != NO_RATE
    starts = starts[priced]
    return _Runs(charge=charge[starts], parks=parks[starts], rate=rate[starts], volume=volume[priced])


def _stepped(runs: _Runs, steps: Numbers, count: int) -> Numbers:
    """What of each run is billed: the last of a charge takes the rounding, or the last that parks if one does.

    The whole of its dimension is rounded up, and what that adds is the run's.
    """
    taker = np.full(count, -1)
    taker[runs.charge] = np.arange(len(runs.charge))
    parking = np.flatnonzero(runs.parks)
    taker[runs.charge[parking]] = parking
    of_dimension = runs.parks == runs.parks[taker[runs.charge]]
    whole = _by_charge(runs.charge, np.where(of_dimension, runs.volume, 0), count)
    takers = taker[taker >= 0]
    step = np.maximum(steps[runs.rate[takers]], 1)  # a step of nothing changes nothing, and no volume is less than 1
    billed = runs.volume.copy()
    billed[takers] += -whole[runs.charge[takers]] % step
    return billed


# ---- Sums and taxes


def _summed(lines: _Lines, count: int, tariff: Compiled, scale: _Scale) -> _Sum:
    excl, incl = lines.cost, lines.cost
    left = lines.left.copy()
    rest = np.zeros(count, np.int64)
    excl_known, incl_known = np.ones(count, np.bool_), np.ones(count, np.bool_)
    if tariff.vats.any():
        whole, below = _tax(lines, tariff, scale)
        incl = incl + whole
        rest = _by_charge(lines.charge, below, count)
    for number, taxing in enumerate(tariff.taxing):
        if taxing.before is None and taxing.excl and taxing.incl:
            continue
        these = np.flatnonzero(lines.rate == number)
        if taxing.before is not None:
            if excl is lines.cost:
                excl = excl.copy()
            excl[these], exact = quotients(excl[these] * taxing.before, taxing.whole, 0, scale.money)
            left[these] |= ~exact
        excl_known[lines.charge[these]] &= taxing.excl
        incl_known[lines.charge[these]] &= taxing.incl
    unwritten = np.zeros(count, np.bool_)
    unwritten[lines.charge[left]] = True
    return _Sum(
        excl=_by_charge(lines.charge, excl, count),
        incl=_by_charge(lines.charge, incl, count),
        rest=rest,
        excl_known=excl_known,
        incl_known=incl_known,
        left=unwritten,
    )


def _tax(lines: _Lines, tariff: Compiled, scale: _Scale) -> tuple[Numbers, Numbers]:
    """What comes on top of each line, at the scale of money, and what lies below that."""
    percent = 10 ** (scale.rest - scale.money)
    vat = tariff.vats[lines.rate]
    whole, below = divmod(lines.cost, percent)
    more, below = divmod(below * vat, percent)
    return whole * vat + more, below


def _by_charge(charge: Numbers, values: Numbers, count: int) -> Numbers:
    """The sum of each charge's, which stand in a row; 0 for those that have none."""
    sums = np.zeros(count, np.int64)
    if len(charge):
        starts = np.flatnonzero(np.concatenate(([True], charge[1:] != charge[:-1])))
        sums[charge[starts]] = np.add.reduceat(values, starts)
    return sums


def _written(part: _Sum, scale: _Scale) -> Sides:
    return Sides(
        amounts(part.excl, scale.money, part.excl_known),
        amounts(part.incl, scale.money, part.incl_known, part.rest, scale.rest),
    )


# ---- Limits


def _limited(total: _Sum, tariff: Compiled, scale: _Scale) -> _Sum:
    """Where the two of a tariff cross, the highest price has the last word."""
    if tariff.tariff.price_min is not None:
        total = _bounded(total, tariff.tariff.price_min, True, scale)
    if tariff.tariff.price_max is not None:
        total = _bounded(total, tariff.tariff.price_max, False, scale)
    return total


def _bounded(total: _Sum, limit: Limit, least: bool, scale: _Scale) -> _Sum:
    """Each side on its own. Taxes that have to move in proportion are left to others."""
    bound = scaled(limit.excl, scale.money)
    beyond = total.excl < bound if least else total.excl > bound
    beyond &= total.excl_known
    excl = np.where(beyond, bound, total.excl)
    percent = 10 ** (scale.rest - scale.money)
    incl, rest = total.incl + total.rest // percent, total.rest % percent
    left = total.left
    if limit.incl is not None:
        bound = scaled(limit.incl, scale.money)
        reached = incl < bound if least else (incl > bound) | ((incl == bound) & (rest > 0))
    else:
        taxed = (incl != total.excl) | (rest != 0)
        left = left | (beyond & total.incl_known & taxed)
        reached = beyond
    return _Sum(
        excl=excl,
        incl=np.where(reached, bound, incl),
        rest=np.where(reached, 0, rest),
        excl_known=total.excl_known,
        incl_known=total.incl_known,
        left=left,
    )
