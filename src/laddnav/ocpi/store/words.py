"""What we said and what partners said, byte for byte, and what of ours a version cannot carry."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from laddnav.db.lookups import lookup
from laddnav.db.rows import Lines
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpi.model import Connection, Loss
from laddnav.ocpi.wire.handshake import Module

_WORDS = "holder = $1 and owner = $2 and module = $3 and version = $4 and said = $5 and audience = $7"
_KEY = ("text", "text", "text", "text", "boolean", "text", "text")
WORDS = lookup(f"select body, last_updated from ocpi_words where {_WORDS} and id_key = $6", *_KEY)
LOCK_WORDS = lookup(WORDS + " for update", *_KEY)
# There is no row to lock before the first words are kept; two who bring them at once come one after the other.
LOCK_NEW_WORDS = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
PUT_WORDS = Lines(
    """
insert into ocpi_words (holder, owner, module, version, said, id_key, audience, revision, last_updated, heard_at, body)
select * from {rows}
on conflict (holder, owner, module, version, audience, said, id_key) do update set revision = excluded.revision,
  body = excluded.body, last_updated = excluded.last_updated, heard_at = excluded.heard_at, missed = 0
""",
    key=7,
    long=True,
    holder="text",
    owner="text",
    module="text",
    version="text",
    said="boolean",
    id_key="text",
    audience="text",
    revision="bigint",
    last_updated="timestamptz",
    heard_at="timestamptz",
    body="text",
)
HEARD_OF = f"update ocpi_words set heard_at = $8, missed = 0 where {_WORDS} and id_key = $6"
# Of what a partner ever said, what it has not said since the whole list was begun.
MISSED = """
update ocpi_words set missed = missed + 1
where holder = $1 and owner = any($2) and module = $3 and version = $4 and audience = '' and not said and heard_at < $5
returning owner, id_key, missed
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


async def find(unit: Unit, key: Key, *, lock: bool = False) -> tuple[bytes, datetime] | None:
    """(bytes, their last_updated); locked, nobody else says anything about the same thing until this Unit ends."""
    row = await unit.fetch_one(LOCK_WORDS if lock else WORDS, *key._columns())
    if row is None and lock:
        await unit.value(LOCK_NEW_WORDS, "|".join(str(column) for column in key._columns()))
        row = await unit.fetch_one(LOCK_WORDS, *key._columns())
    return None if row is None else (row["body"].encode(), row["last_updated"])


def put(unit: Unit, key: Key, body: bytes, last_updated: datetime, revision: int = 1) -> None:
    heard_at = None if key.said else unit.now
    unit.write(PUT_WORDS, *key._columns(), revision, last_updated, heard_at, body.decode())


def heard_of(unit: Unit, key: Key) -> None:
    """It was told again, and what was told is older than what is here."""
    unit.write(HEARD_OF, *key._columns(), unit.now)


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
