"""Who may say what on a station's line, and when."""

from datetime import UTC, datetime

import pytest

from laddnav.ocpp.wire import frames, station
from laddnav.ocpp.wire.answers import Noted, Registered, Registration, TimeTold
from laddnav.ocpp.wire.events import Beat, Booted, StatusReported
from laddnav.ocpp.wire.frames import Call, CallError, CallResult
from laddnav.ocpp.wire.requests import StartCharge, Verbatim
from laddnav.ocpp.wire.station import CarryOut, Line, NotRegistered, Say, Settle, TooManyWaiting
from laddnav.ocpp.wire.v1_6 import DIALECT

AT = datetime(2026, 11, 21, 9, 47, tzinfo=UTC)
BOOT = Call("1", "BootNotification", {"chargePointVendor": "Volt", "chargePointModel": "Twin"})
STATUS = Call("2", "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
SHOWN = Call("2", "Authorize", {"idTag": "A"})
DATA = Call("2", "DataTransfer", {"vendorId": "Volt"})
BEAT = Call("3", "Heartbeat", {})
RESET = Verbatim(action="Reset", payload={"type": "Soft"})


def line(registration: Registration = Registration.ACCEPTED) -> Line:
    return Line(dialect=DIALECT, registration=registration)


def error_in(deed: Say | CarryOut) -> str:
    assert isinstance(deed, Say)
    frame = frames.read(deed.text)
    assert isinstance(frame, CallError)
    return frame.code


@pytest.mark.parametrize("registration", [Registration.PENDING, Registration.REJECTED])
def test_a_station_that_is_not_accepted_may_only_boot(registration: Registration) -> None:
    """OCPP-J 1.6 errata §3.10: a call before acceptance is answered with SecurityError."""
    for call in (STATUS, BEAT, Call("4", "Authorize", {"idTag": "A"})):
        same, deed = station.heard(line(registration), call, 1)
        assert error_in(deed) == "SecurityError"
        assert same == line(registration)
    _, deed = station.heard(line(registration), BOOT, 1)
    assert isinstance(deed, CarryOut)
    assert isinstance(deed.event, Booted)


def test_the_answer_to_a_boot_decides_what_is_heard_next() -> None:
    here, deed = station.heard(line(Registration.PENDING), BOOT, 1)
    assert isinstance(deed, CarryOut)
    here = station.answered(
        here, deed, 1, Registered(registration=Registration.ACCEPTED, now=AT, interval=300), "the answer"
    )
    _, deed = station.heard(here, STATUS, 2)
    assert isinstance(deed, CarryOut)
    assert isinstance(deed.event, StatusReported)


def test_a_call_that_cannot_be_read_is_answered_at_once() -> None:
    assert error_in(station.heard(line(), Call("9", "Authorize", {}), 1)[1]) == "ProtocolError"
    assert error_in(station.heard(line(), Call("9", "Nonsense", {}), 1)[1]) == "NotImplemented"


def test_a_repeated_call_is_answered_as_the_first_time_and_not_carried_out_again() -> None:
    here, deed = station.heard(line(), DATA, 77)
    assert isinstance(deed, CarryOut)
    here = station.answered(here, deed, 77, Noted(), "the answer")
    assert station.heard(here, DATA, 77) == (here, Say("the answer"))


def test_an_old_id_with_another_payload_is_another_call() -> None:
    here, deed = station.heard(line(), DATA, 77)
    assert isinstance(deed, CarryOut)
    here = station.answered(here, deed, 77, Noted(), "the answer")
    _, deed = station.heard(here, DATA, 78)
    assert isinstance(deed, CarryOut)


@pytest.mark.parametrize("call", [STATUS, SHOWN])
def test_a_status_or_a_card_under_an_old_id_is_news(call: Call) -> None:
    """There are stations that count their ids from 1 to 1, and say of a status no time."""
    here, deed = station.heard(line(), call, 77)
    assert isinstance(deed, CarryOut)
    here = station.answered(here, deed, 77, Noted(), "the answer")
    assert isinstance(station.heard(here, call, 77)[1], CarryOut)


def test_a_repeated_heartbeat_hears_the_time_of_now() -> None:
    here, deed = station.heard(line(), BEAT, 5)
    assert isinstance(deed, CarryOut)
    here = station.answered(here, deed, 5, TimeTold(now=AT), "the answer")
    _, deed = station.heard(here, BEAT, 5)
    assert isinstance(deed, CarryOut)
    assert deed.event == Beat()


def test_only_so_many_answers_are_remembered() -> None:
    here = line()
    for number in range(100):
        here, deed = station.heard(here, DATA, number)
        assert isinstance(deed, CarryOut)
        here = station.answered(here, deed, number, Noted(), "the answer")
    assert len(here.said) == station.REMEMBERED


def test_one_call_of_ours_is_open_at_a_time() -> None:
    """OCPP-J 1.6 §4.1.1."""
    here = station.ask(station.ask(line(), "a", RESET, 30), "b", RESET, 30)
    here, first = station.turn(here, 100.0)
    assert first is not None
    assert (first.call.id, first.until) == ("a", 130.0)
    assert station.turn(here, 101.0) == (here, None)
    here, settle = station.settled(here, CallResult("a", {"status": "Accepted"}))
    assert settle == Settle(first, CallResult("a", {"status": "Accepted"}))
    here, second = station.turn(here, 102.0)
    assert second is not None
    assert second.call.id == "b"


def test_an_answer_that_nobody_waits_for_changes_nothing() -> None:
    assert station.settled(line(), CallResult("x", {})) == (line(), None)
    here, _ = station.turn(station.ask(line(), "a", RESET, 30), 0.0)
    assert station.settled(here, CallError("b", "GenericError")) == (here, None)


def test_a_call_without_an_answer_lapses_and_the_next_has_its_turn() -> None:
    here = station.ask(station.ask(line(), "a", RESET, 30), "b", RESET, 30)
    here, first = station.turn(here, 100.0)
    assert station.lapsed(here, 129.9) == (here, None)
    here, settle = station.lapsed(here, 130.0)
    assert first is not None
    assert settle == Settle(first, None)
    assert station.settled(here, CallResult("a", {})) == (here, None)
    assert station.turn(here, 130.0)[1] is not None


def test_a_pending_station_may_be_set_up_but_not_asked_to_charge() -> None:
    """OCPP 1.6 §4.2: RemoteStart and RemoteStop are not allowed while pending."""
    pending = line(Registration.PENDING)
    station.ask(pending, "a", RESET, 30)
    for request in (
        StartCharge(uid="A", token_type="RFID", number=1),
        Verbatim(action="RemoteStopTransaction", payload={"transactionId": 1}),
    ):
        with pytest.raises(NotRegistered):
            station.ask(pending, "a", request, 30)
    with pytest.raises(NotRegistered):
        station.ask(line(Registration.REJECTED), "a", RESET, 30)


def test_a_pending_station_is_heard_on_what_we_asked_it_to_tell_and_once() -> None:
    trigger = Verbatim(action="TriggerMessage", payload={"requestedMessage": "StatusNotification"})
    here, _ = station.turn(station.ask(line(Registration.PENDING), "a", trigger, 30), 0.0)
    here, _ = station.settled(here, CallResult("a", {"status": "Accepted"}))
    here, deed = station.heard(here, STATUS, 1)
    assert isinstance(deed, CarryOut)
    _, deed = station.heard(here, STATUS, 2)
    assert error_in(deed) == "SecurityError"


def test_calls_that_pile_up_are_refused() -> None:
    here = line()
    for number in range(station.WAITING_MAX):
        here = station.ask(here, str(number), RESET, 30)
    with pytest.raises(TooManyWaiting):
        station.ask(here, "one more", RESET, 30)
