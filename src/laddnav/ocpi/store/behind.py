"""What whoever runs a hub of ours looks at, page by page: its clients, who is kept from whom, and the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.ocpi.hub.model import Apart, Counted, HubMember, Sought
from laddnav.ocpi.wire.clients import ClientInfo, ClientStatus
from laddnav.ocpi.wire.handshake import Module
from laddnav.parties.model import Role

MEMBERS = """
select h.body, c.ref, c.name, c.version
from hub_client h left join (
  select c.ref, l.name, l.version, role ->> 'role' as role,
    role -> 'party' ->> 'country' || '*' || (role -> 'party' ->> 'party') as party
  from ocpi_connection c join ocpi_line l on l.id = c.line cross join jsonb_array_elements(l.roles::jsonb) role
  where c.holder = $1 and c.our_role = 'HUB' and l.state <> 'REMOVED'
) c on c.party = h.party and c.role = h.body::jsonb ->> 'role'
where h.holder = $1 and h.owner = $1 and h.id_key > $2 order by h.id_key limit $3
"""
INVITED = """
select c.ref, l.name, l.version, c.their_role, c.created_at
from ocpi_connection c join ocpi_line l on l.id = c.line
where c.holder = $1 and c.our_role = 'HUB' and l.state in ('INVITED', 'REGISTERING') and l.roles::jsonb = '[]'::jsonb
order by c.created_at desc, c.id limit $2
"""
APART = """
select one, other, module, since from hub_denial where holder = $1 and (one, other, module) > ($2, $3, $4)
order by one, other, module limit $5
"""
_REQUESTS = """
select holder, id, at, asker, answerer, module, method, way, bytes_in, bytes_out, http_status as http,
  ocpi_status as status, took_ms from hub_request
where holder = $1 and (at, id) < ($2, $3) and at >= $4 and ($5::text is null or module = $5)
  and ($6::boolean is null or (ocpi_status < 2000) = $6)
"""
_NEWEST_FIRST = "order by at desc, id desc limit $7"
REQUESTS = f"{_REQUESTS} {_NEWEST_FIRST}"
# Each half from an index of its own; whoever asks the hub for its own things stands in both.
REQUESTS_OF = f"""
({_REQUESTS} and asker = $8 {_NEWEST_FIRST}) union all
({_REQUESTS} and answerer = $8 and asker <> $8 {_NEWEST_FIRST}) {_NEWEST_FIRST}
"""
WHEN = "select at from hub_request where holder = $1 and id = $2"

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


async def members(unit: Unit, hub: PartyId, after: str, limit: int) -> list[HubMember]:
    """By party and role."""
    found = [
        (json.decode(row["body"], ClientInfo), row["ref"], row["name"], row["version"])
        for row in await unit.fetch(MEMBERS, str(hub), after, limit)
    ]
    return [
        HubMember(
            holder=hub,
            party=one.party,
            role=one.role,
            status=one.status,
            since=one.last_updated,
            ref=ref,
            name=name,
            version=version,
        )
        for one, ref, name, version in found
    ]


async def invited(unit: Unit, hub: PartyId, limit: int) -> list[HubMember]:
    """The newest first."""
    return [
        HubMember(
            holder=hub,
            party=None,
            role=row["their_role"] and Role(row["their_role"]),
            status=ClientStatus.PLANNED,
            since=row["created_at"],
            ref=row["ref"],
            name=row["name"],
            version=row["version"],
        )
        for row in await unit.fetch(INVITED, str(hub), limit)
    ]


async def apart(unit: Unit, hub: PartyId, after: str, limit: int) -> list[Apart]:
    one, _, rest = after.partition("/")
    other, _, module = rest.partition("/")
    return [
        Apart(
            holder=hub,
            one=PartyId.parse(row["one"]),
            other=PartyId.parse(row["other"]),
            module=Module(row["module"]) if row["module"] else None,
            since=row["since"],
        )
        for row in await unit.fetch(APART, str(hub), one, other, module, limit)
    ]


async def requests(unit: Unit, hub: PartyId, sought: Sought, before: str | None, limit: int) -> list[Counted]:
    """Newest first, from before the one with this id."""
    until, id = sought.until or unit.now + timedelta(days=1), ""
    if before is not None:
        until, id = await unit.value(WHEN, str(hub), before) or BEGINNING, before
    since = sought.since or BEGINNING
    asked = (str(hub), until, id, since, sought.module, sought.granted, limit)
    rows = await (
        unit.fetch(REQUESTS, *asked) if sought.client is None else unit.fetch(REQUESTS_OF, *asked, str(sought.client))
    )
    parties = ("holder", "asker", "answerer")
    return [Counted(**dict(row) | {name: PartyId.parse(row[name]) for name in parties}) for row in rows]
