"""Whether what a car means to draw stays within what it may."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from laddnav.scheduling.model import ChargingProfile, RateUnit

# Rounded to the finest step in which a limit can be told, it is no more (OCPP 2.0.1 ChargingSchedulePeriodType).
_STEP = Decimal("0.1")  # A


def within(meant: ChargingProfile, allowed: ChargingProfile, *, begun_at: datetime, watts_per_ampere: Decimal) -> bool:
    """A profile that says no start of its own counts from `begun_at`; one that is over allows, and means, anything."""
    slack = _STEP * watts_per_ampere
    for at in _changes(meant, begun_at) | _changes(allowed, begun_at):
        draws = _watts_at(meant, at, begun_at, watts_per_ampere)
        may = _watts_at(allowed, at, begun_at, watts_per_ampere)
        if draws is not None and may is not None and draws > may + slack:
            return False
    return True


def _changes(profile: ChargingProfile, begun_at: datetime) -> set[datetime]:
    started_at = profile.started_at or begun_at
    return {started_at + limit.after for limit in profile.limits}


def _watts_at(profile: ChargingProfile, at: datetime, begun_at: datetime, watts_per_ampere: Decimal) -> Decimal | None:
    """None: it says nothing about that moment."""
    after = at - (profile.started_at or begun_at)
    if after < timedelta() or (profile.duration is not None and after >= profile.duration):
        return None
    said = [limit for limit in profile.limits if limit.after <= after]
    if not said:
        return None
    rate = max(said, key=lambda limit: limit.after).rate
    return rate if profile.unit is RateUnit.WATT else rate * watts_per_ampere
