"""How what each CDR left us is kept, and summed up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.payments.payment import Payment
from laddnav.settlement.margins import By, Margin, MarginSum, Unknown

PUT = """
insert into margin (holder, cdr_owner, id_key, cdr_id, cdr_ref, ended_at, month, location_id, place, tariff, partner,
  currency, kwh, paid, billed, roaming, energy, grid, fees, shares, unknown, again_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
on conflict (holder, cdr_owner, id_key) do update set energy = excluded.energy, grid = excluded.grid,
  fees = excluded.fees, shares = excluded.shares, unknown = excluded.unknown, again_at = excluded.again_at
"""
OF_CDR = """
select holder, cdr_owner, cdr_id, cdr_ref, ended_at, month, location_id, place, tariff, partner, currency, kwh, paid,
  billed, roaming, energy, grid, fees, shares, unknown
from margin where holder = $1 and cdr_owner = $2 and id_key = $3
"""
CLAIM_DUE = """
update margin m set again_at = $3
from (
  select holder, cdr_owner, id_key from margin where again_at <= $1 order by again_at limit $2 for update skip locked
) as due
where m.holder = due.holder and m.cdr_owner = due.cdr_owner and m.id_key = due.id_key
returning m.holder, m.cdr_owner, m.cdr_id
"""
# What may come with a site is written out, so that its own index is looked at.
WAKE = """
update margin set again_at = $4
where holder = $1 and unknown && array['NO_SITE', 'NO_ZONE', 'NO_GRID_TARIFF'] and unknown && $2::text[]
  and ($3::text[] is null or location_id = any($3))
"""
PAYMENT = """
select p.body from ticket t join payment p on p.holder = t.holder and p.ref = t.payment
where t.holder = $1 and t.session_id = $2 order by t.ref desc limit 1
"""

_KEYS = {
    By.CHARGE: ("m.cdr_owner || '/' || m.cdr_id", "m.place"),
    By.PLACE: ("m.cdr_owner || '/' || m.location_id", "max(m.place)"),
    By.TARIFF: ("m.tariff", "''"),
    By.PARTNER: ("m.partner", "''"),
    By.MONTH: ("m.month", "''"),
}
_COMPLETE = "energy is not null and grid is not null and fees is not null and shares is not null"
_LEFT = "paid + billed - roaming - energy - grid - fees - shares"
SORTS = ("of", "many", "kwh", "revenue", "roaming", "energy", "grid", "fees", "shares", "margin")
SUMS = """
with summed as (
  select {of} as of, {name} as name, m.currency, count(*) as many, count(*) filter (where {complete}) as complete,
    sum(kwh) as kwh, sum(paid + billed) as revenue, sum(roaming) as roaming, coalesce(sum(energy), 0) as energy,
    coalesce(sum(grid), 0) as grid, coalesce(sum(fees), 0) as fees, coalesce(sum(shares), 0) as shares,
    sum({left}) filter (where {complete}) as margin, min(cdr_ref) as cdr_ref,
    string_agg(distinct array_to_string(unknown, ' '), ' ') as unknown
  from margin m
  where ($1::text is null or holder = $1) and month >= $2 and month <= $3 and ($4::text is null or location_id = $4)
    and ($5::text is null or tariff = $5) and ($6::text is null or partner = $6)
  group by {group}
)
select of, name, currency, many, complete, kwh, revenue, roaming, energy, grid, fees, shares, margin, cdr_ref, unknown
from summed order by {sort} {way} nulls last, of, currency limit $7 offset $8
"""


def put(unit: Unit, one: Margin, *, again_at: datetime | None) -> None:
    """`again_at`: when to look whether more of it is known."""
    unit.write(
        PUT,
        str(one.holder),
        str(one.cdr_owner),
        fold(one.cdr_id),
        one.cdr_id,
        one.cdr_ref,
        one.ended_at,
        one.month,
        one.location_id,
        one.place,
        one.tariff,
        one.partner,
        one.currency,
        one.kwh,
        one.paid,
        one.billed,
        one.roaming,
        one.energy,
        one.grid,
        one.fees,
        one.shares,
        list(one.unknown),
        again_at,
    )


async def of_cdr(unit: Unit, holder: PartyId, owner: PartyId, cdr_id: str) -> Margin | None:
    row = await unit.fetch_one(OF_CDR, str(holder), str(owner), fold(cdr_id))
    return None if row is None else _margin(row)


async def claim_due(unit: Unit, until: datetime, limit: int) -> list[tuple[PartyId, PartyId, str]]:
    """(holder, owner, CDR) of which more may be known by now; due again then, whatever becomes of it."""
    rows = await unit.fetch(CLAIM_DUE, unit.now, limit, until)
    return [(PartyId.parse(row["holder"]), PartyId.parse(row["cdr_owner"]), row["cdr_id"]) for row in rows]


async def wake(
    unit: Unit, holder: PartyId, lacking: Collection[Unknown], places: Collection[str] | None = None
) -> None:
    """Those that lack any of this, at these Locations or all, are due now."""
    await unit.execute(WAKE, str(holder), list(lacking), None if places is None else list(places), unit.now)


async def sums(
    unit: Unit,
    holder: PartyId | None,
    by: By,
    since: str,
    until: str,
    *,
    place: str | None,
    tariff: str | None,
    partner: str | None,
    sort: str,
    rising: bool,
    limit: int,
    offset: int,
) -> list[MarginSum]:
    assert sort in SORTS, "what may be sorted by is a list"
    of, name = _KEYS[by]
    group = "m.holder, m.cdr_owner, m.id_key" if by is By.CHARGE else "1, m.currency"
    statement = SUMS.format(
        of=of, name=name, complete=_COMPLETE, left=_LEFT, group=group, sort=sort, way="asc" if rising else "desc"
    )
    rows = await unit.fetch(statement, holder and str(holder), since, until, place, tariff, partner, limit, offset)
    return [_sum(row, by) for row in rows]


async def payment_of(unit: Unit, holder: PartyId, session_id: str) -> Payment | None:
    """By which somebody without an account paid for a charge."""
    row = await unit.fetch_one(PAYMENT, str(holder), session_id)
    return None if row is None else json.decode(row["body"], Payment)


def _sum(row: Record, by: By) -> MarginSum:
    whys = {Unknown(one) for one in (row["unknown"] or "").split()}
    return MarginSum(
        **{
            **row,
            "unknown": tuple(one for one in Unknown if one in whys),
            "cdr_ref": row["cdr_ref"] if by is By.CHARGE else None,
        }
    )


def _margin(row: Record) -> Margin:
    values = dict(row)
    return Margin(
        **{
            **values,
            "holder": PartyId.parse(values["holder"]),
            "cdr_owner": PartyId.parse(values["cdr_owner"]),
            "unknown": tuple(Unknown(one) for one in values["unknown"]),
        }
    )
