"""Prices, carbon, where they are fetched from, and grid tariffs, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from laddnav.db import turns
from laddnav.db.rows import Rows
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.market.model import Document, Following, GridTariff, KeptTariff, Kind, MarketStep, Published

STEPS = """
select begin_at, seconds, value, odd from market_step
where zone = $1 and kind = $2 and currency = $3 and begin_at > $4::timestamptz - interval '1 hour' and begin_at < $5
  and begin_at + seconds * interval '1 second' > $4
order by begin_at
"""
LAST = """
select begin_at, seconds, value, odd from market_step
where zone = $1 and kind = $2 and currency = $3 order by begin_at desc limit 1
"""
CURRENCIES = "select distinct currency from market_document where zone = $1 and kind = $2"
LOCK = "select pg_advisory_xact_lock(hashtextextended('market/' || $1 || '/' || $2 || '/' || $3, 0))"
REMOVE = """
delete from market_step where zone = $1 and kind = $2 and currency = $3 and begin_at = any($4::timestamptz[])
"""
ADD = Rows(
    """
insert into market_step (zone, kind, currency, begin_at, seconds, value, odd, document_ref) select * from {rows}
on conflict (zone, kind, currency, begin_at) do update set seconds = excluded.seconds, value = excluded.value,
  odd = excluded.odd, document_ref = excluded.document_ref
""",
    {
        "zone": "text",
        "kind": "text",
        "currency": "text",
        "begin_at": "timestamptz",
        "seconds": "integer",
        "value": "numeric",
        "odd": "boolean",
        "document_ref": "text",
    },
)

INSERT_DOCUMENT = """
insert into market_document (ref, zone, kind, currency, source, fetched_at, fetched_by, begin_at, end_at, new, changed,
  odd, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
_DOCUMENT = "select ref, source, fetched_at, fetched_by, begin_at, end_at, new, changed, odd, body from market_document"
DOCUMENTS = f"""
{_DOCUMENT} where ($1::text is null or zone = $1) and ($2::text is null or kind = $2) and ($3::text is null or ref < $3)
order by ref desc limit $4
"""
DOCUMENT = f"{_DOCUMENT} where ref = $1"
ZONES = "select zone, kind, max(begin_at) as begin_at from market_step group by zone, kind order by zone, kind"

_FOLLOWING = "zone, kind, feed, url, key_sealed, per_euro, next_at, tries, fetched_at, trouble, late_since, said_by"
FOLLOWED = f"select {_FOLLOWING} from market_following order by zone, kind"
FOLLOWING = f"select {_FOLLOWING} from market_following where zone = $1 and kind = $2"
DUE = f"select {_FOLLOWING} from market_following where next_at <= $1 order by next_at limit 1 for update skip locked"
PUT_FOLLOWING = f"""
insert into market_following ({_FOLLOWING}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (zone, kind) do update set feed = excluded.feed, url = excluded.url, key_sealed = excluded.key_sealed,
  per_euro = excluded.per_euro,
  next_at = excluded.next_at, tries = excluded.tries, fetched_at = excluded.fetched_at, trouble = excluded.trouble,
  late_since = excluded.late_since, said_by = excluded.said_by
"""
DELETE_FOLLOWING = "delete from market_following where zone = $1 and kind = $2"

_TARIFF = "select holder, ref, id, body, revision, changed_at, changed_by from grid_tariff"
TARIFF = f"{_TARIFF} where holder = $1 and id_key = $2"
LOCK_TARIFF = TARIFF + " for update"
TARIFF_BY_REF = f"{_TARIFF} where ref = $1"
TARIFFS = f"""
{_TARIFF} where ($1::text is null or holder = $1) and ($2::text is null or ref < $2) order by ref desc limit $3
"""
PUT_TARIFF = """
insert into grid_tariff (holder, id_key, ref, id, body, revision, changed_at, changed_by)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (holder, id_key) do update set id = excluded.id, body = excluded.body, revision = excluded.revision,
  changed_at = excluded.changed_at, changed_by = excluded.changed_by
"""
DELETE_TARIFF = "delete from grid_tariff where holder = $1 and id_key = $2"


# ---- Steps


async def steps(
    unit: Unit, zone: str, kind: Kind, currency: str, begin_at: datetime, end_at: datetime
) -> list[MarketStep]:
    """All that hold for some of the time between the two, in order of time."""
    return [_step(row) for row in await unit.fetch(STEPS, zone, kind, currency, begin_at, end_at)]


async def last(unit: Unit, zone: str, kind: Kind, currency: str) -> MarketStep | None:
    row = await unit.fetch_one(LAST, zone, kind, currency)
    return None if row is None else _step(row)


async def currencies(unit: Unit, zone: str, kind: Kind) -> set[str]:
    return {row["currency"] for row in await unit.fetch(CURRENCIES, zone, kind)}


async def lock(unit: Unit, said: Published) -> None:
    """Of two who keep prices of one zone at once, the second sees what the first has kept."""
    await unit.value(LOCK, said.zone, said.kind, said.currency)


def remove(unit: Unit, said: Published, begins: Sequence[datetime]) -> None:
    unit.write(REMOVE, said.zone, said.kind, said.currency, list(begins))


def add(unit: Unit, said: Published, steps: Sequence[MarketStep], document_ref: str) -> None:
    for one in steps:
        seconds = one.length // timedelta(seconds=1)
        unit.write(ADD, said.zone, said.kind, said.currency, one.begin_at, seconds, one.value, one.odd, document_ref)


def _step(row: Record) -> MarketStep:
    return MarketStep(row["begin_at"], timedelta(seconds=row["seconds"]), row["value"], odd=row["odd"])


# ---- Documents


def insert_document(unit: Unit, one: Document) -> None:
    unit.write(
        INSERT_DOCUMENT,
        one.ref,
        one.said.zone,
        one.said.kind,
        one.said.currency,
        one.source,
        one.fetched_at,
        one.fetched_by,
        one.begin_at,
        one.end_at,
        one.new,
        one.changed,
        one.odd,
        json.encode(one.said).decode(),
    )


async def documents(unit: Unit, zone: str | None, kind: Kind | None, before: str | None, limit: int) -> list[Document]:
    return [_document(row) for row in await unit.fetch(DOCUMENTS, zone, kind, before, limit)]


async def document(unit: Unit, ref: str) -> Document | None:
    row = await unit.fetch_one(DOCUMENT, ref)
    return None if row is None else _document(row)


def _document(row: Record) -> Document:
    fields = dict(row)
    return Document(said=json.decode(fields.pop("body"), Published), **fields)


async def zones(unit: Unit) -> list[tuple[str, Kind, datetime]]:
    """(zone, kind, where its last step begins)."""
    return [(row["zone"], Kind(row["kind"]), row["begin_at"]) for row in await unit.fetch(ZONES)]


# ---- What is followed


async def followed(unit: Unit) -> list[Following]:
    return [_following(row) for row in await unit.fetch(FOLLOWED)]


async def following(unit: Unit, zone: str, kind: Kind) -> Following | None:
    row = await unit.fetch_one(FOLLOWING, zone, kind)
    return None if row is None else _following(row)


async def due(unit: Unit) -> Following | None:
    """One that is to be asked now, locked; others that look meanwhile find another."""
    row = await unit.fetch_one(DUE, unit.now)
    return None if row is None else _following(row)


def put_following(unit: Unit, one: Following) -> None:
    unit.write(
        PUT_FOLLOWING,
        one.zone,
        one.kind,
        one.feed,
        one.url,
        one.key,
        one.per_euro,
        one.next_at,
        one.tries,
        one.fetched_at,
        one.trouble,
        one.late_since,
        one.said_by,
    )


async def delete_following(unit: Unit, zone: str, kind: Kind) -> bool:
    return bool(await unit.execute(DELETE_FOLLOWING, zone, kind))


def _following(row: Record) -> Following:
    fields = dict(row)
    return Following(key=fields.pop("key_sealed"), **fields | {"kind": Kind(row["kind"])})


# ---- Grid tariffs


async def tariff(unit: Unit, holder: PartyId, id: str, *, lock: bool = False) -> KeptTariff | None:
    """With `lock` it is to be written, also where there is none yet."""
    key = str(holder), fold(id)
    row = await (turns.to_write(unit, LOCK_TARIFF, *key) if lock else unit.fetch_one(TARIFF, *key))
    return None if row is None else _tariff(row)


async def tariff_by_ref(unit: Unit, ref: str) -> KeptTariff | None:
    row = await unit.fetch_one(TARIFF_BY_REF, ref)
    return None if row is None else _tariff(row)


async def tariffs(unit: Unit, holder: PartyId | None, before: str | None, limit: int) -> list[KeptTariff]:
    return [_tariff(row) for row in await unit.fetch(TARIFFS, holder and str(holder), before, limit)]


def put_tariff(unit: Unit, one: KeptTariff) -> None:
    unit.write(
        PUT_TARIFF,
        str(one.holder),
        fold(one.id),
        one.ref,
        one.id,
        json.encode(one.tariff).decode(),
        one.revision,
        one.changed_at,
        one.changed_by,
    )


async def delete_tariff(unit: Unit, holder: PartyId, id: str) -> bool:
    return bool(await unit.execute(DELETE_TARIFF, str(holder), fold(id)))


def _tariff(row: Record) -> KeptTariff:
    fields = dict(row)
    body = fields.pop("body")
    return KeptTariff(tariff=json.decode(body, GridTariff), **fields | {"holder": PartyId.parse(row["holder"])})
