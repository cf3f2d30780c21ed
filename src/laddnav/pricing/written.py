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
    """`offers` are those of the tariff that holds in it."""
    said = _volumes(period)
    energy = said.get(ENERGY, _ZERO)
    times: dict[str, Decimal] = {}
    for kind in _TIMES:
        if kind in said:
            times[kind] = said[kind] * _HOUR
    if policy.volume is _BY_CLOCK and times:
        times = _scaled(times, seconds_of(max(ended_at - period.started_at, timedelta())))
    return Written(
        place,
        period.started_at,
        ended_at,
        offers,
        energy,
        times,
        _span(said, "MIN_POWER", "MAX_POWER", "POWER") if offers is not None and offers.powers else UNSAID,
        _span(said, "MIN_CURRENT", "MAX_CURRENT", "CURRENT") if offers is not None and offers.currents else UNSAID,
        bool(times.get(RESERVATION_TIME)) and not (energy or times.get(TIME) or times.get(PARKING_TIME)),
    )


def _volumes(period: ChargingPeriod) -> dict[str, Decimal]:
    """By dimension; FLAT of 2.1.1 is no volume, since that fee follows from the tariff."""
    volumes: dict[str, Decimal] = {}
    for dimension in period.dimensions:
        kind, volume = dimension.type, dimension.volume
        if kind not in volumes:
            volumes[kind] = volume
        elif kind.startswith("MAX_"):
            volumes[kind] = max(volumes[kind], volume)
        elif kind.startswith("MIN_"):
            volumes[kind] = min(volumes[kind], volume)
        else:
            volumes[kind] += volume
    return volumes


def _span(said: dict[str, Decimal], low: str, high: str, mean: str) -> Span:
    """The trough and the peak; a Session's periods know only the mean, which stands for both."""
    if low in said or high in said:
        return Span(said.get(low), said.get(high))
    return Span(said[mean], said[mean]) if mean in said else UNSAID


def _scaled(times: dict[str, Decimal], length: Decimal) -> dict[str, Decimal]:
    """The time that passed by the clock, in the proportions that are written."""
    if len(times) == 1:
        return dict.fromkeys(times, length)
    whole = sum(times.values())
    return {kind: quotient(length * seconds, whole) if whole else _ZERO for kind, seconds in times.items()}
