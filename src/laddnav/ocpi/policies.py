"""How a partner deviates from the text, as a person sets it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from laddnav.db.unit import Unit
from laddnav.kit.refusal import Refusal
from laddnav.ocpi import quirks, store
from laddnav.ocpi.events import ConnectionChanged
from laddnav.ocpi.model import Connection, Policy
from laddnav.ocpi.rules import UnknownConnection

ABSENCES_MOST = 365


class UnknownRepair(Refusal):
    """A policy names a repair that there is not."""

    def __init__(self, unknown: Iterable[str]) -> None:
        named, known = ", ".join(sorted(unknown)), ", ".join(quirks.FIELDS)
        super().__init__(f"There is no repair {named}; there are {known}")


class AbsencesOutOfRange(Refusal):
    """A number of lists from 0, which is never, to one a day for a year."""

    def __init__(self, said: int) -> None:
        super().__init__(f"An object is missing from 0 to {ABSENCES_MOST} lists before it is gone, not from {said}")


def sound(policy: Policy) -> Policy:
    """Each repair once, in the order in which they are done. Raises UnknownRepair, AbsencesOutOfRange."""
    unknown = set(policy.quirks) - set(quirks.FIELDS)
    if unknown:
        raise UnknownRepair(unknown)
    if not 0 <= policy.absences <= ABSENCES_MOST:
        raise AbsencesOutOfRange(policy.absences)
    return replace(policy, quirks=tuple(name for name in quirks.FIELDS if name in policy.quirks))


async def adapt(unit: Unit, ref: str, policy: Policy) -> Connection:
    """From the next message on. Raises UnknownConnection, UnknownRepair, AbsencesOutOfRange."""
    policy = sound(policy)
    found = await store.connections.by_ref(unit, ref)
    connection = found and await store.connections.find(unit, found.holder, found.id, lock=True)
    if connection is None:
        raise UnknownConnection(ref)
    adapted = replace(connection, policy=policy)
    store.connections.update(unit, adapted)
    unit.announce(ConnectionChanged(holder=connection.holder, connection_id=connection.id))
    return adapted
