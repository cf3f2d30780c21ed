"""Laws of one station's line: whatever comes when, one call of ours is open, and nothing is done twice or too early."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from laddnav.ocpp.wire import frames, station
from laddnav.ocpp.wire.answers import Noted, Registered, Registration
from laddnav.ocpp.wire.events import Booted
from laddnav.ocpp.wire.frames import Call, CallError, CallResult
from laddnav.ocpp.wire.requests import StartCharge, Verbatim
from laddnav.ocpp.wire.station import CarryOut, Line, NotRegistered, Say, TooManyWaiting
from laddnav.ocpp.wire.v1_6 import DIALECT
from tests.clock import SetClock

PATIENCE = 30.0
BOOT = ("BootNotification", {"chargePointVendor": "Volt", "chargePointModel": "Twin"})
STATUS = ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
DATA = ("DataTransfer", {"vendorId": "Volt"})
WORDS: list[tuple[str, dict[str, Any]]] = [BOOT, STATUS, DATA, ("Heartbeat", {}), ("Nonsense", {})]
RESET = Verbatim(action="Reset", payload={"type": "Soft"})
TRIGGER = Verbatim(action="TriggerMessage", payload={"requestedMessage": "StatusNotification"})
START = StartCharge(uid="A", token_type="RFID", number=1)
NOW = SetClock().now()


class OneLine(RuleBasedStateMachine):
    """A station and we, talking past each other: what was asked, sent, settled and carried out is counted beside."""

    def __init__(self) -> None:
        super().__init__()
        self.line = Line(dialect=DIALECT, registration=Registration.REJECTED)
        self.now = 0.0
        self.asked: list[str] = []
        self.sent: list[str] = []
        self.settled: list[str] = []
        self.answers: dict[int, str] = {}  # by fingerprint, newest last
        self.triggered = 0

    @rule(word=st.sampled_from(WORDS), verdict=st.sampled_from(Registration), fingerprint=st.integers(1, 30))
    def the_station_says(self, word: tuple[str, dict[str, Any]], verdict: Registration, fingerprint: int) -> None:
        action, payload = word
        fingerprint += 100 * WORDS.index(word)
        here, deed = station.heard(self.line, Call(str(fingerprint), action, payload), fingerprint)
        repeated = fingerprint in list(self.answers)[-station.REMEMBERED :]
        if isinstance(deed, Say):
            answer = frames.read(deed.text)
            if repeated:
                assert deed.text == self.answers[fingerprint]
            else:
                assert isinstance(answer, CallError)
            assert here == self.line
            return
        assert isinstance(deed, CarryOut)
        assert not repeated
        if self.line.registration is not Registration.ACCEPTED and action != BOOT[0]:
            assert action == STATUS[0]
            self.triggered -= 1
        text = frames.write(CallResult(str(fingerprint), {"said": len(self.answers)}))
        if isinstance(deed.event, Booted):
            told: Registered | Noted = Registered(registration=verdict, now=NOW, interval=300)
        else:
            told = Noted()
        self.line = station.answered(here, deed, fingerprint, told, text)
        if action == DATA[0]:
            self.answers[fingerprint] = text
        if isinstance(told, Registered):
            assert self.line.registration is verdict

    @rule(request=st.sampled_from([RESET, TRIGGER, START]))
    def somebody_asks(self, request: Verbatim | StartCharge) -> None:
        id = str(len(self.asked))
        try:
            self.line = station.ask(self.line, id, request, PATIENCE)
        except NotRegistered:
            rejected = self.line.registration is Registration.REJECTED
            assert rejected or (self.line.registration is Registration.PENDING and request is START)
        except TooManyWaiting:
            assert len(self.line.waiting) == station.WAITING_MAX
        else:
            self.asked.append(id)
            assert self.line.registration is not Registration.REJECTED

    @rule()
    def its_turn_comes(self) -> None:
        before = self.line
        self.line, asked = station.turn(self.line, self.now)
        if asked is None:
            assert before.asked is not None or not before.waiting
            return
        self.sent.append(asked.call.id)
        assert asked.until == self.now + PATIENCE

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), accepted=st.booleans())
    def the_station_answers(self, data: st.DataObject, accepted: bool) -> None:
        """The call that is open, mostly, or one that was settled long ago."""
        id = data.draw(st.sampled_from([self.sent[-1], self.sent[0]]))
        status = "Accepted" if accepted else "Rejected"
        here, settle = station.settled(self.line, CallResult(id, {"status": status}))
        if settle is None:
            assert here == self.line
            return
        self.settled.append(settle.asked.call.id)
        self.triggered += accepted and settle.asked.request is TRIGGER
        self.line = here

    @rule(seconds=st.floats(0, 2 * PATIENCE))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        before = self.line.asked
        self.line, settle = station.lapsed(self.line, self.now)
        if settle is not None:
            assert settle.reply is None
            assert settle.asked.until is not None
            assert settle.asked.until <= self.now
            self.settled.append(settle.asked.call.id)
        else:
            assert before is None or (before.until is not None and self.now < before.until)

    @invariant()
    def one_is_open_and_all_have_their_turn_once(self) -> None:
        """OCPP-J 1.6 §4.1.1: in the order in which they were asked, each settled before the next is sent."""
        open_now = [] if self.line.asked is None else [self.line.asked.call.id]
        assert self.settled + open_now == self.sent
        assert self.sent + [one.call.id for one in self.line.waiting] == self.asked

    @invariant()
    def it_is_heard_unaccepted_no_more_often_than_it_was_triggered(self) -> None:
        assert self.triggered >= 0

    @invariant()
    def what_is_remembered_is_bounded(self) -> None:
        assert len(self.line.said) <= station.REMEMBERED
        assert len(self.line.triggered) <= station.REMEMBERED


OneLine.TestCase.settings = settings(stateful_step_count=40)
TestOneLine = OneLine.TestCase
