"""Who is behind a hub; and of us as one what passes through: whom it is for, the ways back, denials, and the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.ocpi.hub.model import Counted, Detour, Tally, Told
from laddnav.ocpi.hub.rules import Denial
from laddnav.ocpi.store.words import Key
from laddnav.ocpi.wire.clients import ClientInfo
from laddnav.ocpi.wire.handshake import Interface, Module
from laddnav.ocpi.wire.paging import Page
from laddnav.parties.model import Role

EVERYBODY = ""

PUT_CLIENT = """
insert into hub_client as c (holder, owner, id_key, ref, party, status, body, revision, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, 1, $8)
on conflict (holder, owner, id_key) do update set status = excluded.status, body = excluded.body,
  revision = c.revision + 1, last_updated = excluded.last_updated
"""
CLIENT = "select body from hub_client where holder = $1 and owner = $2 and id_key = $3"
LOCK_CLIENT = CLIENT + " for update"
CLIENTS_OF_PARTY = """
select body from hub_client where holder = $1 and owner = $2 and party = $3 order by last_updated desc, id_key
"""
BEHIND = "select body from hub_client where holder = $1 and owner = $2 order by party, id_key limit $3"
SILENT = """
select c.id from ocpi_connection c join ocpi_line l on l.id = c.line
where c.our_role = $1 and l.state = 'CONNECTED' and coalesce(l.last_heard_at, l.registered_at) < $2
  and (l.last_reached_at is null or l.last_reached_at < $2 or l.failures > 0)
order by c.id limit $3
"""
SHOW = """
insert into hub_object (holder, module, owner, id_key, party, version, contract, ref)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (holder, module, owner, id_key, party) do update set version = excluded.version,
  contract = excluded.contract
"""
HIDE = "delete from hub_object where holder = $1 and module = $2 and owner = $3 and id_key = $4"
_TOLD = "select o.owner, o.id_key, o.party, o.version from hub_object o"
OF_KEY = f"{_TOLD} where o.holder = $1 and o.module = $2 and o.id_key = $3 order by o.ref"
OF_CONTRACT = f"{_TOLD} where o.holder = $1 and o.contract = $2 and o.contract <> '' order by o.ref"
# Oldest first, so that pages stay as they are while somebody crawls them; what was told to all and to one, is once.
PAGE = """
with found as (
  select o.owner, o.id_key, o.version, min(o.ref) as ref
  from hub_object o join ocpi_words w on w.holder = o.holder and w.owner = o.owner and w.module = o.module
    and w.version = o.version and w.audience = '' and not w.said and w.id_key = o.id_key
  where o.holder = $1 and o.module = $2 and o.party = any($3) and not (o.owner = any($4))
    and ($5::timestamptz is null or w.last_updated >= $5) and ($6::timestamptz is null or w.last_updated < $6)
  group by o.owner, o.id_key, o.version)
select total.total, page.owner, page.id_key, page.version, w.body
from (select count(*) as total from found) total
left join (select * from found order by ref offset $7 limit $8) page on true
left join ocpi_words w on w.holder = $1 and w.owner = page.owner and w.module = $2 and w.version = page.version
  and w.audience = '' and not w.said and w.id_key = page.id_key
order by page.ref
"""
_DETOUR = "id, connection_id, towards, party, module, interface, method, about, url"
INSERT_DETOUR = f"""
insert into hub_detour (holder, {_DETOUR}, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
DETOUR = f"select {_DETOUR} from hub_detour where holder = $1 and id = $2 and connection_id = $3 and expires_at > $4"
FORGET_DETOURS = "delete from hub_detour where expires_at < $1"
DENY = """
insert into hub_denial (holder, one, other, module, since) values ($1, $2, $3, $4, $5) on conflict do nothing
"""
ALLOW = "delete from hub_denial where holder = $1 and one = $2 and other = $3 and module = $4"
DENIALS = "select one, other, module from hub_denial where holder = $1 order by one, other, module"
DENIED_TO = """
select distinct case when one = $2 then other else one end as party from hub_denial
where holder = $1 and (one = $2 or other = $2) and module in ('', $3)
"""
COUNT = """
insert into hub_request (holder, id, at, asker, answerer, module, method, way, bytes_in, bytes_out, http_status,
  ocpi_status, took_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
TALLIES = """
select asker, answerer, module, way, count(*) as requests, count(*) filter (where ocpi_status < 2000) as granted,
  sum(bytes_in)::bigint as bytes_in, sum(bytes_out)::bigint as bytes_out
from hub_request where holder = $1 and at >= $2 and at < $3
group by asker, answerer, module, way order by asker, answerer, module, way
"""

# Hub by hub, as its index has it.
FORGET_REQUESTS = """
delete from hub_request where (holder, id) in (
  select old.holder, old.id from (select distinct holder from ocpi_connection where our_role = 'HUB') h
  cross join lateral (select r.holder, r.id from hub_request r where r.holder = h.holder and r.at < $1
    order by r.at limit $2) old
  limit $2)
"""


class Row(Struct, frozen=True):
    """One object of a list, in the version in which it was said."""

    owner: PartyId
    key: str
    version: str
    body: bytes


async def known(unit: Unit, holder: PartyId, hub: PartyId, key: str, *, lock: bool = False) -> ClientInfo | None:
    row = await unit.fetch_one(LOCK_CLIENT if lock else CLIENT, str(holder), str(hub), key)
    return None if row is None else json.decode(row["body"], ClientInfo)


def put_client(unit: Unit, holder: PartyId, hub: PartyId, client: ClientInfo) -> None:
    unit.write(
        PUT_CLIENT,
        str(holder),
        str(hub),
        client.key,
        unit.new_id(),
        str(client.party),
        client.status,
        json.encode(client).decode(),
        client.last_updated,
    )


async def clients_of_party(unit: Unit, holder: PartyId, hub: PartyId, party: PartyId) -> list[ClientInfo]:
    """In each of its roles, the newest word first."""
    rows = await unit.fetch(CLIENTS_OF_PARTY, str(holder), str(hub), str(party))
    return [json.decode(row["body"], ClientInfo) for row in rows]


async def behind(unit: Unit, holder: PartyId, hub: PartyId, limit: int) -> Sequence[ClientInfo]:
    rows = await unit.fetch(BEHIND, str(holder), str(hub), limit)
    return [json.decode(row["body"], ClientInfo) for row in rows]


async def silent(unit: Unit, our_role: Role, since: datetime, limit: int) -> list[str]:
    """Refs of connections from which nothing was heard since then, nor were they reached."""
    return [row["id"] for row in await unit.fetch(SILENT, our_role, since, limit)]


def show(unit: Unit, key: Key, party: PartyId | None, contract: str = "") -> None:
    """What was said under this key is for `party`; None: for everybody."""
    unit.write(
        SHOW,
        str(key.holder),
        key.module,
        str(key.owner),
        key.id,
        EVERYBODY if party is None else str(party),
        key.version,
        contract,
        unit.new_id(),
    )


def hide(unit: Unit, key: Key) -> None:
    unit.write(HIDE, str(key.holder), key.module, str(key.owner), key.id)


async def told(unit: Unit, holder: PartyId, module: Module, key: str) -> list[Told]:
    """Whoever owns something under this key, and whom it is for."""
    return [_told(row) for row in await unit.fetch(OF_KEY, str(holder), module, key)]


async def of_contract(unit: Unit, holder: PartyId, contract: str) -> list[Told]:
    """Tokens with this contract."""
    return [_told(row) for row in await unit.fetch(OF_CONTRACT, str(holder), contract)]


async def page(
    unit: Unit, holder: PartyId, module: Module, parties: Iterable[PartyId], without: Iterable[PartyId], page: Page
) -> tuple[int, list[Row]]:
    """(how many there are in all, those of this page) of what is for these parties and owned by none of `without`."""
    rows = await unit.fetch(
        PAGE,
        str(holder),
        module,
        [EVERYBODY, *(str(party) for party in parties)],
        [str(party) for party in without],
        page.date_from,
        page.date_to,
        page.offset,
        page.limit,
    )
    found = [row for row in rows if row["owner"] is not None]
    return rows[0]["total"], [
        Row(PartyId.parse(row["owner"]), row["id_key"], row["version"], row["body"].encode()) for row in found
    ]


def insert_detour(unit: Unit, holder: PartyId, detour: Detour, expires_at: datetime) -> None:
    unit.write(
        INSERT_DETOUR,
        str(holder),
        detour.id,
        detour.connection_id,
        detour.towards,
        str(detour.party),
        detour.module,
        detour.interface,
        detour.method,
        detour.about,
        detour.url,
        expires_at,
    )


async def detour(unit: Unit, holder: PartyId, id: str, connection_id: str) -> Detour | None:
    """None for everybody but whom it was given to, and after its time."""
    row = await unit.fetch_one(DETOUR, str(holder), id, connection_id, unit.now)
    if row is None:
        return None
    typed = {"party": PartyId.parse(row["party"]), "module": Module(row["module"])}
    return Detour(**dict(row) | typed | {"interface": Interface(row["interface"])})


def forget_detours(unit: Unit) -> None:
    unit.write(FORGET_DETOURS, unit.now)


def deny(unit: Unit, holder: PartyId, denial: Denial) -> None:
    unit.write(DENY, str(holder), *_pair(denial), unit.now)


async def allow(unit: Unit, holder: PartyId, denial: Denial) -> bool:
    """False where it was not denied."""
    return await unit.execute(ALLOW, str(holder), *_pair(denial)) > 0


async def denials(unit: Unit, holder: PartyId) -> tuple[Denial, ...]:
    return tuple(
        Denial(
            one=PartyId.parse(row["one"]),
            other=PartyId.parse(row["other"]),
            module=Module(row["module"]) if row["module"] else None,
        )
        for row in await unit.fetch(DENIALS, str(holder))
    )


async def denied_to(unit: Unit, holder: PartyId, party: PartyId, module: Module | None) -> frozenset[PartyId]:
    """Who is kept from it in this module; without one, who is in all."""
    rows = await unit.fetch(DENIED_TO, str(holder), str(party), module or EVERYBODY)
    return frozenset(PartyId.parse(row["party"]) for row in rows)


def count(unit: Unit, one: Counted) -> None:
    unit.write(
        COUNT,
        str(one.holder),
        one.id,
        one.at,
        str(one.asker),
        str(one.answerer),
        one.module,
        one.method,
        one.way,
        one.bytes_in,
        one.bytes_out,
        one.http,
        one.status,
        one.took_ms,
    )


async def tallies(unit: Unit, holder: PartyId, since: datetime, until: datetime) -> tuple[Tally, ...]:
    rows = await unit.fetch(TALLIES, str(holder), since, until)
    parties = ("asker", "answerer")
    return tuple(Tally(**dict(row) | {name: PartyId.parse(row[name]) for name in parties}) for row in rows)


async def forget_requests(unit: Unit, before: datetime, most: int) -> int:
    """Says how many there were."""
    return await unit.execute(FORGET_REQUESTS, before, most)


def owners(told: Collection[Told], speaker: PartyId) -> frozenset[PartyId]:
    """Of what the speaker has heard of, or says itself."""
    return frozenset(one.owner for one in told if one.party in (None, speaker) or one.owner == speaker)


def _told(row: Record) -> Told:
    party = PartyId.parse(row["party"]) if row["party"] else None
    return Told(PartyId.parse(row["owner"]), row["id_key"], party, row["version"])


def _pair(denial: Denial) -> tuple[str, str, str]:
    one, other = sorted((str(denial.one), str(denial.other)))
    return one, other, denial.module or EVERYBODY
