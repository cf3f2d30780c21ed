"""Frames of OCPP-J are read exactly, and garbage gets the answer it deserves."""

import json
from decimal import Decimal

import pytest

from laddnav.ocpp.wire import frames
from laddnav.ocpp.wire.frames import Call, CallError, CallResult, ErrorCode, Garbled, Ignored


def test_a_call_is_read_and_written_back_as_it_was() -> None:
    text = '[2,"19223201","BootNotification",{"chargePointVendor":"VendorX","chargePointModel":"SingleSocketCharger"}]'
    call = frames.read(text)
    assert call == Call(
        "19223201", "BootNotification", {"chargePointVendor": "VendorX", "chargePointModel": "SingleSocketCharger"}
    )
    assert frames.write(call) == text


def test_results_and_errors_are_read() -> None:
    assert frames.read('[3,"7",{"status":"Accepted"}]') == CallResult("7", {"status": "Accepted"})
    assert frames.read('[4,"7","NotSupported","SendLocalList.req not implemented",{}]') == CallError(
        "7", "NotSupported", "SendLocalList.req not implemented"
    )


def test_a_null_payload_is_an_empty_one() -> None:
    assert frames.read('[2,"1","Heartbeat",null]') == Call("1", "Heartbeat", {})
    assert frames.read('[3,"1",null]') == CallResult("1", {})


def test_an_error_may_leave_out_what_it_does_not_know() -> None:
    assert frames.read('[4,"7","InternalError"]') == CallError("7", "InternalError")
    assert frames.read('[4,"7"]') == CallError("7", ErrorCode.GENERIC_ERROR)


def test_numbers_keep_their_digits_both_ways() -> None:
    text = '[2,"1","X",{"limit":10.10,"big":123456789012345678901234567890}]'
    call = frames.read(text)
    assert isinstance(call, Call)
    assert call.payload["limit"] == Decimal("10.10")
    assert frames.write(call) == text


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("hello", "-1"),
        ("", "-1"),
        ("{}", "-1"),
        ("[]", "-1"),
        ('["2","1","Heartbeat",{}]', "-1"),
        ('[2.0,"1","Heartbeat",{}]', "-1"),
        ('[3,"1",{"a":', "-1"),
        ('[true,"1","Heartbeat",{}]', "-1"),
        ("[2]", "-1"),
        ('[2,17,"Heartbeat",{}]', "17"),
        ('[2,null,"Heartbeat",{}]', "-1"),
        ('[2,{"a":1},"Heartbeat",{}]', "-1"),
        ('[2,"1","Heartbeat"]', "1"),
        ('[2,"1","Heartbeat",{},{}]', "1"),
        ('[2,"1",["Heartbeat"],{}]', "1"),
        ('[2,"1",{"a":1},{}]', "1"),
        ('[2,"1","Heartbeat",[]]', "1"),
        ('[2,"1","Heartbeat","{}"]', "1"),
        ('[2,"1","Heartbeat",{"a":NaN}]', "1"),
        ('[2,"1","Heartbeat",{"a":1e99999}]', "1"),
        ('[2,"1","Heartbeat",{"a":' + "9" * 5000 + "}]", "1"),
        ('[2,"1","Heartbeat",{"a":"\\u0000"}]', "1"),
        ('[2,"1","Heartbeat",{"a":"\\ud800"}]', "1"),
        ('[2,"1","Heartbeat",{"a":', "1"),
        ('[2,"1","Heartbeat",' + "[" * 100_000, "1"),
        ("[" * 100_000, "-1"),
        ('[2,"' + "x" * 37 + '","Heartbeat",{}]', "x" * 37),
        ('[2,"big","Heartbeat",{"a":"' + "x" * frames.MAX_TEXT + '"}]', "big"),
        ("x" * 10_000_000, "-1"),
        ('["\ud800"]', "-1"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_garbage_is_answered_with_a_formation_violation_under_the_id_it_names(text: str, id: str) -> None:
    with pytest.raises(Garbled) as refused:
        frames.read(text)
    assert refused.value.answer.id == id
    answer = json.loads(frames.write(refused.value.answer))
    assert answer[:3] == [4, id, "FormationViolation"]
    assert 0 < len(answer[3]) <= 255
    assert answer[4] == {}


@pytest.mark.parametrize("type", [0, 1, 5, 7, -2, 10**30])
def test_a_message_type_that_1_6_does_not_have_is_ignored(type: int) -> None:
    with pytest.raises(Ignored):
        frames.read(f'[{type},"1","Heartbeat",{{}}]')


def test_an_answer_that_cannot_be_read_is_an_error_for_whoever_asked() -> None:
    assert frames.read('[3,"7","Accepted"]') == CallError(
        "7", "FormationViolation", "the answer is not [3, id, payload]"
    )
    assert isinstance(frames.read('[3,"7"]'), CallError)
