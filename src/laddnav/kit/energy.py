"""Energy as an exact number that knows its unit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

_MICROSECOND = timedelta(microseconds=1)


class Energy(Struct, frozen=True, order=True, gc=False):
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

    def during(self, length: timedelta, whole: timedelta) -> Energy:
        """What falls on `length` when this energy flows evenly over `whole`.

        Down to the microwatt-hour, always downwards: a straight line that is cut twice is then cut as if once.
        """
        if length == whole:
            return self
        microwatt_hours = self.wh.scaleb(6) * (length // _MICROSECOND) // (whole // _MICROSECOND)
        return Energy(microwatt_hours.scaleb(-6))

    def up_to(self, step: Energy) -> Energy:
        """The smallest multiple of `step` that is not less; itself if it is one. A step of nothing changes nothing."""
        over = self.wh % step.wh if step else step.wh
        return Energy(self.wh - over + step.wh) if over > 0 else self


NO_ENERGY = Energy(Decimal(0))


def wh(amount: Decimal | int | str) -> Energy:
    return Energy(Decimal(amount))


def kwh(amount: Decimal | int | str) -> Energy:
    return Energy(Decimal(amount) * 1000)
