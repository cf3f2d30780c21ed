"""How a partner's table is kept while it is held against our CDRs, and what differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from laddnav.db import turns
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.money import minor_unit
from laddnav.settlement.matching import Cause, Claim, Counted, Difference, File, Ours
from laddnav.settlement.model import Side
from laddnav.settlement.tables import SEPARATOR, Bite

INSERT_FILE = """
insert into settlement_file (holder, ref, partner, month, digest, done, body, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
UPDATE_FILE = "update settlement_file set done = $3, body = $4, last_updated = $5 where holder = $1 and ref = $2"
FILE = "select body from settlement_file where ref = $1"
LOCK_FILE = "select body from settlement_file where ref = $1 for update"
UNDER_WAY = "select body from settlement_file where holder = $1 and partner = $2 and digest = $3 and not done"
# Of the files that nobody goes on with; who is at work on one holds its row.
LEFT = """
select body from settlement_file where not done and last_updated < $1 order by last_updated limit 100
for update skip locked
"""
FILES = """
select body from settlement_file
where ($1::text is null or holder = $1) and ($2::text is null or partner = $2) and ($3::text is null or month = $3)
order by ref desc limit $4
"""

# As they are written, a text a column: PostgreSQL takes them apart and reads numbers and times in a tenth of the time
# that the driver takes to send them one by one. An empty text is no list of one that is empty.
_COLUMNS = ("number", "id_key", "id", "evse_key", "started", "ended", "kwh", "wh", "amount", "currency")
_APART = ", ".join(f"string_to_array(${place}::text, chr(30))" for place in range(4, 4 + len(_COLUMNS)))
TAKE = f"""
insert into settlement_claim (holder, file, number, id_key, id, evse_key, started_at, ended_at, energy_wh, amount,
  currency)
select $1, $2, said.number::bigint, coalesce(said.id_key, ''), coalesce(said.id, ''), coalesce(said.evse_key, ''),
  nullif(said.started, '')::timestamptz, nullif(said.ended, '')::timestamptz,
  coalesce(nullif(said.kwh, '')::numeric * 1000, nullif(said.wh, '')::numeric), said.amount::numeric,
  coalesce(nullif(said.currency, ''), $3)
from unnest({_APART}) as said({", ".join(_COLUMNS)})
"""
UNREADABLE = """
insert into settlement_difference (holder, file, number, cause, note)
select $1, $2, said.number, 'UNREADABLE', said.note from unnest($3::bigint[], $4::text[]) as said(number, note)
"""
ANALYZE = "analyze settlement_claim"
ROOM = "select set_config('work_mem', '64MB', true)"  # for joins of a month; bounded, and given back

_THEIRS = "number, id, evse_key, started_at, ended_at, energy_wh, amount, currency"
_SAID = "t.number, t.id, t.evse_key, t.started_at, t.ended_at, t.energy_wh, t.amount, t.currency"
_OURS = """cdr_id, cdr_ref, our_started_at, our_ended_at, our_energy_wh, our_amount, our_incl, our_currency, credit,
  credited, standing, came_at"""
_COINS = "case when c.credit then -abs(round(c.total_excl, $4)) else round(c.total_excl, $4) end"
_KNOWN = f"""c.id, c.ref, c.started_at, c.ended_at, c.energy_wh, {_COINS},
  case when c.credit then -abs(c.total_incl) else c.total_incl end, c.currency, c.credit,
  exists (
    select from cdr k where k.holder = c.holder and k.owner = c.owner and k.credit and k.credited_key = c.id_key),
  r.standing, c.last_updated"""
_REVIEW = "left join cdr_review r on r.holder = c.holder and r.owner = c.owner and r.id_key = c.id_key"
REPEATED = f"""
with repeated as (
  select id_key, min(number) as first from settlement_claim
  where holder = $1 and file = $2 and id_key <> '' group by id_key having count(*) > 1
)
insert into settlement_difference (holder, file, {_THEIRS}, cause)
select $1, $2, {_SAID}, 'REPEATED'
from settlement_claim t join repeated on repeated.id_key = t.id_key and t.number > repeated.first
where t.holder = $1 and t.file = $2
"""
# What is not here, or differs in anything that money may follow from; of energy a table may round a little away. What
# another partner's driver charged is not here: nobody else is paid for it, nor told of it.
HERE = f"""
insert into settlement_difference (holder, file, {_THEIRS}, {_OURS})
select $1, $2, {_SAID}, {_KNOWN}
from settlement_claim t
  left join cdr c on c.holder = $1 and c.owner = $3 and c.id_key = t.id_key and ($8::text is null or c.token_owner = $8)
  {_REVIEW}
where t.holder = $1 and t.file = $2
  and (c.id_key is null or t.amount <> {_COINS} or t.currency <> c.currency
    or abs(abs(t.energy_wh) - c.energy_wh) > $5 or c.ended_at < $6 or c.ended_at >= $7
    or r.standing in ('REJECTED', 'SETTLED', 'DISPUTED'))
  and not exists (
    select from settlement_difference d
    where d.holder = $1 and d.file = $2 and d.number = t.number and d.cause = 'REPEATED')
"""
_OF_MONTH = """
c.holder = $1 and c.owner = $3 and ($4::text is null or c.token_owner = $4) and c.currency = $5 and c.ended_at >= $6
  and c.ended_at < $7"""
UNKNOWN_THERE = f"""
insert into settlement_difference (holder, file, our_evse_key, {_OURS})
select $1, $2, lower(regexp_replace(c.body::json -> 'location' ->> 'evse_id', '[^A-Za-z0-9]', '', 'g')),
  {_KNOWN.replace("$4", "$8")}
from cdr c {_REVIEW}
where {_OF_MONTH} and coalesce(r.standing, '') not in ('REJECTED', 'SETTLED', 'DISPUTED')
  and not exists (
    select from settlement_claim t where t.holder = $1 and t.file = $2 and t.id_key = c.id_key)
"""
OURS = f"""
select count(*) as many, coalesce(sum({_COINS.replace("$4", "$8")}), 0) as amount from cdr c {_REVIEW}
where {_OF_MONTH} and coalesce(r.standing, 'ACCEPTED') = 'ACCEPTED' and $2::text is not null
"""
THEIRS = "select count(*), coalesce(sum(amount), 0) as amount from settlement_claim where holder = $1 and file = $2"
# A row and a CDR that nobody else claims, at about the same time with about the same energy: the nearest of both.
_GUESS = """
with near as (
  select t.place as row_place, c.place as cdr_place,
    abs(extract(epoch from t.started_at - c.our_started_at)) + abs(abs(t.energy_wh) - c.our_energy_wh) / 10 as far
  from settlement_difference t join settlement_difference c on c.holder = t.holder and c.file = t.file
    and c.number is null and {evse} and c.our_started_at >= t.started_at - $3::interval
    and c.our_started_at <= t.started_at + $3::interval
    and abs(abs(t.energy_wh) - c.our_energy_wh) <= greatest(100, c.our_energy_wh / 50)
  where t.holder = $1 and t.file = $2 and t.number is not null and t.cdr_id is null and t.cause is null
), nearest as (
  select distinct on (row_place) row_place, cdr_place, far from near order by row_place, far, cdr_place
), paired as (
  select distinct on (cdr_place) row_place, cdr_place from nearest order by cdr_place, far, row_place
), gone as (
  delete from settlement_difference c using paired
  where c.holder = $1 and c.file = $2 and c.place = paired.cdr_place
  returning paired.row_place, c.cdr_id, c.cdr_ref, c.our_started_at, c.our_ended_at, c.our_energy_wh, c.our_amount,
    c.our_incl, c.our_currency, c.credit, c.credited, c.standing, c.came_at
)
update settlement_difference t set guessed = true, cdr_id = gone.cdr_id, cdr_ref = gone.cdr_ref,
  our_started_at = gone.our_started_at, our_ended_at = gone.our_ended_at, our_energy_wh = gone.our_energy_wh,
  our_amount = gone.our_amount, our_incl = gone.our_incl, our_currency = gone.our_currency, credit = gone.credit,
  credited = gone.credited, standing = gone.standing, came_at = gone.came_at
from gone where t.holder = $1 and t.file = $2 and t.place = gone.row_place
"""
GUESS_BY_EVSE = _GUESS.format(evse="t.evse_key <> '' and c.our_evse_key = t.evse_key")
GUESS_BY_TIME = _GUESS.format(evse="t.evse_key = ''")

_DIFFERENCE = f"place, {_THEIRS}, {_OURS}, guessed, cause, note"
TO_JUDGE = f"""
select {_DIFFERENCE} from settlement_difference
where holder = $1 and file = $2 and cause is null order by place limit $3
"""
JUDGE = """
update settlement_difference d set cause = said.cause
from unnest($3::bigint[], $4::text[]) as said(place, cause) where d.holder = $1 and d.file = $2 and d.place = said.place
"""
SUMMED = """
select cause, count(*) as many, sum(coalesce(amount, 0) - coalesce(our_amount, 0)) as apart
from settlement_difference where holder = $1 and file = $2 group by cause order by cause
"""
# A row that has no CDR, or whose CDR is here and says something else, is not equal.
DIFFERING = "select count(*) from settlement_difference where holder = $1 and file = $2 and number is not null"
KEPT = """
select (select count(*) from settlement_claim where holder = $1 and file = $2)
  + (select count(*) from settlement_difference where holder = $1 and file = $2 and cause = 'UNREADABLE')
"""
FORGET_DIFFERENCES = "delete from settlement_difference where holder = $1 and file = $2"
FORGET_CLAIMS = "delete from settlement_claim where holder = $1 and file = $2"
PAGE = f"""
select {_DIFFERENCE} from settlement_difference
where holder = $1 and file = $2 and ($3::text is null or cause = $3) and place > $4 order by place limit $5
"""


# ---- Files


async def compare_alone(unit: Unit, holder: PartyId, partner: PartyId) -> None:
    """One at a time for each partner: a table that is under way is not begun again."""
    await turns.taken(unit, f"tables {holder} {partner}")


def insert_file(unit: Unit, one: File) -> None:
    facts = (str(one.partner), one.month, one.digest, one.over, json.encode(one).decode(), one.last_updated)
    unit.write(INSERT_FILE, str(one.holder), one.ref, *facts)


def update_file(unit: Unit, one: File) -> None:
    unit.write(UPDATE_FILE, str(one.holder), one.ref, one.over, json.encode(one).decode(), one.last_updated)


async def file(unit: Unit, ref: str, *, lock: bool = False) -> File | None:
    row = await unit.fetch_one(LOCK_FILE if lock else FILE, ref)
    return None if row is None else json.decode(row["body"], File)


async def under_way(unit: Unit, holder: PartyId, partner: PartyId, digest: str) -> File | None:
    row = await unit.fetch_one(UNDER_WAY, str(holder), str(partner), digest)
    return None if row is None else json.decode(row["body"], File)


async def left(unit: Unit, before: datetime) -> list[File]:
    """Not over, and nobody went on with them since."""
    return [json.decode(row["body"], File) for row in await unit.fetch(LEFT, before)]


async def files(
    unit: Unit, holder: PartyId | None, partner: PartyId | None, month: str | None, limit: int
) -> list[File]:
    rows = await unit.fetch(FILES, holder and str(holder), partner and str(partner), month, limit)
    return [json.decode(row["body"], File) for row in rows]


# ---- Step by step


async def take(unit: Unit, one: File, found: Bite) -> None:
    if found.numbers:
        columns = (SEPARATOR.join(column) for column in found.columns())
        await unit.execute(TAKE, str(one.holder), one.ref, one.currency, *columns)
    if found.unreadable:
        numbers, notes = zip(*found.unreadable, strict=True)
        await unit.execute(UNREADABLE, str(one.holder), one.ref, list(numbers), list(notes))


async def has_all(unit: Unit, one: File) -> bool:
    """Whether all rows that were read are kept: a PostgreSQL that was killed forgets them."""
    return bool(await unit.value(KEPT, str(one.holder), one.ref) == one.rows)


def _digits(one: File) -> int:
    return -int(minor_unit(one.currency).as_tuple().exponent)


async def match(unit: Unit, one: File, energy_apart: Decimal) -> None:
    """What differs from the CDR of the same id, and what is on one side only."""
    whose = (str(one.holder), one.ref)
    await unit.value(ROOM)
    await unit.value(ANALYZE)
    await unit.execute(REPEATED, *whose)
    month = (one.begin_at, one.end_at)
    await unit.execute(HERE, *whose, str(one.cpo), _digits(one), energy_apart, *month, _emsp(one))
    await unit.execute(UNKNOWN_THERE, *whose, *_month(one))


def _month(one: File) -> tuple[object, ...]:
    return (str(one.cpo), _emsp(one), one.currency, one.begin_at, one.end_at, _digits(one))


def _emsp(one: File) -> str | None:
    """Whose drivers charged at our stations; None: it is about charges at the partner's own."""
    return str(one.partner) if one.side is Side.OURS else None


async def ours(unit: Unit, one: File) -> tuple[int, Decimal]:
    row = await unit.fetch_one(OURS, str(one.holder), one.ref, *_month(one))
    assert row is not None
    return row["many"], row["amount"]


async def theirs(unit: Unit, one: File) -> Decimal:
    row = await unit.fetch_one(THEIRS, str(one.holder), one.ref)
    assert row is not None
    return Decimal(row["amount"])


async def guess(unit: Unit, one: File, *, by_evse: object, by_time: object) -> int:
    """How many rows found their CDR by their facts; both are lengths of time."""
    found = await unit.execute(GUESS_BY_EVSE, str(one.holder), one.ref, by_evse)
    return found + await unit.execute(GUESS_BY_TIME, str(one.holder), one.ref, by_time)


async def to_judge(unit: Unit, one: File, limit: int) -> list[Difference]:
    return [_difference(row) for row in await unit.fetch(TO_JUDGE, str(one.holder), one.ref, limit)]


async def judge(unit: Unit, one: File, judged: Sequence[tuple[int, Cause]]) -> None:
    places, causes = zip(*judged, strict=True)
    await unit.execute(JUDGE, str(one.holder), one.ref, list(places), list(causes))


async def summed(unit: Unit, one: File) -> tuple[Counted, ...]:
    rows = await unit.fetch(SUMMED, str(one.holder), one.ref)
    return tuple(Counted(cause=Cause(row["cause"]), many=row["many"], apart=row["apart"]) for row in rows)


async def differing(unit: Unit, one: File) -> int:
    return int(await unit.value(DIFFERING, str(one.holder), one.ref))


async def forget_claims(unit: Unit, one: File) -> None:
    await unit.execute(FORGET_CLAIMS, str(one.holder), one.ref)


async def forget_differences(unit: Unit, one: File) -> None:
    await unit.execute(FORGET_DIFFERENCES, str(one.holder), one.ref)


async def page(unit: Unit, one: File, cause: Cause | None, after: int, limit: int) -> list[Difference]:
    return [_difference(row) for row in await unit.fetch(PAGE, str(one.holder), one.ref, cause, after, limit)]


def _difference(row: Record) -> Difference:
    theirs = ours = None
    if row["amount"] is not None:
        theirs = Claim(
            number=row["number"],
            id=row["id"],
            evse=row["evse_key"],
            started_at=row["started_at"],
            ended_at=row["ended_at"],
            energy_wh=row["energy_wh"],
            amount=row["amount"],
            currency=row["currency"],
        )
    if row["cdr_id"] is not None:
        ours = Ours(
            id=row["cdr_id"],
            ref=row["cdr_ref"],
            started_at=row["our_started_at"],
            ended_at=row["our_ended_at"],
            energy_wh=row["our_energy_wh"],
            amount=row["our_amount"],
            incl=row["our_incl"],
            currency=row["our_currency"],
            credit=row["credit"],
            credited=row["credited"],
            standing=row["standing"],
            came_at=row["came_at"],
        )
    return Difference(
        place=row["place"],
        number=row["number"],
        theirs=theirs,
        ours=ours,
        guessed=row["guessed"],
        cause=None if row["cause"] is None else Cause(row["cause"]),
        note=row["note"],
    )
