"""Which price applies when in one week at one place: what a picture of a Tariff is drawn from.

Clock and calendar decide the bands; what else must hold (energy, power, current, length) stands with each price. The
validity of the Tariff and reservations that expire are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.energy import NO_ENERGY
from laddnav.pricing.borders import cuts
from laddnav.pricing.lint.rules import at_start
from laddnav.pricing.model import CannotPrice
from laddnav.pricing.offers import Offer, Offers, Shelf, offers
from laddnav.pricing.policy import OURS
from laddnav.pricing.restrictions import Asks, Moment
from laddnav.pricing.zones import zone_named
from laddnav.tariffs.model import Restriction, Tariff, TariffDimension

ALWAYS = Restriction()
FIRST_YEAR, LAST_YEAR = 1990, 2200  # of electric cars
# Elements times the hours at which they begin and end: for each of them each is asked. A tariff with a price of its own
# for every quarter of an hour of the week has a fifth of it.
MOST_TO_ASK = 300_000


class Offered(Struct, frozen=True, kw_only=True):
    """A price that applies in a band when `restriction` holds as well; `element` and `component` are its place."""

    element: int
    component: int
    price: Decimal
    vat: Decimal | None
    restriction: Restriction


class Band(Struct, frozen=True, kw_only=True):
    """From one instant to another nothing changes but what the session does.

    The first of `offered` that holds is the price; `free`: there may be none, and then it costs nothing.
    """

    started_at: datetime
    ended_at: datetime
    offered: tuple[Offered, ...]
    free: bool


class Row(Struct, frozen=True, kw_only=True):
    """`dimension` is a TariffDimension, RESERVATION_TIME or RESERVATION_FLAT. The bands fill the day."""

    dimension: str
    bands: tuple[Band, ...]


class Day(Struct, frozen=True, kw_only=True):
    """A day of the place's own clock; one on which that is changed has 23 or 25 hours."""

    on: date
    started_at: datetime
    ended_at: datetime
    rows: tuple[Row, ...]


class Week(Struct, frozen=True, kw_only=True):
    """Seven days from a Monday on, each with a row for every dimension that the Tariff prices at all."""

    monday: date
    zone: str
    currency: str
    days: tuple[Day, ...]


def week(tariff: Tariff, monday: date, zone: str) -> Week:
    """`monday` may be any day of that week. Raises CannotPrice for a zone or a year that nobody has.

    Also for a tariff that nobody could read as a week.
    """
    if not FIRST_YEAR <= monday.year <= LAST_YEAR:
        raise CannotPrice(f"A week is shown from {FIRST_YEAR} to {LAST_YEAR}, not of {monday.year}")
    clock = zone_named(zone, OURS)
    first = monday - timedelta(days=monday.weekday())
    made = offers(tariff)
    if made.size * len(made.times_of_day) > MOST_TO_ASK:
        raise CannotPrice(f"Tariff {tariff.id!r} has too many elements and hours for its week to be shown")
    days = tuple(_day(tariff, made, first + timedelta(days=after), clock) for after in range(7))
    return Week(monday=first, zone=zone, currency=tariff.currency, days=days)


def _day(tariff: Tariff, made: Offers, day: date, clock: tzinfo) -> Day:
    start, end = _midnight(day, clock), _midnight(day + timedelta(days=1), clock)
    # Opened when the day ends, so that no length of a session falls into it.
    borders = cuts(start, end, NO_ENERGY, made, zone=clock, opened_at=end, used=NO_ENERGY)
    instants = [start, *(cut.at for cut in borders), end]
    rows = tuple(
        Row(dimension=dimension, bands=tuple(_bands(tariff, shelf, dimension, instants, clock)))
        for dimension, shelf in _shelves(made)
        if shelf
    )
    return Day(on=day, started_at=start, ended_at=end, rows=rows)


def _shelves(made: Offers) -> tuple[tuple[str, Shelf], ...]:
    return (
        (TariffDimension.ENERGY.value, made.energy),
        (TariffDimension.TIME.value, made.time),
        (TariffDimension.PARKING_TIME.value, made.parking_time),
        (TariffDimension.FLAT.value, made.flat),
        ("RESERVATION_TIME", made.reservation_time),
        ("RESERVATION_FLAT", made.reservation_flat),
    )


def _bands(tariff: Tariff, shelf: Shelf, dimension: str, instants: list[datetime], clock: tzinfo) -> Iterator[Band]:
    """What is adjacent and alike is one."""
    last: Band | None = None
    for since, until in pairwise(instants):
        if since == until:
            continue
        found = tuple(_offered(tariff, shelf, dimension, Moment(since.astimezone(clock))))
        if last is not None and last.offered == found:
            last = replace(last, ended_at=until)
            continue
        if last is not None:
            yield last
        free = not found or found[-1].restriction != ALWAYS
        last = Band(started_at=since, ended_at=until, offered=found, free=free)
    if last is not None:
        yield last


def _offered(tariff: Tariff, shelf: Shelf, dimension: str, moment: Moment) -> Iterator[Offered]:
    """Up to the first for which nothing else has to hold: those after it never apply."""
    for offer in shelf:
        if not _is_time_for(offer, moment):
            continue
        choice = offer.rate.choice
        rest = _beside_the_clock(tariff.elements[choice.element].restriction)
        if dimension in ("FLAT", "RESERVATION_FLAT"):
            decided = at_start(rest)
            if decided is None:
                continue
            rest = decided
        component = offer.rate.component
        yield Offered(
            element=choice.element,
            component=choice.component,
            price=component.price,
            vat=component.vat,
            restriction=rest,
        )
        if rest == ALWAYS:
            return


def _is_time_for(offer: Offer, moment: Moment) -> bool:
    return all(condition.holds(moment) for condition in offer.conditions if condition.asks is Asks.CLOCK)


def _beside_the_clock(restriction: Restriction) -> Restriction:
    return replace(
        restriction,
        start_time=None,
        end_time=None,
        start_date=None,
        end_date=None,
        weekdays=(),
        reservation=None,
    )


def _midnight(day: date, clock: tzinfo) -> datetime:
    """Where the clock is put forward at midnight, the moment at which the day begins."""
    return datetime.combine(day, time(), clock).astimezone(UTC)
