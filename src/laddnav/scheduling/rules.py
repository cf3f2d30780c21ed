"""What a profile has to be to be carried out, and what it means at a moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal
from itertools import pairwise

from laddnav.kit.refusal import Refusal
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit

PHASES = 3  # of the mains
_TENTH = Decimal("0.1")
_EXACT = Context(prec=64)  # a number from outside may have more digits than Decimal calculates with


class NoSchedule(Refusal):
    """A profile that says nothing, or says it in no order."""


def sound(profile: ChargingProfile, *, gives_back: bool = False) -> ChargingProfile:
    """The profile, when a Station can follow it: limits in order, from its start on, in tenths and none negative.

    But of a site, whose cars may give back. OCPI 2.2.1 mod_charging_profiles_charging_profile_period_class.
    Raises NoSchedule.
    """
    if not profile.limits:
        raise NoSchedule("The profile has no limit")
    if profile.limits[0].after != timedelta():
        raise NoSchedule("The first limit of a profile begins with the profile")
    if any(later.after <= limit.after for limit, later in pairwise(profile.limits)):
        raise NoSchedule("The limits of a profile come in the order of their starts")
    if not gives_back and any(limit.rate < 0 for limit in profile.limits):
        raise NoSchedule("A limit is not below zero")
    if any(rate != tenths(rate) for rate in (profile.rate_min or _TENTH, *(limit.rate for limit in profile.limits))):
        raise NoSchedule("A limit has one digit after the point at most")
    if any(limit.phases is not None and not 1 <= limit.phases <= PHASES for limit in profile.limits):
        raise NoSchedule("A car charges from one to three phases")
    return profile


def tenths(rate: Decimal) -> Decimal:
    """As fine as a limit can be said, and no more than it allows."""
    return min(rate, rate.quantize(_TENTH, ROUND_FLOOR, _EXACT))


def unlimited(at: datetime, duration: timedelta, watts: Decimal) -> ActiveChargingProfile:
    """What holds where nobody limits anything: the full capacity of the Evse.

    OCPI 2.2.1 mod_charging_profiles_msp_put_method.
    """
    profile = ChargingProfile(
        unit=RateUnit.WATT, started_at=at, duration=duration, limits=(ProfileLimit(timedelta(), watts),)
    )
    return ActiveChargingProfile(started_at=at, profile=profile)


def limit_at(active: ActiveChargingProfile, at: datetime) -> Decimal | None:
    """In the profile's unit; None before it begins and after it ended."""
    since = at - active.started_at
    if active.profile.duration is not None and since >= active.profile.duration:
        return None
    return next((one.rate for one in reversed(active.profile.limits) if one.after <= since), None)
