"""A Tariff made ready for columns: its prices as whole numbers, and each combination of conditions asked only once.

A price can change at the tariff's borders only. They cut what a restriction may ask about into cells, and the answer of
the single engine about one moment of a cell holds for all of it; so nothing here knows what a restriction means.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from functools import lru_cache
from math import prod

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import Energy
from laddnav.pricing.borders import refuse_too_much
from laddnav.pricing.bulk.clocks import DAY_MINUTES, EPOCH, WEEK_MINUTES, minutes_of_week
from laddnav.pricing.bulk.columns import ABSENT, Volumes
from laddnav.pricing.bulk.digits import Numbers
from laddnav.pricing.model import CannotPrice, Span
from laddnav.pricing.offers import Offers, Rate, Shelf, first, offers
from laddnav.pricing.policy import OURS, Policy
from laddnav.pricing.restrictions import Moment
from laddnav.tariffs.model import Tariff

NO_RATE = -1
# A charge that goes beyond is rare, and may be one that the single engine refuses because it takes for ever.
USUAL_PERIODS, USUAL_DAYS = 500, 60
_MOST_CELLS = 1 << 22
_MICROSECOND = timedelta(microseconds=1)


class NotForColumns(Exception):
    """This tariff, or this policy, is left to the single engine."""


class Flow(Struct, frozen=True):
    """Power or current of each period: the trough and the peak."""

    low: Volumes
    high: Volumes


class Moments(Struct, frozen=True, kw_only=True):
    """The start of each period, as far as this tariff asks: Moment by the column.

    `local` in minutes since the epoch on the wall clock, `elapsed` in microseconds, `used` in kWh.
    """

    count: int
    local: Numbers | None
    elapsed: Numbers | None
    used: Volumes | None
    power: Flow | None
    current: Flow | None

    def __getitem__(self, place: int) -> Moment:
        local = 0 if self.local is None else int(self.local[place])
        elapsed = 0 if self.elapsed is None else int(self.elapsed[place])
        used = None if self.used is None else _volume(self.used, place)
        return Moment(
            EPOCH + timedelta(minutes=local),
            timedelta(microseconds=elapsed),
            Energy((used or Decimal(0)) * 1000),
            _span(self.power, place),
            _span(self.current, place),
        )


class Taxing(Struct, frozen=True):
    """What of a cost is before taxes, and what after: `before` of `whole` parts, or the cost and `vat` % on top of it.

    `before` None: the tax is not in the price. A side that is not known is False.
    """

    before: int | None
    whole: int
    vat: Decimal
    excl: bool
    incl: bool


class Compiled:
    """One tariff under one policy. `rates` in the order of the numbers that `asked` answers with."""

    def __init__(self, tariff: Tariff, policy: Policy) -> None:
        """Raises NotForColumns, CannotPrice."""
        if not _only_chooses(policy):
            raise NotForColumns
        self.tariff, self.offers = tariff, offers(tariff, policy)
        refuse_too_much(self.offers, USUAL_PERIODS, USUAL_DAYS + 2)
        self.rates: tuple[Rate, ...] = tuple(rate for element in self.offers.rates for rate in element)
        self._numbers = {id(rate): number for number, rate in enumerate(self.rates)}
        self.price_places = max((_places(rate.component.price) for rate in self.rates), default=0)
        self.vat_places = max((_places(rate.component.vat or Decimal(0)) for rate in self.rates), default=0)
        self.taxing = tuple(taxing(rate) for rate in self.rates)
        self.prices = _numbers([scaled(rate.component.price, self.price_places) for rate in self.rates])
        self.vats = _numbers([scaled(taxing.vat, self.vat_places) for taxing in self.taxing])
        self.steps = _numbers([max(rate.component.step_size, 0) for rate in self.rates])  # Wh or s
        self.dearest = int(self.prices.max(initial=0))
        self.widest = max((taxing.before or 1 for taxing in self.taxing), default=1)
        self._axes = _Axes(self.offers, tariff)
        self._cells = np.full(self._axes.size, -1, np.int32)
        self._answers: list[tuple[int, int, int, int]] = []

    def asked(self, moments: Moments) -> Numbers:
        """(period, shelf): the number of the rate that applies, or NO_RATE; for energy, time, parking and flat fee."""
        cells = self._axes.cells(moments)
        answers = self._cells[cells]
        if (new := np.flatnonzero(answers < 0)).size:
            different, at = np.unique(cells[new], return_index=True)
            for cell, place in zip(different.tolist(), new[at].tolist(), strict=True):
                self._cells[cell] = self._number(self._answer(moments[place]))
            answers = self._cells[cells]
        return np.array(self._answers, np.int64).reshape(-1, 4)[answers]

    def _answer(self, moment: Moment) -> tuple[int, int, int, int]:
        def rate(shelf: Shelf) -> int:
            found = first(shelf, moment)
            return NO_RATE if found is None else self._numbers[id(found)]

        asked = self.offers
        return rate(asked.energy), rate(asked.time), rate(asked.parking_time), rate(asked.flat)

    def _number(self, answer: tuple[int, int, int, int]) -> int:
        if answer not in self._answers:
            self._answers.append(answer)
        return self._answers.index(answer)


@lru_cache(maxsize=1024)
def compiled(tariff: Tariff, policy: Policy) -> Compiled | None:
    """None where it is left to the single engine."""
    try:
        return Compiled(tariff, policy)
    except (NotForColumns, CannotPrice, OverflowError):
        return None


class _Axes:
    """What may be asked, each cut at its borders; a cell is one piece of each."""

    def __init__(self, offers: Offers, tariff: Tariff) -> None:
        if offers.parking_lengths:
            raise NotForColumns
        self._offers = offers
        self._clock = _clock(offers) if offers.asks_clock else None
        self._days = _days(tariff)
        sizes = [int(self._clock.max()) + 1 if self._clock is not None else 1]
        sizes += [len(borders) + 1 for borders in (self._days, offers.lengths, offers.energies)]
        sizes += [(len(limits) + 2) ** 2 for limits in (offers.powers, offers.currents) if limits]
        if (size := prod(sizes)) > _MOST_CELLS:
            raise NotForColumns
        self.size = size

    def cells(self, moments: Moments) -> Numbers:
        offers = self._offers
        cell = np.zeros(moments.count, np.int64)
        if self._clock is not None and moments.local is not None:
            cell = self._clock[minutes_of_week(moments.local)]
            if len(self._days):
                cell = cell * (len(self._days) + 1) + _piece(moments.local // DAY_MINUTES, self._days)
        if moments.elapsed is not None:
            borders = _numbers([length // _MICROSECOND for length in offers.lengths])
            cell = cell * (len(borders) + 1) + _piece(moments.elapsed, borders)
        if moments.used is not None:
            borders = _limits([border.kwh for border in offers.energies], moments.used.places)
            cell = cell * (len(borders) + 1) + _piece(moments.used.values, borders)
        for flow, limits in ((moments.power, offers.powers), (moments.current, offers.currents)):
            if flow is not None:
                for volumes in (flow.low, flow.high):
                    piece = 1 + _piece(volumes.values, _limits(limits, volumes.places))
                    cell = cell * (len(limits) + 2) + np.where(volumes.values == ABSENT, 0, piece)
        return cell


def _clock(offers: Offers) -> Numbers:
    """For each minute of a week, from Monday on, in which piece of it it lies. Raises NotForColumns."""
    if any(border.second or border.microsecond for border in offers.times_of_day):
        raise NotForColumns
    borders = _numbers(sorted({0, *(border.hour * 60 + border.minute for border in offers.times_of_day)}))
    day, minute = divmod(np.arange(WEEK_MINUTES), DAY_MINUTES)
    return day * len(borders) + _piece(minute, borders) - 1


def _days(tariff: Tariff) -> Numbers:
    """The dates at which something begins or ceases to apply, in days since the epoch."""
    restrictions = [element.restriction for element in tariff.elements]
    dates = {day for one in restrictions for day in (one.start_date, one.end_date) if day is not None}
    return _numbers(sorted((day - EPOCH.date()).days for day in dates))


def _piece(values: Numbers, borders: Numbers) -> Numbers:
    """How many borders are reached: a minimum holds, and a maximum no longer does, where the value is equal."""
    return np.searchsorted(borders, values, side="right")


def _limits(limits: Sequence[Decimal], places: int) -> Numbers:
    """The least whole multiple of 10^-places that reaches each."""
    return _numbers([int(limit.scaleb(places).to_integral_value(ROUND_CEILING)) for limit in limits])


def taxing(rate: Rate) -> Taxing:
    """Found out by taxing a cost of one: what a tariff says of its taxes is decided elsewhere, and not here again."""
    of_one = rate.taxed(Decimal(1))
    vat = rate.component.vat or Decimal(0)
    excl, incl = of_one.excl is not None, of_one.incl is not None
    if of_one.excl == of_one.incl or not (excl and incl):
        return Taxing(None, 1, Decimal(0), excl, incl)
    if not 0 < vat <= 100:
        raise NotForColumns
    if of_one.excl == 1:
        return Taxing(None, 1, vat, excl, incl)
    share = Fraction(100) / (100 + Fraction(vat))
    return Taxing(share.numerator, share.denominator, Decimal(0), excl, incl)


# The switches that only change which component applies; the single engine answers under them.
_CHOOSING = ("name", "missing", "extent", "window_day", "equal_window", "local_time", "no_zone", "edited", "rounding")


def _only_chooses(policy: Policy) -> bool:
    return replace(policy, **{switch: getattr(OURS, switch) for switch in _CHOOSING}) == OURS


def scaled(number: Decimal, places: int) -> int:
    """A number that has no more than these places. Raises NotForColumns for one that is negative or has more."""
    units = number.scaleb(places)
    if not units.is_finite() or units < 0 or units != units.to_integral_value():
        raise NotForColumns
    return int(units)


def _places(number: Decimal) -> int:
    """How many decimal places it takes to write it. Raises NotForColumns."""
    exponent = number.normalize().as_tuple().exponent
    if not isinstance(exponent, int):
        raise NotForColumns
    return max(0, -exponent)


def _numbers(numbers: Sequence[int]) -> Numbers:
    return np.array(numbers, np.int64)


def _volume(volumes: Volumes, place: int) -> Decimal | None:
    value = int(volumes.values[place])
    return None if value == ABSENT else Decimal(value).scaleb(-volumes.places)


def _span(flow: Flow | None, place: int) -> Span:
    return Span() if flow is None else Span(_volume(flow.low, place), _volume(flow.high, place))
