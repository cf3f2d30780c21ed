"""What a GridTariff comes to: pure, exact, and with the reason for every amount.

What was drawn counts by the moment at which it began, by the clock of the place.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from laddnav.kit.time import hours
from laddnav.market.model import (
    ONE,
    ZERO,
    Because,
    Charged,
    Day,
    Drawn,
    Due,
    EnergyPart,
    GridTariff,
    MarketStep,
    PeakCharge,
    Rate,
    Series,
    Top,
    Window,
)

_DAYS = tuple(Day)


class Calendar:
    """Answers when windows hold, by the clock and the holidays of one GridTariff."""

    def __init__(self, tariff: GridTariff) -> None:
        self._zone = ZoneInfo(tariff.time_zone)
        self._holidays = frozenset(tariff.holidays)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self._zone)

    def day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def month(self, at: datetime) -> date:
        return self.day(at).replace(day=1)

    def holds(self, windows: Sequence[Window], at: datetime) -> bool:
        """Whether one of them does; none at all is always."""
        if not windows:
            return True
        here = self.local(at)
        day = Day.SUNDAY if here.date() in self._holidays else _DAYS[here.weekday()]
        minute = here.hour * 60 + here.minute
        return any(_holds(one, here.month, day, minute) for one in windows)

    def rate(self, part: EnergyPart, at: datetime) -> Rate | None:
        """The first that holds."""
        return next((one for one in part.rates if self.holds(one.windows, at)), None)

    def weight(self, charge: PeakCharge, at: datetime) -> Decimal:
        return next((one.factor for one in charge.weights if self.holds(one.windows, at)), ONE)


def _holds(window: Window, month: int, day: Day, minute: int) -> bool:
    if (window.months and month not in window.months) or (window.days and day not in window.days):
        return False
    begins, ends = minutes(window.begins), minutes(window.ends)
    return begins <= minute < ends if begins < ends else minute >= begins or minute < ends


@lru_cache(maxsize=2048)
def minutes(shown: str) -> int:
    """Of the day, at `07:30`."""
    return int(shown[:2]) * 60 + int(shown[3:])


# ---- Each kWh


def per_kwh(tariff: GridTariff, calendar: Calendar, at: datetime) -> Decimal:
    """What a kWh that comes in then costs beside the market's price, before VAT."""
    rates = (calendar.rate(part, at) for part in tariff.energy)
    return sum((one.per_kwh for one in rates if one is not None), tariff.energy_tax + tariff.markup)


def per_kwh_out(tariff: GridTariff, calendar: Calendar, at: datetime) -> Decimal:
    """What a kWh that goes out then earns beside its share of the market's price."""
    rates = (calendar.rate(part, at) for part in tariff.feed_in)
    return sum((one.per_kwh for one in rates if one is not None), ZERO)


# ---- Peaks


def measured(charge: PeakCharge, drawn: Iterable[Drawn], calendar: Calendar) -> list[Top]:
    """Each hour (or quarter) of the charge's windows with what was drawn in it, in order of time.

    Of one that is not over, or of which a part is unknown, what is known counts.
    """
    length = charge.measured.length
    energy: dict[datetime, Decimal] = defaultdict(Decimal)
    for one in drawn:
        begin = hour_of(one.begin_at, length)
        if one.length <= length:
            energy[begin] += one.into
            continue
        parts = one.length // length
        for n in range(parts):
            energy[begin + n * length] += one.into / parts
    found = []
    for at in sorted(energy):
        if calendar.holds(charge.windows, at):
            kw = energy[at] / hours(length)
            found.append(Top(at, kw, kw * calendar.weight(charge, at)))
    return found


def hour_of(at: datetime, length: timedelta) -> datetime:
    """The full hour (or quarter) that an instant lies in; every clock of Europe differs from UTC by full hours."""
    return at - (at - datetime.min.replace(tzinfo=at.tzinfo)) % length


def highest(charge: PeakCharge, found: Sequence[Top], calendar: Calendar) -> tuple[Top, ...]:
    """Those of a month that count: `top_n`, and of one day `per_day` at most; of equal ones the earlier."""
    kept: list[Top] = []
    of_day: dict[date, int] = defaultdict(int)
    for one in sorted(found, key=lambda top: (-top.counted, top.begin_at)):
        day = calendar.day(one.begin_at)
        if charge.per_day is not None and of_day[day] >= charge.per_day:
            continue
        of_day[day] += 1
        kept.append(one)
        if len(kept) == charge.top_n:
            break
    return tuple(kept)


def peak(charge: PeakCharge, month: date, found: Sequence[Top], calendar: Calendar) -> Due | None:
    """What a month's highest hours cost, as far as they are known; None: none lay in the charge's windows."""
    tops = highest(charge, found, calendar)
    if not tops:
        return None
    kw = sum((one.counted for one in tops), ZERO) / len(tops)
    return Due(
        because=Because.PEAK,
        name=charge.name,
        month=month,
        quantity=kw,
        unit="kW",
        rate=charge.per_kw,
        amount=kw * charge.per_kw,
        windows=charge.windows,
        tops=tops,
    )


def peaks(tariff: GridTariff, drawn: Sequence[Drawn]) -> tuple[Due, ...]:
    """Of each month and charge, so far."""
    calendar = Calendar(tariff)
    found: list[Due] = []
    for charge in tariff.peaks:
        by_month: dict[date, list[Top]] = defaultdict(list)
        for one in measured(charge, drawn, calendar):
            by_month[calendar.month(one.begin_at)].append(one)
        dues = (peak(charge, month, tops, calendar) for month, tops in sorted(by_month.items()))
        found += [one for one in dues if one is not None]
    return tuple(found)


# ---- All of it


def charged(
    tariff: GridTariff, drawn: Sequence[Drawn], *, fuse_amps: int | None = None, spot: Series | None = None
) -> Charged:
    """What was drawn costs, by month, part and rate; a month that was begun pays its fixed parts whole.

    `fuse_amps`: of the main fuse, where the tariff asks for it. `spot`: the market's prices, where they are to be in
    it; of what has no price there, nothing is charged.
    """
    calendar = Calendar(tariff)
    by_month: dict[date, list[Drawn]] = defaultdict(list)
    for one in drawn:
        by_month[calendar.month(one.begin_at)].append(one)
    dues: list[Due] = []
    for month, of_month in sorted(by_month.items()):
        dues += _energy(tariff, calendar, month, of_month)
        dues += _fixed(tariff, month, fuse_amps)
        if spot is not None:
            dues += _spot(tariff, month, of_month, spot)
    return Charged(currency=tariff.currency, dues=(*dues, *peaks(tariff, drawn)), vat=tariff.vat)


def _energy(tariff: GridTariff, calendar: Calendar, month: date, drawn: Sequence[Drawn]) -> Iterator[Due]:
    into = sum((one.into for one in drawn), ZERO)
    for part in tariff.energy:
        for rate, kwh in _by_rate(part, calendar, ((one.begin_at, one.into) for one in drawn)).items():
            yield _due(Because.ENERGY, part.name, month, kwh, "kWh", rate.per_kwh, rate.windows)
    for part in tariff.feed_in:
        for rate, kwh in _by_rate(part, calendar, ((one.begin_at, one.out) for one in drawn)).items():
            yield _due(Because.FEED_IN, part.name, month, kwh, "kWh", -rate.per_kwh, rate.windows)
    for because, per in ((Because.ENERGY_TAX, tariff.energy_tax), (Because.MARKUP, tariff.markup)):
        if per and into:
            yield _due(because, "", month, into, "kWh", per)


def _by_rate(part: EnergyPart, calendar: Calendar, told: Iterable[tuple[datetime, Decimal]]) -> Mapping[Rate, Decimal]:
    """kWh, in the order of the rates; what none of them holds for costs nothing."""
    found: dict[Rate, Decimal] = defaultdict(Decimal)
    for at, kwh in told:
        rate = calendar.rate(part, at)
        if rate is not None:
            found[rate] += kwh
    return {rate: found[rate] for rate in part.rates if found.get(rate)}


def _fixed(tariff: GridTariff, month: date, fuse_amps: int | None) -> Iterator[Due]:
    if tariff.per_month:
        yield _due(Because.MONTH, "", month, ONE, "month", tariff.per_month)
    if fuse_amps is None:
        return
    fee = next((one for one in tariff.fuse_fees if fuse_amps <= one.amps_max), None)
    if fee is not None:
        yield _due(Because.FUSE, f"{fee.amps_max} A", month, ONE, "month", fee.per_month)
    if tariff.per_ampere:
        yield _due(Because.AMPERES, "", month, Decimal(fuse_amps), "A", tariff.per_ampere)


def _spot(tariff: GridTariff, month: date, drawn: Sequence[Drawn], spot: Series) -> Iterator[Due]:
    """`rate` is the mean, weighed by what was drawn, and `amount` what it is the mean of."""
    into = out = paid = earned = ZERO
    for one in drawn:
        price = _mean(spot, one)
        if price is None:
            continue
        into, paid = into + one.into, paid + one.into * price
        out, earned = out + one.out, earned + one.out * price * tariff.feed_in_spot
    if into:
        yield Due(because=Because.SPOT, name="", month=month, quantity=into, unit="kWh", rate=paid / into, amount=paid)
    if out and tariff.feed_in_spot:
        yield Due(
            because=Because.FEED_IN_SPOT,
            name="",
            month=month,
            quantity=out,
            unit="kWh",
            rate=-earned / out,
            amount=-earned,
        )


def _mean(spot: Series, drawn: Drawn) -> Decimal | None:
    """Over the time that it was drawn in; None where nothing is known of any of it."""
    end_at = drawn.begin_at + drawn.length
    parts = [
        (hours(min(step.end_at, end_at) - max(step.begin_at, drawn.begin_at)), step.value)
        for step in _over(spot, drawn.begin_at, end_at)
    ]
    known = sum((length for length, _ in parts), ZERO)
    return sum((length * value for length, value in parts), ZERO) / known if known else None


def _over(spot: Series, begin_at: datetime, end_at: datetime) -> Sequence[MarketStep]:
    first = bisect_right(spot.steps, begin_at, key=lambda one: one.end_at)
    return spot.steps[first : bisect_left(spot.steps, end_at, key=lambda one: one.begin_at)]


def _due(
    because: Because,
    name: str,
    month: date,
    quantity: Decimal,
    unit: str,
    rate: Decimal,
    windows: tuple[Window, ...] = (),
) -> Due:
    return Due(
        because=because,
        name=name,
        month=month,
        quantity=quantity,
        unit=unit,
        rate=rate,
        amount=quantity * rate,
        windows=windows,
    )
