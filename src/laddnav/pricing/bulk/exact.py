"""Exact amounts by the column: two whole numbers each, as 64 bits are too few for a price, its tax and no rounding."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from msgspec import Struct

from laddnav.pricing.bulk.digits import Marks, Numbers

PLACES = 24  # as many as pricing/rounding.py calls exact
_HIGH_PLACES = 8
_LOW_PLACES = PLACES - _HIGH_PLACES
_LOW = 10**_LOW_PLACES
# The most that a sum of Amounts can be told of: its lower halves, cut in two, are added in 64 bits.
_HALF = 10 ** (_LOW_PLACES // 2)
_TRILLIONTH = 12


class Amounts(Struct, frozen=True):
    """Each is high / 10^8 + low / 10^24, where 0 <= low < 10^16; only those that are `known` say anything."""

    high: Numbers
    low: Numbers
    known: Marks

    def __len__(self) -> int:
        return len(self.high)

    def decimal(self, place: int) -> Decimal | None:
        """The amount as the single engine would say it."""
        if not self.known[place]:
            return None
        return _decimal(int(self.high[place]), int(self.low[place]))

    def put(self, these: Numbers, others: Amounts) -> None:
        """Others in the place of these."""
        self.high[these], self.low[these], self.known[these] = others.high, others.low, others.known

    def sum(self, these: Marks) -> Decimal:
        """Of those that are marked and known."""
        these = these & self.known
        low = self.low[these]
        upper, lower = divmod(low, _HALF)
        return _decimal(int(self.high[these].sum()), int(upper.sum()) * _HALF + int(lower.sum()))


def _decimal(high: int, low: int) -> Decimal:
    return Decimal(high * _LOW + low).scaleb(-PLACES).normalize()


def amounts(values: Numbers, places: int, known: Marks, rest: Numbers | None = None, rest_places: int = 0) -> Amounts:
    """Of whole multiples of 10^-places, and of what lies below: `rest`, at least 0, of 10^-rest_places."""
    high, low = divmod(values, 10 ** (places - _HIGH_PLACES))
    low *= 10 ** (PLACES - places)
    if rest is not None:
        low += rest * 10 ** (PLACES - rest_places)
    return Amounts(high + low // _LOW, low % _LOW, known)


def none_yet(count: int) -> Amounts:
    return Amounts(np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.bool_))


def quotients(dividends: Numbers, divisor: int, more: int, places: int) -> tuple[Numbers, Marks]:
    """As `rounding.quotient`: in 10^-places, `more` than those of the dividends, and which could be written so.

    What decimals can write is exact, and what they cannot is rounded half to even at the twelfth place. A quotient that
    ends, but beyond `places`, is left to others. The dividends must not be negative.
    """
    whole, over = divmod(dividends, divisor)
    above, over = divmod(over * 10**more, divisor)
    found = whole * 10**more + above
    if not over.any():
        return found, np.ones(len(found), np.bool_)
    never_ends = dividends % _without_twos_and_fives(divisor) != 0
    coarse = 10 ** (places - _TRILLIONTH)
    base, beyond = divmod(found, coarse)
    twice = 2 * (beyond * divisor + over)
    up = (twice > coarse * divisor) | ((twice == coarse * divisor) & (base % 2 == 1))
    return np.where(never_ends, (base + up) * coarse, found), never_ends | (over == 0)


def _without_twos_and_fives(number: int) -> int:
    for prime in (2, 5):
        while number % prime == 0:
            number //= prime
    return number
