"""The only place that rounds: where decimals cannot write a number, to a place far below any coin; and once, to a coin.

Everything else is exact: lengths count in microseconds, energy as the meter said it, prices as the tariff says them.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from msgspec.structs import replace

from laddnav.kit.money import Price, TaxAmount, minor_unit
from laddnav.pricing.model import Amount, Priced

_MICROSECOND = timedelta(microseconds=1)
_HOUR = timedelta(hours=1)
# Thirds of an hour never end in decimals. A trillionth of a krona keeps sums of twelve digits exact in 28.
_TRILLIONTH = Decimal("1e-12")
# 1e-10 h is a third of a microsecond: two lengths that differ read differently.
_TEN_PLACES = Decimal("1e-10")


def cost_of_time(length: timedelta, per_hour: Decimal) -> Decimal:
    """Half to even at the twelfth decimal place, where the exact amount has more."""
    return fine(per_hour * (length // _MICROSECOND) / (_HOUR // _MICROSECOND))


def fine(amount: Decimal) -> Decimal:
    """An amount that came from a division, to a trillionth, half to even."""
    return plain(amount.quantize(_TRILLIONTH, ROUND_HALF_EVEN))


def in_hours(length: timedelta) -> Decimal:
    """The volume of TIME and PARKING_TIME, to ten decimal places."""
    microseconds = Decimal(length // _MICROSECOND)
    return plain((microseconds / (_HOUR // _MICROSECOND)).quantize(_TEN_PLACES, ROUND_HALF_EVEN))


def plain(number: Decimal) -> Decimal:
    """The same number without zeros at its end and without an exponent: 2.50 is 2.5, and 20 stays 20."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


def in_steps(length: timedelta, step: timedelta) -> timedelta:
    """The smallest multiple of `step` that is not less; itself if it is one. A step of nothing changes nothing."""
    return -(-length // step) * step if step else length


def rounded(priced: Priced) -> Priced:
    """What leaves the house, in the currency's smallest unit, half up. The lines stay exact."""
    unit = minor_unit(priced.currency)
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
