"""Charges side by side: each kind of fact of all of them in one array, as whole numbers of a small unit.

The form in which many charges are priced at once. What does not fit into it exactly is marked, and priced by itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
from msgspec import Struct

from laddnav.pricing.bulk.clocks import microseconds
from laddnav.pricing.bulk.digits import Marks, Numbers, decimals
from laddnav.pricing.model import Charge
from laddnav.tariffs.model import Tariff

T = TypeVar("T", bound=Hashable)

# A power or a current that a period does not have. No number that fits is as small.
ABSENT = int(np.iinfo(np.int64).min)

# The dimensions that decide a price, and the most decimal places that are kept of each: of energy a millionth of a Wh,
# of time what our own CDRs write. The others of OCPI say nothing here.
MOST_PLACES = MappingProxyType(
    {
        "ENERGY": 9,
        "TIME": 10,
        "PARKING_TIME": 10,
        "RESERVATION_TIME": 10,
        "MIN_POWER": 6,
        "MAX_POWER": 6,
        "POWER": 6,
        "MIN_CURRENT": 6,
        "MAX_CURRENT": 6,
        "CURRENT": 6,
    }
)


class Volumes(Struct, frozen=True):
    """One dimension, a value a period, in whole multiples of 10^-places.

    Where a period does not have it, energy and time are 0, which cost as little; power and current are ABSENT.
    """

    places: int
    values: Numbers

    def at(self, places: int) -> Numbers:
        """In multiples of 10^-places, which are not fewer."""
        if places == self.places:
            return self.values
        return np.where(self.values == ABSENT, ABSENT, self.values * 10 ** (places - self.places))


class Place(NamedTuple):
    """What is known of where the charges were made: an IANA time zone, and an ISO 3166-1 alpha-3 country."""

    zone: str | None
    country: str | None


class Columns(Struct, frozen=True, kw_only=True):
    """Charges in a row, and the periods of all of them in a row, `many` to a charge.

    `tariffs`, `place` and `name` are numbers of those that stand in `promised`, `sites` and `ids`. Of a charge:
    `started_at` and `ended_at` (microseconds since the epoch), `tariffs`, `place`, `many`, and `fits`: all that decides
    its price is here, exactly. Of a period: `begins_at`, `name` (its tariff_id) and of each dimension that occurs the
    volumes.
    """

    promised: tuple[tuple[Tariff, ...], ...]
    sites: tuple[Place, ...]
    ids: tuple[str | None, ...]
    started_at: Numbers
    ended_at: Numbers
    tariffs: Numbers
    place: Numbers
    many: Numbers
    fits: Marks
    begins_at: Numbers
    name: Numbers
    volumes: dict[str, Volumes]

    def __len__(self) -> int:
        return len(self.started_at)


def of_charges(charges: Sequence[Charge]) -> Columns:
    """Charges that somebody has read already, as columns."""
    periods = [period for charge in charges for period in charge.periods]
    written = [dimension for period in periods for dimension in period.dimensions]
    promised, tariffs = numbered(charge.tariffs for charge in charges)
    sites, place = numbered(Place(charge.zone, charge.country) for charge in charges)
    ids, name = numbered(period.tariff_id for period in periods)
    many = lengths(charge.periods for charge in charges)
    volumes, fit = dimensions(
        lengths(period.dimensions for period in periods),
        [dimension.type for dimension in written],
        [format(dimension.volume, "f").encode() for dimension in written],
    )
    return Columns(
        promised=promised,
        sites=sites,
        ids=ids,
        started_at=_instants(charge.started_at for charge in charges),
        ended_at=_instants(charge.ended_at for charge in charges),
        tariffs=tariffs,
        place=place,
        many=many,
        fits=all_of(fit, many),
        begins_at=_instants(period.started_at for period in periods),
        name=name,
        volumes=volumes,
    )


class _Numbering(dict[T, int]):
    """What it does not hold yet is the next."""

    def __missing__(self, thing: T) -> int:
        self[thing] = number = len(self)
        return number


def numbered(things: Iterable[T]) -> tuple[tuple[T, ...], Numbers]:
    """Each different thing once, and for all of them its number there."""
    found = _Numbering[T]()
    numbers = np.fromiter(map(found.__getitem__, things), np.int64)
    return tuple(found), numbers


def lengths(lists: Iterable[Sequence[object]]) -> Numbers:
    return np.fromiter(map(len, lists), np.int64)


def owners(many: Numbers) -> Numbers:
    """Of things in groups, `many` to a group: the number of its group for each."""
    return np.repeat(np.arange(len(many)), many)


def all_of(marks: Marks, many: Numbers) -> Marks:
    """Are all things of a group marked? Those of a group of none are."""
    every = np.ones(len(many), np.bool_)
    if not marks.all():
        every[owners(many)[~marks]] = False
    return every


class _Kinds(dict[str, int]):
    """The number of each dimension that decides a price; all others are one."""

    def __missing__(self, word: str) -> int:
        return len(MOST_PLACES)


_KINDS = _Kinds({word: number for number, word in enumerate(MOST_PLACES)})


def dimensions(many: Numbers, types: Sequence[str], texts: Sequence[bytes]) -> tuple[dict[str, Volumes], Marks]:
    """Dimensions in a row, `many` to a period: their types, and their volumes as JSON writes numbers.

    Besides the volumes: which periods have all of theirs in them.
    """
    fit = np.ones(len(many), np.bool_)
    kinds = np.fromiter(map(_KINDS.__getitem__, types), np.int64, len(types))
    numbers = decimals(texts)
    period = owners(many)
    found: dict[str, Volumes] = {}
    for word, most in MOST_PLACES.items():
        if not len(these := np.flatnonzero(kinds == _KINDS[word])):
            continue
        places, values, exact = numbers.scaled(these, most)
        of_period = period[these]
        fit[of_period[~exact]] = False
        fit[of_period[1:][of_period[1:] == of_period[:-1]]] = False  # the same dimension twice
        column = np.full(len(many), ABSENT if word.endswith(("POWER", "CURRENT")) else 0)
        column[of_period] = values
        found[word] = Volumes(places, column)
    return found, fit


def _instants(instants: Iterable[datetime]) -> Numbers:
    return np.fromiter(map(microseconds, instants), np.int64)
