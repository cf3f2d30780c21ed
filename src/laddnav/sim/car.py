"""How a car charges: at full power at first, then ever more slowly, as a battery that fills does."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.power import Power


class Car(Struct, frozen=True, kw_only=True):
    """It wants `energy`, and takes at most `power_max` of what a plug can give.

    After the share `steady` of its energy the power falls in step with what is still missing, to a fifth at the end.
    """

    energy: Energy
    power_max: Power
    steady: float

    def fills_in(self, plug_max: Power) -> timedelta:
        """How long it draws power at a plug that can give so much."""
        steady, falling, _ = self._phases(plug_max)
        return timedelta(hours=steady + falling)

    def taken(self, after: timedelta, plug_max: Power) -> Energy:
        """In whole watt-hours, as registers count; all that it wants once it is full."""
        hours = after / timedelta(hours=1)
        steady, falling, slowing = self._phases(plug_max)
        if hours >= steady + falling:
            return Energy(self.energy.wh.to_integral_value())
        watts = self._watts(plug_max)
        so_far = watts * min(hours, steady)
        if hours > steady:
            so_far += watts / slowing * (1 - math.exp(-slowing * (hours - steady)))
        return Energy(Decimal(round(so_far)))

    def power(self, after: timedelta, plug_max: Power) -> Power:
        hours = after / timedelta(hours=1)
        steady, falling, slowing = self._phases(plug_max)
        if hours >= steady + falling:
            return Power(Decimal(0))
        watts = self._watts(plug_max) * math.exp(-slowing * max(hours - steady, 0))
        return Power(Decimal(round(watts)))

    def _watts(self, plug_max: Power) -> float:
        return float(min(self.power_max, plug_max).watts)

    def _phases(self, plug_max: Power) -> tuple[float, float, float]:
        """(hours at full power, hours of falling power, share by which it falls an hour)."""
        watts, wh = self._watts(plug_max), float(self.energy.wh)
        slowing = watts * (1 - _LAST_SHARE) / (wh * (1 - self.steady))
        return wh * self.steady / watts, -math.log(_LAST_SHARE) / slowing, slowing


_LAST_SHARE = 0.2
