"""The only place that rounds: where decimals cannot write a number, to a place far below any coin; and once, to a coin.

Everything else is exact: lengths count in microseconds, energy as the meter said it, prices as the tariff says them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import (
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    Inexact,
    getcontext,
    setcontext,
)
from functools import wraps
from typing import ParamSpec, TypeVar

from msgspec.structs import replace

from laddnav.kit.energy import Energy
from laddnav.kit.money import Price, TaxAmount, minor_unit
from laddnav.pricing.model import Amount, CannotPrice, Priced
from laddnav.pricing.policy import OURS, Policy, Rounding
from laddnav.pricing.totals import parts_of

P = ParamSpec("P")
R = TypeVar("R")

_MICROSECOND = timedelta(microseconds=1)
_SECONDS_OF_AN_HOUR = Decimal(3600)
_ZERO, _ONE = Decimal(0), Decimal(1)
_MILLIONTH = Decimal("0.000001")
# Thirds of an hour never end in decimals. A trillionth of a krona keeps sums of twelve digits exact in 28.
_TRILLIONTH = Decimal("1e-12")
# 1e-10 h is a third of a microsecond: two lengths that differ read differently.
_TEN_PLACES = Decimal("1e-10")
# A quotient with more decimal places than these is taken for one that never ends.
_ENOUGH_PLACES = Decimal("1e-24")
_MILLIWATT = Decimal("1e-6")

# Wide enough for sums and products of all that kit.json lets in; what does not fit is refused, never rounded unseen.
_EXACT = Context(prec=400)
_EXACT.traps[Inexact] = True
# Only for quotients. Numbers too large for it are refused by the quantize that follows.
_DIVIDING = Context(prec=60)


def exact(function: Callable[P, R]) -> Callable[P, R]:
    """The function under arithmetic that refuses to round. Raises CannotPrice for numbers that are none or absurd."""

    @wraps(function)
    def exactly(*args: P.args, **kwargs: P.kwargs) -> R:
        before = getcontext()
        setcontext(_EXACT)
        try:
            return function(*args, **kwargs)
        except (ArithmeticError, OverflowError) as absurd:
            raise CannotPrice("A number here is not one, or too large or too long to be calculated with") from absurd
        finally:
            setcontext(before)

    return exactly


def cost_of_time(seconds: Decimal, per_hour: Decimal) -> Decimal:
    """Exact where decimals can write it, else half to even at the twelfth decimal place."""
    return quotient(seconds * per_hour, _SECONDS_OF_AN_HOUR)


def quotient(
    dividend: Decimal, divisor: Decimal, places: Decimal = _TRILLIONTH, rounding: str = ROUND_HALF_EVEN
) -> Decimal:
    """Exact where decimals can write it, else rounded to `places`."""
    found = _DIVIDING.divide(dividend, divisor)
    written = _DIVIDING.quantize(found, _ENOUGH_PLACES)
    return plain(written if written == found else found.quantize(places, rounding, context=_DIVIDING))


def hours_of(seconds: Decimal) -> Decimal:
    """The volume of TIME, PARKING_TIME and RESERVATION_TIME; down to ten decimal places where it needs more.

    Downwards, because volumes are counted up in steps: ten minutes written as 0.1666666667 h would be 601 seconds.
    """
    return quotient(seconds, _SECONDS_OF_AN_HOUR, _TEN_PLACES, ROUND_DOWN)


def seconds_of(length: timedelta) -> Decimal:
    """As exact as the clock."""
    whole = Decimal(length.days * 86_400 + length.seconds)
    return whole + length.microseconds * _MILLIONTH if length.microseconds else whole


def length_of(seconds: Decimal) -> timedelta:
    """To the microsecond, half to even."""
    return timedelta(microseconds=int(seconds.scaleb(6).to_integral_value(ROUND_HALF_EVEN, _DIVIDING)))


def mean_kw(energy: Energy, length: timedelta) -> Decimal:
    """Down to the milliwatt, so that what is below a limit by a hair is not rounded up to it."""
    per_hour = _DIVIDING.divide(energy.wh * 3_600_000, Decimal(length // _MICROSECOND))
    return plain(per_hour.quantize(_MILLIWATT, ROUND_FLOOR, context=_DIVIDING))


def up_to(volume: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of `step` that is not less; itself if it is one. A step of nothing changes nothing."""
    if step <= _ZERO:
        return volume
    over = volume % step
    return volume - over + step if over > _ZERO else volume


def fine(amount: Decimal) -> Decimal:
    """An amount that came from a division, to a trillionth, half to even."""
    return plain(amount.quantize(_TRILLIONTH, ROUND_HALF_EVEN, context=_DIVIDING))


def in_hours(length: timedelta) -> Decimal:
    """As `hours_of`, for a length of time."""
    return hours_of(seconds_of(length))


def plain(number: Decimal) -> Decimal:
    """The same number without zeros at its end and without an exponent: 2.50 is 2.5, and 20 stays 20."""
    if number == number.to_integral_value():
        return _EXACT.quantize(number, _ONE)
    return _EXACT.normalize(number)


def rounded(priced: Priced, policy: Policy = OURS) -> Priced:
    """What leaves the house, in the currency's smallest unit, half up. The lines stay exact if not told otherwise."""
    unit = minor_unit(priced.currency)
    if policy.rounding is Rounding.PER_COMPONENT:
        lines = tuple(replace(line, amount=rounded_amount(line.amount, unit)) for line in priced.lines)
        parts = parts_of(lines)
        priced = replace(
            priced,
            lines=lines,
            total=parts.total,
            fixed=parts.fixed,
            energy=parts.energy,
            time=parts.time,
            parking=parts.parking,
            reservation=parts.reservation,
        )
    return replace(
        priced,
        total=rounded_amount(priced.total, unit),
        fixed=rounded_amount(priced.fixed, unit),
        energy=rounded_amount(priced.energy, unit),
        time=rounded_amount(priced.time, unit),
        parking=rounded_amount(priced.parking, unit),
        reservation=rounded_amount(priced.reservation, unit),
    )


def rounded_amount(amount: Amount, unit: Decimal) -> Amount:
    """Each side that is known to the nearest coin; the taxes together stay what lies between the two."""
    excl = None if amount.excl is None else amount.excl.quantize(unit, ROUND_HALF_UP)
    incl = None if amount.incl is None else amount.incl.quantize(unit, ROUND_HALF_UP)
    between = None if excl is None or incl is None else incl - excl
    return Amount(excl, incl, _rounded_taxes(amount.taxes, between, unit))


def rounded_price(price: Price, unit: Decimal) -> Price:
    """Both sides, before and after taxes, are the nearest; the largest tax carries what its rounding leaves over.

    0.125 and 20 % are 0.13 and 0.15 together, so the tax says 0.02: rounded alone it would make 0.16 of 0.15.
    """
    before_taxes = price.before_taxes.quantize(unit, ROUND_HALF_UP)
    if price.taxes is None or price.after_taxes is None:
        return Price(before_taxes)
    between = price.after_taxes.quantize(unit, ROUND_HALF_UP) - before_taxes
    return Price(before_taxes, _rounded_taxes(price.taxes, between, unit))


def _rounded_taxes(taxes: tuple[TaxAmount, ...], between: Decimal | None, unit: Decimal) -> tuple[TaxAmount, ...]:
    if not taxes:
        return ()
    amounts = [tax.amount.quantize(unit, ROUND_HALF_UP) for tax in taxes]
    if between is not None:
        largest = max(range(len(amounts)), key=lambda place: abs(amounts[place]))
        amounts[largest] += between - sum(amounts)
    return tuple(replace(tax, amount=amount) for tax, amount in zip(taxes, amounts, strict=True))
