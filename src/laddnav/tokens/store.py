"""Tokens as they are kept, and the authorisations that were given on them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.tokens.model import Authorization, Token, TokenKey

FETCH = "select body from token where holder = $1 and owner = $2 and type = $3 and uid_key = $4"
LOCK = FETCH + " for update"
BY_UID = "select body from token where holder = $1 and uid_key = $2"
BY_CONTRACT = "select body from token where holder = $1 and owner = $2 and upper(contract_id) = upper($3)"
OFFLINE = """
select body from token where holder = $1 and type = 'RFID' and valid and whitelist <> 'NEVER' and length(uid) <= $2
order by owner <> holder, last_updated desc, ref limit $3
"""
BY_REF = "select ref, holder, body from token where ref = $1"
REF_OF = "select ref from token where holder = $1 and owner = $2 and type = $3 and uid_key = $4"
PAGE = """
select ref, holder, body from token
where ($1::text is null or holder = $1) and ($2::text is null or owner = $2)
  and ($3::text is null or body ilike $3) and ($4::text is null or ref > $4)
order by ref limit $5
"""
UPSERT = """
insert into token (holder, owner, type, uid_key, uid, ref, contract_id, valid, whitelist, body, revision, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11)
on conflict (holder, owner, type, uid_key) do update set uid = excluded.uid, contract_id = excluded.contract_id,
  valid = excluded.valid, whitelist = excluded.whitelist, body = excluded.body, revision = token.revision + 1,
  last_updated = excluded.last_updated
"""
HELD = """
select coalesce(sum(amount), 0) as held from token_credit_held
where holder = $1 and type = $2 and uid_key = $3 and session_id <> $4
"""
HOLD = """
insert into token_credit_held (holder, session_id, type, uid_key, amount) values ($1, $2, $3, $4, $5)
on conflict (holder, session_id) do update set amount = excluded.amount
"""
RELEASE = "delete from token_credit_held where holder = $1 and session_id = $2"
USE = """
insert into token_credit_used (holder, owner, cdr_id, amount) values ($1, $2, $3, $4)
on conflict do nothing returning cdr_id
"""
KEEP_AUTHORIZATION = """
insert into authorization_given (holder, id, at, uid_key, location_id, evse_uid, allowed, body)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
LAST_AUTHORIZATION = """
select body from authorization_given where holder = $1 and uid_key = $2 and at >= $3 order by at desc limit 1
"""


async def find(unit: Unit, holder: PartyId, key: TokenKey, *, lock: bool = False) -> Token | None:
    row = await unit.fetch_one(LOCK if lock else FETCH, str(holder), str(key.owner), key.type, fold(key.uid))
    return None if row is None else json.decode(row["body"], Token)


async def by_uid(unit: Unit, holder: PartyId, uid: str) -> tuple[Token, ...]:
    rows = await unit.fetch(BY_UID, str(holder), fold(uid))
    return tuple(json.decode(row["body"], Token) for row in rows)


async def usable_offline(unit: Unit, holder: PartyId, uid_max: int, limit: int) -> list[Token]:
    """Our own first, then the newest."""
    rows = await unit.fetch(OFFLINE, str(holder), uid_max, limit)
    return [json.decode(row["body"], Token) for row in rows]


async def by_contract(unit: Unit, holder: PartyId, owner: PartyId, contract_id: str) -> tuple[Token, ...]:
    rows = await unit.fetch(BY_CONTRACT, str(holder), str(owner), contract_id)
    return tuple(json.decode(row["body"], Token) for row in rows)


async def by_ref(unit: Unit, ref: str) -> tuple[PartyId, Token] | None:
    row = await unit.fetch_one(BY_REF, ref)
    return None if row is None else _read(row)[1:]


async def ref_of(unit: Unit, holder: PartyId, key: TokenKey) -> str | None:
    ref: str | None = await unit.value(REF_OF, str(holder), str(key.owner), key.type, fold(key.uid))
    return ref


async def page(
    unit: Unit, holder: PartyId | None, owner: PartyId | None, words: str | None, after: str | None, limit: int
) -> list[tuple[str, PartyId, Token]]:
    pattern = None if not words else "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    rows = await unit.fetch(PAGE, holder and str(holder), owner and str(owner), pattern, after, limit)
    return [_read(row) for row in rows]


def _read(row: Record) -> tuple[str, PartyId, Token]:
    return row["ref"], PartyId.parse(row["holder"]), json.decode(row["body"], Token)


def write(unit: Unit, holder: PartyId, token: Token) -> None:
    unit.write(
        UPSERT,
        str(holder),
        str(token.owner),
        token.type,
        fold(token.uid),
        token.uid,
        unit.new_id(),
        token.contract_id,
        token.valid,
        token.whitelist,
        json.encode(token).decode(),
        token.last_updated,
    )


# ---- Credit


async def held(unit: Unit, key: TokenKey, besides: str) -> Decimal:
    """By charges under way, one excepted."""
    amount: Decimal = await unit.value(HELD, str(key.owner), key.type, fold(key.uid), besides)
    return amount


def hold(unit: Unit, key: TokenKey, session_id: str, amount: Decimal) -> None:
    unit.write(HOLD, str(key.owner), session_id, key.type, fold(key.uid), amount)


def release(unit: Unit, holder: PartyId, session_id: str) -> None:
    unit.write(RELEASE, str(holder), session_id)


async def use(unit: Unit, holder: PartyId, owner: PartyId, cdr_id: str, amount: Decimal) -> bool:
    """False where this CDR was taken from it before."""
    return await unit.value(USE, str(holder), str(owner), fold(cdr_id), amount) is not None


# ---- Verdicts


def keep_authorization(unit: Unit, holder: PartyId, uid: str, where: EvseRef | None, given: Authorization) -> None:
    unit.write(
        KEEP_AUTHORIZATION,
        str(holder),
        unit.new_id(),
        unit.now,
        fold(uid),
        where and where.location_id,
        where and where.evse_uid,
        given.allowed,
        json.encode(given).decode(),
    )


async def last_authorization(unit: Unit, holder: PartyId, uid: str, since: datetime) -> Authorization | None:
    row = await unit.fetch_one(LAST_AUTHORIZATION, str(holder), fold(uid), since)
    return None if row is None else json.decode(row["body"], Authorization)
