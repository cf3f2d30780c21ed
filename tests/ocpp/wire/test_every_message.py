"""Every message of every version, in and out: as its schema has it, with something missing, and as nobody means it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from laddnav.kit import json
from laddnav.ocpp.wire import schemas
from laddnav.ocpp.wire.dialect import Dialect, Heard, Unacceptable, Unsayable
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.frames import Call, ErrorCode, Send
from laddnav.ocpp.wire.requests import Verbatim, Verdict
from laddnav.ocpp.wire.schemas import Direction, UnknownAction, Version
from tests.ocpp.wire.examples import example, hostile, schema_of, wrong

# What stations ask; whatever else there is, they are asked (OCPP 1.6 §4, security whitepaper; 2.0.1, 2.1 part 2).
_1_6 = frozenset(
    """Authorize BootNotification DataTransfer DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat
    LogStatusNotification MeterValues SecurityEventNotification SignCertificate SignedFirmwareStatusNotification
    StartTransaction StatusNotification StopTransaction""".split()
)
_2_0_1 = frozenset(
    """Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification Get15118EVCertificate
    GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit NotifyCustomerInformation
    NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport NotifyReport
    PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate SecurityEventNotification
    SignCertificate StatusNotification TransactionEvent""".split()
)
_2_1 = _2_0_1 | frozenset(
    """BatterySwap ClosePeriodicEventStream GetCertificateChainStatus NotifyDERAlarm NotifyDERStartStop
    NotifyPeriodicEventStream NotifyPriorityCharging NotifySettlement OpenPeriodicEventStream PullDynamicScheduleUpdate
    ReportDERControl VatNumberValidation""".split()
)
OF_STATIONS = {Version.V1_6: _1_6, Version.V2_0_1: _2_0_1, Version.V2_1: _2_1}
BOTH_WAYS = frozenset({"DataTransfer"})

DOCUMENT = Path(__file__).parents[3] / "docs" / "reference" / "ocpp-messages.md"
TABLE = re.compile(r"^\| (\w+) \| ([\d., ]+) \|", re.MULTILINE)

each = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


def said(dialect: Dialect, action: str, payload: dict[str, object]) -> Call:
    kind = Send if action in schemas.sends(dialect.version) else Call
    return kind("1", action, payload)


@each
def test_whatever_a_station_may_say_is_understood(dialect: Dialect) -> None:
    assert dialect.hears.keys() == OF_STATIONS[dialect.version]
    for action in dialect.hears:
        for full in (False, True):
            heard = dialect.hear(said(dialect, action, example(dialect.version, action, full=full)))
            assert heard.quirks == (), action


@each
def test_what_lacks_something_is_heard_as_a_departure_or_refused_by_the_right_name(dialect: Dialect) -> None:
    """OCPP-J 1.6 §4.2.3: what is required and absent is a ProtocolError."""
    for action in dialect.hears:
        needs = schema_of(dialect.version, action).get("required", [])
        for payload in wrong(example(dialect.version, action, full=True), needs):
            try:
                assert dialect.hear(said(dialect, action, payload)).quirks, action
            except Unacceptable as error:
                assert error.answer.code == ErrorCode.PROTOCOL_ERROR, action


@each
def test_nothing_that_a_station_says_breaks_anything(dialect: Dialect) -> None:
    for action in dialect.hears:
        for payload in hostile(example(dialect.version, action, full=True)):
            try:
                heard = dialect.hear(said(dialect, action, payload))
            except Unacceptable:
                continue
            assert isinstance(heard, Heard), action
            json.encode(heard.event)


@each
def test_whatever_a_station_may_be_asked_can_be_said_and_nothing_else(dialect: Dialect) -> None:
    asked = schemas.actions(dialect.version) - (OF_STATIONS[dialect.version] - BOTH_WAYS)
    for action in asked:
        for full in (False, True):
            payload = example(dialect.version, action, full=full)
            assert dialect.ask("1", Verbatim(action=action, payload=payload)) == Call("1", action, payload)
        needs = schema_of(dialect.version, action).get("required", [])
        for payload in wrong(example(dialect.version, action, full=True), needs):
            with pytest.raises(Unsayable):
                dialect.ask("1", Verbatim(action=action, payload=payload))
    for action in dialect.hears.keys() - BOTH_WAYS:
        with pytest.raises((UnknownAction, Unsayable)):
            dialect.ask("1", Verbatim(action=action, payload=example(dialect.version, action)))


def test_the_reference_names_every_message_of_every_version() -> None:
    from_stations, to_stations = DOCUMENT.read_text().split("## To stations")
    for dialect in DIALECTS.values():
        version, number = dialect.version, dialect.subprotocol.removeprefix("ocpp")
        asked = schemas.actions(version) - (OF_STATIONS[version] - BOTH_WAYS)
        for text, actions in ((from_stations, OF_STATIONS[version]), (to_stations, asked)):
            named = {row[1] for row in TABLE.finditer(text) if number in row[2].split(", ")}
            assert named == actions


@each
def test_any_answer_to_what_we_ask_can_be_kept(dialect: Dialect) -> None:
    """What is asked for without bounds tells of what is left unnamed; and who lists nothing has nothing (N12.FR.01)."""
    for action in dialect.leaves:
        least, most = (Call("1", action, example(dialect.version, action, full=full)) for full in (False, True))
        answer = example(dialect.version, action, Direction.RESPONSE)
        assert dialect.left_by(least, answer) or dialect.left_by(most, answer), action
        if action != "GetPeriodicEventStream":
            assert dialect.left_by(most, {"status": "Rejected"}) is None
            assert dialect.left_by(most, {}) is None


@each
def test_whatever_a_station_answers_is_a_yes_or_a_no_and_breaks_nothing(dialect: Dialect) -> None:
    """What no schema allows among it: only a clear yes is one, and what cannot be read leaves nothing behind."""
    for codec in dialect.asks.values():
        answer = example(dialect.version, codec.action, Direction.RESPONSE, full=True)
        assert schemas.problems(dialect.version, codec.action, Direction.RESPONSE, answer) == (), codec.action
        asked = Call("1", codec.action, example(dialect.version, codec.action, full=True))
        needs = schema_of(dialect.version, codec.action, Direction.RESPONSE).get("required", [])
        for payload in ({}, answer, *wrong(answer, list(answer)), *hostile(answer)):
            json.encode((codec.read(payload), dialect.left_by(asked, payload)))
            clear = payload.get("status") == answer["status"] if "status" in answer else all(map(payload.get, needs))
            if not clear:
                assert codec.read(payload) is not Verdict.ACCEPTED, (codec.action, payload)
