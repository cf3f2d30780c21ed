"""Power as an exact number that knows its unit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.energy import Energy


class Power(Struct, frozen=True, order=True):
    """Active power, held in watts."""

    watts: Decimal

    @property
    def kw(self) -> Decimal:
        return self.watts / 1000


def kw(amount: Decimal | int | str) -> Power:
    return Power(Decimal(amount) * 1000)


def mean_power(energy: Energy, length: timedelta) -> Power:
    """The constant power that gives this energy in this time; `length` must be positive.

    Multiplied before it is divided, so that 2 kWh in 20 minutes are 6 kW and nothing beside it.
    """
    return Power(energy.wh * 3_600_000_000 / (length // timedelta(microseconds=1)))
