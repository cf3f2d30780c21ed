"""How a car charges: at full power at first, then ever more slowly, as a battery that fills does."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.kit.power import Power

_LAST_SHARE = 0.2
_NOTHING = 0.5  # Wh that no register counts


class Car(Struct, frozen=True, kw_only=True):
    """It wants `energy`, and takes at most `power_max` of what a plug can give, from so many `phases`.

    After the share `steady` of its energy the power falls in step with what is still missing, to a fifth at the end.
    Somebody may allow less; what it would take by itself then goes on from what it has had.
    """

    energy: Energy
    power_max: Power
    steady: float
    phases: int = 3

    def fills_in(self, plug_max: Power) -> timedelta:
        """How long it draws power at a plug that can give so much."""
        watts, wh, slowing = self._most(plug_max), float(self.energy.wh), self._slowing(plug_max)
        return timedelta(hours=wh * self.steady / watts - math.log(_LAST_SHARE) / slowing)

    def taken(self, after: timedelta, plug_max: Power) -> Energy:
        """In whole watt-hours, as registers count; all that it wants once it is full."""
        return Energy(Decimal(round(self.goes_on(0.0, after, plug_max))))

    def power(self, after: timedelta, plug_max: Power) -> Power:
        return self.takes(self.goes_on(0.0, after, plug_max), plug_max)

    def takes(self, had: float, plug_max: Power, limit: Power | None = None) -> Power:
        """What it takes that has had so many Wh, where a plug can give so much and may give so much."""
        if self.is_full(had):
            return Power(Decimal(0))
        watts = self._curve(had, plug_max)
        return Power(Decimal(round(watts if limit is None else min(watts, float(limit.watts)))))

    def is_full(self, had: float) -> bool:
        return had > float(self.energy.wh) - _NOTHING

    def goes_on(self, had: float, length: timedelta, plug_max: Power, limit: Power | None = None) -> float:
        """Wh that it has had so much later, where a plug can give so much and may give so much all that time."""
        hours, wh, most = length / timedelta(hours=1), float(self.energy.wh), self._most(plug_max)
        watts = most if limit is None else min(most, float(limit.watts))
        if watts <= 0 or hours <= 0:
            return had
        even = self._falls_to(watts / most)
        if had < even:
            if watts * hours <= even - had:
                return had + watts * hours
            hours -= (even - had) / watts
            had = even
        if had >= wh:
            return wh
        slowing = self._slowing(plug_max)
        after = had + self._curve(had, plug_max) / slowing * (1 - math.exp(-slowing * hours))
        return wh if self.is_full(after) else after

    def _curve(self, had: float, plug_max: Power) -> float:
        """Watts that it takes by itself."""
        wh = float(self.energy.wh)
        over = max(had / wh - self.steady, 0.0) / (1 - self.steady)
        return self._most(plug_max) * (1 - (1 - _LAST_SHARE) * min(over, 1.0))

    def _falls_to(self, share: float) -> float:
        """Wh that it has had when it takes no more than this share of its most by itself."""
        over = min((1 - share) / (1 - _LAST_SHARE), 1.0)
        return float(self.energy.wh) * (self.steady + (1 - self.steady) * over)

    def _most(self, plug_max: Power) -> float:
        return float(min(self.power_max, plug_max).watts)

    def _slowing(self, plug_max: Power) -> float:
        """By which share its power falls an hour, where nobody allows less."""
        return self._most(plug_max) * (1 - _LAST_SHARE) / (float(self.energy.wh) * (1 - self.steady))
