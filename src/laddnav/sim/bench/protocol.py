"""OCPP's own part of an answer: a text is read, validated and understood, the answer validated and written.

No socket and no database; beside it stands whoever only decodes the text and encodes an answer, validating nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from time import process_time

import msgspec

from laddnav.ocpp.wire import frames
from laddnav.ocpp.wire import station as table
from laddnav.ocpp.wire.answers import Answer, Noted, Registration, TimeTold
from laddnav.ocpp.wire.dialects import DIALECTS
from laddnav.ocpp.wire.station import CarryOut, Line
from laddnav.sim.bench.figures import Figure, Goal, Measure, effort

ROUNDS = 5
TEXTS = 2_000
AT = "2026-11-22T08:00:00Z"
DECODED = "msgspec decoding the text and encoding an answer, nothing validated"
LEAN = Goal(of=Measure.VALUE, most=60)


def meter_values(charge: int, at: str, register: int) -> bytes:
    """Six values, as a station with three phases sends them: register, power, currents, state of charge."""
    values = (
        f'{{"value":"{register}","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"}}',
        '{"value":"11000","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"}',
        *(
            f'{{"value":"16","context":"Sample.Periodic","measurand":"Current.Import","phase":"L{phase}","unit":"A"}}'
            for phase in (1, 2, 3)
        ),
        '{"value":"55","context":"Sample.Periodic","measurand":"SoC","unit":"Percent"}',
    )
    sampled = ",".join(values)
    body = (
        f'{{"connectorId":1,"transactionId":{charge},"meterValue":[{{"timestamp":"{at}","sampledValue":[{sampled}]}}]}}'
    )
    return body.encode()


def figures() -> list[Figure]:
    said: dict[str, tuple[str, bytes, Answer]] = {
        "heartbeat": ("Heartbeat", b"{}", TimeTold(now=datetime(2026, 11, 22, tzinfo=UTC))),
        "meter_values": ("MeterValues", meter_values(1, AT, 12_345), Noted()),
    }
    return [
        effort(
            f"stations_protocol_{name}",
            "CPU µs/message",
            _each(partial(_understood, answer), action, payload),
            _each(_decoded, action, payload),
            DECODED,
            goal=LEAN,
        )
        for name, (action, payload, answer) in said.items()
    ]


def _each(work: Callable[[list[str]], None], action: str, payload: bytes) -> float:
    texts = [f'[2,"{number}","{action}",{payload.decode()}]' for number in range(TEXTS)]
    took = []
    for _ in range(ROUNDS):
        began = process_time()
        work(texts)
        took.append(process_time() - began)
    return min(took) / TEXTS * 1e6


def _understood(answer: Answer, texts: list[str]) -> None:
    line = Line(dialect=DIALECTS["ocpp1.6"], registration=Registration.ACCEPTED)
    for text in texts:
        call, fingerprint = frames.read(text), hash(text)
        assert isinstance(call, frames.Call), "it is one"
        line, deed = table.heard(line, call, fingerprint)
        assert isinstance(deed, CarryOut), "it is understood, and new"
        said = frames.write(line.dialect.answer(call, answer))
        line = table.answered(line, deed, fingerprint, answer, said)


def _decoded(texts: list[str]) -> None:
    for text in texts:
        _, id, *_ = msgspec.json.decode(text)
        msgspec.json.encode([3, id, {}]).decode()
