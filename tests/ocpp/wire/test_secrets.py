"""What nobody may read afterwards is masked in every message that holds it, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.schemas import Direction
from laddnav.ocpp.wire.secrets import MASK, masked
from tests.ocpp.wire.examples import example, hostile

SECRET = "open sesame"
PASSWORD = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
BEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
TOLD: list[tuple[str, dict[str, Any]]] = [
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET}),
    (
        "GetConfiguration",
        {
            "configurationKey": [
                {"key": "HeartbeatInterval", "readonly": False, "value": "60"},
                {"key": "AuthorizationKey", "readonly": False, "value": SECRET},
            ]
        },
    ),
    ("SetVariables", {"setVariableData": [BEAT | {"attributeValue": "60"}, PASSWORD | {"attributeValue": SECRET}]}),
    (
        "GetVariables",
        {
            "getVariableResult": [
                PASSWORD | {"attributeStatus": "Accepted", "attributeValue": SECRET},
                BEAT | {"attributeStatus": "Accepted", "attributeValue": "60"},
            ]
        },
    ),
    (
        "NotifyReport",
        {
            "reportData": [
                BEAT | {"variableAttribute": [{"value": "60"}]},
                PASSWORD | {"variableAttribute": [{"type": "Actual", "value": SECRET}, {"mutability": "WriteOnly"}]},
            ]
        },
    ),
    (
        "NotifyEvent",
        {"eventData": [PASSWORD | {"actualValue": SECRET, "eventId": 1}, BEAT | {"actualValue": "60", "eventId": 2}]},
    ),
    (
        "SetNetworkProfile",
        {
            "connectionData": {
                "messageTimeout": 60,
                "basicAuthPassword": SECRET,
                "vpn": {"user": "60", "key": SECRET, "password": SECRET},
                "apn": {"apn": "60", "apnPassword": SECRET},
            }
        },
    ),
]


@pytest.mark.parametrize(("action", "payload"), TOLD, ids=lambda value: value if isinstance(value, str) else "")
def test_what_a_station_is_told_or_tells_that_is_secret_is_kept_by_nobody(action: str, payload: dict[str, Any]) -> None:
    """A01.FR.02, A00.FR.207: and what stands beside it stays."""
    for dialect in DIALECTS.values():
        if action in dialect.secrets:
            kept = str(dialect.kept(action, payload))
            assert SECRET not in kept and kept.count(MASK) == str(payload).count(SECRET)
            assert kept.replace(MASK, SECRET) == str(payload)
    assert any(action in dialect.secrets for dialect in DIALECTS.values())


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_message_without_secrets_stays_as_it_was_whatever_stands_in_it(dialect: Dialect) -> None:
    for action in dialect.secrets:
        for direction in Direction:
            payload = example(dialect.version, action, direction, full=action != "SetNetworkProfile")
            assert dialect.kept(action, payload) == payload
            for one in hostile(payload):
                assert masked(one) == one


def test_nothing_lies_so_deep_that_it_is_kept_unseen() -> None:
    deep: Any = {"key": "AuthorizationKey", "value": SECRET}
    for _ in range(10_000):
        deep = [deep]
    assert SECRET not in str(masked(deep))
