"""The official schemas name what is wrong, where, and with which error code."""

from typing import Any

import pytest

from laddnav.ocpp.wire.frames import ErrorCode
from laddnav.ocpp.wire.schemas import Direction, UnknownAction, Version, actions, problems

READING = {"timestamp": "2026-11-21T09:47:00Z", "sampledValue": [{"value": "1"}]}


def test_every_action_of_1_6_has_a_schema_for_both_directions() -> None:
    assert len(actions(Version.V1_6)) == 39
    for action in actions(Version.V1_6):
        for direction in Direction:
            problems(Version.V1_6, action, direction, {})


def test_a_valid_payload_has_no_problems() -> None:
    payload = {"connectorId": 1, "meterValue": [READING]}
    assert problems(Version.V1_6, "MeterValues", Direction.REQUEST, payload) == ()


@pytest.mark.parametrize(
    ("payload", "code", "path"),
    [
        ({"meterValue": [READING]}, ErrorCode.PROTOCOL_ERROR, "$"),
        ({"connectorId": "1", "meterValue": [READING]}, ErrorCode.TYPE_CONSTRAINT_VIOLATION, "$.connectorId"),
        ({"connectorId": 1, "meterValue": []}, ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, "$.meterValue"),
        (
            {"connectorId": 1, "meterValue": [READING | {"timestamp": "yesterday"}]},
            ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
            "$.meterValue[0].timestamp",
        ),
        ({"connectorId": 1, "meterValue": [READING], "x": 1}, ErrorCode.FORMATION_VIOLATION, "$"),
    ],
)
def test_a_departure_is_named_by_code_and_path(payload: dict[str, Any], code: ErrorCode, path: str) -> None:
    (problem,) = problems(Version.V1_6, "MeterValues", Direction.REQUEST, payload)
    assert (problem.code, problem.path) == (code, path)


def test_what_is_nested_too_deep_to_be_checked_departs_from_its_schema() -> None:
    nested: Any = "x"
    for _ in range(900):
        nested = [nested]
    (problem,) = problems(Version.V1_6, "Heartbeat", Direction.REQUEST, {"x": nested})
    assert (problem.code, problem.path) == (ErrorCode.FORMATION_VIOLATION, "$")


def test_an_unknown_action_is_refused_by_name() -> None:
    for action in ("Nonsense", "HeartbeatResponse", "../Heartbeat", ""):
        with pytest.raises(UnknownAction):
            problems(Version.V1_6, action, Direction.REQUEST, {})
