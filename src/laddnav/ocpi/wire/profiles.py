"""What may be asked about the limits of a charge, and the answers to it, in words that every version can spell."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile


class ProfileRequest(StrEnum):
    """What is asked, named for what its result says."""

    TELL = "ActiveChargingProfile"
    SET = "SetChargingProfile"
    CLEAR = "ClearProfile"


class ProfileVerdict(StrEnum):
    """Whether the CPO passes it on (OCPI 2.2.1 mod_charging_profiles_responsetype_enum)."""

    ACCEPTED = "ACCEPTED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    REJECTED = "REJECTED"
    TOO_OFTEN = "TOO_OFTEN"
    UNKNOWN_SESSION = "UNKNOWN_SESSION"


class ProfileResult(StrEnum):
    """What the Evse made of it (OCPI 2.2.1 mod_charging_profiles_resulttype_enum)."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"


class SetChargingProfile(Struct, frozen=True, kw_only=True):
    response_url: str
    profile: ChargingProfile


class ChargingProfileResponse(Struct, frozen=True, kw_only=True):
    """The answer at once; `timeout` in seconds, after which no result is to be expected any more."""

    result: ProfileVerdict
    timeout: int


class ChargingProfileResult(Struct, frozen=True, kw_only=True):
    """What follows on a profile that was set."""

    result: ProfileResult


class ClearProfileResult(Struct, frozen=True, kw_only=True):
    """What follows on one that was taken back."""

    result: ProfileResult


class ActiveChargingProfileResult(Struct, frozen=True, kw_only=True):
    """What follows on a question; `active` where the result is a yes."""

    result: ProfileResult
    active: ActiveChargingProfile | None = None


RESULTS: dict[ProfileRequest, type[ChargingProfileResult | ClearProfileResult | ActiveChargingProfileResult]] = {
    ProfileRequest.TELL: ActiveChargingProfileResult,
    ProfileRequest.SET: ChargingProfileResult,
    ProfileRequest.CLEAR: ClearProfileResult,
}
