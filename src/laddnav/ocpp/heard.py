"""Which verb carries out what a Station tells of itself, where that needs a Unit of its own and nobody is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from laddnav.ocpp import variables
from laddnav.ocpp.model import Outcome
from laddnav.ocpp.wire.events import StationEvent
from laddnav.ocpp.wire.variables import VariablesReported

HEARD: Mapping[type[StationEvent], Callable[..., Awaitable[Outcome]]] = {
    VariablesReported: variables.tell,
}
