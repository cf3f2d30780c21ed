"""Start and stop of a charge beside what its meter said at the same two moments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from laddnav.kit.energy import Energy
from laddnav.metering.model import Doubt, DoubtKind, Fact, Reading
from laddnav.metering.notes import NoteKind, noted

# A meter that shows kWh with one digit says as much.
SAME_WITHIN = Energy(Decimal(100))


def disagreeing(
    facts: Iterable[Fact],
    started_at: datetime,
    register: Energy | None,
    ended_at: datetime,
    stop_register: Energy | None,
) -> tuple[Doubt, ...]:
    """The samples that say of themselves that they are of the start or of the stop, and of another register."""
    of_ends = {
        "Transaction.Begin": (DoubtKind.START_DISAGREES, started_at, register),
        "Transaction.End": (DoubtKind.STOP_DISAGREES, ended_at, stop_register),
    }
    doubts: dict[DoubtKind, Doubt] = {}
    for fact in facts:
        if not isinstance(fact, Reading) or fact.register is None or fact.context not in of_ends:
            continue
        kind, at, said = of_ends[fact.context]
        if said is not None and abs(fact.register.wh - said.wh) >= SAME_WITHIN.wh:
            both = {"said_wh": f"{said.wh}", "sampled_wh": f"{fact.register.wh}"}
            note = noted(NoteKind.SAMPLE_DISAGREES, **both, context=fact.context)
            doubts[kind] = Doubt(kind=kind, at=at, note=note)
    return tuple(doubts.values())
