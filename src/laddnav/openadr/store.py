"""VTNs, resources, signals with their proof, and minutes, as they are kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.openadr.model import GridResource, Minute, SignalProof, Vtn, VtnStanding

PUT_VTN = """
insert into openadr_vtn (holder, ref, body, secret, enabled, standing, next_at) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (holder, ref) do update set body = excluded.body, enabled = excluded.enabled, next_at = excluded.next_at,
  secret = case when excluded.secret = '' then openadr_vtn.secret else excluded.secret end
"""
VTN = "select body, secret, standing from openadr_vtn where ref = $1"
HOLD = "select ref from openadr_vtn where ref = $1 for update"
VTNS = """
select body, secret, standing from openadr_vtn
where ($1::text is null or holder = $1) and ($2::text is null or ref > $2) order by ref limit $3
"""
# Whoever takes one has until $2 to ask it; nobody else does meanwhile.
TAKE_DUE = """
update openadr_vtn set next_at = $2 where (holder, ref) in (
  select holder, ref from openadr_vtn where enabled and next_at <= $1 order by next_at limit $3 for update skip locked)
returning body, secret, standing
"""
PUT_STANDING = "update openadr_vtn set standing = $3, next_at = $4 where holder = $1 and ref = $2"
DROP_VTN = "delete from openadr_vtn where holder = $1 and ref = $2"
DROP_RESOURCES = "delete from openadr_resource where holder = $1 and vtn = $2"
PUT_RESOURCE = """
insert into openadr_resource (holder, vtn, site_id, body) values ($1, $2, $3, $4)
on conflict (holder, vtn, site_id) do update set body = excluded.body
"""
DROP_RESOURCE = "delete from openadr_resource where holder = $1 and vtn = $2 and site_id = $3"
RESOURCES = "select body from openadr_resource where holder = $1 and vtn = $2 order by site_id"
OPEN = """
select body from openadr_signal
where holder = $1 and vtn = $2 and state in ('AHEAD', 'IN_FORCE', 'OBEYED', 'NOTED') order by begin_at, ref
"""
BEGUN = """
select body from openadr_signal
where state in ('AHEAD', 'IN_FORCE', 'OBEYED', 'NOTED') and begin_at <= $1 order by holder, site_id, begin_at
"""
PUT_SIGNAL = """
insert into openadr_signal (holder, vtn, site_id, event_id, interval_id, kind, ref, state, begin_at, end_at, unreported,
  body) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (holder, vtn, site_id, event_id, interval_id, kind) do update set
  state = excluded.state, ref = excluded.ref,
  begin_at = excluded.begin_at, end_at = excluded.end_at, unreported = excluded.unreported, body = excluded.body
"""
SIGNALS = """
select body from openadr_signal
where ($1::text is null or holder = $1) and ($2::text is null or site_id = $2) and ($3::text is null or ref < $3)
  and ($5::text is null or vtn = $5)
order by ref desc limit $4
"""
UNREPORTED = """
select body from openadr_signal s
where holder = $1 and vtn = $2 and unreported and not exists (
  select from openadr_signal o where o.holder = s.holder and o.vtn = s.vtn and o.event_id = s.event_id
    and o.state in ('AHEAD', 'IN_FORCE', 'OBEYED', 'NOTED'))
order by event_id, interval_id limit $3
"""
ADD_MINUTE = """
insert into openadr_minute (holder, site_id, at, kw_sum, many, whole) values ($1, $2, $3, $4, 1, $5)
on conflict (holder, site_id, at) do update set kw_sum = openadr_minute.kw_sum + excluded.kw_sum,
  many = openadr_minute.many + 1, whole = openadr_minute.whole and excluded.whole
"""
MINUTES = """
select at, kw_sum / many as kw, whole from openadr_minute
where holder = $1 and site_id = $2 and at > $3 and at < $4 order by at
"""
FORGET_MINUTES = "delete from openadr_minute where at < $1"

Kept = tuple[Vtn, str, VtnStanding]  # with its sealed secret


def put_vtn(unit: Unit, vtn: Vtn, sealed: str, standing: VtnStanding) -> None:
    """An empty secret leaves the one that is kept. It is asked at once."""
    body, stands = json.encode(vtn).decode(), json.encode(standing).decode()
    unit.write(PUT_VTN, str(vtn.holder), vtn.ref, body, sealed, vtn.enabled, stands, unit.now)


async def hold(unit: Unit, ref: str) -> None:
    await unit.value(HOLD, ref)


async def vtn(unit: Unit, ref: str) -> Kept | None:
    row = await unit.fetch_one(VTN, ref)
    return None if row is None else _kept(row)


async def vtns(unit: Unit, holder: PartyId | None, after: str | None, limit: int) -> list[Kept]:
    return [_kept(row) for row in await unit.fetch(VTNS, holder and str(holder), after, limit)]


async def take_due(unit: Unit, until: datetime, most: int) -> list[Kept]:
    return [_kept(row) for row in await unit.fetch(TAKE_DUE, unit.now, until, most)]


def put_standing(unit: Unit, one: VtnStanding, next_at: datetime) -> None:
    unit.write(PUT_STANDING, str(one.holder), one.ref, json.encode(one).decode(), next_at)


def drop_vtn(unit: Unit, vtn: Vtn) -> None:
    unit.write(DROP_RESOURCES, str(vtn.holder), vtn.ref)
    unit.write(DROP_VTN, str(vtn.holder), vtn.ref)


def _kept(row: Record) -> Kept:
    return json.decode(row["body"], Vtn), row["secret"], json.decode(row["standing"], VtnStanding)


def put_resource(unit: Unit, one: GridResource) -> None:
    unit.write(PUT_RESOURCE, str(one.holder), one.vtn, one.site_id, json.encode(one).decode())


def drop_resource(unit: Unit, one: GridResource) -> None:
    unit.write(DROP_RESOURCE, str(one.holder), one.vtn, one.site_id)


async def resources(unit: Unit, holder: PartyId, vtn: str) -> tuple[GridResource, ...]:
    return tuple(json.decode(row["body"], GridResource) for row in await unit.fetch(RESOURCES, str(holder), vtn))


async def open_signals(unit: Unit, holder: PartyId, vtn: str) -> list[SignalProof]:
    return _proofs(await unit.fetch(OPEN, str(holder), vtn))


async def begun(unit: Unit) -> list[SignalProof]:
    """Those whose time has come and is not known to be over, of everybody."""
    return _proofs(await unit.fetch(BEGUN, unit.now))


async def signals(
    unit: Unit, holder: PartyId | None, site_id: str | None, before: str | None, limit: int, vtn: str | None
) -> list[SignalProof]:
    return _proofs(await unit.fetch(SIGNALS, holder and str(holder), site_id, before, limit, vtn))


async def unreported(unit: Unit, holder: PartyId, vtn: str, most: int) -> list[SignalProof]:
    """Of events of which nothing is open any more."""
    return _proofs(await unit.fetch(UNREPORTED, str(holder), vtn, most))


def put_signals(unit: Unit, some: Iterable[SignalProof]) -> None:
    for one in some:
        said = one.signal
        unit.write(
            PUT_SIGNAL,
            *(str(one.holder), one.vtn, one.site_id, said.event_id, said.interval_id, said.kind.value, one.ref),
            *(one.state.value, said.begin_at, said.end_at, bool(one.reports) and one.reported_at is None),
            json.encode(one).decode(),
        )


def _proofs(rows: Sequence[Record]) -> list[SignalProof]:
    return [json.decode(row["body"], SignalProof) for row in rows]


def add_minute(unit: Unit, holder: PartyId, site_id: str, kw: Decimal, whole: bool) -> None:
    """What is drawn now."""
    unit.write(ADD_MINUTE, str(holder), site_id, unit.now.replace(second=0, microsecond=0), kw, whole)


async def minutes(unit: Unit, holder: PartyId, site_id: str, since: datetime, until: datetime) -> list[Minute]:
    """Those that begin between the two, and before the second."""
    rows = await unit.fetch(MINUTES, str(holder), site_id, since, until)
    return [Minute(at=row["at"], kw=row["kw"], whole=row["whole"]) for row in rows]


async def forget_minutes(unit: Unit, before: datetime) -> int:
    return await unit.execute(FORGET_MINUTES, before)
