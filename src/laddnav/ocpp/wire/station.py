"""The state table of one station's line: who may say what, and when; the next line and the thing to do come out."""

from __future__ import annotations

from typing import get_args

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.refusal import Refusal
from laddnav.ocpp.wire import frames
from laddnav.ocpp.wire.answers import Answer, Registered, Registration
from laddnav.ocpp.wire.dialect import Dialect, Unacceptable
from laddnav.ocpp.wire.events import Beat, Booted, StationEvent, StatusReported, TokenShown
from laddnav.ocpp.wire.frames import Call, CallError, CallResult, ErrorCode
from laddnav.ocpp.wire.requests import Request
from laddnav.ocpp.wire.schemas import Problem

REMEMBERED = 16  # answers kept for repeated calls: far more than a station that waits for each of them can repeat
WAITING_MAX = 100  # calls of ours that wait for their turn: more is a loop of somebody's making

# What a station may tell before it is accepted (OCPP 1.6 §4.2); what we asked it to tell comes on top.
SPEAKS: dict[Registration, frozenset[type[StationEvent]]] = {
    Registration.ACCEPTED: frozenset(get_args(StationEvent)),
    Registration.PENDING: frozenset({Booted}),
    Registration.REJECTED: frozenset({Booted}),
}

# What tells the time, or how it is now: under an old id it is answered anew, for there are stations that count their
# ids from 1 to 1, and say of a status no time.
ANSWERED_ANEW = (Beat, Booted, StatusReported, TokenShown)


class NotRegistered(Refusal):
    """The station is not accepted, and until then it may not be asked this (OCPP 1.6 §4.2)."""


class TooManyWaiting(Refusal):
    """So many calls wait for this station that one more would only wait for them."""


class Asked(Struct, frozen=True, kw_only=True):
    """A call of ours. The station has `patience` seconds, until the monotonic `until`; None while it waits its turn."""

    call: Call
    request: Request
    patience: float
    until: float | None = None


class Said(Struct, frozen=True):
    """A call of the station that was answered. `fingerprint` tells a repetition from another call under an old id."""

    id: str
    fingerprint: int
    answer: str


class Line(Struct, frozen=True, kw_only=True):
    """One connection of one station."""

    dialect: Dialect
    registration: Registration
    asked: Asked | None = None
    waiting: tuple[Asked, ...] = ()
    said: tuple[Said, ...] = ()  # oldest first
    triggered: tuple[str, ...] = ()  # actions that we asked it to send


class Say(Struct, frozen=True):
    """Send this text."""

    text: str


class CarryOut(Struct, frozen=True):
    """Do what follows from this event, then come back with the answer."""

    call: Call
    event: StationEvent
    quirks: tuple[Problem, ...]


class Settle(Struct, frozen=True):
    """Tell whoever asked; `reply` None: the station did not answer in time."""

    asked: Asked
    reply: CallResult | CallError | None


def heard(line: Line, call: Call, fingerprint: int) -> tuple[Line, Say | CarryOut]:
    """The station asks. A repeated call is answered as the first time, one out of turn by its name."""
    for said in line.said:
        if said.id == call.id and said.fingerprint == fingerprint:
            return line, Say(said.answer)
    try:
        understood = line.dialect.hear(call)
    except Unacceptable as error:
        return line, Say(frames.write(line.dialect.spelt(error.answer)))
    if type(understood.event) in SPEAKS[line.registration]:
        return line, CarryOut(call, understood.event, understood.quirks)
    if call.action in line.triggered:
        untriggered = tuple(action for action in line.triggered if action != call.action)
        return replace(line, triggered=untriggered), CarryOut(call, understood.event, understood.quirks)
    why = f"the station is {line.registration.lower()}; only a boot notification is heard"
    return line, Say(frames.write(CallError(call.id, ErrorCode.SECURITY_ERROR, why)))


def answered(line: Line, done: CarryOut, fingerprint: int, answer: Answer, text: str) -> Line:
    """What followed from the event is committed, and `text` is how the dialect puts our answer."""
    if isinstance(answer, Registered):
        line = replace(line, registration=answer.registration)
    if isinstance(done.event, ANSWERED_ANEW):
        return line
    return replace(line, said=(*line.said, Said(done.call.id, fingerprint, text))[-REMEMBERED:])


def ask(line: Line, id: str, request: Request, patience: float) -> Line:
    """Put a call of ours in line. Raises Unsayable, UnknownAction, NotRegistered, TooManyWaiting."""
    call = line.dialect.ask(id, request)
    if line.registration is Registration.REJECTED:
        raise NotRegistered("the station is rejected and may not be asked anything")
    if line.registration is Registration.PENDING and line.dialect.charges(call):
        raise NotRegistered("the station is pending and may not be asked to charge")
    if len(line.waiting) >= WAITING_MAX:
        raise TooManyWaiting(f"{WAITING_MAX} calls wait for this station")
    return replace(line, waiting=(*line.waiting, Asked(call=call, request=request, patience=patience)))


def turn(line: Line, now: float) -> tuple[Line, Asked | None]:
    """The call that may be sent now: one is open at a time (OCPP-J 1.6 §4.1.1)."""
    if line.asked is not None or not line.waiting:
        return line, None
    first, *rest = line.waiting
    first = replace(first, until=now + first.patience)
    return replace(line, asked=first, waiting=tuple(rest)), first


def withdrawn(line: Line) -> Line:
    """The call whose turn it was is not sent after all."""
    return replace(line, asked=None)


def settled(line: Line, reply: CallResult | CallError) -> tuple[Line, Settle | None]:
    """The station answers. None: nobody waits for this any more, or nobody asked."""
    asked = line.asked
    if asked is None or asked.call.id != reply.id:
        return line, None
    line = replace(line, asked=None)
    if isinstance(reply, CallResult):
        action = line.dialect.triggers(asked.call, reply)
        if action is not None:
            line = replace(line, triggered=(*line.triggered, action)[-REMEMBERED:])
    return line, Settle(asked, reply)


def lapsed(line: Line, now: float) -> tuple[Line, Settle | None]:
    """The open call, once the station's time is out."""
    asked = line.asked
    if asked is None or asked.until is None or now < asked.until:
        return line, None
    return replace(line, asked=None), Settle(asked, None)
