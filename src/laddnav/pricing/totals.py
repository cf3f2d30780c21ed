"""What lines come to, together and by what they are for."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.money import TaxAmount, merged
from laddnav.pricing.model import NOTHING, Amount, Line

_ZERO = Decimal(0)


class Parts(Struct, frozen=True, gc=False):
    """A total and its parts as a CDR names them. A fixed fee of the reservation belongs to `reservation`.

    `limits` is what the limits of tariffs changed; in OCPI that is part of nothing but the total.
    """

    total: Amount = NOTHING
    fixed: Amount = NOTHING
    energy: Amount = NOTHING
    time: Amount = NOTHING
    parking: Amount = NOTHING
    reservation: Amount = NOTHING
    limits: Amount = NOTHING


_PART = {
    "FLAT": "fixed",
    "ENERGY": "energy",
    "TIME": "time",
    "PARKING_TIME": "parking",
    "RESERVATION_FLAT": "reservation",
    "RESERVATION_TIME": "reservation",
    "PRICE_MIN": "limits",
    "PRICE_MAX": "limits",
}


def parts_of(lines: Iterable[Line]) -> Parts:
    """OCPI 2.2.1 mod_cdrs_cdr_object."""
    amounts: dict[str, list[Amount]] = {}
    for line in lines:
        part = _PART[line.dimension]
        if part in amounts:
            amounts[part].append(line.amount)
        else:
            amounts[part] = [line.amount]
    parts = {}
    for part, of_part in amounts.items():
        parts[part] = of_part[0] if len(of_part) == 1 else sum_of(of_part)
    return Parts(sum_of([*parts.values()]), **parts)


def sum_of(amounts: list[Amount]) -> Amount:
    """As adding them one by one, without naming the taxes anew each time.

    A side that one of them leaves unknown is unknown in the sum.
    """
    if len(amounts) < 2:
        return amounts[0] if amounts else NOTHING
    excl: Decimal | None = _ZERO
    incl: Decimal | None = _ZERO
    taxes: list[TaxAmount] = []
    for amount in amounts:
        excl = None if excl is None or amount.excl is None else excl + amount.excl
        incl = None if incl is None or amount.incl is None else incl + amount.incl
        taxes += amount.taxes
    return Amount(excl, incl, merged(taxes) if taxes else ())
