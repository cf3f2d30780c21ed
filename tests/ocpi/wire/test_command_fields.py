"""Commands, charging profiles, preferences and authorizations, field by field, for the text has no example of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from laddnav.kit import json
from laddnav.kit.json import Unreadable
from laddnav.ocpi.wire.codec import parsed
from laddnav.ocpi.wire.commands import (
    CancelReservation,
    CommandResponse,
    CommandResult,
    ReserveNow,
    StartSession,
    StopSession,
    UnlockConnector,
)
from laddnav.ocpi.wire.profiles import (
    ActiveChargingProfileResult,
    ChargingProfileResponse,
    ChargingProfileResult,
    ClearProfileResult,
    SetChargingProfile,
)
from laddnav.scheduling.model import ActiveChargingProfile, ChargingProfile, ProfileLimit, RateUnit
from laddnav.sessions.model import Preferences
from laddnav.tokens.model import Authorization, LocationReferences
from tests.ocpi.wire.test_examples import CASES, HEARING, SPELT

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

URL = {"response_url": "https://emsp.example/r/1"}
PLUG = {"location_id": "LOC1", "evse_uid": "E1", "connector_id": "1"}
PROFILE = {
    "start_date_time": "2026-11-23T08:00:00Z",
    "duration": 900,
    "charging_rate_unit": "W",
    "min_charging_rate": Decimal("1.5"),
    "charging_profile_period": [{"start_period": 0, "limit": Decimal("3700.5")}],
}
ACTIVE = {"start_date_time": "2026-11-23T08:00:00Z", "charging_profile": PROFILE}
TEXT = {"language": "en", "text": "No"}
SINCE_2_2: dict[type[Any], dict[str, Any]] = {
    CancelReservation: URL | {"reservation_id": "R1"},
    SetChargingProfile: URL | {"charging_profile": PROFILE},
    ChargingProfileResponse: {"result": "ACCEPTED", "timeout": 30},
    ChargingProfileResult: {"result": "ACCEPTED"},
    ClearProfileResult: {"result": "ACCEPTED"},
    ActiveChargingProfile: ACTIVE,
    ActiveChargingProfileResult: {"result": "ACCEPTED", "profile": ACTIVE},
    Preferences: {
        "profile_type": "CHEAP",
        "departure_time": "2026-11-23T18:00:00Z",
        "energy_need": Decimal("20.5"),
        "discharge_allowed": True,
    },
}


def words(version: str, kind: type[Any]) -> dict[str, Any]:
    """One with all of its fields."""
    file = "token-object-example" if version == "2.1.1" else "full-rfid-example"
    token = parsed((CASES / version / "tokens" / f"{file}.json").read_bytes())
    old = version == "2.1.1"
    place = {"location_id": "LOC1", "evse_uids": ["E1"]} | ({"connector_ids": ["1"]} if old else {})
    reference = {} if old else {"authorization_reference": "ref"}
    answer: dict[str, Any] = {"result": "ACCEPTED"}
    whole: dict[type[Any], dict[str, Any]] = {
        StartSession: URL | {"token": token} | ({"location_id": "LOC1", "evse_uid": "E1"} if old else PLUG) | reference,
        StopSession: URL | {"session_id": "S1"},
        UnlockConnector: URL | PLUG,
        ReserveNow: URL
        | {"token": token, "expiry_date": "2026-11-23T09:00:00Z", "reservation_id": 7 if old else "R1"}
        | {"location_id": "LOC1", "evse_uid": "E1"}
        | reference,
        CommandResponse: answer | ({} if old else {"timeout": 30, "message": [TEXT]}),
        CommandResult: answer | ({} if old else {"message": [TEXT]}),
        LocationReferences: place,
        Authorization: {"allowed": "ALLOWED", "location": place, "info": TEXT}
        | ({} if old else {"token": token} | reference),
        **SINCE_2_2,
    }
    return whole[kind]


KINDS: tuple[type[Any], ...] = (
    StartSession,
    StopSession,
    UnlockConnector,
    ReserveNow,
    CommandResponse,
    CommandResult,
    LocationReferences,
    Authorization,
)
ALL = [(version, kind) for version in SPELT for kind in KINDS]
ALL += [(version, kind) for version in ("2.2.1", "2.3.0") for kind in SINCE_2_2]
EACH = pytest.mark.parametrize(("version", "kind"), ALL, ids=lambda one: one if isinstance(one, str) else one.__name__)
OPTIONAL = {
    "evse_uid",
    "connector_id",
    "authorization_reference",
    "message",
    "evse_uids",
    "connector_ids",
    "location",
    "info",
    "departure_time",
    "energy_need",
    "discharge_allowed",
}
LENIENT = {(Authorization, "token"), (ActiveChargingProfileResult, "profile")}  # some partners leave them out
LENGTHS = {  # in 2.1.1, and from 2.2 on
    "location_id": (39, 36),
    "evse_uid": (39, 36),
    "connector_id": (36, 36),
    "session_id": (36, 36),
    "reservation_id": (0, 36),
    "authorization_reference": (36, 36),
    "response_url": (255, 255),
}


@EACH
def test_what_is_required_is_required_and_what_is_optional_may_be_left_out(version: str, kind: type[Any]) -> None:
    """CMD-006, CMD-007, CMD-009, CMD-010, CMD-023, CMD-024, CMD-026, CMD-034, CMD-039, CMD-042, CMD-043.

    CHP-003, CHP-006, CHP-028, SES-048, TOK-043, TOK-044, TOK-050, TOK-051: all of it is said as it was heard.
    """
    codec, said = SPELT[version][kind], words(version, kind)
    assert parsed(codec.encode(codec.convert(said, HEARING))) == said
    for name in said:
        rest = {one: value for one, value in said.items() if one != name}
        if name == "evse_uid":
            rest.pop("connector_id", None)  # it names a Connector of that Evse
        if (name in OPTIONAL and kind is not UnlockConnector) or (kind, name) in LENIENT:
            codec.convert(rest, HEARING)
        else:
            with pytest.raises(Unreadable, match=name):
                codec.convert(rest, HEARING)


@EACH
def test_an_id_is_as_long_as_its_version_lets_it_be(version: str, kind: type[Any]) -> None:
    """CMD-024, CMD-034, CMD-045, CMD-049, TOK-043, TOK-050, TOK-051."""
    codec, said = SPELT[version][kind], words(version, kind)
    for name in said:
        most = LENGTHS.get(name.removesuffix("s"), (0, 0))[version != "2.1.1"]
        start = str(said[name]) if name == "response_url" else ""
        for length in (most, most + 1) if most else ():
            long = start + "x" * (length - len(start))
            changed = said | {name: [long] if name.endswith("s") else long}
            if length == most:
                codec.convert(changed, HEARING)
            else:
                with pytest.raises(Unreadable, match=name):
                    codec.convert(changed, HEARING)


def test_a_profile_needs_nothing_but_its_unit() -> None:
    """CHP-022, CHP-024: and each of its periods a start in whole seconds and a limit."""
    codec = SPELT["2.2.1"][ActiveChargingProfile]
    for name in PROFILE:
        rest = ACTIVE | {"charging_profile": {one: value for one, value in PROFILE.items() if one != name}}
        if name != "charging_rate_unit":
            codec.convert(rest, HEARING)
        else:
            with pytest.raises(Unreadable, match=name):
                codec.convert(rest, HEARING)
    for field, wrong in (
        ("charging_rate_unit", "V"),
        ("charging_profile_period", [{"limit": 1}]),
        ("charging_profile_period", [{"start_period": 0}]),
        ("charging_profile_period", [{"start_period": Decimal("0.5"), "limit": 1}]),
    ):
        with pytest.raises(Unreadable, match=field):
            codec.convert(ACTIVE | {"charging_profile": PROFILE | {field: wrong}}, HEARING)


def test_what_a_car_gives_back_is_told_as_nothing_drawn() -> None:
    limits = (ProfileLimit(timedelta(), Decimal(-9000)), ProfileLimit(timedelta(minutes=5), Decimal(4140)))
    profile = ChargingProfile(unit=RateUnit.WATT, started_at=NOON, limits=limits)
    words = SPELT["2.2.1"][ActiveChargingProfile].encode(ActiveChargingProfile(started_at=NOON, profile=profile))
    told = json.decode(words, dict[str, Any])
    assert [one["limit"] for one in told["charging_profile"]["charging_profile_period"]] == [0, 4140]


RESULTS = "ACCEPTED REJECTED UNKNOWN"
LISTS: list[tuple[type[Any], str, str, str]] = [
    (CommandResponse, "result", "2.1.1", "ACCEPTED NOT_SUPPORTED REJECTED TIMEOUT UNKNOWN_SESSION"),
    (CommandResponse, "result", "2.2.1", "ACCEPTED NOT_SUPPORTED REJECTED UNKNOWN_SESSION"),
    (
        CommandResult,
        "result",
        "2.2.1",
        """ACCEPTED CANCELED_RESERVATION EVSE_OCCUPIED EVSE_INOPERATIVE FAILED NOT_SUPPORTED REJECTED TIMEOUT
        UNKNOWN_RESERVATION""",
    ),
    (Authorization, "allowed", "2.1.1", "ALLOWED BLOCKED EXPIRED NO_CREDIT NOT_ALLOWED"),
    (Authorization, "allowed", "2.2.1", "ALLOWED BLOCKED EXPIRED NO_CREDIT NOT_ALLOWED"),
    (ChargingProfileResponse, "result", "2.2.1", "ACCEPTED NOT_SUPPORTED REJECTED TOO_OFTEN UNKNOWN_SESSION"),
    *((kind, "result", "2.2.1", RESULTS) for kind in (ActiveChargingProfileResult, ChargingProfileResult)),
    (ClearProfileResult, "result", "2.2.1", RESULTS),
    (Preferences, "profile_type", "2.2.1", "CHEAP FAST GREEN REGULAR"),
]
EVER = {word for _, _, _, listed in LISTS for word in listed.split()} | {"accepted", "NONSENSE"}


@pytest.mark.parametrize(("kind", "field", "version", "listed"), LISTS)
def test_a_word_is_one_of_its_list(kind: type[Any], field: str, version: str, listed: str) -> None:
    """CMD-006, CMD-007, CMD-011, CMD-012, CHP-007, CHP-010, SES-048, TOK-045."""
    for one in (version, "2.3.0") if version == "2.2.1" else (version,):
        for word in EVER:
            said = words(one, kind) | {field: word}
            if word in listed.split():
                assert SPELT[one][kind].convert(said, HEARING)
            else:
                with pytest.raises(Unreadable, match=field):
                    SPELT[one][kind].convert(said, HEARING)
