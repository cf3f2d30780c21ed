"""Add, read and change the parties of this installation."""

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.parties import store
from laddnav.parties.model import Party
from laddnav.parties.rules import AlreadyOurs, UnknownParty, WhichParty, checked


async def add(unit: Unit, party: Party) -> None:
    """Raises AlreadyOurs and what `checked` raises."""
    if not await store.insert(unit, checked(party)):
        raise AlreadyOurs(party.holder)


async def update(unit: Unit, party: Party) -> None:
    """Everything but holder, ref and created_at can change. Raises UnknownParty and what `checked` raises."""
    if not await store.update(unit, checked(party)):
        raise UnknownParty(party.holder)


async def fetch(unit: Unit, holder: PartyId) -> Party:
    """Raises UnknownParty."""
    party = await store.find(unit, holder)
    if party is None:
        raise UnknownParty(holder)
    return party


async def meant(unit: Unit, named: PartyId | None) -> Party:
    """The party of ours that is named, or the only one there is. Raises UnknownParty, WhichParty."""
    if named is not None:
        return await fetch(unit, named)
    ours = await store.list_all(unit)
    if len(ours) != 1:
        raise WhichParty([party.holder for party in ours])
    return ours[0]


async def list_all(unit: Unit) -> tuple[Party, ...]:
    """In the order of their ids."""
    return await store.list_all(unit)


async def reached_at(unit: Unit) -> str | None:
    """Where whoever has an address of a page of ours finds it, without a slash at its end; None: nobody serves yet."""
    return await store.reached_at(unit)


async def reach(database: Database, public_url: str) -> None:
    async with database.unit() as unit:
        store.reach(unit, public_url)
