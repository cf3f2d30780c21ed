"""Sessions as they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from laddnav.db.lookups import lookup
from laddnav.db.rows import Lines
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId, fold
from laddnav.sessions.model import Known, Moved, Session, Status, Stay
from laddnav.sessions.rules import cost_of
from laddnav.tariffs.model import Tariff

FETCH = "select body, moved, revision from session where holder = $1 and owner = $2 and id_key = $3"
LOCK = lookup(FETCH + " for update", "text", "text", "text")
# The document of a charge is long and comes with each of its readings: it is read where it is not known already.
LOCK_SEVERAL = """
select s.holder, s.id_key, s.revision,
  case when s.revision is distinct from asked.revision then s.body end as body,
  case when s.revision is distinct from asked.revision then s.moved end as moved
from unnest($1::text[], $2::text[], $3::int[]) as asked(holder, id_key, revision)
join session s on s.holder = asked.holder and s.owner = asked.holder and s.id_key = asked.id_key
order by s.holder, s.owner, s.id_key for update of s
"""
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
INSERT = """
insert into session (holder, owner, id_key, id, ref, status, token_owner, token_uid_key, location_id, evse_uid,
  station_id, evse_no, started_at, ended_at, energy_wh, currency, cost_excl, cost_incl, body, revision, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
"""
_UPDATE = """
update session set status = rows.status, started_at = rows.started_at, ended_at = rows.ended_at,
  energy_wh = rows.energy_wh, currency = rows.currency, cost_excl = rows.cost_excl,
  cost_incl = rows.cost_incl,
  body = rows.body, moved = null, revision = session.revision + 1, last_updated = rows.last_updated,
  token_owner = rows.token_owner, token_uid_key = rows.token_uid_key, location_id = rows.location_id,
  evse_uid = rows.evse_uid
from {rows} where session.holder = rows.holder and session.owner = rows.owner and session.id_key = rows.id_key
"""
# The columns of a row, by their types: as `_key` and `_columns` say them.
_ITS_KEY = dict.fromkeys(("holder", "owner", "id_key"), "text")
_ALL = {
    "status": "text",
    "started_at": "timestamptz",
    "ended_at": "timestamptz",
    "energy_wh": "numeric",
    "currency": "text",
    "cost_excl": "numeric",
    "cost_incl": "numeric",
    "last_updated": "timestamptz",
    "token_owner": "text",
    "token_uid_key": "text",
    "location_id": "text",
    "evse_uid": "text",
    "body": "text",
}
UPDATE = Lines(
    _UPDATE,
    {**_ITS_KEY, **_ALL},
    key=3,
    long=True,
)
# A partner's, of which this revision is known: where it has another meanwhile, nothing is done.
HEARD = Lines(
    f"{_UPDATE} and session.revision = rows.known returning true",
    {**_ITS_KEY, "known": "bigint", **_ALL},
    each=True,
    long=True,
)
ADVANCE = Lines(
    """
update session set energy_wh = rows.energy_wh, moved = rows.moved, revision = session.revision + 1,
  last_updated = rows.last_updated
from {rows} where session.holder = rows.holder and session.owner = rows.holder and session.id_key = rows.id_key
""",
    {
        "holder": "text",
        "id_key": "text",
        "energy_wh": "numeric",
        "moved": "text",
        "last_updated": "timestamptz",
    },
    key=2,
)
COUNT = """
select status, count(*) as many from session where ($1::text is null or holder = $1) group by status
"""


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str, *, lock: bool = False) -> Session | None:
    row = await unit.fetch_one(LOCK if lock else FETCH, str(holder), str(owner), fold(id))
    return None if row is None else _session(row)


async def lock_known(unit: Unit, session: Session) -> Known | None:
    """What is known of a partner's. It is locked until this Unit ends, or that is undone (`Unit.believed`)."""
    key = _key(session)
    believed: Known | None = unit.believed(Known, key, HEARD)
    if believed is not None:
        return believed
    row = await unit.fetch_one(LOCK, *key)
    return None if row is None else replace(json.decode(row["body"], Known), revision=row["revision"])


async def lock_several(unit: Unit, keys: Sequence[tuple[PartyId, str]]) -> dict[tuple[PartyId, str], Session]:
    """Our own Sessions by (holder, id), locked in one order so that two batches never wait for each other in a ring.

    What they cost so far may be behind what they are: whoever wants to know finds them.
    """
    asked = sorted({(str(holder), fold(id)) for holder, id in keys})
    remembered: dict[tuple[str, str], Session] = unit.remembered.get(Session, {})
    known = {key: remembered[key] for key in asked if key in remembered}
    revisions = [known[key].revision if key in known else None for key in asked]
    rows = await unit.fetch(LOCK_SEVERAL, *map(list, zip(*asked, strict=True)), revisions)
    sessions = [known[row["holder"], row["id_key"]] if row["body"] is None else _slim(_session(row)) for row in rows]
    return {(one.holder, one.id): one for one in sessions}


async def by_ref(unit: Unit, ref: str) -> Session | None:
    row = await unit.fetch_one(BY_REF, ref)
    return None if row is None else _session(row)


async def open_at_evse(
    unit: Unit, holder: PartyId, station_id: str, evse_no: int, *, lock: bool = True
) -> list[Session]:
    rows = await unit.fetch(OPEN_AT_EVSE if lock else SEEN_AT_EVSE, str(holder), station_id, evse_no)
    return [_session(row) for row in rows]


async def charging_at(
    unit: Unit, holder: PartyId, station_ids: Sequence[str], known: Mapping[str, Session]
) -> list[Session]:
    """`known`, by the form of an id that is compared, need not be read again where it is still true."""
    revisions = [one.revision for one in known.values()]
    rows = await unit.fetch(CHARGING_AT, str(holder), list(station_ids), list(known), revisions)
    return [known[row["id_key"]] if row["body"] is None else _session(row) for row in rows]


async def charged_at(
    unit: Unit, holder: PartyId, station_ids: Sequence[str], since: datetime, until: datetime
) -> list[Session]:
    rows = await unit.fetch(CHARGED_AT, str(holder), list(station_ids), since, until)
    return [_session(row) for row in rows]


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
    return [_session(row) for row in rows]


async def overdue(unit: Unit, status: str, before: datetime, limit: int) -> list[Session]:
    rows = await unit.fetch(OVERDUE, status, before, limit)
    return [_session(row) for row in rows]


async def limited_by(unit: Unit, holder: PartyId, party: PartyId) -> list[Session]:
    rows = await unit.fetch(LIMITED_BY, str(holder), str(party))
    return [_session(row) for row in rows]


async def limited_at_partners(unit: Unit, limit: int) -> list[Session]:
    """Charges of our drivers that we limit, or that somebody limits for us."""
    return [_session(row) for row in await unit.fetch(LIMITED_AT_PARTNERS, limit)]


async def open_of_tokens(unit: Unit, holder: PartyId, uids: Iterable[str]) -> list[Session]:
    rows = await unit.fetch(OPEN_OF_TOKENS, str(holder), [fold(uid) for uid in uids])
    return [_session(row) for row in rows]


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
    return [_session(row) for row in rows]


async def of_our_drivers(
    unit: Unit, holder: PartyId, since: datetime, until: datetime | None, offset: int, limit: int
) -> tuple[int, list[Session]]:
    """(how many there are in all, those of this page)."""
    rows = await unit.fetch(OF_OUR_DRIVERS, str(holder), since, until, offset, limit)
    return rows[0]["total"], [_session(row) for row in rows if row["body"] is not None]


async def counts(unit: Unit, holder: PartyId | None) -> dict[str, int]:
    return {row["status"]: row["many"] for row in await unit.fetch(COUNT, holder and str(holder))}


def _session(row: Record) -> Session:
    session: Session = replace(json.decode(row["body"], Session), revision=row["revision"])
    if row["moved"] is None:
        return session
    moved = json.decode(row["moved"], Moved)
    if moved.revision != session.revision:
        return session
    tab = moved.tab if moved.tab is None or session.tab is None else replace(moved.tab, tariffs=session.tab.tariffs)
    cost = session.cost if tab is None else cost_of(tab)
    return replace(session, energy=moved.energy, meter=moved.meter, tab=tab, cost=cost, last_updated=moved.last_updated)


def _learn(unit: Unit, session: Session) -> None:
    """Of a charge at a Station of ours readings come: known by its revision, it need not be read again for them."""
    if session.status is Status.ACTIVE and session.station_id is not None:
        unit.learn(Session, (str(session.holder), fold(session.id)), session)


def _slim(session: Session) -> Session:
    """Fit to be remembered by the thousand: the Tariffs, more than half of it, are shared by all charges under them."""
    tab = session.tab
    return session if tab is None else replace(session, tab=replace(tab, tariffs=tuple(map(_shared, tab.tariffs))))


@lru_cache(maxsize=1024)
def _shared(tariff: Tariff) -> Tariff:
    """The first that was equal to this."""
    return tariff


def insert(unit: Unit, session: Session) -> None:
    cost = session.cost
    _learn(unit, _slim(session))
    unit.write(
        INSERT,
        str(session.holder),
        str(session.owner),
        fold(session.id),
        session.id,
        session.ref,
        session.status,
        str(session.token.owner),
        fold(session.token.uid),
        session.location_id,
        session.evse_uid,
        session.station_id,
        session.evse_no,
        session.started_at,
        session.ended_at,
        session.energy.wh,
        session.currency,
        cost and cost.before_taxes,
        cost and cost.after_taxes,
        json.encode(session).decode(),
        session.revision,
        session.last_updated,
    )


def update(unit: Unit, session: Session) -> None:
    """Of one that was read under a lock."""
    _learn(unit, replace(session, revision=session.revision + 1))
    unit.write(UPDATE, *_key(session), *_columns(session))


def hear(unit: Unit, before: Known, session: Session) -> None:
    """What a partner tells of one of which this is known, and which is locked."""
    now = {name: getattr(session, name) for name in Known.__struct_fields__}
    unit.learn(Known, _key(session), Known(**now | {"revision": before.revision + 1}))
    unit.write(HEARD, *_key(session), before.revision, *_columns(session))


def _key(session: Session) -> tuple[str, str, str]:
    return str(session.holder), str(session.owner), fold(session.id)


def _columns(session: Session) -> tuple[Any, ...]:
    cost = session.cost
    return (
        session.status,
        session.started_at,
        session.ended_at,
        session.energy.wh,
        session.currency,
        cost and cost.before_taxes,
        cost and cost.after_taxes,
        session.last_updated,
        str(session.token.owner),
        fold(session.token.uid),
        session.location_id,
        session.evse_uid,
        json.encode(session),
    )


def advance(unit: Unit, before: Session, session: Session) -> None:
    """Of one of ours that was read under a lock, and in which only a reading has moved something since.

    What it costs so far is not told: each reader adds it up from the Tab, and most readings have none.
    """
    tab = session.tab
    if tab is not None and (before.tab is None or tab.tariffs is not before.tab.tariffs):
        # Another Tariff holds, and the document has to say so.
        return update(unit, replace(session, cost=cost_of(tab)))
    moved = Moved(
        revision=session.revision + 1,
        energy=session.energy,
        meter=session.meter,
        tab=None if tab is None else replace(tab, tariffs=()),
        last_updated=session.last_updated,
    )
    _learn(unit, replace(session, revision=session.revision + 1))
    unit.write(
        ADVANCE,
        str(session.holder),
        fold(session.id),
        session.energy.wh,
        moved,
        session.last_updated,
    )
