"""Verbs about what meters said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.metering.model import Doubt, DoubtKind, Fact, Mark, Reading
from laddnav.readings import store
from laddnav.readings.events import DoubtRaised
from laddnav.readings.model import KeptDoubt, Said


class UnknownDoubt(Refusal):
    """No open doubt with this id is known here."""

    def __init__(self, doubt_id: str) -> None:
        super().__init__(f"No open doubt {doubt_id!r} is known here")
        self.doubt_id = doubt_id


def append(unit: Unit, said: Sequence[Said]) -> None:
    """Keep what several Stations said in one tick; the same reading twice is one reading."""
    store.append(unit, said)


def mark(unit: Unit, holder: PartyId, session_id: str, one: Mark) -> None:
    store.mark(unit, holder, session_id, one)


async def of_session(unit: Unit, holder: PartyId, session_id: str) -> tuple[Reading, ...]:
    """In order of time."""
    return await store.of_session(unit, holder, session_id)


async def facts(unit: Unit, holder: PartyId, session_id: str) -> tuple[Fact, ...]:
    """Everything that is known of a charge between its start and its stop, in order of time."""
    readings: tuple[Fact, ...] = await store.of_session(unit, holder, session_id)
    marks: tuple[Fact, ...] = await store.marks(unit, holder, session_id)
    return tuple(sorted(readings + marks, key=lambda one: one.at))


def raise_doubts(unit: Unit, holder: PartyId, session_id: str, station_id: str, doubts: Iterable[Doubt]) -> None:
    """Keep each with its name, once, and tell whoever looks after such things."""
    for one in doubts:
        id = unit.new_id()
        store.doubt(unit, holder, id, session_id, station_id, one)
        unit.announce(DoubtRaised(holder=holder, doubt_id=id, session_id=session_id))


async def doubts_of(unit: Unit, holder: PartyId, session_id: str) -> Sequence[KeptDoubt]:
    return await store.doubts_of(unit, holder, session_id)


async def open_doubts(
    unit: Unit, holder: PartyId | None = None, *, before: str | None = None, limit: int = 200
) -> Sequence[KeptDoubt]:
    """Those that nobody has settled, newest first; the last id is the next `before`."""
    return await store.open_doubts(unit, holder, before, limit)


async def settle_doubt(unit: Unit, holder: PartyId, doubt_id: str) -> None:
    """Somebody looked. Raises UnknownDoubt."""
    if not await store.settle(unit, holder, doubt_id):
        raise UnknownDoubt(doubt_id)


def settle_all(unit: Unit, holder: PartyId, session_id: str, kind: DoubtKind) -> None:
    """A later look at the whole charge put these right."""
    store.settle_kind(unit, holder, session_id, kind, unit.now)
