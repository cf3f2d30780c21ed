"""Energy as an exact number that knows its unit."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class Energy(Struct, frozen=True, order=True):
    """An amount of energy, held in watt-hours, the unit that meters count in."""

    wh: Decimal

    @property
    def kwh(self) -> Decimal:
        return self.wh / 1000

    def __add__(self, other: Energy) -> Energy:
        return Energy(self.wh + other.wh)

    def __sub__(self, other: Energy) -> Energy:
        return Energy(self.wh - other.wh)

    def __bool__(self) -> bool:
        return bool(self.wh)


NO_ENERGY = Energy(Decimal(0))


def wh(amount: Decimal | int | str) -> Energy:
    return Energy(Decimal(amount))


def kwh(amount: Decimal | int | str) -> Energy:
    return Energy(Decimal(amount) * 1000)
