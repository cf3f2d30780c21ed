"""The operator API about a hub of ours: who is kept from whom, and what passed through it in a month."""

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.hub import settlement
from laddnav.ocpi.hub.rules import paired
from laddnav.ocpi.hub.settlement import Denials, HubMonth
from laddnav.people.api import Route
from laddnav.people.model import Role


class Pair(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two parties as SE*LAD; without `module` in everything."""

    one: str
    other: str
    module: str | None = None


class KeptApart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All pairs that are to be kept apart."""

    denials: tuple[Pair, ...]


async def fetch_denials(unit: Unit, holder: str) -> Denials:
    """Who does not reach whom through this hub."""
    return await settlement.denials(unit, PartyId.parse(holder))


async def set_denials(unit: Unit, holder: str, body: KeptApart) -> Denials:
    """All of them anew; a pair that is left out reaches each other again."""
    wanted = [paired(PartyId.parse(one.one), PartyId.parse(one.other), one.module) for one in body.denials]
    return await settlement.decide(unit, PartyId.parse(holder), wanted)


async def fetch_log(unit: Unit, holder: str, *, month: str) -> HubMonth:
    """What passed through this hub in a month such as 2026-11, by who asked whom in which module."""
    return await settlement.month(unit, PartyId.parse(holder), month)


ROUTES = (
    Route(method="GET", path="/hubs/{holder}/denials", does=fetch_denials),
    Route(method="PUT", path="/hubs/{holder}/denials", does=set_denials, needs=Role.ADMIN),
    Route(method="GET", path="/hubs/{holder}/log", does=fetch_log),
)
