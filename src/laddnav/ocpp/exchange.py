"""A frame of a station and what is made of it, put into words and into the log in the Unit of its effect."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.locations.model import Station
from laddnav.ocpp import store
from laddnav.ocpp.model import Direction, FrameKind, Message, Outcome
from laddnav.ocpp.wire import frames
from laddnav.ocpp.wire.answers import Answer
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.events import ChargeStopped, ChargeTold, Measured
from laddnav.ocpp.wire.frames import Call, Send
from laddnav.ocpp.wire.station import CarryOut

KEPT_OF_GARBAGE = 1000  # characters

_CALL_ERROR = f"[{frames.MessageType.CALL_ERROR},"


class Exchange(Struct, frozen=True, kw_only=True):
    """A frame of a station with what is made of it: an event to carry out, or words to answer with at once."""

    station: Station
    dialect: Dialect
    text: str
    call: Call | None
    deed: CarryOut | None = None
    answer: str | None = None


class Done(Struct, frozen=True):
    """What came of an Exchange: our answer, and how the dialect puts it."""

    answer: Answer | None
    text: str | None


def kept_alone(unit: Unit, exchange: Exchange, outcome: Outcome) -> Done:
    (done,) = kept(unit, [(exchange, outcome)])
    return done


def kept(unit: Unit, outcomes: Sequence[tuple[Exchange, Outcome | None]]) -> list[Done]:
    """Put each answer into words, and log the frames of both directions in the Unit of their effect, all at once."""
    done, unanswered = list[Done](), list[Message]()
    for exchange, outcome in outcomes:
        text, answer = exchange.answer, None
        if exchange.deed is not None:
            assert outcome is not None, "every event has its outcome"
            answer = outcome.answer
            call = exchange.deed.call
            text = None if isinstance(call, Send) else frames.write(exchange.dialect.answer(call, answer))
        heard = _heard(unit, exchange, None if outcome is None else outcome.session_id)
        if text is None:
            unanswered.append(heard)
        else:
            kind = FrameKind.ERROR if text.startswith(_CALL_ERROR) else FrameKind.RESULT
            store.frames.log_answered(unit, heard, kind, text)
        done.append(Done(answer, text))
    store.frames.log(unit, unanswered)
    return done


def _heard(unit: Unit, exchange: Exchange, session_id: str | None) -> Message:
    """The station's frame as it came."""
    call, station = exchange.call, exchange.station
    quirks = [] if exchange.deed is None else [str(quirk) for quirk in exchange.deed.quirks]
    if exchange.deed is not None and isinstance(exchange.deed.event, Measured | ChargeStopped | ChargeTold):
        quirks += [f"not read: {sample}" for sample in exchange.deed.event.unread]
    return Message(
        holder=station.holder,
        station_id=station.id,
        at=unit.now,
        direction=Direction.IN,
        kind=FrameKind.UNREADABLE if call is None else FrameKind.CALL,
        message_id="" if call is None else call.id,
        action="" if call is None else call.action[:255],
        body=exchange.text[:KEPT_OF_GARBAGE].replace("\x00", "\ufffd") if call is None else exchange.text,
        session_id=session_id,
        quirk="; ".join(quirks)[:1000] or None,
    )
