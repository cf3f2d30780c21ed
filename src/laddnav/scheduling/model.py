"""What an Evse may give at most, stretch by stretch: upper limits, and never a promise of so much."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class RateUnit(StrEnum):
    """AMPERE is per phase, WATT the total of all phases (OCPI 2.2.1 mod_charging_profiles_chargingrateunit)."""

    AMPERE = "A"
    WATT = "W"


class ProfileLimit(Struct, frozen=True, omit_defaults=True):
    """From `after` the start of the profile on, until the next ProfileLimit: at most `rate`, in the profile's unit.

    A rate below zero: so much is to be given back (OCPP 2.1 Q03); nobody but a site asks for that. `phases`: it is
    drawn from so many of them; None: nobody says from how many.
    """

    after: timedelta
    rate: Decimal
    phases: int | None = None


class ChargingProfile(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """OCPI 2.2.1 mod_charging_profiles_charging_profile_class.

    `started_at` None: from when the charge began. `duration` None: the last limit goes on, to the end of the charge.
    `rate_min` is the least that is worth giving at all.
    """

    unit: RateUnit
    started_at: datetime | None = None
    duration: timedelta | None = None
    rate_min: Decimal | None = None
    limits: tuple[ProfileLimit, ...] = ()


class ActiveChargingProfile(Struct, frozen=True, kw_only=True):
    """All limits on a charge taken together, as the Station worked them out at `started_at`, from where they count."""

    started_at: datetime
    profile: ChargingProfile
