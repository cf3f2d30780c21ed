"""The operator API about a hub of ours: who is behind it, who is kept from whom, and what passed through it."""

from datetime import datetime

from msgspec import Struct

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.time import utc
from laddnav.ocpi.hub import looking, settlement
from laddnav.ocpi.hub.model import Counted, HubMember, Sought
from laddnav.ocpi.hub.rules import paired
from laddnav.ocpi.hub.settlement import Denials, HubMonth
from laddnav.ocpi.wire.handshake import Module
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor


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


async def deny(unit: Unit, holder: str, body: Pair) -> Denials:
    """Keep one more pair apart; to each of the two it looks as though nobody of that name were there."""
    hub = PartyId.parse(holder)
    await settlement.keep_apart(unit, hub, paired(PartyId.parse(body.one), PartyId.parse(body.other), body.module))
    return await settlement.denials(unit, hub)


async def allow(unit: Unit, holder: str, *, one: PartyId, other: PartyId, module: str | None = None) -> Denials:
    """Let one pair reach each other again, in what it was kept apart in."""
    hub = PartyId.parse(holder)
    await settlement.let_meet(unit, hub, paired(one, other, module))
    return await settlement.denials(unit, hub)


async def list_clients(
    unit: Unit, by: Visitor, holder: str, *, limit: Limit = 50, cursor: str | None = None
) -> Page[HubMember]:
    """Who is behind this hub, in which role, and how it stands with each since when."""
    found = await looking.members(unit, yours(by, PartyId.parse(holder)), after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.key)


async def list_requests(
    unit: Unit,
    by: Visitor,
    holder: str,
    *,
    client: PartyId | None = None,
    module: Module | None = None,
    granted: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = 50,
    cursor: str | None = None,
) -> Page[Counted]:
    """The log of this hub, newest first: who asked whom, and how it went; `granted` is whether with 1xxx."""
    sought = Sought(
        client=client,
        module=module,
        granted=granted,
        since=since and utc(since),
        until=until and utc(until),
    )
    found = await looking.requests(unit, yours(by, PartyId.parse(holder)), sought, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.id)


async def fetch_log(unit: Unit, holder: str, *, month: str) -> HubMonth:
    """What passed through this hub in a month such as 2026-11, by who asked whom in which module."""
    return await settlement.month(unit, PartyId.parse(holder), month)


ROUTES = (
    Route(method="GET", path="/hubs/{holder}/denials", does=fetch_denials),
    Route(method="PUT", path="/hubs/{holder}/denials", does=set_denials, needs=Role.ADMIN),
    Route(method="POST", path="/hubs/{holder}/denials", does=deny, needs=Role.ADMIN),
    Route(method="DELETE", path="/hubs/{holder}/denials", does=allow, needs=Role.ADMIN),
    Route(method="GET", path="/hubs/{holder}/clients", does=list_clients),
    Route(method="GET", path="/hubs/{holder}/requests", does=list_requests),
    Route(method="GET", path="/hubs/{holder}/log", does=fetch_log),
)
