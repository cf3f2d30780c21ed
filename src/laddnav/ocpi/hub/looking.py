"""What whoever runs a hub of ours looks at: who is behind it, who is kept from whom, and what passed through it."""

from __future__ import annotations

from collections.abc import Sequence

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ocpi.hub.model import Apart, Counted, HubMember, Sought
from laddnav.ocpi.store import behind
from laddnav.parties import actions as parties
from laddnav.parties.model import Party, Role


class UnknownHub(Refusal):
    """No party of ours with this ref is a hub."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"No hub of ours is {ref!r}")


async def by_ref(unit: Unit, ref: str) -> Party:
    """Raises UnknownHub."""
    for party in await parties.list_all(unit):
        if party.ref == ref and Role.HUB in party.roles:
            return party
    raise UnknownHub(ref)


async def members(unit: Unit, hub: PartyId, *, after: str | None = None, limit: int = 50) -> Sequence[HubMember]:
    """Each party in each role, who is gone included; the last key is the next `after`."""
    return await behind.members(unit, hub, after or "", limit)


async def invited(unit: Unit, hub: PartyId, limit: int = 100) -> Sequence[HubMember]:
    """Who has not said yet who it is, so that nobody is told of it; the newest first."""
    return await behind.invited(unit, hub, limit)


async def apart(unit: Unit, hub: PartyId, *, after: str | None = None, limit: int = 50) -> Sequence[Apart]:
    """The last key is the next `after`."""
    return await behind.apart(unit, hub, after or "", limit)


async def requests(
    unit: Unit, hub: PartyId, sought: Sought | None = None, *, before: str | None = None, limit: int = 50
) -> Sequence[Counted]:
    """Newest first; the last id is the next `before`."""
    return await behind.requests(unit, hub, sought or Sought(), before, limit)
