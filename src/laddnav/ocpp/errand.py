"""What an errand to a Station is: what it says when its turn comes, and who hears what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.ocpp.model import StationCall
from laddnav.ocpp.wire.dialect import Dialect
from laddnav.ocpp.wire.frames import CallError
from laddnav.ocpp.wire.requests import Request, Said, Verdict

Answered = Said | CallError | None  # None: there was no answer


class Errand(Struct, frozen=True):
    """`say` looks at what is true by then: a Verdict where events have overtaken what was asked for.

    `sealed`: the body of its call is kept under the seal, and opened when its turn comes.
    """

    say: Callable[[Unit, StationCall, Dialect], Awaitable[Request | Verdict]]
    tell: Callable[[Unit, StationCall, Answered], Awaitable[None]]
    sealed: bool = False
