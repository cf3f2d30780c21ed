"""OCPP 2.0.1 and 2.1: what is written fits the official schema, what is read means what the text says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from laddnav.locations.model import Status
from laddnav.ocpp.rules import of_connectors
from laddnav.ocpp.wire import v2_0_1, v2_1
from laddnav.ocpp.wire.answers import Noted
from laddnav.ocpp.wire.dialect import Dialect, Unacceptable
from laddnav.ocpp.wire.events import ChargeTold, ConnectorsReported, Remarked
from laddnav.ocpp.wire.frames import Call
from laddnav.ocpp.wire.requests import (
    FreeEvse,
    KeepEvse,
    LimitCharge,
    ReportCharge,
    ReportLimits,
    Request,
    StartCharge,
    StopCharge,
    UnlimitCharge,
    Unlock,
)
from laddnav.ocpp.wire.schemas import Version, actions
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit

AT = "2026-11-23T08:00:00Z"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DIALECTS = pytest.mark.parametrize("dialect", [v2_0_1.DIALECT, v2_1.DIALECT], ids=lambda one: one.subprotocol)
PROFILE = ChargingProfile(unit=RateUnit.AMPERE, started_at=NOON, limits=(ProfileLimit(timedelta(0), Decimal(16)),))


def told(*samples: dict[str, Any]) -> ChargeTold:
    value = {"timestamp": AT, "sampledValue": list(samples)}
    payload = {"eventType": "Updated", "timestamp": AT, "triggerReason": "MeterValuePeriodic", "seqNo": 3}
    payload |= {"transactionInfo": {"transactionId": "T-1"}, "meterValue": [value]}
    event = v2_0_1.DIALECT.hear(Call("1", "TransactionEvent", payload)).event
    assert isinstance(event, ChargeTold)
    return event


def test_every_action_of_both_versions_has_its_schemas() -> None:
    assert (len(actions(Version.V2_0_1)), len(actions(Version.V2_1))) == (64, 90)


@DIALECTS
@pytest.mark.parametrize(
    "request_",
    [
        StartCharge(uid="04A2", token_type="RFID", number=7, evse_no=1),
        StopCharge(charge="T-1"),
        KeepEvse(number=7, evse_no=1, uid="04A2", token_type="APP_USER", group_id="G", until=NOON),
        FreeEvse(number=7),
        Unlock(evse_no=1),
        LimitCharge(charge="T-1", number=7, evse_no=1, profile=PROFILE),
        UnlimitCharge(charge="T-1", number=7, evse_no=1),
        ReportLimits(evse_no=1, duration=timedelta(hours=1)),
        ReportCharge(charge="T-1"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_whatever_we_ask_fits_its_schema(dialect: Dialect, request_: Request) -> None:
    assert dialect.ask("1", request_).payload


@DIALECTS
def test_what_is_only_for_the_record_is_answered_with_nothing(dialect: Dialect) -> None:
    call = Call("1", "PublishFirmwareStatusNotification", {"status": "Idle"})
    assert dialect.hear(call).event == Remarked()
    assert dialect.answer(call, Noted()).payload == {}


def test_a_number_counts_in_the_unit_and_the_power_of_ten_that_it_comes_with() -> None:
    event = told(
        {"value": 1.5, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}},
        {"value": 2, "unitOfMeasure": {"unit": "kWh"}},
        {"value": 3},
        {"value": 4, "unitOfMeasure": {"unit": "bananas"}},
    )
    assert [one.value for one in event.registers] == [1500, 2000, 3]
    assert event.unread == ("Energy.Active.Import.Register: 'bananas' is no unit of it",)


def test_a_signed_record_stays_as_it_came() -> None:
    record = {"signedMeterData": "T0NNRg==", "signingMethod": "", "encodingMethod": "OCMF", "publicKey": ""}
    number, reading = told({"value": 1, "signedMeterValue": record}).readings
    assert number.value == 1 and number.signed is None and reading.register is None
    assert reading.signed == '{"signedMeterData":"T0NNRg==","signingMethod":"","encodingMethod":"OCMF","publicKey":""}'


def test_a_connector_may_report_by_an_event_too() -> None:
    """G01.FR.03."""
    about = {"eventId": 1, "timestamp": AT, "trigger": "Delta", "eventNotificationType": "HardWiredNotification"}
    plug = {"component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}, "actualValue": "Occupied"}
    other = {"component": {"name": "FanController"}, "variable": {"name": "Active"}, "actualValue": "true"}
    data = [about | plug | {"variable": {"name": "AvailabilityState"}}, about | other]
    event = v2_1.DIALECT.hear(Call("1", "NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": data})).event
    assert isinstance(event, ConnectorsReported)
    assert [(one.evse_no, one.connector_no, one.status) for one in event.connectors] == [(1, 2, Status.BLOCKED)]


@pytest.mark.parametrize(
    ("connectors", "evse"),
    [
        ((Status.AVAILABLE, Status.BLOCKED), Status.BLOCKED),
        ((Status.OUTOFORDER, Status.AVAILABLE), Status.AVAILABLE),
        ((Status.OUTOFORDER, Status.INOPERATIVE), Status.INOPERATIVE),
        ((Status.RESERVED, Status.AVAILABLE), Status.RESERVED),
        ((), Status.UNKNOWN),
    ],
)
def test_an_evse_is_as_its_connectors_are(connectors: tuple[Status, ...], evse: Status) -> None:
    """G01.FR.08: of those that a car in another one takes away nobody reports."""
    assert of_connectors(connectors) is evse


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("StatusNotification", {"timestamp": AT, "connectorStatus": "Broken", "evseId": 1, "connectorId": 1}),
        ("StatusNotification", {"timestamp": AT, "connectorStatus": "Available", "evseId": -1, "connectorId": 1}),
        ("BootNotification", {"reason": "PowerUp"}),
        ("Authorize", {"idToken": "CARD1"}),
        (
            "TransactionEvent",
            {
                "eventType": "Started",
                "timestamp": AT,
                "triggerReason": "Authorized",
                "seqNo": 2**31 - 1,
                "transactionInfo": {"transactionId": "1"},
            },
        ),
    ],
)
def test_what_makes_no_sense_is_refused_and_says_where(action: str, payload: dict[str, Any]) -> None:
    with pytest.raises(Unacceptable) as refused:
        v2_0_1.DIALECT.hear(Call("1", action, payload))
    assert refused.value.answer.details["path"].startswith("$")
