"""CDRs as they are kept: inserted once, never changed; beside them, what we think of those of partners."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from msgspec import Raw
from msgspec.structs import replace

from laddnav.cdrs.model import Cdr, CdrHeading, Review, Standing
from laddnav.db.rows import Lines
from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId, fold
from laddnav.tariffs.model import Tariff

FETCH = "select body from cdr where holder = $1 and owner = $2 and id_key = $3"
DIGEST = "select digest from cdr where holder = $1 and owner = $2 and id_key = $3"
NOT_CREDITED = """not exists (
  select from cdr c where c.holder = cdr.holder and c.owner = cdr.owner and c.credit and c.credited_key = cdr.id_key)"""
# A partner's credit counts once it is found to be right.
NOT_TAKEN_BACK = """not exists (
  select from cdr c join cdr_review r on r.holder = c.holder and r.owner = c.owner and r.id_key = c.id_key
  where c.holder = cdr.holder and c.owner = cdr.owner and c.credit and c.credited_key = cdr.id_key
    and r.standing in ('ACCEPTED', 'SETTLED'))"""
OF_SESSION = f"""
select body from cdr where holder = $1 and owner = $2 and session_key = $3 and not credit and {NOT_CREDITED}
order by ref limit 1
"""
WAS_CLOSED = """
select exists (select from cdr where holder = $1 and owner = $2 and session_key = $3 and not credit)
"""
CREDIT_OF = """
select body from cdr where holder = $1 and owner = $2 and credited_key = $3 and credit order by ref limit 1
"""
# By time, and no further than a few: at one Evse there is rarely more than one, and no order by ref needs a sort.
BESIDE = f"""
select body from cdr
where holder = $1 and owner = $2 and evse_uid = $3 and started_at < $4 and started_at > $5 and ended_at > $6
  and ref < $7 and not credit and {NOT_TAKEN_BACK}
order by started_at desc limit 5
"""
LONGEST = timedelta(days=7)  # a session that lasts longer overlaps with nothing that anybody looks for
BY_REF = "select body from cdr where ref = $1"
PAGE = """
select body from cdr
where ($1::text is null or holder = $1) and ($2::text is null or owner = $2) and ($3::text is null or ref < $3)
order by ref desc limit $4
"""
AT_EVSE = """
select body from cdr
where evse_uid = $1 and started_at < $3 and started_at > $4 and ended_at > $2 and ($5::text is null or holder = $5)
order by started_at limit 20
"""
OF_TOKENS = """
select body from cdr
where holder = $1 and token_uid_key = any($2) and ($3::text is null or ref < $3) order by ref desc limit $4
"""
ENDED_WITHIN = """
select ref, body from cdr where holder = $1 and ended_at >= $2 and ended_at < $3 and ref > $4 order by ref limit $5
"""
_HEADING = """id, ref, ended_at, currency, credit,
  case when credit then -abs(total_excl) else total_excl end as excl,
  case when credit then -abs(total_incl) else total_incl end as incl"""
HEADINGS = f"select {_HEADING} from cdr where holder = $1 and owner = $2 and id_key = any($3)"
HEADINGS_WITHIN = f"""
select {_HEADING} from cdr
where holder = $1 and owner = $2 and token_owner = $3 and ended_at between $4 and $5 order by ended_at, ref limit $6
"""
OF_AUTHORIZATION = "select body from cdr where holder = $1 and authorization_key = $2 order by ref desc limit $3"
INSERT = Lines(
    """
insert into cdr (holder, owner, id_key, id, ref, session_key, token_owner, token_uid_key, location_id, evse_uid,
  started_at, ended_at, energy_wh, currency, total_excl, total_incl, credit, digest, last_updated, closing,
  credited_key, authorization_key, body)
select * from {rows} on conflict do nothing returning true
""",
    {
        "holder": "text",
        "owner": "text",
        "id_key": "text",
        "id": "text",
        "ref": "text",
        "session_key": "text",
        "token_owner": "text",
        "token_uid_key": "text",
        "location_id": "text",
        "evse_uid": "text",
        "started_at": "timestamptz",
        "ended_at": "timestamptz",
        "energy_wh": "numeric",
        "currency": "text",
        "total_excl": "numeric",
        "total_incl": "numeric",
        "credit": "boolean",
        "digest": "text",
        "last_updated": "timestamptz",
        "closing": "integer",
        "credited_key": "text",
        "authorization_key": "text",
        "body": "text",
    },
    each=True,
    long=True,
)
# A Credit CDR repeats the energy of what it takes back.
SUMS = """
select currency, count(*) filter (where not credit) - count(*) filter (where credit) as many,
  sum(case when credit then -energy_wh else energy_wh end) as energy_wh, sum(total_excl) as total_excl from cdr
where ($1::text is null or holder = $1) and ended_at >= $2 group by currency order by currency
"""

# One judgement at a time about the CDRs of one Token: what repeats, credits or succeeds another has the same.
ONE_BY_ONE = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
REVIEW = "select body from cdr_review where holder = $1 and owner = $2 and id_key = $3"
WAITING = """
select body from cdr_review where holder = $1 and owner = $2 and other_key = $3 and standing = 'DISPUTED' order by ref
"""
DISPUTES = """
select body from cdr_review
where disputed_at is not null and ($1::text is null or holder = $1) and ($2::text is null or standing = $2)
  and ($3::text is null or ref < $3) and ($5::text is null or owner = $5)
order by ref desc limit $4
"""
COUNT_DISPUTED = """
select count(*) from cdr_review
where standing = 'DISPUTED' and ($1::text is null or holder = $1) and ($2::text is null or owner = $2)
"""
PUT_REVIEW = """
insert into cdr_review (holder, owner, id_key, ref, standing, disputed_at, other_key, body, last_updated)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (holder, owner, id_key) do update set standing = excluded.standing, disputed_at = excluded.disputed_at,
  other_key = excluded.other_key, body = excluded.body, last_updated = excluded.last_updated
"""


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Cdr | None:
    row = await unit.fetch_one(FETCH, str(holder), str(owner), fold(id))
    return None if row is None else json.decode(row["body"], Cdr)


async def digest_of(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> str | None:
    value: str | None = await unit.value(DIGEST, str(holder), str(owner), fold(id))
    return value


async def of_session(unit: Unit, holder: PartyId, owner: PartyId, session_id: str) -> Cdr | None:
    row = await unit.fetch_one(OF_SESSION, str(holder), str(owner), fold(session_id))
    return None if row is None else json.decode(row["body"], Cdr)


async def was_closed(unit: Unit, holder: PartyId, owner: PartyId, session_id: str) -> bool:
    """Whether the Session ever had a CDR, credited or not."""
    return bool(await unit.value(WAS_CLOSED, str(holder), str(owner), fold(session_id)))


async def credit_of(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Cdr | None:
    """The first Credit CDR of this one."""
    row = await unit.fetch_one(CREDIT_OF, str(holder), str(owner), fold(id))
    return None if row is None else json.decode(row["body"], Cdr)


async def beside(unit: Unit, cdr: Cdr) -> list[Cdr]:
    """Those of the same CPO at the same Evse and time that were here first and are not credited."""
    rows = await unit.fetch(
        BESIDE,
        str(cdr.holder),
        str(cdr.owner),
        cdr.location.evse_uid,
        cdr.ended_at,
        cdr.started_at - LONGEST,
        cdr.started_at,
        cdr.ref,
    )
    return [json.decode(row["body"], Cdr) for row in rows]


async def by_ref(unit: Unit, ref: str) -> Cdr | None:
    row = await unit.fetch_one(BY_REF, ref)
    return None if row is None else json.decode(row["body"], Cdr)


async def page(unit: Unit, holder: PartyId | None, owner: PartyId | None, before: str | None, limit: int) -> list[Cdr]:
    rows = await unit.fetch(PAGE, holder and str(holder), owner and str(owner), before, limit)
    return [json.decode(row["body"], Cdr) for row in rows]


async def at_evse(unit: Unit, holder: PartyId | None, evse_uid: str, since: datetime, until: datetime) -> list[Cdr]:
    rows = await unit.fetch(AT_EVSE, evse_uid, since, until, since - LONGEST, holder and str(holder))
    return [json.decode(row["body"], Cdr) for row in rows]


async def of_tokens(unit: Unit, holder: PartyId, uids: Iterable[str], before: str | None, limit: int) -> list[Cdr]:
    rows = await unit.fetch(OF_TOKENS, str(holder), [fold(uid) for uid in uids], before, limit)
    return [json.decode(row["body"], Cdr) for row in rows]


async def ended_within(
    unit: Unit, holder: PartyId, since: datetime, until: datetime, after: str, limit: int
) -> list[tuple[str, str]]:
    rows = await unit.fetch(ENDED_WITHIN, str(holder), since, until, after, limit)
    return [(row["ref"], row["body"]) for row in rows]


async def headings(unit: Unit, holder: PartyId, owner: PartyId, ids: Iterable[str]) -> list[CdrHeading]:
    rows = await unit.fetch(HEADINGS, str(holder), str(owner), [fold(id) for id in ids])
    return [CdrHeading(**row) for row in rows]


async def headings_within(
    unit: Unit, holder: PartyId, owner: PartyId, emsp: PartyId, since: datetime, until: datetime, limit: int
) -> list[CdrHeading]:
    rows = await unit.fetch(HEADINGS_WITHIN, str(holder), str(owner), str(emsp), since, until, limit)
    return [CdrHeading(**row) for row in rows]


async def of_authorization(unit: Unit, holder: PartyId, reference: str, limit: int) -> list[Cdr]:
    rows = await unit.fetch(OF_AUTHORIZATION, str(holder), fold(reference), limit)
    return [json.decode(row["body"], Cdr) for row in rows]


async def sums_since(unit: Unit, holder: PartyId | None, since: datetime) -> list[Record]:
    return await unit.fetch(SUMS, holder and str(holder), since)


async def insert(unit: Unit, cdr: Cdr, digest: str) -> bool:
    """False when this CDR, or the one CDR of its Session of ours, is kept already."""
    return await unit.insert(
        INSERT,
        str(cdr.holder),
        str(cdr.owner),
        fold(cdr.id),
        cdr.id,
        cdr.ref,
        cdr.session_id and fold(cdr.session_id),
        str(cdr.token.owner),
        fold(cdr.token.uid),
        cdr.location.id,
        cdr.location.evse_uid,
        cdr.started_at,
        cdr.ended_at,
        cdr.energy.wh,
        cdr.currency,
        cdr.costs.total.before_taxes,
        cdr.costs.total.after_taxes,
        cdr.credit,
        digest,
        cdr.last_updated,
        cdr.closing,
        cdr.credit_reference_id and fold(cdr.credit_reference_id),
        cdr.authorization_reference and fold(cdr.authorization_reference),
        _document(cdr),
    )


def _document(cdr: Cdr) -> bytes:
    return json.encode(replace(cdr, tariffs=tuple(map(_written, cdr.tariffs))))


@lru_cache(maxsize=512)
def _written(tariff: Tariff) -> Raw:
    """A Tariff, a quarter of a CDR, is that of thousands of others, and has its hash: it is written once for all."""
    return Raw(json.encode(tariff))


# ---- What we think of a partner's


async def hold_token(unit: Unit, cdr: Cdr) -> None:
    """Nobody else judges a CDR of this Token before the Unit ends."""
    await unit.value(ONE_BY_ONE, f"cdr {cdr.holder} {cdr.owner} {fold(cdr.token.uid)}")


async def review(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Review | None:
    row = await unit.fetch_one(REVIEW, str(holder), str(owner), fold(id))
    return None if row is None else json.decode(row["body"], Review)


async def waiting_for(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> list[Review]:
    """Those that are held because of this CDR."""
    rows = await unit.fetch(WAITING, str(holder), str(owner), fold(id))
    return [json.decode(row["body"], Review) for row in rows]


async def disputes(
    unit: Unit,
    holder: PartyId | None,
    standing: Standing | None,
    owner: PartyId | None,
    before: str | None,
    limit: int,
) -> list[Review]:
    rows = await unit.fetch(DISPUTES, holder and str(holder), standing, before, limit, owner and str(owner))
    return [json.decode(row["body"], Review) for row in rows]


async def count_disputed(unit: Unit, holder: PartyId | None, owner: PartyId | None) -> int:
    return int(await unit.value(COUNT_DISPUTED, holder and str(holder), owner and str(owner)))


def put_review(unit: Unit, review: Review) -> None:
    unit.write(
        PUT_REVIEW,
        str(review.holder),
        str(review.owner),
        fold(review.cdr_id),
        review.ref,
        review.standing,
        review.disputed_at,
        review.other_id and fold(review.other_id),
        json.encode(review).decode(),
        unit.now,
    )
