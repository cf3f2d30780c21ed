"""Mail as it is kept, what is attached apart from it."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from laddnav.db.unit import Record, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.mail.model import Attachment, Mail, MailState

INSERT = """
insert into mail (holder, ref, key, state, next_at, made_at, body) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (holder, key) do nothing
"""
INSERT_ATTACHED = "insert into mail_attached (holder, mail, number, name, kind, data) values ($1, $2, $3, $4, $5, $6)"
UPDATE = """
update mail set state = $3, next_at = $4, claimed_until = null, body = $5 where holder = $1 and ref = $2
"""
# Whoever claims one has until then; nobody else sends it meanwhile.
CLAIM = """
with picked as (
  select holder, ref from mail where next_at <= $1 and (claimed_until is null or claimed_until <= $1)
  order by next_at limit $3 for update skip locked)
update mail m set claimed_until = $2 from picked p where m.holder = p.holder and m.ref = p.ref returning m.body
"""
STILL_CLAIMED = "select body from mail where holder = $1 and ref = $2 and claimed_until = $3 for update"
ATTACHED = "select name, kind, data from mail_attached where holder = $1 and mail = $2 order by number"
BY_REF = "select body from mail where ref = $1"
BY_KEY = "select body from mail where holder = $1 and key = $2"
LAST_OF_KEY = "select body from mail where holder = $1 and key ^@ $2 and not forgotten order by ref desc limit 1"
LOCK = BY_REF + " for update"
BEING_SENT = "select claimed_until > $2 from mail where ref = $1"
LISTED = """
select body from mail
where ($1::text is null or holder = $1) and ($2::text is null or ref < $2) and ($3::text is null or state = $3)
order by ref desc limit $4
"""
TO_ADDRESS = """
select body from mail where holder = $1 and body::json ->> 'to' = $2 order by ref desc limit $3
"""
OLD = """
select body from mail where state = 'SENT' and made_at < $1 and not forgotten order by made_at limit 500 for update
"""
FORGET = "update mail set forgotten = true, body = $3 where holder = $1 and ref = $2"
FORGET_ATTACHED = "delete from mail_attached where holder = $1 and mail = $2"


async def insert(unit: Unit, one: Mail) -> bool:
    """Whether it was new."""
    row = (str(one.holder), one.ref, one.key, one.state, one.next_at, one.made_at, _body(one))
    if not await unit.execute(INSERT, *row):
        return False
    for number, part in enumerate(one.attachments):
        unit.write(INSERT_ATTACHED, str(one.holder), one.ref, number, part.name, part.kind, part.data)
    return True


def update(unit: Unit, one: Mail) -> None:
    """It is nobody's any more."""
    unit.write(UPDATE, str(one.holder), one.ref, one.state, one.next_at, _body(one))


async def claim(unit: Unit, until: datetime, limit: int) -> list[Mail]:
    return [_mail(row) for row in await unit.fetch(CLAIM, unit.now, until, limit)]


async def still_claimed(unit: Unit, one: Mail, until: datetime) -> Mail | None:
    """None: another has taken over."""
    row = await unit.fetch_one(STILL_CLAIMED, str(one.holder), one.ref, until)
    return None if row is None else _mail(row)


async def with_attached(unit: Unit, one: Mail) -> Mail:
    rows = await unit.fetch(ATTACHED, str(one.holder), one.ref)
    return replace(
        one, attachments=tuple(Attachment(name=row["name"], kind=row["kind"], data=row["data"]) for row in rows)
    )


async def mail(unit: Unit, ref: str, *, lock: bool = False) -> Mail | None:
    row = await unit.fetch_one(LOCK if lock else BY_REF, ref)
    return None if row is None else _mail(row)


async def is_being_sent(unit: Unit, ref: str) -> bool:
    """By a process whose time for it is not over."""
    return bool(await unit.value(BEING_SENT, ref, unit.now))


async def by_key(unit: Unit, holder: PartyId, key: str) -> Mail | None:
    row = await unit.fetch_one(BY_KEY, str(holder), key)
    return None if row is None else _mail(row)


async def last_of_key(unit: Unit, holder: PartyId, beginning: str) -> Mail | None:
    row = await unit.fetch_one(LAST_OF_KEY, str(holder), beginning)
    return None if row is None else _mail(row)


async def to_address(unit: Unit, holder: PartyId, address: str, limit: int) -> list[Mail]:
    rows = await unit.fetch(TO_ADDRESS, str(holder), address, limit)
    return [json.decode(row["body"], Mail) for row in rows]


async def listed(
    unit: Unit, holder: PartyId | None, *, before: str | None, state: MailState | None, limit: int
) -> list[Mail]:
    return [_mail(row) for row in await unit.fetch(LISTED, holder and str(holder), before, state, limit)]


async def old(unit: Unit, before: datetime) -> list[Mail]:
    """Sent and not forgotten."""
    return [_mail(row) for row in await unit.fetch(OLD, before)]


def forget(unit: Unit, one: Mail) -> None:
    unit.write(FORGET, str(one.holder), one.ref, _body(replace(one, to="", subject="", text="", html=None)))
    unit.write(FORGET_ATTACHED, str(one.holder), one.ref)


def _body(one: Mail) -> str:
    return json.encode(replace(one, attachments=())).decode()


def _mail(row: Record) -> Mail:
    return json.decode(row["body"], Mail)
