"""Every core message of OCPP 1.6 is read into an event, and every answer and request of ours fits its schema."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from laddnav.locations.model import Status
from laddnav.metering.model import Activity, Reading
from laddnav.ocpp.wire.answers import (
    Answer,
    ChargeClosed,
    ChargeNamed,
    DataJudged,
    Noted,
    Registered,
    Registration,
    TimeTold,
    TokenJudged,
)
from laddnav.ocpp.wire.dialect import Unacceptable, Unsayable
from laddnav.ocpp.wire.events import (
    Beat,
    Booted,
    ChargeStarted,
    ChargeStopped,
    DataReceived,
    Measured,
    StationEvent,
    StatusReported,
    TokenShown,
)
from laddnav.ocpp.wire.frames import Call, ErrorCode
from laddnav.ocpp.wire.requests import LimitCharge, StartCharge, StopCharge, Verbatim, Verdict
from laddnav.ocpp.wire.schemas import UnknownAction
from laddnav.ocpp.wire.v1_6 import DIALECT
from laddnav.scheduling.model import ChargingProfile, ProfileLimit, RateUnit
from laddnav.tokens.model import Allowed

AT = datetime(2026, 11, 21, 9, 47, tzinfo=UTC)
STAMP = "2026-11-21T09:47:00Z"


def heard(action: str, payload: dict[str, Any]) -> StationEvent:
    return DIALECT.hear(Call("1", action, payload)).event


def samples(*values: dict[str, Any]) -> tuple[Reading, ...]:
    event = heard("MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": STAMP, "sampledValue": list(values)}]})
    assert isinstance(event, Measured)
    return event.readings


def test_a_boot_notification_says_what_the_station_is() -> None:
    payload = {
        "chargePointVendor": "Volt",
        "chargePointModel": "Twin",
        "chargeBoxSerialNumber": "B-1",
        "firmwareVersion": "3.1",
        "iccid": "8946",
    }
    assert heard("BootNotification", payload) == Booted(
        vendor="Volt", model="Twin", serial_number="B-1", firmware="3.1"
    )


def test_a_heartbeat_is_a_beat() -> None:
    assert heard("Heartbeat", {}) == Beat()


@pytest.mark.parametrize(
    ("said", "status", "activity"),
    [
        ("Available", Status.AVAILABLE, None),
        ("Preparing", Status.BLOCKED, None),
        ("Charging", Status.CHARGING, Activity.CHARGING),
        ("SuspendedEV", Status.CHARGING, Activity.SUSPENDED_EV),
        ("SuspendedEVSE", Status.CHARGING, Activity.SUSPENDED_EVSE),
        ("Finishing", Status.BLOCKED, None),
        ("Reserved", Status.RESERVED, None),
        ("Unavailable", Status.INOPERATIVE, None),
        ("Faulted", Status.OUTOFORDER, None),
    ],
)
def test_every_connector_status_has_its_evse_status(said: str, status: Status, activity: Activity | None) -> None:
    event = heard("StatusNotification", {"connectorId": 2, "errorCode": "NoError", "status": said, "timestamp": STAMP})
    assert event == StatusReported(evse_no=2, status=status, activity=activity, said=said, at=AT)


def test_a_vendors_own_error_code_says_more_than_the_general_one() -> None:
    payload = {
        "connectorId": 0,
        "errorCode": "OtherError",
        "vendorErrorCode": "E17",
        "status": "Faulted",
        "info": "hot",
    }
    event = heard("StatusNotification", payload)
    assert isinstance(event, StatusReported)
    assert (event.evse_no, event.error_code, event.info, event.at) == (0, "E17", "hot", None)


def test_an_authorize_shows_a_token() -> None:
    assert heard("Authorize", {"idTag": "04A2"}) == TokenShown(uid="04A2")


def test_a_start_transaction_is_one_fact_however_often_it_is_told() -> None:
    payload = {"connectorId": 1, "idTag": "04a2", "meterStart": 1200, "timestamp": "2026-11-21T10:47:00.000+01:00"}
    event = heard("StartTransaction", payload)
    assert event == ChargeStarted(evse_no=1, uid="04a2", at=AT, register=Decimal(1200))
    again = heard("StartTransaction", payload | {"idTag": "04A2", "timestamp": STAMP, "reservationId": 3})
    assert isinstance(event, ChargeStarted)
    assert isinstance(again, ChargeStarted)
    assert again.reservation_no == 3
    assert again.natural_key == event.natural_key == "1/04a2/2026-11-21T09:47:00Z/1200"


def test_a_stop_transaction_without_a_reason_was_stopped_by_the_driver() -> None:
    payload = {"transactionId": 7, "meterStop": 9000, "timestamp": STAMP, "idTag": "04A2"}
    assert heard("StopTransaction", payload) == ChargeStopped(
        charge="7", at=AT, register=Decimal(9000), reason="Local", uid="04A2"
    )


def test_a_stop_transaction_brings_its_readings() -> None:
    data = [{"timestamp": STAMP, "sampledValue": [{"value": "9.0", "unit": "kWh", "context": "Transaction.End"}]}]
    payload = {"transactionId": 7, "meterStop": 9000, "timestamp": STAMP, "reason": "Remote", "transactionData": data}
    event = heard("StopTransaction", payload)
    assert isinstance(event, ChargeStopped)
    assert event.readings == (
        Reading(at=AT, measurand="Energy.Active.Import.Register", value=Decimal(9000), context="Transaction.End"),
    )


def test_a_charge_whose_name_never_reached_the_station_has_none() -> None:
    """OCPP 1.6 errata §3.18: transactionId -1."""
    stop = heard("StopTransaction", {"transactionId": -1, "meterStop": 9000, "timestamp": STAMP})
    assert isinstance(stop, ChargeStopped)
    assert stop.charge is None
    value = {"timestamp": STAMP, "sampledValue": [{"value": "1"}]}
    measured = heard("MeterValues", {"connectorId": 1, "transactionId": -1, "meterValue": [value]})
    assert isinstance(measured, Measured)
    assert measured.charge is None


def test_a_data_transfer_is_kept_as_it_came() -> None:
    event = heard("DataTransfer", {"vendorId": "com.volt", "messageId": "x", "data": "y"})
    assert event == DataReceived(vendor="com.volt", message="x", data="y")


def test_a_bare_sample_is_the_import_register_in_watt_hours() -> None:
    """OCPP 1.6 §7.43: the defaults of every field that is left out."""
    assert samples({"value": "1200"}) == (
        Reading(at=AT, measurand="Energy.Active.Import.Register", value=Decimal(1200)),
    )


@pytest.mark.parametrize(
    ("measurand", "value", "unit", "ours"),
    [
        ("Energy.Active.Import.Register", "1.234", "kWh", "1234"),
        ("Energy.Active.Import.Register", "1.234", "KWH", "1234"),
        ("Power.Active.Import", "11.04", "kW", "11040"),
        ("Power.Active.Import", "11040.5", "W", "11040.5"),
        ("Energy.Reactive.Import.Register", "2", "kvarh", "2000"),
        ("Current.Import", "16.02", "A", "16.02"),
        ("Voltage", "230.1", "V", "230.1"),
        ("SoC", "80", "Percent", "80"),
        ("Frequency", "50.01", None, "50.01"),
        ("Temperature", "20.5", "Celcius", "20.5"),
        ("Temperature", "300.15", "K", "27"),
        ("Temperature", "212", "Fahrenheit", "100"),
        ("Frequency", "50010", "mHz", "50.01"),
        ("Energy.Apparent.Import", "1.5", "kVAh", "1500"),
        ("RPM", "900", "RPM", "900"),
        ("Power.Factor", "0.97", None, "0.97"),
    ],
)
def test_a_sample_comes_in_the_unit_of_its_reading(measurand: str, value: str, unit: str | None, ours: str) -> None:
    sample = {"measurand": measurand, "value": value} | ({"unit": unit} if unit else {})
    (reading,) = samples(sample)
    assert (reading.measurand, reading.value) == (measurand, Decimal(ours))


def test_phases_are_left_as_given_and_never_summed() -> None:
    readings = samples(
        {"measurand": "Current.Import", "phase": "L1", "value": "10", "unit": "A"},
        {"measurand": "Current.Import", "phase": "L2", "value": "11", "unit": "A"},
        {"measurand": "Voltage", "phase": "L1-N", "value": "230", "unit": "V", "location": "Inlet"},
    )
    assert [(r.phase, r.value, r.location) for r in readings] == [
        ("L1", Decimal(10), "Outlet"),
        ("L2", Decimal(11), "Outlet"),
        ("L1-N", Decimal(230), "Inlet"),
    ]


def test_a_signed_record_is_kept_as_sent_beside_the_number_it_signs() -> None:
    """Signed Meter Values in OCPP 1.0 §3.2.1: as OCMF, or in a SignedMeterValueType; of each context its own."""
    record = 'OCMF|{"FV":"1.0","RD":[{"RV":1.2}]}|{"SD":"30"}'
    wrapped = '{"signedMeterData": "T0NNRg==", "encodingMethod": "OCMF", "signingMethod": "", "publicKey": ""}'
    number, *signed = samples(
        {"value": "1.2", "unit": "kWh"},
        {"value": record, "format": "SignedData", "context": "Transaction.Begin"},
        {"value": wrapped, "format": "SignedData", "context": "Transaction.End"},
    )
    assert (number.value, number.signed) == (Decimal(1200), None)
    assert [(one.context, one.signed) for one in signed] == [
        ("Transaction.Begin", record),
        ("Transaction.End", wrapped),
    ]


def test_a_signed_record_alone_is_no_register() -> None:
    (reading,) = samples({"value": "OCMF|{}|{}", "format": "SignedData", "context": "Transaction.End"})
    assert reading.register is None
    assert (reading.signed, reading.context) == ("OCMF|{}|{}", "Transaction.End")


@pytest.mark.parametrize("value", ["", "NaN", "Infinity", "1,5", "eleven", None, True, [0, [1], 2], {}, "9" * 100_000])
def test_a_sample_without_sense_does_not_cost_the_others(value: Any) -> None:
    payload = {
        "connectorId": 1,
        "meterValue": [{"timestamp": STAMP, "sampledValue": [{"value": value}, {"value": 5}]}],
    }
    understood = DIALECT.hear(Call("1", "MeterValues", payload))
    assert isinstance(understood.event, Measured)
    assert [reading.value for reading in understood.event.readings] == [Decimal(5)]
    assert len(understood.event.unread) == 1
    assert understood.quirks


def test_a_sample_in_an_unknown_unit_or_at_no_time_is_not_guessed() -> None:
    unit = {"timestamp": STAMP, "sampledValue": [{"value": "5", "unit": "BTU"}]}
    time = {"timestamp": "noon", "sampledValue": [{"value": "5"}]}
    event = heard("MeterValues", {"connectorId": 1, "meterValue": [unit, time]})
    assert isinstance(event, Measured)
    assert event.readings == ()
    assert len(event.unread) == 2


@pytest.mark.parametrize(
    "stamp", ["2026-11-21T09:47:00", "2026-11-21 09:47:00Z", "2026-11-21T10:47:00+01:00", "20261121T094700Z"]
)
def test_an_instant_without_a_zone_is_utc_and_every_shape_of_iso_8601_is_read(stamp: str) -> None:
    """OCPP 1.6 §3.14 and §3.15."""
    payload = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": stamp}
    event = heard("StartTransaction", payload)
    assert isinstance(event, ChargeStarted)
    assert event.at == AT


@pytest.mark.parametrize(
    ("stamp", "year"),
    [("0001-01-01T00:00:00Z", 1970), ("0001-01-01T00:00:00+14:00", 1970), ("9999-12-31T23:59:59.999-02:00", 2100)],
)
def test_an_instant_of_a_clock_that_was_never_set_is_one_that_can_be_counted_from(stamp: str, year: int) -> None:
    event = heard("StartTransaction", {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": stamp})
    assert isinstance(event, ChargeStarted)
    assert event.at == datetime(year, 1, 1, tzinfo=UTC)


def test_what_departs_from_the_schema_and_can_be_read_is_a_quirk() -> None:
    payload = {"connectorId": "1", "idTag": "A" * 30, "meterStart": 12.5, "timestamp": "2026-11-21T09:47:00", "x": 1}
    understood = DIALECT.hear(Call("1", "StartTransaction", payload | {"meterStart": Decimal("12.5")}))
    assert understood.event == ChargeStarted(evse_no=1, uid="A" * 30, at=AT, register=Decimal("12.5"))
    assert len(understood.quirks) == 5


START = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": STAMP}


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("BootNotification", {"chargePointVendor": "Volt"}, ErrorCode.PROTOCOL_ERROR),
        ("BootNotification", {"chargePointVendor": 5, "chargePointModel": "X"}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        ("StartTransaction", {}, ErrorCode.PROTOCOL_ERROR),
        ("StartTransaction", START | {"x": 1, "meterStart": "much"}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        ("StartTransaction", START | {"meterStart": "NaN"}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        ("StartTransaction", START | {"timestamp": "noon"}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        ("StartTransaction", START | {"connectorId": -1}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        ("StartTransaction", START | {"connectorId": 2**40}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        ("StartTransaction", START | {"idTag": "x" * 5000}, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION),
        (
            "StatusNotification",
            {"connectorId": 1, "errorCode": "NoError", "status": "Busy"},
            ErrorCode.PROPERTY_CONSTRAINT_VIOLATION,
        ),
        ("MeterValues", {"connectorId": 1, "meterValue": [17]}, ErrorCode.TYPE_CONSTRAINT_VIOLATION),
        ("Heartbeats", {}, ErrorCode.NOT_IMPLEMENTED),
        ("Reset", {"type": "Soft"}, ErrorCode.NOT_SUPPORTED),
        ("Reset", {"type": "Soft"}, ErrorCode.NOT_SUPPORTED),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_protocols_code(
    action: str, payload: dict[str, Any], code: ErrorCode
) -> None:
    with pytest.raises(Unacceptable) as refused:
        DIALECT.hear(Call("17", action, payload))
    assert (refused.value.answer.id, refused.value.answer.code) == ("17", code)


JUDGED = TokenJudged(allowed=Allowed.ALLOWED, group_id="family", expires_at=AT)


@pytest.mark.parametrize(
    ("action", "answer", "payload"),
    [
        (
            "BootNotification",
            Registered(registration=Registration.PENDING, now=AT, interval=60),
            {"status": "Pending", "currentTime": STAMP, "interval": 60},
        ),
        ("Heartbeat", TimeTold(now=AT), {"currentTime": STAMP}),
        ("StatusNotification", Noted(), {}),
        ("MeterValues", Noted(), {}),
        (
            "Authorize",
            JUDGED,
            {"idTagInfo": {"status": "Accepted", "expiryDate": STAMP, "parentIdTag": "family"}},
        ),
        (
            "StartTransaction",
            ChargeNamed(charge="7", token=TokenJudged(allowed=Allowed.NOT_ALLOWED)),
            {"transactionId": 7, "idTagInfo": {"status": "Invalid"}},
        ),
        ("StopTransaction", ChargeClosed(), {}),
        (
            "StopTransaction",
            ChargeClosed(token=TokenJudged(allowed=Allowed.EXPIRED, group_id="longer than twenty characters")),
            {"idTagInfo": {"status": "Expired"}},
        ),
        ("DataTransfer", DataJudged(), {"status": "UnknownVendorId"}),
        ("DataTransfer", DataJudged(vendor_known=True), {"status": "UnknownMessageId"}),
    ],
)
def test_every_answer_of_ours_fits_its_schema(action: str, answer: Answer, payload: dict[str, Any]) -> None:
    """TOK-018: a group that is too long for a station is not told to it."""
    assert DIALECT.answer(Call("1", action, {}), answer).payload == payload


@pytest.mark.parametrize("allowed", Allowed)
def test_every_verdict_has_a_word_in_1_6(allowed: Allowed) -> None:
    info = DIALECT.answer(Call("1", "Authorize", {}), TokenJudged(allowed=allowed)).payload["idTagInfo"]
    assert (info["status"] == "Accepted") == (allowed is Allowed.ALLOWED)


def test_requests_of_ours_fit_their_schema() -> None:
    start = DIALECT.ask("1", StartCharge(uid="04A2", token_type="RFID", number=1, evse_no=2))
    assert (start.action, start.payload) == ("RemoteStartTransaction", {"idTag": "04A2", "connectorId": 2})
    assert DIALECT.ask("1", StartCharge(uid="04A2", token_type="RFID", number=1)).payload == {"idTag": "04A2"}
    stop = DIALECT.ask("1", StopCharge(charge="7"))
    assert (stop.action, stop.payload) == ("RemoteStopTransaction", {"transactionId": 7})
    reset = DIALECT.ask("1", Verbatim(action="Reset", payload={"type": "Soft"}))
    assert (reset.action, reset.payload) == ("Reset", {"type": "Soft"})


@pytest.mark.parametrize(
    ("said", "kind", "schedule"),
    [
        ({}, "Relative", {}),
        ({"duration": timedelta(hours=1)}, "Relative", {"duration": 3600}),
        ({"started_at": AT}, "Absolute", {"startSchedule": STAMP}),
    ],
)
def test_a_limit_counts_from_its_start_or_else_from_that_of_the_charge(
    said: dict[str, Any], kind: str, schedule: dict[str, Any]
) -> None:
    """CHP-023, CHP-026: in the unit that it was said in; where no length is said, the last limit goes on."""
    limits = (ProfileLimit(timedelta(), Decimal(16)), ProfileLimit(timedelta(minutes=15), Decimal("8.1")))
    profile = ChargingProfile(unit=RateUnit.AMPERE, limits=limits, **said)
    sent = DIALECT.ask("1", LimitCharge(charge="7", number=7, evse_no=2, profile=profile)).payload["csChargingProfiles"]
    assert (sent["chargingProfilePurpose"], sent["chargingProfileKind"], sent["transactionId"]) == (
        "TxProfile",
        kind,
        7,
    )
    periods = [{"startPeriod": 0, "limit": 16}, {"startPeriod": 900, "limit": Decimal("8.1")}]
    assert sent["chargingSchedule"] == {"chargingRateUnit": "A", "chargingSchedulePeriod": periods} | schedule


def test_what_departs_from_the_schema_is_not_sent() -> None:
    with pytest.raises(Unsayable) as refused:
        DIALECT.ask("1", Verbatim(action="Reset", payload={"type": "Gently"}))
    assert refused.value.problems[0].path == "$.type"
    with pytest.raises(Unsayable):
        DIALECT.ask("1", StartCharge(uid="x" * 21, token_type="RFID", number=1))
    with pytest.raises(UnknownAction):
        DIALECT.ask("1", Verbatim(action="Explode", payload={}))


def test_only_a_clear_yes_is_a_yes() -> None:
    for request in (StartCharge(uid="A", token_type="RFID", number=1), StopCharge(charge="1")):
        assert DIALECT.said(request, {"status": "Accepted"}) is Verdict.ACCEPTED
        assert DIALECT.said(request, {"status": "Rejected"}) is Verdict.REJECTED
        assert DIALECT.said(request, {}) is Verdict.REJECTED
