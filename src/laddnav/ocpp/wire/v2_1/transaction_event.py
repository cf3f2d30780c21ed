"""TransactionEvent, whose answer may bound a charge in OCPP 2.1 (part 2 C17, E16)."""

from __future__ import annotations

from typing import Any

from laddnav.ocpp.wire.answers import StoryHeard
from laddnav.ocpp.wire.dialect import Hears
from laddnav.ocpp.wire.v2_0_1 import transaction_event
from laddnav.ocpp.wire.v2_0_1.transaction_event import WireTransactionEvent, read


def write(answer: StoryHeard) -> dict[str, Any]:
    """E16.FR.02."""
    said = transaction_event.write(answer)
    if answer.cost_max is not None:
        said["transactionLimit"] = {"maxCost": answer.cost_max}
    return said


codec = Hears(WireTransactionEvent, read, write)
