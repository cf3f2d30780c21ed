"""Charging profiles as OCPI 2.2.1 spells them (OCPI 2.2.1 mod_charging_profiles_object_description)."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Struct

from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.profiles import (
    ActiveChargingProfileResult,
    ChargingProfileResponse,
    ChargingProfileResult,
    ClearProfileResult,
    ProfileResult,
    ProfileVerdict,
    SetChargingProfile,
)
from laddnav.ocpi.wire.shared.scalars import DateTime, Number, Url, instant_of, many, maybe_instant
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit
from laddnav.scheduling.rules import tenths

Seconds = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class WireChargingProfilePeriod(Struct, kw_only=True):
    start_period: Seconds
    limit: Number


class WireChargingProfile(Struct, kw_only=True, omit_defaults=True):
    start_date_time: DateTime | None = None
    duration: Seconds | None = None
    charging_rate_unit: RateUnit
    min_charging_rate: Number | None = None
    charging_profile_period: tuple[WireChargingProfilePeriod, ...] | None = None


class WireSetChargingProfile(Struct, kw_only=True):
    charging_profile: WireChargingProfile
    response_url: Url


class WireChargingProfileResponse(Struct, kw_only=True):
    result: ProfileVerdict
    timeout: Seconds


class WireActiveChargingProfile(Struct, kw_only=True):
    start_date_time: DateTime
    charging_profile: WireChargingProfile


class WireProfileResult(Struct, kw_only=True):
    result: ProfileResult


class WireActiveChargingProfileResult(Struct, kw_only=True, omit_defaults=True):
    result: ProfileResult
    profile: WireActiveChargingProfile | None = None


def read_profile(wire: WireChargingProfile) -> ChargingProfile:
    return ChargingProfile(
        unit=wire.charging_rate_unit,
        started_at=instant_of(wire.start_date_time),
        duration=None if wire.duration is None else timedelta(seconds=wire.duration),
        rate_min=None if wire.min_charging_rate is None else wire.min_charging_rate.value,
        limits=tuple(
            ProfileLimit(timedelta(seconds=one.start_period), one.limit.value)
            for one in wire.charging_profile_period or ()
        ),
    )


def write_profile(profile: ChargingProfile) -> WireChargingProfile:
    return WireChargingProfile(
        start_date_time=maybe_instant(profile.started_at),
        duration=None if profile.duration is None else _seconds(profile.duration),
        charging_rate_unit=profile.unit,
        min_charging_rate=None if profile.rate_min is None else Number(tenths(profile.rate_min)),
        charging_profile_period=many(
            tuple(
                WireChargingProfilePeriod(start_period=_seconds(one.after), limit=Number(_limit(one)))
                for one in profile.limits
            )
        ),
    )


def _limit(one: ProfileLimit) -> Decimal:
    """What is given back is nothing drawn: OCPI has no other word for it."""
    return max(tenths(one.rate), Decimal(0))


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())


def read_set(wire: WireSetChargingProfile, hearing: Hearing) -> SetChargingProfile:
    return SetChargingProfile(response_url=wire.response_url, profile=read_profile(wire.charging_profile))


def write_set(command: SetChargingProfile) -> WireSetChargingProfile:
    return WireSetChargingProfile(charging_profile=write_profile(command.profile), response_url=command.response_url)


def read_response(wire: WireChargingProfileResponse, hearing: Hearing) -> ChargingProfileResponse:
    return ChargingProfileResponse(result=wire.result, timeout=wire.timeout)


def write_response(response: ChargingProfileResponse) -> WireChargingProfileResponse:
    return WireChargingProfileResponse(result=response.result, timeout=response.timeout)


def read_active(wire: WireActiveChargingProfile, hearing: Hearing) -> ActiveChargingProfile:
    return ActiveChargingProfile(started_at=wire.start_date_time.at, profile=read_profile(wire.charging_profile))


def write_active(active: ActiveChargingProfile) -> WireActiveChargingProfile:
    return WireActiveChargingProfile(
        start_date_time=DateTime(active.started_at), charging_profile=write_profile(active.profile)
    )


def read_result(wire: WireProfileResult, hearing: Hearing) -> ChargingProfileResult:
    return ChargingProfileResult(result=wire.result)


def read_cleared(wire: WireProfileResult, hearing: Hearing) -> ClearProfileResult:
    return ClearProfileResult(result=wire.result)


def write_result(result: ChargingProfileResult | ClearProfileResult) -> WireProfileResult:
    return WireProfileResult(result=result.result)


def read_told(wire: WireActiveChargingProfileResult, hearing: Hearing) -> ActiveChargingProfileResult:
    active = None if wire.profile is None else read_active(wire.profile, hearing)
    return ActiveChargingProfileResult(result=wire.result, active=active)


def write_told(result: ActiveChargingProfileResult) -> WireActiveChargingProfileResult:
    profile = None if result.active is None else write_active(result.active)
    return WireActiveChargingProfileResult(result=result.result, profile=profile)


CODECS: dict[type[Any], Codec[Any, Any]] = {
    ActiveChargingProfile: Codec(WireActiveChargingProfile, read_active, write_active),
    ActiveChargingProfileResult: Codec(WireActiveChargingProfileResult, read_told, write_told),
    ChargingProfileResponse: Codec(WireChargingProfileResponse, read_response, write_response),
    ChargingProfileResult: Codec(WireProfileResult, read_result, write_result),
    ClearProfileResult: Codec(WireProfileResult, read_cleared, write_result),
    SetChargingProfile: Codec(WireSetChargingProfile, read_set, write_set),
}
