"""Who reaches whom through a hub of ours, and what they asked of each other in a month: what it decides and bills."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.ocpi import store
from laddnav.ocpi.hub.model import Tally
from laddnav.ocpi.hub.rules import Denial
from laddnav.parties import actions as parties

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class Denials(Struct, frozen=True, kw_only=True):
    """Pairs that do not reach each other through a hub of ours; everybody else reaches the opposite side."""

    holder: PartyId
    denials: tuple[Denial, ...]


class HubMonth(Struct, frozen=True, kw_only=True):
    """What passed through a hub of ours, by who asked whom in which module, and how it went."""

    holder: PartyId
    month: str
    tallies: tuple[Tally, ...]


async def denials(unit: Unit, hub: PartyId) -> Denials:
    """Raises UnknownParty."""
    await parties.fetch(unit, hub)
    return Denials(holder=hub, denials=await store.hub.denials(unit, hub))


async def decide(unit: Unit, hub: PartyId, wanted: Collection[Denial]) -> Denials:
    """These pairs and no others, from the next request on. Raises UnknownParty."""
    for one in (await denials(unit, hub)).denials:
        await store.hub.allow(unit, hub, one)
    for one in wanted:
        store.hub.deny(unit, hub, one)
    return await denials(unit, hub)


async def keep_apart(unit: Unit, hub: PartyId, pair: Denial) -> None:
    """One more pair, from the next request on; again is nothing. Raises UnknownParty."""
    await parties.fetch(unit, hub)
    store.hub.deny(unit, hub, pair)


async def let_meet(unit: Unit, hub: PartyId, pair: Denial) -> None:
    """This pair reaches each other again, from the next request on; again is nothing. Raises UnknownParty."""
    await parties.fetch(unit, hub)
    await store.hub.allow(unit, hub, pair)


async def month(unit: Unit, hub: PartyId, said: str) -> HubMonth:
    """`said` is such as 2026-11, in UTC. Raises UnknownParty, Unreadable."""
    await parties.fetch(unit, hub)
    since, until = _between(said)
    return HubMonth(holder=hub, month=said, tallies=await store.hub.tallies(unit, hub, since, until))


def _between(said: str) -> tuple[datetime, datetime]:
    found = _MONTH.fullmatch(said)
    if found is None:
        raise Unreadable(f"{said[:20]!r} is no month; one is written like 2026-11")
    year, number = int(found[1]), int(found[2])
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC)
