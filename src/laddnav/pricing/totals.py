"""What lines come to, together and by what they are for."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.money import TaxAmount, merged
from laddnav.pricing.model import NOTHING, Amount, Line

_ZERO = Decimal(0)
_PARTS = ("FLAT", "ENERGY", "TIME", "PARKING_TIME", "RESERVATION")
_OF_RESERVATION = ("RESERVATION_FLAT", "RESERVATION_TIME")


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


def parts_of(lines: Iterable[Line]) -> Parts:
    """OCPI 2.2.1 mod_cdrs_cdr_object. What a limit of a tariff changed is in none of them."""
    of: dict[str, list[Amount]] = {}
    for line in lines:
        part = "RESERVATION" if line.dimension in _OF_RESERVATION else line.dimension
        of.setdefault(part, []).append(line.amount)
    return Parts(*[sum_of(of[part]) if part in of else NOTHING for part in _PARTS])


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
