"""A frame in one line."""

from laddnav.ocpp.model import Direction, FrameKind, Message
from laddnav.web.pages.messages import gist
from tests.things import LONG_AGO, US


def message(kind: FrameKind, body: str) -> Message:
    return Message(
        holder=US,
        station_id="ST1",
        at=LONG_AGO,
        direction=Direction.IN,
        kind=kind,
        message_id="1",
        action="StatusNotification",
        body=body,
    )


def test_the_gist_of_a_frame_is_its_values_in_their_order() -> None:
    body = '[2,"1","StatusNotification",{"connectorId":1,"status":"SuspendedEV","info":""}]'
    assert gist(message(FrameKind.CALL, body)) == "connectorId 1 · status SuspendedEV"


def test_the_gist_of_much_is_its_beginning() -> None:
    values = ",".join(f'{{"value":"{number}"}}' for number in range(1, 7))
    body = f'[2,"1","MeterValues",{{"connectorId":1,"meterValue":[{{"sampledValue":[{values}]}}]}}]'
    assert gist(message(FrameKind.CALL, body)) == "connectorId 1 · value 1 · value 2 · value 3 · value 4 · value 5 · …"


def test_what_cannot_be_read_has_no_gist() -> None:
    assert gist(message(FrameKind.UNREADABLE, "<html>")) == ""
    assert gist(message(FrameKind.CALL, "[2]")) == ""
    assert gist(message(FrameKind.RESULT, '[3,"1",{}]')) == ""
