"""What drivers without an account claim of a charge, as it is kept."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import EvseRef, PartyId, fold
from laddnav.sessions.claims import Claim
from laddnav.sessions.model import Preferences

INSERT_CLAIM = """
insert into charge_claim (digest, holder, location_key, evse_key, location_id, evse_uid, card, wants, session_id,
  claimed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
UPDATE_CLAIM = "update charge_claim set wants = $2, session_id = $3 where digest = $1"
FIND_CLAIM = """
select digest, holder, location_id, evse_uid, card, wants, session_id, claimed_at from charge_claim where digest = $1
"""
WAITING_CLAIMS = """
select digest, holder, location_id, evse_uid, card, wants, session_id, claimed_at from charge_claim
where holder = $1 and location_key = $2 and evse_key = $3 and session_id is null and claimed_at >= $4
order by claimed_at for update
"""
FORGET_CLAIMS = "delete from charge_claim where claimed_at < $1"
COUNT_TRY = """
insert into charge_claim_try as known (subject, tries, since) values ($1, 1, $2)
on conflict (subject) do update set
  tries = case when known.since < $3 then 1 else known.tries + 1 end,
  since = case when known.since < $3 then $2 else known.since end
returning tries
"""
FORGET_TRIES = "delete from charge_claim_try where since < $1"


def insert(unit: Unit, claim: Claim) -> None:
    unit.write(
        INSERT_CLAIM,
        claim.digest,
        str(claim.holder),
        fold(claim.where.location_id),
        fold(claim.where.evse_uid),
        claim.where.location_id,
        claim.where.evse_uid,
        claim.card,
        None if claim.wants is None else json.encode(claim.wants).decode(),
        claim.session_id,
        claim.claimed_at,
    )


def update(unit: Unit, claim: Claim) -> None:
    wants = None if claim.wants is None else json.encode(claim.wants).decode()
    unit.write(UPDATE_CLAIM, claim.digest, wants, claim.session_id)


async def find(unit: Unit, digest: str) -> Claim | None:
    row = await unit.fetch_one(FIND_CLAIM, digest)
    return None if row is None else _claim(row)


async def waiting(unit: Unit, holder: PartyId, where: EvseRef, since: datetime) -> list[Claim]:
    """Oldest first, so that of two with one card the newer word comes last."""
    rows = await unit.fetch(WAITING_CLAIMS, str(holder), fold(where.location_id), fold(where.evse_uid), since)
    return [_claim(row) for row in rows]


def forget(unit: Unit, claimed_before: datetime, tried_before: datetime) -> None:
    unit.write(FORGET_CLAIMS, claimed_before)
    unit.write(FORGET_TRIES, tried_before)


async def count_try(unit: Unit, subject: str, since: datetime) -> int:
    """How many there were since then, this one among them."""
    tries: int = await unit.value(COUNT_TRY, subject, unit.now, since)
    return tries


def _claim(row: Record) -> Claim:
    return Claim(
        digest=row["digest"],
        holder=PartyId.parse(row["holder"]),
        where=EvseRef(row["location_id"], row["evse_uid"]),
        card=row["card"],
        wants=None if row["wants"] is None else json.decode(row["wants"], Preferences),
        session_id=row["session_id"],
        claimed_at=row["claimed_at"],
    )
