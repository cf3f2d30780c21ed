"""What may be kept of what a source says, how it replaces what was said, and what is guessed where nobody said."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.currencies import CURRENCIES, TO_A_EURO
from laddnav.kit.json import sane
from laddnav.kit.refusal import Refusal
from laddnav.kit.time import utc
from laddnav.market.model import (
    HOUR,
    MARKET_TIME,
    QUARTER,
    ZERO,
    Following,
    GridTariff,
    Kind,
    MarketStep,
    Published,
    Window,
    Zone,
)

LENGTHS = (QUARTER, 2 * QUARTER, HOUR)
# The day-ahead market takes no bids beyond these, in euros per kWh; what is published beyond them is flagged.
LOWEST, HIGHEST = Decimal("-0.5"), Decimal(4)
HIGHEST_CARBON = Decimal(2000)  # grams per kWh; a plant that burns brown coal emits half of it
LIKE_DAYS = 3  # so many days are the mean of a forecast
LOOK_BACK = timedelta(days=28)
BEHIND = timedelta(days=2)  # a currency in which nothing came for so long while it came in another is not told any more
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
NO_LATER = timedelta(days=400)  # what begins after so long is a mistake in a date

PUBLISHED_AT = time(12, 45)  # by the clock of the market, on the day before
LATE_AT = time(14)
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=30)
LOOK_AGAIN = timedelta(hours=6)  # for what is published anew
CARBON_EVERY = timedelta(minutes=30)


class UnfitPrices(Refusal):
    """What a source says cannot be kept."""


class UnfitTariff(Refusal):
    """A grid tariff says what cannot be meant."""


class UnknownGridTariff(Refusal):
    """No grid tariff of this id is known here."""

    def __init__(self, id: str) -> None:
        super().__init__(f"No grid tariff {id!r} is known here")
        self.id = id


class NotFollowed(Refusal):
    """Prices of this zone are not fetched from anywhere."""

    def __init__(self, zone: str) -> None:
        super().__init__(f"Prices of {zone} are not fetched from anywhere")


# ---- What a source says


def fit(said: Published, now: datetime) -> Published:
    """In order of time, with flags at what is hard to believe. Raises UnfitPrices, naming the step."""
    if not said.steps:
        raise UnfitPrices("It holds no prices")
    if said.kind is Kind.PRICE and said.currency not in CURRENCIES:
        raise UnfitPrices(f"{said.currency!r} is no currency of ISO 4217")
    steps = sorted(said.steps, key=lambda one: one.begin_at)
    if steps[0].begin_at < EARLIEST:
        raise UnfitPrices(f"The first step begins in {steps[0].begin_at.year}; there was no such market then")
    for one in steps:
        if not is_sane(one.value):
            raise UnfitPrices(f"The step at {one.begin_at:%Y-%m-%d %H:%MZ} has no price that can be calculated with")
        if one.length not in LENGTHS:
            raise UnfitPrices(
                f"The step at {one.begin_at:%Y-%m-%d %H:%MZ} lasts {one.length}; 15, 30 and 60 min are known"
            )
        if utc(one.begin_at).minute * 60 % one.length.total_seconds() or one.begin_at.second:
            raise UnfitPrices(f"The step at {one.begin_at:%Y-%m-%d %H:%M:%SZ} begins at no full {one.length}")
    for before, after in pairwise(steps):
        if after.begin_at < before.end_at:
            raise UnfitPrices(f"Two steps hold at {after.begin_at:%Y-%m-%d %H:%MZ}")
    if steps[-1].end_at > now + NO_LATER:
        raise UnfitPrices(f"The last step ends at {steps[-1].end_at:%Y-%m-%d}; nobody knows prices of then")
    return replace(said, steps=tuple(replace(one, odd=is_odd(said, one.value), forecast=False) for one in steps))


def is_sane(number: Decimal) -> bool:
    """Whether it can be calculated with."""
    try:
        sane(number)
    except ValueError:
        return False
    return True


def is_odd(said: Published, value: Decimal) -> bool:
    """Beyond what the market takes, roughly in euros: a unit mistaken by a thousand is; or no such carbon."""
    if said.kind is Kind.CARBON:
        return not ZERO <= value <= HIGHEST_CARBON
    euro = said.per_euro or Decimal(TO_A_EURO.get(said.currency, 1))
    return not LOWEST * euro <= value <= HIGHEST * euro


def reckoned(said: Sequence[Published], zone: Zone, per_euro: Decimal | None) -> list[Published]:
    """And what is told in euros only, in the zone's own currency too, at a rate that somebody has stated."""
    told = {one.currency for one in said}
    if per_euro is None or zone.currency in told:
        return list(said)
    own = [
        replace(
            one,
            currency=zone.currency,
            per_euro=per_euro,
            steps=tuple(replace(step, value=step.value * per_euro) for step in one.steps),
        )
        for one in said
        if one.kind is Kind.PRICE and one.currency == "EUR"
    ]
    return [*said, *own]


def usual(zone: Zone, lasts: Mapping[str, datetime]) -> str:
    """The currency in which a zone's prices are told now: its own, unless that fell behind another."""
    if not lasts:
        return zone.currency
    newest = max(lasts, key=lambda currency: (lasts[currency], currency))
    own = lasts.get(zone.currency)
    return newest if own is None or own < lasts[newest] - BEHIND else zone.currency


class Change(Struct, frozen=True):
    """What is written for a Published: steps that go, by their beginnings, and steps that come.

    `new` were unknown before, `changed` known otherwise.
    """

    gone: tuple[datetime, ...]
    come: tuple[MarketStep, ...]
    new: int
    changed: int


def change(held: Sequence[MarketStep], said: Sequence[MarketStep]) -> Change:
    """What is said replaces what was held in the same time, and of longer steps leaves what lies beside it.

    Both in order of time. What says the same as before changes nothing.
    """
    gone: list[datetime] = []
    come: list[MarketStep] = []
    new = changed = 0
    begins = [one.begin_at for one in held]
    touched: dict[datetime, list[MarketStep]] = {}
    for one in said:
        met = held[max(bisect_right(begins, one.begin_at) - 1, 0) : bisect_right(begins, one.end_at - QUARTER)]
        met = [other for other in met if other.begin_at < one.end_at and other.end_at > one.begin_at]
        if len(met) == 1 and (met[0].begin_at, met[0].length, met[0].value) == (one.begin_at, one.length, one.value):
            continue
        known = sum((min(other.end_at, one.end_at) - max(other.begin_at, one.begin_at) for other in met), timedelta())
        new += known < one.length
        changed += bool(met) and any(other.value != one.value for other in met)
        come.append(one)
        for other in met:
            touched.setdefault(other.begin_at, []).append(one)
    by_begin = {one.begin_at: one for one in held}
    for begin, over in touched.items():
        gone.append(begin)
        come += _left(by_begin[begin], over)
    return Change(tuple(sorted(gone)), tuple(sorted(come, key=lambda one: one.begin_at)), new, changed)


def _left(step: MarketStep, over: Iterable[MarketStep]) -> list[MarketStep]:
    """What of a step lies beside others, a quarter of an hour each."""
    left = []
    begin = step.begin_at
    while begin < step.end_at:
        if not any(other.begin_at <= begin < other.end_at for other in over):
            left.append(replace(step, begin_at=begin, length=QUARTER))
        begin += QUARTER
    return left


# ---- Where nobody has said anything


def holes(steps: Sequence[MarketStep], begin_at: datetime, end_at: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches between the two for which there is no step; steps are in order of time."""
    found = []
    until = begin_at
    for one in steps:
        if one.begin_at > until:
            found.append((until, min(one.begin_at, end_at)))
        until = max(until, one.end_at)
        if until >= end_at:
            break
    if until < end_at:
        found.append((until, end_at))
    return [(begin, end) for begin, end in found if begin < end]


def forecast(known: Sequence[MarketStep], stretches: Iterable[tuple[datetime, datetime]]) -> list[MarketStep]:
    """A stated guess: the mean of the same time of day on the last three like days that are published.

    Like are workdays, Saturdays, Sundays, by the clock of the market; where none of the last four weeks is like, the
    last three days of any kind. A time of which nothing is known gets no step.
    """
    zone = ZoneInfo(MARKET_TIME)
    by_time = _by_time(known, zone)
    length = known[-1].length if known else QUARTER
    guessed = []
    for begin, end in stretches:
        at = begin
        while at < end:
            # To the next border of its length, for what is published may end in the midst of it.
            until = min(at + length - (at - datetime.min.replace(tzinfo=at.tzinfo)) % length, end)
            value = _guess(by_time, at.astimezone(zone))
            if value is not None:
                guessed.append(MarketStep(at, until - at, value, forecast=True))
            at = until
    return guessed


def _by_time(known: Iterable[MarketStep], zone: ZoneInfo) -> Mapping[int, list[tuple[date, Decimal]]]:
    """Quarter of the day → (day, value), the newest last."""
    found: dict[int, list[tuple[date, Decimal]]] = {}
    for one in known:
        at = one.begin_at
        while at < one.end_at:
            here = at.astimezone(zone)
            found.setdefault(here.hour * 4 + here.minute // 15, []).append((here.date(), one.value))
            at += QUARTER
    return found


def _guess(by_time: Mapping[int, list[tuple[date, Decimal]]], here: datetime) -> Decimal | None:
    day = here.date()
    since = day - LOOK_BACK
    seen = [(on, value) for on, value in by_time.get(here.hour * 4 + here.minute // 15, ()) if since <= on < day]
    like = [value for on, value in seen if _sort(on) == _sort(day)] or [value for _, value in seen]
    values = like[-LIKE_DAYS:]
    return sum(values, ZERO) / len(values) if values else None


def _sort(day: date) -> int:
    """4: workday, 5: Saturday, 6: Sunday."""
    return max(day.weekday(), 4)


# ---- When a source is asked


def market_day(day: date) -> tuple[datetime, datetime]:
    """From midnight to midnight of the market, in UTC: 23, 24 or 25 hours."""
    zone = ZoneInfo(MARKET_TIME)
    begin, end = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    return utc(begin), utc(end)


def wanted(kind: Kind, missing_from: datetime | None, now: datetime) -> list[date]:
    """The days of the market to ask for: today and tomorrow, and from the first of which something is missing on."""
    today = now.astimezone(ZoneInfo(MARKET_TIME)).date()
    first = today if missing_from is None else min(today, missing_from.astimezone(ZoneInfo(MARKET_TIME)).date())
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    return [*days, today + timedelta(days=1)] if _is_due(kind, now) else days


def _is_due(kind: Kind, now: datetime) -> bool:
    """Whether tomorrow is published by now, as a rule."""
    return kind is Kind.CARBON or now.astimezone(ZoneInfo(MARKET_TIME)).time() >= PUBLISHED_AT


def expected_at(covered_until: datetime | None, now: datetime) -> datetime:
    """When the first day that is not published whole is: at 12:45 of the day before, by the clock of the market."""
    zone = ZoneInfo(MARKET_TIME)
    day = max(now if covered_until is None else covered_until, now).astimezone(zone).date()
    return utc(datetime.combine(day - timedelta(days=1), PUBLISHED_AT, zone))


def late_since(kind: Kind, covered_until: datetime | None, now: datetime) -> datetime | None:
    """Since when there should be more than there is; None: all is here that can be.

    Prices of tomorrow are late from 14:00 on; whatever holds now is late if it is unknown.
    """
    if covered_until is None or covered_until <= now:
        return covered_until or now
    if kind is Kind.CARBON:
        return None
    zone = ZoneInfo(MARKET_TIME)
    due_at = utc(datetime.combine(now.astimezone(zone).date(), LATE_AT, zone))
    _, tomorrow_ends = market_day(now.astimezone(zone).date() + timedelta(days=1))
    return due_at if now >= due_at and covered_until < tomorrow_ends else None


def next_at(one: Following, covered_until: datetime | None, now: datetime, *, failed: bool) -> datetime:
    """When the source is asked again: soon and then ever later for what is missing, else when more is published."""
    wait: timedelta = min(SHORTEST_WAIT * 2 ** min(one.tries, 10), LONGEST_WAIT)
    if one.kind is Kind.CARBON:
        return now + (wait if failed else CARBON_EVERY)
    if covered_until is None or covered_until <= now:
        return now + wait
    expected = expected_at(covered_until, now)
    if expected <= now:
        return now + wait
    return min(expected, now + (wait if failed else LOOK_AGAIN))


# ---- Grid tariffs


def meant(tariff: GridTariff) -> GridTariff:
    """Raises UnfitTariff, naming the field, for what no company can mean."""
    try:
        ZoneInfo(tariff.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnfitTariff(f"time_zone: {tariff.time_zone!r} is no time zone, as Europe/Stockholm is") from error
    if tariff.currency not in CURRENCIES:
        raise UnfitTariff(f"currency: {tariff.currency!r} is no currency of ISO 4217")
    for where, number in _numbers("", tariff):
        if not is_sane(number):
            raise UnfitTariff(f"{where}: a number of this size or kind cannot be used")
    if not 0 <= tariff.vat <= 100:
        raise UnfitTariff(f"vat: {tariff.vat} is no percentage; 25 means 25 %")
    for where, one in _numbered(tariff):
        for n, window in enumerate(one):
            if window.begins == window.ends:
                raise UnfitTariff(f"{where}.windows[{n}]: it begins and ends at {window.begins}, so it never holds")
            if window.begins == "24:00":
                raise UnfitTariff(f"{where}.windows[{n}].begins: a day begins at 00:00")
    for n, part in enumerate(tariff.energy):
        if not part.rates:
            raise UnfitTariff(f"energy[{n}].rates: it has none")
    for n, peak in enumerate(tariff.peaks):
        if peak.per_kw < 0:
            raise UnfitTariff(f"peaks[{n}].per_kw: {peak.per_kw} is less than nothing")
        for m, weight in enumerate(peak.weights):
            if not 0 <= weight.factor <= 10:
                raise UnfitTariff(f"peaks[{n}].weights[{m}].factor: {weight.factor}; one half is 0.5")
    fuses = [one.amps_max for one in tariff.fuse_fees]
    if fuses != sorted(set(fuses)):
        raise UnfitTariff("fuse_fees: they rise with the fuse, each once")
    return tariff


def _numbers(where: str, thing: object) -> Iterator[tuple[str, Decimal]]:
    """(where in the tariff, the number) of all that it says."""
    if isinstance(thing, Decimal):
        yield where, thing
    elif isinstance(thing, tuple):
        for n, each in enumerate(thing):
            yield from _numbers(f"{where}[{n}]", each)
    elif isinstance(thing, Struct):
        for name in thing.__struct_fields__:
            yield from _numbers(f"{where}.{name}".lstrip("."), getattr(thing, name))


def _numbered(tariff: GridTariff) -> Iterator[tuple[str, tuple[Window, ...]]]:
    """(where in the tariff, its windows)."""
    for n, part in enumerate(tariff.energy):
        for m, rate in enumerate(part.rates):
            yield f"energy[{n}].rates[{m}]", rate.windows
    for n, part in enumerate(tariff.feed_in):
        for m, rate in enumerate(part.rates):
            yield f"feed_in[{n}].rates[{m}]", rate.windows
    for n, peak in enumerate(tariff.peaks):
        yield f"peaks[{n}]", peak.windows
        for m, weight in enumerate(peak.weights):
            yield f"peaks[{n}].weights[{m}]", weight.windows
