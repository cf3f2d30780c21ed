"""Sessions as they are written, and as they are known meanwhile: what was written under a lock is not read again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from laddnav.db.rows import Lines
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.sessions.model import Known, Moved, Session, Status
from laddnav.sessions.rules import cost_of
from laddnav.sessions.store.sessions import LOCK, session_of
from laddnav.tariffs.model import Tariff

# The document of a charge is long and comes with each of its readings: it is read where it is not known already.
LOCK_SEVERAL = """
select s.holder, s.id_key, s.revision,
  case when s.revision is distinct from asked.revision then s.body end as body,
  case when s.revision is distinct from asked.revision then s.moved end as moved
from unnest($1::text[], $2::text[], $3::int[]) as asked(holder, id_key, revision)
join session s on s.holder = asked.holder and s.owner = asked.holder and s.id_key = asked.id_key
order by s.holder, s.owner, s.id_key for update of s
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
    sessions = [known[row["holder"], row["id_key"]] if row["body"] is None else _slim(session_of(row)) for row in rows]
    return {(one.holder, one.id): one for one in sessions}


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
    other = tab is not None and (before.tab is None or tab.tariffs is not before.tab.tariffs)
    if other or session.heard is not before.heard:
        # Another Tariff holds, or its Station is on another line, and the document has to say so.
        return update(unit, session if tab is None else replace(session, cost=cost_of(tab)))
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
