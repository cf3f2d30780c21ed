"""What a version of OCPP is here: the actions it hears and asks, each read into events and written from answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.json import Unreadable
from laddnav.kit.refusal import Refusal
from laddnav.ocpp.wire import schemas
from laddnav.ocpp.wire.answers import Answer
from laddnav.ocpp.wire.events import StationEvent
from laddnav.ocpp.wire.frames import Call, CallError, CallResult, ErrorCode, Send
from laddnav.ocpp.wire.reports import Reported
from laddnav.ocpp.wire.requests import Request, Said, StartCharge, StopCharge, Verbatim
from laddnav.ocpp.wire.schemas import Direction, Problem, UnknownAction, Version
from laddnav.ocpp.wire.secrets import masked
from laddnav.ocpp.wire.variables import VariableName
from laddnav.tariffs.model import Tariff

BOTH_WAYS = "DataTransfer"  # the only action that either side may ask of the other


class Unacceptable(Refusal):
    """This Call cannot be carried out; `answer` says so in the protocol's own words."""

    def __init__(self, id: str, code: str, description: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.answer = CallError(id, code, description, details or {})


class Unsayable(Refusal):
    """What should be asked of the station is not a request of its version; `problems` say where it departs."""

    def __init__(self, action: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(f"{action} cannot be sent: {'; '.join(map(str, problems))}")
        self.problems = problems


class Hears(Struct, frozen=True):
    """One action of stations: the struct that looks like the specification's table, read into an event; our answer."""

    wire: type[Struct]
    read: Callable[[Any], StationEvent]
    write: Callable[[Any], dict[str, Any]]


class Asks(Struct, frozen=True):
    """One action of ours: a request written, the station's answer read."""

    action: str
    write: Callable[[Any], dict[str, Any]]
    read: Callable[[dict[str, Any]], Said]


class Bound(Struct, frozen=True):
    """How many items one request may hold: what the station's own variable says, or else this many."""

    otherwise: int
    told_by: VariableName | None = None


Leaves = Callable[[dict[str, Any], dict[str, Any]], Reported | None]
"""What a station has from now on, because it said this to that request of ours; None: nothing that it had not."""


class Heard(Struct, frozen=True):
    """An event, and where its words departed from the schema without becoming unreadable."""

    event: StationEvent
    quirks: tuple[Problem, ...] = ()


class Dialect(Struct, frozen=True, kw_only=True):
    """`subprotocol` is its name in the handshake; the actions in `triggered_by` make a station send one of its own.

    `uid_max` characters are what a station can hold of a token; `bounds` how many items requests can; in `secrets`,
    requests or answers, stands what nobody may read afterwards; `spells` the error codes that another version spells
    otherwise. Strict in what it says, tolerant in what it hears.
    """

    subprotocol: str
    version: Version
    hears: Mapping[str, Hears]
    asks: Mapping[type[Request], Asks]
    triggered_by: frozenset[str]
    secrets: frozenset[str]
    uid_max: int
    bounds: Mapping[type[Request], Bound]
    spells: Mapping[str, str] = {}
    leaves: Mapping[str, Leaves] = {}
    loses: Callable[[Tariff], tuple[str, ...]] | None = None

    def spelt(self, error: CallError) -> CallError:
        """An error as this version has it."""
        return replace(error, code=self.spells.get(error.code, error.code))

    def hear(self, call: Call) -> Heard:
        """Raises Unacceptable."""
        codec = self.hears.get(call.action)
        if codec is None or isinstance(call, Send) is not (call.action in schemas.sends(self.version)):
            raise self._unheard(call)
        problems = schemas.problems(self.version, call.action, Direction.REQUEST, call.payload)
        try:
            return Heard(codec.read(msgspec.convert(call.payload, codec.wire, strict=False)), problems)
        except (msgspec.ValidationError, Unreadable) as error:
            worst = _decisive(problems, str(error))
            details = {"path": worst.path, "problems": [str(problem) for problem in problems[:10]]}
            raise Unacceptable(call.id, worst.code, f"{call.action} cannot be read: {error}", details) from error

    def answer(self, call: Call, answer: Answer) -> CallResult:
        payload = self.hears[call.action].write(answer)
        problems = schemas.problems(self.version, call.action, Direction.RESPONSE, payload)
        assert not problems, f"our answer to {call.action} departs from its schema: {problems}"
        return CallResult(call.id, payload)

    def ask(self, id: str, request: Request) -> Call:
        """Raises Unsayable, UnknownAction."""
        if isinstance(request, Verbatim):
            action, payload = request.action, request.payload
            if action in self.hears and action != BOTH_WAYS:
                raise Unsayable(action, (Problem(ErrorCode.NOT_SUPPORTED, "$", "only stations ask this"),))
        else:
            codec = self.asks[type(request)]
            action, payload = codec.action, codec.write(request)
        problems = schemas.problems(self.version, action, Direction.REQUEST, payload)
        if problems:
            raise Unsayable(action, problems)
        return Call(id, action, payload)

    def kept(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """What is asked with this action, or answered, as it may be kept."""
        return masked(payload) if action in self.secrets else payload

    def said(self, request: Request, payload: dict[str, Any]) -> Said:
        """What the station's answer to a request of ours means. Anything but a clear yes is a no."""
        return self.asks[type(request)].read(payload)

    def left_by(self, call: Call, payload: dict[str, Any]) -> Reported | None:
        """What the station has, or has no more, since it answered this to a request of ours."""
        leaves = self.leaves.get(call.action)
        return None if leaves is None else leaves(call.payload, payload)

    def charges(self, call: Call) -> bool:
        """Whether this asks a station to begin or end a charge, in whatever words it was asked."""
        return any(call.action == self.asks[kind].action for kind in (StartCharge, StopCharge))

    def triggers(self, call: Call, result: CallResult) -> str | None:
        """The action that the station will send because we asked it to."""
        if call.action not in self.triggered_by or result.payload.get("status") != "Accepted":
            return None
        asked = str(call.payload.get("requestedMessage"))
        return _SIGN if asked.startswith("Sign") else asked

    def _unheard(self, call: Call) -> Unacceptable:
        try:
            schemas.problems(self.version, call.action, Direction.REQUEST, {})
        except UnknownAction as unknown:
            return Unacceptable(call.id, ErrorCode.NOT_IMPLEMENTED, str(unknown))
        return Unacceptable(call.id, ErrorCode.NOT_SUPPORTED, f"{call.action} is not answered here")


_SIGN = "SignCertificate"  # what every trigger leads to that names a certificate


def _decisive(problems: tuple[Problem, ...], error: str) -> Problem:
    """The departure that made a payload unreadable; a field too many never does."""
    candidates = [problem for problem in problems if problem.code is not ErrorCode.FORMATION_VIOLATION]
    for problem in candidates:
        if f"`{problem.path}`" in error:
            return problem
    return candidates[0] if candidates else Problem(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "$", error)
