"""Whatever a station sends is a frame or garbage, an event or a refusal: nothing else can come of it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from laddnav.ocpp.wire import frames
from laddnav.ocpp.wire.dialect import Unacceptable
from laddnav.ocpp.wire.frames import Call, Garbled, Ignored
from laddnav.ocpp.wire.v1_6 import DIALECT

STAMP = "2026-11-23T08:00:00Z"
SAMPLE = {"value": "1", "unit": "Wh", "context": "Sample.Periodic", "format": "Raw", "measurand": "SoC", "phase": "L1"}
METER_VALUE = {"timestamp": STAMP, "sampledValue": [SAMPLE]}
SOUND: dict[str, dict[str, Any]] = {
    "Authorize": {"idTag": "A"},
    "BootNotification": {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "1"},
    "DataTransfer": {"vendorId": "V", "messageId": "M", "data": "D"},
    "Heartbeat": {},
    "MeterValues": {"connectorId": 1, "transactionId": 1, "meterValue": [METER_VALUE]},
    "StartTransaction": {"connectorId": 1, "idTag": "A", "meterStart": 1, "timestamp": STAMP, "reservationId": 1},
    "StatusNotification": {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": STAMP},
    "StopTransaction": {"transactionId": 1, "meterStop": 1, "timestamp": STAMP, "transactionData": [METER_VALUE]},
}
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["NaN", "", STAMP]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, Any]:
    """A sound payload of some action in which something has become anything."""
    action = draw(st.sampled_from(sorted(SOUND)))
    payload = json.loads(json.dumps(SOUND[action]))
    for _ in range(draw(st.integers(min_value=1, max_value=3))):
        inside: Any = payload
        while True:
            places = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            if not places:
                break
            place = draw(st.sampled_from(places))
            if isinstance(inside[place], (dict, list)) and draw(st.booleans()):
                inside = inside[place]
                continue
            inside[place] = draw(anything)
            break
    return action, payload


@given(spoilt())
def test_a_spoilt_payload_is_an_event_or_a_refusal_in_the_protocols_words(told: tuple[str, Any]) -> None:
    try:
        frame = frames.read(json.dumps([2, "1", *told]))
        assert isinstance(frame, Call)
        DIALECT.hear(frame)
    except Garbled as garbled:
        assert garbled.answer.code == "FormationViolation"
    except Unacceptable as refused:
        assert refused.answer.id == "1"
        assert isinstance(frames.read(frames.write(refused.answer)), frames.CallError)


@given(st.text() | anything.map(json.dumps) | st.lists(anything, max_size=6).map(json.dumps))
def test_any_text_is_a_frame_or_garbage(text: str) -> None:
    try:
        frame = frames.read(text)
    except Garbled as garbled:
        assert isinstance(frames.read(frames.write(garbled.answer)), frames.CallError)
    except Ignored:
        return
    else:
        assert frames.read(frames.write(frame)) == frame
