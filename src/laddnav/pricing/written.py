"""What one period of a CDR says, as far as its price depends on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.energy import Energy
from laddnav.metering.model import ChargingPeriod
from laddnav.pricing.counts import ENERGY, PARKING_TIME, RESERVATION_TIME, TIME
from laddnav.pricing.model import UNSAID, Span
from laddnav.pricing.offers import Offers
from laddnav.pricing.policy import Policy, Volume
from laddnav.pricing.rounding import quotient, seconds_of

_ZERO = Decimal(0)
_HOUR = Decimal(3600)
_TIMES = (TIME, PARKING_TIME, RESERVATION_TIME)
_BY_CLOCK = Volume.TIMESTAMPS  # looked up once: see the same in `charge`


class Written(Struct, frozen=True, gc=False):
    """A period with what it says: `energy` in kWh, `times` in seconds by dimension.

    `reserves` where it is nothing but reserved time.
    """

    place: int
    started_at: datetime
    ended_at: datetime
    offers: Offers | None
    energy: Decimal
    times: dict[str, Decimal]
    power: Span
    current: Span
    reserves: bool

    @property
    def used(self) -> Energy:
        return Energy(self.energy * 1000)


def read(place: int, period: ChargingPeriod, ended_at: datetime, offers: Offers | None, policy: Policy) -> Written:
    """`offers` are of the tariff that holds in it. FLAT of 2.1.1 is no volume: that fee follows from the tariff."""
    energy = _ZERO
    times: dict[str, Decimal] = {}
    for dimension in period.dimensions:
        kind = dimension.type
        if kind == ENERGY:
            energy += dimension.volume
        elif kind in _TIMES:
            times[kind] = times.get(kind, _ZERO) + dimension.volume * _HOUR
    if len(times) > 1:  # in whatever order they are written
        times = {kind: times[kind] for kind in _TIMES if kind in times}
    if policy.volume is _BY_CLOCK and times:
        times = _scaled(times, seconds_of(max(ended_at - period.started_at, timedelta())))
    power = current = UNSAID
    if offers is not None:
        if offers.powers:
            power = _span(period, "MIN_POWER", "MAX_POWER", "POWER")
        if offers.currents:
            current = _span(period, "MIN_CURRENT", "MAX_CURRENT", "CURRENT")
    reserves = RESERVATION_TIME in times and _only_reserves(energy, times)
    return Written(place, period.started_at, ended_at, offers, energy, times, power, current, reserves)


def _only_reserves(energy: Decimal, times: dict[str, Decimal]) -> bool:
    return not energy and all(bool(seconds) is (kind == RESERVATION_TIME) for kind, seconds in times.items())


def _span(period: ChargingPeriod, low: str, high: str, mean: str) -> Span:
    """The trough and the peak; a Session's periods know only the mean, which stands for both."""
    lows = [one.volume for one in period.dimensions if one.type == low]
    highs = [one.volume for one in period.dimensions if one.type == high]
    if not lows and not highs:
        lows = highs = [one.volume for one in period.dimensions if one.type == mean]
    return Span(min(lows, default=None), max(highs, default=None)) if lows or highs else UNSAID


def _scaled(times: dict[str, Decimal], length: Decimal) -> dict[str, Decimal]:
    """The time that passed by the clock, in the proportions that are written."""
    if len(times) == 1:
        return dict.fromkeys(times, length)
    whole = sum(times.values())
    return {kind: quotient(length * seconds, whole) if whole else _ZERO for kind, seconds in times.items()}
