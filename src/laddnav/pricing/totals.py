"""What lines come to, together and by what they are for."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.money import TaxAmount, merged
from laddnav.pricing.model import NOTHING, Amount, Line

_ZERO = Decimal(0)


class Parts(Struct, frozen=True):
    """The parts of a total as a CDR names them. A fixed fee of the reservation belongs to `reservation`."""

    fixed: Amount = NOTHING
    energy: Amount = NOTHING
    time: Amount = NOTHING
    parking: Amount = NOTHING
    reservation: Amount = NOTHING


def total_of(some: Iterable[Line]) -> Amount:
    """A side that one line leaves unknown is unknown in the sum."""
    return sum_of([line.amount for line in some])


_PART = {
    "FLAT": "fixed",
    "ENERGY": "energy",
    "TIME": "time",
    "PARKING_TIME": "parking",
    "RESERVATION_FLAT": "reservation",
    "RESERVATION_TIME": "reservation",
}


def parts_of(lines: Iterable[Line]) -> Parts:
    """OCPI 2.2.1 mod_cdrs_cdr_object. What a limit of a tariff changed is in none of them."""
    amounts: dict[str, list[Amount]] = {}
    for line in lines:
        part = _PART.get(line.dimension)
        if part is not None:
            amounts.setdefault(part, []).append(line.amount)
    parts = {}
    for part, of_part in amounts.items():
        parts[part] = sum_of(of_part)
    return Parts(**parts)


def sum_of(amounts: list[Amount]) -> Amount:
    """As adding them one by one, without naming the taxes anew each time."""
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
