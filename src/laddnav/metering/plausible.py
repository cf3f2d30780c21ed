"""How much energy can have flowed: what says more is not the car, but the meter."""

from __future__ import annotations

from datetime import datetime, timedelta

from laddnav.kit.energy import Energy
from laddnav.kit.power import Power, kw
from laddnav.kit.time import hours
from laddnav.metering.model import Meter

# No connector gives more: the Megawatt Charging System ends at 3.75 MW. A step beyond is a register gone wrong.
LARGEST_POWER = kw(4000)
# Meters count in steps and stations round times to the second, so a short interval may seem to hold too much power.
SLACK = timedelta(minutes=1)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = 3_600_000_000  # microseconds


def implausible(meter: Meter, before: Energy, register: Energy, at: datetime) -> bool:
    """More than `at_most`, without a division: each reading of each charge is asked."""
    watts = (meter.power_max or LARGEST_POWER).watts
    return (register.wh - before.wh) * _HOUR > watts * ((at - meter.read_at + SLACK) // _MICROSECOND)


def at_most(meter: Meter, at: datetime, power: Power | None = None, *, since_at: datetime | None = None) -> Energy:
    """What this power, or else the Evse, can have given since the last register, or since then."""
    watts = (power or meter.power_max or LARGEST_POWER).watts
    return Energy(watts * hours(at - (since_at or meter.read_at) + SLACK))
