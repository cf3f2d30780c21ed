"""What happened at a site by the quarter of an hour, and what is to be expected of the next ones by that; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
from msgspec import Struct

from laddnav.scheduling.site import Floats, Steps
from laddnav.sites.model.site import Amps
from laddnav.sites.model.told import Measurement

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
# Between two words of a meter that are further apart nobody knows.
GAP = timedelta(minutes=6)
# What is expected of a quarter is what that quarter was like on so many days before.
DAYS = 7
# What is measured now tells less of later: after so long, nothing.
FADES = timedelta(hours=2)


class Share(Struct, frozen=True):
    """What a meter counted in a quarter, or in the part of it that is known: kWh in so many seconds."""

    at: datetime
    kwh: float
    seconds: float


def quarter_of(at: datetime) -> datetime:
    return at - (at - datetime.min.replace(tzinfo=at.tzinfo)) % QUARTER


def kw(amps: Amps, volts: Decimal) -> float:
    return float(sum(amps) * volts) / 1000


def shares(before: Measurement | None, after: Measurement, volts: Decimal) -> list[Share]:
    """What flowed between two words of a meter, as a straight line has it."""
    if before is None or not timedelta() < after.at - before.at <= GAP:
        return []
    first, last = kw(before.amps, volts), kw(after.amps, volts)
    whole = after.at - before.at
    found = []
    begin = before.at
    while begin < after.at:
        end = min(quarter_of(begin) + QUARTER, after.at)
        middle = first + (last - first) * ((begin + (end - begin) / 2 - before.at) / whole)
        seconds = (end - begin).total_seconds()
        found.append(Share(quarter_of(begin), middle * seconds / 3600, seconds))
        begin = end
    return found


def expected(
    steps: Steps,
    known: Mapping[datetime, float],
    now_kw: float | None,
    otherwise: float = 0.0,
    *,
    foretold: Mapping[datetime, float] | None = None,
) -> Floats:
    """(step) kW: as it is foretold, or was at that time of day in the week before, or `otherwise`; soon as it is now.

    `known`: mean kW by quarters that are over; `foretold`: by those to come.
    """
    quarters = [quarter_of(steps.start_at + steps.length * number) for number in range(steps.count)]
    said = foretold or {}
    usual = np.array([said[at] if at in said else _usual(known, at, otherwise) for at in quarters])
    if now_kw is None:
        return usual
    fades = np.clip(1 - np.arange(steps.count) * (steps.length / FADES), 0.0, 1.0)
    faded: Floats = usual + (now_kw - usual) * fades
    return faded


def _usual(known: Mapping[datetime, float], at: datetime, otherwise: float) -> float:
    """Every day of the week before that knows this time of day counts alike."""
    back = -(-(at - max(known, default=at)) // DAY) if known else 0
    days = [known[when] for n in range(max(back, 1), max(back, 1) + DAYS) if (when := at - n * DAY) in known]
    return sum(days) / len(days) if days else otherwise
