"""What we said and what partners said, byte for byte, and what of ours a version cannot carry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from laddnav.db.lookups import lookup
from laddnav.db.rows import Lines
from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.model import Connection, Loss
from laddnav.ocpi.wire.handshake import Module

_WORDS = "holder = $1 and owner = $2 and module = $3 and version = $4 and said = $5 and audience = $7"
_KEY = ("text", "text", "text", "text", "boolean", "text", "text")
# As bytes, as which they are read and passed on: spelt anew by us, a text with an ö in it costs as much as all else.
WORDS = lookup(
    f"select convert_to(body, 'UTF8') as body, last_updated, revision from ocpi_words where {_WORDS} and id_key = $6",
    *_KEY,
)
LOCK_WORDS = lookup(WORDS + " for update", *_KEY)
# There is no row to lock before the first words are kept; two who bring them at once come one after the other.
LOCK_NEW_WORDS = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
# The columns of the key, by their types: as `Key` says them.
_ITS_KEY = {
    "holder": "text",
    "owner": "text",
    "module": "text",
    "version": "text",
    "said": "boolean",
    "id_key": "text",
    "audience": "text",
}
PUT_WORDS = Lines(
    """
insert into ocpi_words (holder, owner, module, version, said, id_key, audience, revision, last_updated, heard_at, body)
select * from {rows}
on conflict (holder, owner, module, version, audience, said, id_key) do update set revision = excluded.revision,
  body = excluded.body, last_updated = excluded.last_updated, heard_at = excluded.heard_at, missed = 0
""",
    {
        **_ITS_KEY,
        "revision": "bigint",
        "last_updated": "timestamptz",
        "heard_at": "timestamptz",
        "body": "text",
    },
    key=7,
    long=True,
)
# Both of words that are known to be the last that were said: where somebody has said more meanwhile, nothing is done.
# Whoever hears a partner locks its words before what they are about.
_LAST = """
from {rows}
where w.holder = rows.holder and w.owner = rows.owner and w.module = rows.module and w.version = rows.version
  and w.said = rows.said and w.id_key = rows.id_key and w.audience = rows.audience and w.revision = rows.known
returning true
"""
# What belied these words counts no more once they are of another date, or said again; an Evse of a Location may be told
# meanwhile, which leaves its date as it is.
RENEW_WORDS = Lines(
    f"""
update ocpi_words as w set revision = w.revision + 1, last_updated = rows.last_updated, heard_at = rows.heard_at,
  missed = 0, body = rows.body,
  belied_at = case when rows.last_updated = w.last_updated and rows.body <> w.body then w.belied_at end
{_LAST}
""",
    {
        **_ITS_KEY,
        "known": "bigint",
        "last_updated": "timestamptz",
        "heard_at": "timestamptz",
        "body": "text",
    },
    each=True,
    first=True,
    long=True,
)
HEARD_OF = Lines(
    f"update ocpi_words as w set heard_at = rows.heard_at, missed = 0 {_LAST}",
    {**_ITS_KEY, "known": "bigint", "heard_at": "timestamptz"},
    each=True,
    first=True,
)
# Of what a partner ever said, what it has not said since the whole list was begun.
MISSED = """
update ocpi_words set missed = missed + 1
where holder = $1 and owner = any($2) and module = $3 and version = $4 and audience = '' and not said and heard_at < $5
returning owner, id_key, missed
"""
# Of what was told since the list was begun, the list may know nothing yet.
BELIED = f"""
update ocpi_words set belied_at = coalesce(belied_at, $8) where {_WORDS} and id_key = $6 and heard_at < $8
returning belied_at
"""
DROP_WORDS = f"delete from ocpi_words where {_WORDS} and id_key = $6"
VERSION_HEARD = """
select version from ocpi_words
where holder = $1 and owner = $2 and module = $3 and audience = '' and not said and id_key = $4
"""
FORGET_HEARD = """
delete from ocpi_words where holder = $1 and owner = any($2) and module = any($3) and version = $4 and not said
"""
PUT_LOSS = """
insert into ocpi_loss (holder, module, version, id_key, lost) values ($1, $2, $3, $4, $5)
on conflict (holder, module, version, id_key) do update set lost = excluded.lost
"""
DROP_LOSS = "delete from ocpi_loss where holder = $1 and module = $2 and version = $3 and id_key = $4"
LOSSES = """
select module, field, count(*) as objects, min(id_key) as example
from ocpi_loss, unnest(lost) as field
where holder = $1 and version = $2 and module = any($3)
group by module, field order by module, objects desc, field
"""


_BEGIN, _MICROSECOND = datetime(2020, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
REMEMBERED_MOST = 4_000  # bytes: longer words are read again, or those that are remembered would fill the memory


class Said(Struct, frozen=True):
    """The last words about one thing. A `revision` is never that of others, also where they were dropped meanwhile."""

    body: bytes
    last_updated: datetime
    revision: int


class Key(Struct, frozen=True, kw_only=True):
    """Whose words about what, in which version; `said` tells ours from what a partner said.

    `audience`: the price group that our words are for, where these differ from group to group.
    """

    holder: PartyId
    owner: PartyId
    module: Module
    version: str
    said: bool
    id: str  # folded
    audience: str = ""

    def _columns(self) -> tuple[str, str, str, str, bool, str, str]:
        return str(self.holder), str(self.owner), self.module.value, self.version, self.said, self.id, self.audience


async def find(unit: Unit, key: Key) -> Said | None:
    row = await unit.fetch_one(WORDS, *key._columns())
    return None if row is None else _said(row)


async def lock(unit: Unit, key: Key) -> Said | None:
    """Nobody else says anything about the same thing until this Unit ends, or it is undone (`Unit.believed`)."""
    believed: Said | None = unit.believed(Said, key._columns(), RENEW_WORDS, HEARD_OF)
    if believed is not None:
        return believed
    row = await unit.fetch_one(LOCK_WORDS, *key._columns())
    if row is None:
        await unit.value(LOCK_NEW_WORDS, "|".join(str(column) for column in key._columns()))
        row = await unit.fetch_one(LOCK_WORDS, *key._columns())
    return None if row is None else _said(row)


def _said(row: Record) -> Said:
    return Said(row["body"], row["last_updated"], row["revision"])


def put(unit: Unit, key: Key, body: bytes, last_updated: datetime, revision: int | None = None) -> None:
    """`revision`: that of the object of ours that these words tell. A partner's have one of the moment."""
    heard_at = None if key.said else unit.now
    if revision is None:
        revision = _moment(unit)
    unit.write(PUT_WORDS, *key._columns(), revision, last_updated, heard_at, body)


def renew(unit: Unit, key: Key, before: Said | None, body: bytes, last_updated: datetime) -> None:
    """What a partner says now, of a thing of which it said this before, and which is locked."""
    if before is None:
        now = Said(body, last_updated, _moment(unit))
        put(unit, key, body, last_updated, now.revision)
    else:
        now = Said(body, last_updated, before.revision + 1)
        unit.write(RENEW_WORDS, *key._columns(), before.revision, last_updated, unit.now, body)
    unit.learn(Said, key._columns(), now if len(body) <= REMEMBERED_MOST else None)


def heard_of(unit: Unit, key: Key, before: Said) -> None:
    """It was told again, and what was told is older than this, which is locked."""
    unit.write(HEARD_OF, *key._columns(), before.revision, unit.now)


async def belied(unit: Unit, key: Key, begun_at: datetime) -> datetime | None:
    """A whole list that was begun then says an earlier date of it: since when lists have done so.

    None where the list is no older than the words.
    """
    since: datetime | None = await unit.value(BELIED, *key._columns(), begun_at)
    return since


def _moment(unit: Unit) -> int:
    """Beyond every revision that words of this thing had before they were dropped."""
    return (unit.now - _BEGIN) // _MICROSECOND


async def missed(
    unit: Unit, connection: Connection, module: Module, parties: Iterable[PartyId], since: datetime
) -> list[tuple[Key, int]]:
    """What was not told of since then, and of how many whole lists of these parties in a row it was missing by now."""
    owners = [str(party) for party in parties]
    rows = await unit.fetch(MISSED, str(connection.holder), owners, module, connection.version, since)
    return [
        (
            Key(
                holder=connection.holder,
                owner=PartyId.parse(row["owner"]),
                module=module,
                version=connection.version,
                said=False,
                id=row["id_key"],
            ),
            row["missed"],
        )
        for row in rows
    ]


async def version_heard(unit: Unit, key: Key) -> str | None:
    """In which version the partner spoke of it, be it the key's or another."""
    version: str | None = await unit.value(VERSION_HEARD, str(key.holder), str(key.owner), key.module, key.id)
    return version


def forget_heard(unit: Unit, connection: Connection, modules: Collection[Module], version: str) -> None:
    """What its parties said in these modules in a version that is not spoken with them any more."""
    owners = [str(party) for party in connection.parties]
    unit.write(FORGET_HEARD, str(connection.holder), owners, list(modules), version)


def drop(unit: Unit, key: Key) -> None:
    unit.write(DROP_WORDS, *key._columns())


def put_loss(unit: Unit, holder: PartyId, module: Module, version: str, key: str, lost: Sequence[str]) -> None:
    """Nothing is kept of what loses nothing."""
    if lost:
        unit.write(PUT_LOSS, str(holder), module, version, key, list(lost))
    else:
        unit.write(DROP_LOSS, str(holder), module, version, key)


async def losses(unit: Unit, holder: PartyId, version: str, modules: Sequence[Module]) -> tuple[Loss, ...]:
    rows = await unit.fetch(LOSSES, str(holder), version, list(modules))
    return tuple(Loss(**dict(row) | {"module": Module(row["module"])}) for row in rows)
