"""Meters, the keys that stations claim for them, and proofs as they are kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from laddnav.db import turns
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.meters.model import Claim, Meter, MeterExchange, Proof

METER_BY_REF = "select body from meter where ref = $1"
METERS = """
select body from meter where ($1::text is null or holder = $1) and ($2::text is null or ref < $2)
order by ref desc limit $3
"""
METERS_FOR = """
select body from meter
where holder = $1 and (serial_key = any($2) or (station_id = $3 and evse_no = $4)) order by ref desc
"""
ENDING = """
select body from meter where ($1::text is null or holder = $1) and calibration_ends < $2 and station_id is not null
order by calibration_ends, ref limit $3
"""
INSERT_METER = """
insert into meter (holder, serial_key, ref, station_id, evse_no, calibration_ends, body)
values ($1, $2, $3, $4, $5, $6, $7) on conflict (holder, serial_key) do nothing returning ref
"""
UPDATE_METER = """
update meter set station_id = $3, evse_no = $4, calibration_ends = $5, body = $6 where holder = $1 and serial_key = $2
"""
TRUST_FIRST_USE = """
insert into meter_policy (holder, first_use_trusted) values ($1, $2)
on conflict (holder) do update set first_use_trusted = excluded.first_use_trusted
"""
FIRST_USE_TRUSTED = "select first_use_trusted from meter_policy where holder = $1"
KEEP_RECORDS = """
insert into meter_record (holder, digest, session_id) select $1, unnest($2::text[]), $3 on conflict do nothing
"""
TOLD_BEFORE = """
select distinct session_id from meter_record where holder = $1 and digest = any($2::text[]) and session_id <> $3
order by session_id
"""
PUT_EXCHANGE = """
insert into meter_exchange (holder, station_id, evse_no, at, body) values ($1, $2, $3, $4, $5)
on conflict (holder, station_id, evse_no, at) do update set body = excluded.body
"""
EXCHANGES = """
select body from meter_exchange where holder = $1 and station_id = $2 and evse_no = $3 and at between $4 and $5
order by at
"""
CLAIM = """
insert into meter_key_claim (holder, serial_key, public_key, serial, station_id, evse_no, claimed_at)
values ($1, $2, $3, $4, $5, $6, $7) on conflict (holder, serial_key, public_key) do nothing
"""
CLAIMS = """
select c.holder, c.serial, c.public_key, c.station_id, c.evse_no, c.claimed_at from meter_key_claim c
where ($1::text is null or c.holder = $1)
  and not exists (select from meter m where m.holder = c.holder and m.serial_key = c.serial_key)
order by c.claimed_at desc limit $2
"""
# Not one that may still prove a charge that waits for somebody to decide.
FORGET_CLAIMS = """
delete from meter_key_claim where (holder, serial_key, public_key) in (
  select c.holder, c.serial_key, c.public_key from meter_key_claim c
  where c.claimed_at < $1 and not exists (
    select from meter_proof p where p.holder = c.holder and p.serial_key = c.serial_key and p.standing = 'HELD')
  order by c.claimed_at limit $2)
"""
PROOF = "select body from meter_proof where holder = $1 and session_id = $2"
LOCK_PROOF = PROOF + " for update"
PROOF_BY_REF = "select body from meter_proof where ref = $1"
HELD = """
select p.body from meter_proof p where p.standing = 'HELD' and ($1::text is null or p.holder = $1)
  and ($2::text is null or p.ref < $2)
  and ($3::text is null or exists (
    select from session s where s.holder = p.holder and s.owner = p.holder and s.id_key = lower(p.session_id)
      and lower(s.location_id) = $3))
order by p.ref desc limit $4
"""
HELD_NOW = "select count(*) from meter_proof where standing = 'HELD' and ($1::text is null or holder = $1)"
HELD_FOR = """
select body from meter_proof
where holder = $1 and standing = 'HELD' and (serial_key = $2 or station_id = $3) order by ref
"""
PUT_PROOF = """
insert into meter_proof (holder, session_id, ref, standing, station_id, serial_key, body)
values ($1, $2, $3, $4, $5, $6, $7) on conflict (holder, session_id) do update
set standing = excluded.standing, serial_key = excluded.serial_key, body = excluded.body
"""


# ---- Meters


async def meter_by_ref(unit: Unit, ref: str) -> Meter | None:
    return _meter(await unit.fetch_one(METER_BY_REF, ref))


async def meters(unit: Unit, holder: PartyId | None, before: str | None, limit: int) -> list[Meter]:
    rows = await unit.fetch(METERS, holder and str(holder), before, limit)
    return [json.decode(row["body"], Meter) for row in rows]


async def meters_for(
    unit: Unit, holder: PartyId, serials: Collection[str], station_id: str | None, evse_no: int | None
) -> list[Meter]:
    """Those of these numbers, and those at this Evse."""
    rows = await unit.fetch(METERS_FOR, str(holder), [fold(one) for one in serials], station_id, evse_no)
    return [json.decode(row["body"], Meter) for row in rows]


async def ending(unit: Unit, holder: PartyId | None, before: date, limit: int) -> list[Meter]:
    """In use, and not calibrated beyond this day; the first to end first."""
    rows = await unit.fetch(ENDING, holder and str(holder), before, limit)
    return [json.decode(row["body"], Meter) for row in rows]


async def insert_meter(unit: Unit, one: Meter) -> bool:
    """False where its number is known already."""
    body = json.encode(one).decode()
    place = (one.station_id, one.evse_no, one.calibration_ends)
    return await unit.value(INSERT_METER, str(one.holder), fold(one.serial), one.ref, *place, body) is not None


def update_meter(unit: Unit, one: Meter) -> None:
    body = json.encode(one).decode()
    unit.write(UPDATE_METER, str(one.holder), fold(one.serial), one.station_id, one.evse_no, one.calibration_ends, body)


def _meter(row: Record | None) -> Meter | None:
    return None if row is None else json.decode(row["body"], Meter)


# ---- Trust in the first key


def trust_first_use(unit: Unit, holder: PartyId, trusted: bool) -> None:
    unit.write(TRUST_FIRST_USE, str(holder), trusted)


async def first_use_trusted(unit: Unit, holder: PartyId) -> bool:
    return bool(await unit.value(FIRST_USE_TRUSTED, str(holder)))


# ---- Exchanges


def put_exchange(unit: Unit, one: MeterExchange) -> None:
    body = json.encode(one).decode()
    unit.write(PUT_EXCHANGE, str(one.holder), one.station_id, one.evse_no, one.at, body)


async def exchanges(
    unit: Unit, holder: PartyId, station_id: str, evse_no: int, since: datetime, until: datetime
) -> list[MeterExchange]:
    """At this Evse between the two, in order of time."""
    rows = await unit.fetch(EXCHANGES, str(holder), station_id, evse_no, since, until)
    return [json.decode(row["body"], MeterExchange) for row in rows]


# ---- Keys that stations claim


def claim(unit: Unit, one: Claim) -> None:
    key = (str(one.holder), fold(one.serial), one.public_key)
    unit.write(CLAIM, *key, one.serial, one.station_id, one.evse_no, one.claimed_at)


async def claims(unit: Unit, holder: PartyId | None, limit: int) -> list[Claim]:
    """Of meters that nobody has registered, newest first."""
    rows = await unit.fetch(CLAIMS, holder and str(holder), limit)
    return [Claim(**dict(row) | {"holder": PartyId.parse(row["holder"])}) for row in rows]


async def forget_claims(unit: Unit, before: datetime, most: int) -> int:
    """What was first claimed before then; a station that says so still claims it again."""
    return await unit.execute(FORGET_CLAIMS, before, most)


# ---- What was signed


async def told_before(unit: Unit, holder: PartyId, session_id: str, digests: Collection[str]) -> list[str]:
    """The other charges that these were told of first; those that are new are this one's from now on."""
    await unit.execute(KEEP_RECORDS, str(holder), sorted(digests), session_id)
    rows = await unit.fetch(TOLD_BEFORE, str(holder), list(digests), session_id)
    return [row["session_id"] for row in rows]


# ---- Proofs


async def proof(unit: Unit, holder: PartyId, session_id: str, *, lock: bool = False) -> Proof | None:
    """With `lock` it is to be written, also where there is none yet."""
    key = str(holder), session_id
    return _proof(await (turns.to_write(unit, LOCK_PROOF, *key) if lock else unit.fetch_one(PROOF, *key)))


async def proof_by_ref(unit: Unit, ref: str, *, lock: bool = False) -> Proof | None:
    return _proof(await unit.fetch_one(PROOF_BY_REF + (" for update" if lock else ""), ref))


async def held(
    unit: Unit, holder: PartyId | None, location_id: str | None, before: str | None, limit: int
) -> list[Proof]:
    rows = await unit.fetch(HELD, holder and str(holder), before, location_id and fold(location_id), limit)
    return [json.decode(row["body"], Proof) for row in rows]


async def held_now(unit: Unit, holder: PartyId | None) -> int:
    many: int = await unit.value(HELD_NOW, holder and str(holder))
    return many


async def held_for(unit: Unit, one: Meter) -> list[Proof]:
    """What this meter may free, now that its key is known: what names it, and what was charged where it is."""
    rows = await unit.fetch(HELD_FOR, str(one.holder), fold(one.serial), one.station_id)
    return [json.decode(row["body"], Proof) for row in rows]


def put_proof(unit: Unit, one: Proof) -> None:
    body, serial = json.encode(one).decode(), one.meter and fold(one.meter)
    unit.write(PUT_PROOF, str(one.holder), one.session_id, one.ref, one.standing.value, one.station_id, serial, body)


def _proof(row: Record | None) -> Proof | None:
    return None if row is None else json.decode(row["body"], Proof)
