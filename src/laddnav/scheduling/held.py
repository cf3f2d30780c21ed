"""What limits a charge, held against what was asked: as asked, less, or more; and whether a new profile is news."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from laddnav.scheduling.merged import Feed
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit

# A Station rounds down to what its cable can be told, often a whole ampere; upwards no more than what it can say.
_LESS = {RateUnit.AMPERE: Decimal(1), RateUnit.WATT: Decimal(250)}
_MORE = {RateUnit.AMPERE: Decimal("0.1"), RateUnit.WATT: Decimal(50)}
_OTHER_UNIT = Decimal("0.05")  # of what was asked: a Station reckons with the volts that it measures


class Obeyed(StrEnum):
    """What a Station says that holds, beside what it was asked for."""

    AS_ASKED = "AS_ASKED"
    LESS = "LESS"  # it knows a lower limit
    MORE = "MORE"  # it does not follow
    UNKNOWN = "UNKNOWN"  # it does not say, or nothing was asked of that time


def obeyed(told: ActiveChargingProfile, asked: ChargingProfile, *, begun_at: datetime, feed: Feed) -> Obeyed:
    """At each moment of which both speak. Once more than asked is more, whatever holds else.

    Amperes of direct current are a power that depends on the car: beside watts, nobody can tell.
    """
    if feed.direct and told.profile.unit is not asked.unit:
        return Obeyed.UNKNOWN
    told_at, asked_at = told.started_at, asked.started_at or begun_at
    found: set[Obeyed] = set()
    for at in sorted(_borders(told.profile, told_at) | _borders(asked, asked_at)):
        says, may = _limit(told.profile, told_at, at), _limit(asked, asked_at, at)
        if says is not None and may is not None:
            found.add(_beside(says, told.profile.unit, may, asked.unit, feed))
    if Obeyed.MORE in found or Obeyed.LESS in found:
        return Obeyed.MORE if Obeyed.MORE in found else Obeyed.LESS
    return Obeyed.AS_ASKED if found else Obeyed.UNKNOWN


def prolongs(new: ChargingProfile, old: ChargingProfile, *, now: datetime, begun_at: datetime) -> bool:
    """Whether the new one says what the old one says of every moment from now on to its end, and lasts as long."""
    if (new.unit, new.rate_min) != (old.unit, old.rate_min):
        return False
    new_at, old_at = new.started_at or begun_at, old.started_at or begun_at
    ends = set() if new.duration is None else {new_at + new.duration}
    borders = {now} | {at for at in _borders(new, new_at) | _borders(old, old_at) | ends if at > now}
    if old.duration is not None:
        borders = {at for at in borders if at < old_at + old.duration}
    pairs = [(_limit(new, new_at, at), _limit(old, old_at, at)) for at in borders]
    return bool(pairs) and all(
        ours is not None and theirs is not None and (ours.rate, ours.phases) == (theirs.rate, theirs.phases)
        for ours, theirs in pairs
    )


def alike(one: ActiveChargingProfile, other: ActiveChargingProfile, *, now: datetime) -> bool:
    """Whether both say the same of every moment from now on of which both speak; and speak they do."""
    if one.profile.unit is not other.profile.unit:
        return False
    borders = _borders(one.profile, one.started_at) | _borders(other.profile, other.started_at)
    said = 0
    for at in {now} | {at for at in borders if at > now}:
        first, second = _limit(one.profile, one.started_at, at), _limit(other.profile, other.started_at, at)
        if first is not None and second is not None:
            if (first.rate, first.phases) != (second.rate, second.phases):
                return False
            said += 1
    return said > 0


def _beside(says: ProfileLimit, told: RateUnit, may: ProfileLimit, asked: RateUnit, feed: Feed) -> Obeyed:
    """In another unit nobody knows from how many phases the car draws: anything that could be meant is as asked."""
    low = high = may.rate
    if told is not asked:
        one, all_of_them = feed.volts, feed.volts * (may.phases or feed.phases)
        low, high = (
            (may.rate * one, may.rate * all_of_them)
            if told is RateUnit.WATT
            else (may.rate / all_of_them, may.rate / one)
        )
        low, high = low * (1 - _OTHER_UNIT), high * (1 + _OTHER_UNIT)
    if may.rate < 0:  # to give back: less of it is less, and nothing of it as well
        low, high = (high, low) if low > high else (low, high)
        if says.rate > _MORE[told] or says.rate < low - _MORE[told]:
            return Obeyed.MORE
        return Obeyed.LESS if says.rate > high + _LESS[told] else Obeyed.AS_ASKED
    if says.rate > high + _MORE[told]:
        return Obeyed.MORE
    return Obeyed.LESS if says.rate < low - _LESS[told] else Obeyed.AS_ASKED


def _borders(profile: ChargingProfile, started_at: datetime) -> set[datetime]:
    return {started_at + limit.after for limit in profile.limits}


def _limit(profile: ChargingProfile, started_at: datetime, at: datetime) -> ProfileLimit | None:
    """None: it says nothing of that moment."""
    after = at - started_at
    if after < timedelta() or (profile.duration is not None and after >= profile.duration):
        return None
    return max((one for one in profile.limits if one.after <= after), key=lambda one: one.after, default=None)
