"""Sessions as they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from laddnav.db.lookups import lookup
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId, fold
from laddnav.sessions.model import Moved, Session, Stay
from laddnav.sessions.rules import cost_of

FETCH = "select body, moved, revision from session where holder = $1 and owner = $2 and id_key = $3"
SEVERAL = """
select s.body, s.moved, s.revision, k.holder, k.id_key
from unnest($1::text[], $2::text[]) as k(holder, id_key)
join session s on s.holder = k.holder and s.owner = k.holder and s.id_key = k.id_key
"""
LOCK = lookup(FETCH + " for update", "text", "text", "text")
BY_REF = "select body, moved, revision from session where ref = $1"
# A car that stands at an Evse; whoever is on the way to it, or may come later, counts too.
SEEN_AT_EVSE = """
select body, moved, revision from session
where holder = $1 and owner = $1 and station_id = $2 and evse_no = $3 and status in ('PENDING', 'RESERVATION', 'ACTIVE')
order by started_at desc
"""
OPEN_AT_EVSE = f"{SEEN_AT_EVSE} for update"
# Of what is known already, the document is not read again.
CHARGING_AT = """
select s.id_key, s.revision,
  case when s.revision is distinct from known.revision then s.body end as body,
  case when s.revision is distinct from known.revision then s.moved end as moved
from session s left join unnest($3::text[], $4::int[]) as known(id_key, revision) on known.id_key = s.id_key
where s.holder = $1 and s.owner = $1 and s.station_id = any($2) and s.status = 'ACTIVE' order by s.ref
"""
CHARGED_AT = """
select body, moved, revision from session
where holder = $1 and owner = $1 and station_id = any($2) and started_at < $4 and coalesce(ended_at, $4) > $3
  and status in ('ACTIVE', 'SETTLING', 'COMPLETED')
order by started_at, ref
"""
STAYS = """
select id_key, station_id, evse_no, started_at, ended_at, energy_wh from session
where holder = $1 and owner = $1 and station_id = any($2) and started_at >= $3 and started_at < $4
  and status = 'COMPLETED' and ended_at > started_at and energy_wh > 0
order by started_at, ref
"""
AT_EVSE = """
select body, moved, revision from session
where holder = $1 and owner = $1 and station_id = $2 and evse_no = $3 and started_at between $4 and $5
  and coalesce(ended_at, $5) >= $5
order by started_at for update
"""
BILLED_MEANWHILE = """
select body, moved, revision from session
where holder = $1 and owner = $1 and station_id = $2 and evse_no = $3 and started_at > $4 and started_at < $6
  and ended_at > $5 and status = 'COMPLETED'
order by started_at, ref
"""
OVERDUE = """
select body, moved, revision from session
where status = $1 and station_id is not null and last_updated < $2 order by last_updated limit $3
"""
LIMITED_BY = """
select body, moved, revision from session
where holder = $1 and owner = $1 and status = 'ACTIVE'
  and exists (
    select from jsonb_array_elements(coalesce(body::jsonb -> 'limits', '[]')) one
    where concat_ws('*', one #>> '{by,country}', one #>> '{by,party}') = $2)
order by ref for update
"""
LIMITED_AT_PARTNERS = """
select body, moved, revision from session
where owner <> holder and status = 'ACTIVE' and body like '%"limits":[{%' order by holder, ref limit $1
"""
PAGE = """
select body, moved, revision from session
where ($1::text is null or holder = $1) and ($2::text is null or owner = $2)
  and ($3::text[] is null or status = any($3)) and ($4::text is null or station_id = $4)
  and ($5::text is null or ref < $5)
order by ref desc limit $6
"""
OPEN_OF_TOKENS = """
select body, moved, revision from session
where holder = $1 and status in ('PENDING', 'ACTIVE', 'SETTLING') and token_uid_key = any($2) order by ref desc
"""
OF_OUR_DRIVERS = """
with found as (
  select ref, body, moved, revision from session
  where holder = $1 and owner <> $1 and token_owner = $1 and last_updated >= $2
    and ($3::timestamptz is null or last_updated < $3))
select total.total, page.body, page.moved, page.revision
from (select count(*) as total from found) total
left join (select * from found order by ref offset $4 limit $5) page on true
order by page.ref
"""
COUNT = """
select status, count(*) as many from session where ($1::text is null or holder = $1) group by status
"""


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str, *, lock: bool = False) -> Session | None:
    row = await unit.fetch_one(LOCK if lock else FETCH, str(holder), str(owner), fold(id))
    return None if row is None else session_of(row)


async def several(unit: Unit, keys: Collection[tuple[PartyId, str]]) -> dict[tuple[PartyId, str], Session]:
    """Of charges at Stations of ours, by (holder, folded id)."""
    columns = [str(holder) for holder, _ in keys], [fold(id) for _, id in keys]
    rows = await unit.fetch(SEVERAL, *columns) if keys else []
    return {(PartyId.parse(row["holder"]), row["id_key"]): session_of(row) for row in rows}


async def by_ref(unit: Unit, ref: str) -> Session | None:
    row = await unit.fetch_one(BY_REF, ref)
    return None if row is None else session_of(row)


async def open_at_evse(
    unit: Unit, holder: PartyId, station_id: str, evse_no: int, *, lock: bool = True
) -> list[Session]:
    rows = await unit.fetch(OPEN_AT_EVSE if lock else SEEN_AT_EVSE, str(holder), station_id, evse_no)
    return [session_of(row) for row in rows]


async def charging_at(
    unit: Unit, holder: PartyId, station_ids: Sequence[str], known: Mapping[str, Session]
) -> list[Session]:
    """`known`, by the form of an id that is compared, need not be read again where it is still true."""
    revisions = [one.revision for one in known.values()]
    rows = await unit.fetch(CHARGING_AT, str(holder), list(station_ids), list(known), revisions)
    return [known[row["id_key"]] if row["body"] is None else session_of(row) for row in rows]


async def charged_at(
    unit: Unit, holder: PartyId, station_ids: Sequence[str], since: datetime, until: datetime
) -> list[Session]:
    rows = await unit.fetch(CHARGED_AT, str(holder), list(station_ids), since, until)
    return [session_of(row) for row in rows]


async def stays(
    unit: Unit, holder: PartyId, station_ids: Sequence[str], since: datetime, until: datetime
) -> list[Stay]:
    rows = await unit.fetch(STAYS, str(holder), list(station_ids), since, until)
    return [
        Stay(
            session_id=row["id_key"],
            station_id=row["station_id"],
            evse_no=row["evse_no"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            energy=Energy(row["energy_wh"]),
        )
        for row in rows
    ]


async def at_evse(
    unit: Unit, holder: PartyId, station_id: str, evse_no: int, since: datetime, at: datetime
) -> list[Session]:
    """Those that began since then and went on at the instant."""
    rows = await unit.fetch(AT_EVSE, str(holder), station_id, evse_no, since, at)
    return [session_of(row) for row in rows]


async def billed_meanwhile(
    unit: Unit, holder: PartyId, station_id: str, evse_no: int, begun_since: datetime, since: datetime, until: datetime
) -> list[Session]:
    """Those that began after the first of these instants and went on between the others."""
    rows = await unit.fetch(BILLED_MEANWHILE, str(holder), station_id, evse_no, begun_since, since, until)
    return [session_of(row) for row in rows]


async def overdue(unit: Unit, status: str, before: datetime, limit: int) -> list[Session]:
    rows = await unit.fetch(OVERDUE, status, before, limit)
    return [session_of(row) for row in rows]


async def limited_by(unit: Unit, holder: PartyId, party: PartyId) -> list[Session]:
    rows = await unit.fetch(LIMITED_BY, str(holder), str(party))
    return [session_of(row) for row in rows]


async def limited_at_partners(unit: Unit, limit: int) -> list[Session]:
    """Charges of our drivers that we limit, or that somebody limits for us."""
    return [session_of(row) for row in await unit.fetch(LIMITED_AT_PARTNERS, limit)]


async def open_of_tokens(unit: Unit, holder: PartyId, uids: Iterable[str]) -> list[Session]:
    rows = await unit.fetch(OPEN_OF_TOKENS, str(holder), [fold(uid) for uid in uids])
    return [session_of(row) for row in rows]


async def page(
    unit: Unit,
    holder: PartyId | None,
    owner: PartyId | None,
    statuses: Sequence[str] | None,
    station_id: str | None,
    before: str | None,
    limit: int,
) -> list[Session]:
    rows = await unit.fetch(
        PAGE, holder and str(holder), owner and str(owner), statuses and list(statuses), station_id, before, limit
    )
    return [session_of(row) for row in rows]


async def of_our_drivers(
    unit: Unit, holder: PartyId, since: datetime, until: datetime | None, offset: int, limit: int
) -> tuple[int, list[Session]]:
    """(how many there are in all, those of this page)."""
    rows = await unit.fetch(OF_OUR_DRIVERS, str(holder), since, until, offset, limit)
    return rows[0]["total"], [session_of(row) for row in rows if row["body"] is not None]


async def counts(unit: Unit, holder: PartyId | None) -> dict[str, int]:
    return {row["status"]: row["many"] for row in await unit.fetch(COUNT, holder and str(holder))}


def session_of(row: Record) -> Session:
    session: Session = replace(json.decode(row["body"], Session), revision=row["revision"])
    if row["moved"] is None:
        return session
    moved = json.decode(row["moved"], Moved)
    if moved.revision != session.revision:
        return session
    tab = moved.tab if moved.tab is None or session.tab is None else replace(moved.tab, tariffs=session.tab.tariffs)
    cost = session.cost if tab is None else cost_of(tab)
    return replace(session, energy=moved.energy, meter=moved.meter, tab=tab, cost=cost, last_updated=moved.last_updated)
