"""What a plan pays by the step, out of the market's prices and a grid tariff: the arrays and Peaks of a Site."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from laddnav.kit.refusal import Refusal
from laddnav.kit.time import hours
from laddnav.market import grid
from laddnav.market.grid import Calendar
from laddnav.market.model import Drawn, GridTariff, PeakCharge, Series, Top
from laddnav.scheduling.site import Floats, Peak, Steps


class MixedCurrencies(Refusal):
    """Prices in one currency and a grid tariff in another do not add up."""

    def __init__(self, prices: str, tariff: str) -> None:
        super().__init__(f"Prices are in {prices} and the grid tariff is in {tariff}; fetch prices in {tariff}")
        self.prices, self.tariff = prices, tariff


class Terms(Struct, frozen=True, kw_only=True):
    """One number a step: `prices` and `feed_in` money per kWh in and out, `carbon` grams per kWh (empty: unknown).

    `guessed`: some of its price is a forecast. `unknown`: so many steps have no price at all, and count with the mean
    of those that have. `odd`: so many have a price that is hard to believe.
    """

    currency: str
    prices: Floats
    feed_in: Floats
    carbon: Floats
    guessed: NDArray[np.bool_]
    unknown: int
    odd: int
    peaks: tuple[Peak, ...]


def terms(
    steps: Steps,
    prices: Series,
    tariff: GridTariff | None = None,
    *,
    earned: Series | None = None,
    carbon: Series | None = None,
    drawn: Sequence[Drawn] = (),
    with_vat: bool = True,
) -> Terms:
    """`drawn`: what came in since the month began, as far as it is known. Raises MixedCurrencies.

    `earned`: what a kWh out earns in some steps, whatever the tariff says of them.
    `with_vat`: what comes in costs its VAT too, as for whoever cannot deduct it; what goes out earns none.
    """
    if tariff is not None and prices.currency not in ("", tariff.currency):
        raise MixedCurrencies(prices.currency, tariff.currency)
    spot, unknown = _stepped(steps, prices)
    begins = [steps.start_at + steps.length * n for n in range(steps.count)]
    grams = np.zeros(0) if carbon is None or not carbon.steps else _stepped(steps, carbon)[0]
    paid, out = spot, np.zeros(steps.count)
    peaks: tuple[Peak, ...] = ()
    if tariff is not None:
        calendar = Calendar(tariff)
        vat = float(1 + tariff.vat / 100) if with_vat else 1.0
        paid = (spot + np.array([float(grid.per_kwh(tariff, calendar, at)) for at in begins])) * vat
        out = spot * float(tariff.feed_in_spot)
        out += np.array([float(grid.per_kwh_out(tariff, calendar, at)) for at in begins])
        peaks = tuple(one for charge in tariff.peaks for one in _peaks(charge, calendar, steps, begins, drawn, vat=vat))
    if earned is not None and earned.steps:
        out = np.where(_any(steps, [True] * len(earned.steps), earned), _stepped(steps, earned)[0], out)
    return Terms(
        currency=prices.currency or (tariff.currency if tariff is not None else ""),
        prices=paid,
        feed_in=out,
        carbon=grams,
        guessed=_any(steps, [one.forecast for one in prices.steps], prices),
        unknown=unknown,
        odd=int(_any(steps, [one.odd for one in prices.steps], prices).sum()),
        peaks=peaks,
    )


def _stepped(steps: Steps, series: Series) -> tuple[Floats, int]:
    """(the mean over each step, how many steps of which nothing is known).

    The same energy drawn evenly over a step costs the same as by the series itself.
    """
    borders = np.arange(steps.count + 1) * steps.length.total_seconds()
    if not series.steps:
        return np.zeros(steps.count), steps.count
    begins = np.array([(one.begin_at - steps.start_at).total_seconds() for one in series.steps])
    lengths = np.array([one.length.total_seconds() for one in series.steps])
    values = np.array([float(one.value) for one in series.steps])
    # What has been paid by each border, for one kW since the first step of the series; flat where nothing is known.
    at = np.stack([begins, begins + lengths], axis=1).ravel()
    known = np.interp(borders, at, _risen(lengths))
    paid = np.interp(borders, at, _risen(lengths * values))
    seconds, sums = np.diff(known), np.diff(paid)
    there = seconds > 0
    mean = np.divide(sums, seconds, out=np.zeros(steps.count), where=there)
    mean[~there] = mean[there].mean() if there.any() else 0.0
    return mean, int((~there).sum())


def _risen(each: Floats) -> Floats:
    """(0, a, a, a + b, a + b, a + b + c …): at the beginning and at the end of each."""
    after = np.cumsum(each)
    return np.stack([after - each, after], axis=1).ravel()


def _any(steps: Steps, flags: Sequence[bool], series: Series) -> NDArray[np.bool_]:
    """Whether one of the series' steps that are flagged lies in each step."""
    found = np.zeros(steps.count, dtype=np.bool_)
    for flag, one in zip(flags, series.steps, strict=True):
        if flag:
            first = (one.begin_at - steps.start_at) // steps.length
            last = -((steps.start_at - one.end_at) // steps.length)
            found[max(first, 0) : max(last, 0)] = True
    return found


def _peaks(
    charge: PeakCharge,
    calendar: Calendar,
    steps: Steps,
    begins: Sequence[datetime],
    drawn: Sequence[Drawn],
    *,
    vat: float,
) -> list[Peak]:
    """One of each month that the steps reach into; where several hours of a day count, each is a day of its own.

    A Peak counts the kWh of its hours. Those of a quarter are a quarter of its kW, so each costs four times as much.
    """
    length = charge.measured.length
    hour_share = hours(max(length, steps.length))
    of_hour: dict[datetime, list[int]] = {}
    for n, at in enumerate(begins):
        of_hour.setdefault(at if steps.length > length else grid.hour_of(at, length), []).append(n)
    known = grid.measured(charge, drawn, calendar)
    by_month: dict[date, list[datetime]] = {}
    for at in of_hour:
        if calendar.holds(charge.windows, at):
            by_month.setdefault(calendar.month(at), []).append(at)
    found = []
    for month, starts in by_month.items():
        before = [one for one in known if calendar.month(one.begin_at) == month and one.begin_at < starts[0]]
        tops = grid.highest(charge, before, calendar)
        of_day = [calendar.day(one.begin_at) for one in tops]
        by_day = charge.per_day == 1
        first = calendar.day(starts[0])
        numbers = {day: n for n, day in enumerate(dict.fromkeys(calendar.day(at) for at in starts))}
        found.append(
            Peak(
                per_kw=float(charge.per_kw / hour_share) * vat,
                hours=tuple(tuple(of_hour[at]) for at in starts),
                days=tuple(numbers[calendar.day(at)] for at in starts) if by_day else tuple(range(len(starts))),
                top_n=charge.top_n,
                highest=tuple(float(one.counted * hour_share) for one in tops),
                begun=float(_begun(known, starts[0], steps.start_at, length)),
                weights=tuple(float(calendar.weight(charge, at)) for at in starts) if charge.weights else (),
                today=of_day.index(first) if by_day and first in of_day else None,
            )
        )
    return found


def _begun(known: Sequence[Top], hour: datetime, start_at: datetime, length: timedelta) -> Decimal:
    """kWh, weighed, that the first hour has had before the first step."""
    if hour >= start_at:
        return Decimal(0)
    return next((one.counted * hours(length) for one in known if one.begin_at == hour), Decimal(0))
