"""What we said and what partners said, byte for byte, and the pages that are read from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from asyncpg import Range
from msgspec import Struct

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.ocpi.deviations.policy import Shares
from laddnav.ocpi.model import Connection, Loss
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import Page

_WORDS = "holder = $1 and owner = $2 and module = $3 and version = $4 and said = $5 and audience = $7"
WORDS = f"select body, last_updated from ocpi_words where {_WORDS} and id_key = $6"
LOCK_WORDS = WORDS + " for update"
# There is no row to lock before the first words are kept; two who bring them at once come one after the other.
LOCK_NEW_WORDS = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
PUT_WORDS = """
insert into ocpi_words (holder, owner, module, version, audience, said, id_key, revision, body, last_updated, heard_at)
values ($1, $2, $3, $4, $7, $5, $6, $8, $9, $10, $11)
on conflict (holder, owner, module, version, audience, said, id_key) do update set revision = excluded.revision,
  body = excluded.body, last_updated = excluded.last_updated, heard_at = excluded.heard_at, missed = 0
"""
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


EVERYBODY = "*"  # among the readers: whoever's Token it is


class Listed(Struct, frozen=True, kw_only=True):
    """Where a module's objects of ours are kept, what names one, and which of them a partner may see.

    In `visible` stand $6 for the readers, in `found` $2 for a key. `sayable` are those that a version which
    cannot tell all of them has words for. In `timely` stands $9 for the time at which something is to be free. `common`
    are those for everybody, and `shared` those for whom something is shared in particular: {locations}, {countries},
    {published_only} and {price_group} stand for what its policy says.
    """

    table: str
    key: str = "t.id_key"
    found: str = "t.id_key = $2"
    revision: str = "t.revision"
    visible: str = "true"
    sayable: str = "true"
    timely: str = "true"
    common: str = "true"
    shared: str = ""


# The one place that looks at the tables of rooms below: a page has to be one statement. It reads keys, revisions and
# instants; what the objects mean is asked of their rooms.
LISTED: dict[Module, Listed] = {
    Module.BOOKINGS: Listed(table="booking", visible="t.asked_by = any($6)"),
    Module.BOOKING_LOCATIONS: Listed(
        table="booking_location", visible="t.withdrawn_at is null", timely="t.free && $9::tstzrange"
    ),
    # Whoever asks what changed has to hear of an end, who asks for everything does not.
    Module.LOCATIONS: Listed(
        table="location",
        visible="($2::timestamptz is not null or not t.ended)",
        sayable="t.publish",
        shared="""(cardinality({locations}::text[]) = 0 or t.id_key = any({locations}))
    and (cardinality({countries}::text[]) = 0 or t.country = any({countries}))
    and (t.publish or not {published_only}::boolean) and {price_group}::text is not null""",
    ),
    Module.TARIFFS: Listed(
        table="tariff",
        visible="t.withdrawn_at is null",
        common="t.price_group = ''",
        shared="""t.price_group in ('', {price_group}::text) and {locations}::text[] is not null
    and {countries}::text[] is not null and {published_only}::boolean is not null""",
    ),
    Module.TOKENS: Listed(
        table="token",
        key="t.type || '/' || t.uid_key",
        found="t.type = split_part($2, '/', 1) and t.uid_key = substr($2, strpos($2, '/') + 1)",
    ),
    Module.HUB_CLIENT_INFO: Listed(table="hub_client"),
    Module.CONFIRMATIONS: Listed(table="payment_confirmation", visible="t.cpo = any($6)"),
    Module.TERMINALS: Listed(table="payment_terminal", visible="t.cpo = any($6)"),
    Module.INVOICE_RECONCILIATION: Listed(
        table="reconciliation",
        visible="""t.receiver || ' ' || case when t.cpo = t.holder then 'CPO' else 'EMSP' end = any($6)
    and t.withdrawn_at is null""",
    ),
    Module.SESSIONS: Listed(table="session", visible=f"(t.token_owner = any($6) or '{EVERYBODY}' = any($6))"),
    Module.CDRS: Listed(table="cdr", revision="1", visible="t.token_owner = any($6)", sayable="not t.credit"),
}


def _rules(first: int) -> dict[str, str]:
    """Where in a statement stand the values of `_values`."""
    names = ("locations", "countries", "published_only", "price_group")
    return {name: f"${number}" for number, name in enumerate(names, first)}


def _values(shares: Shares) -> tuple[object, ...]:
    countries = [one.upper() for one in shares.countries]
    return [fold(id) for id in shares.locations], countries, shares.published_only, shares.price_group


def _in_particular(module: Module, shares: Shares) -> bool:
    return shares.some and bool(LISTED[module].shared)


def audience(module: Module, shares: Shares) -> str:
    """Whom our words for an object are for: a Location's Connectors name the Tariffs of a price group."""
    return shares.price_group if module is Module.LOCATIONS else ""


def _page(module: Module, one: Listed, *, shared: bool = False) -> str:
    """Oldest first, so that pages stay as they are while somebody crawls them.

    OCPI 2.2.1 transport_and_format_paginated_response. The cast of $6 is for those whose `visible` does not use it.
    """
    fitting = f"""{one.table} t where t.holder = $1 and t.owner = $1
    and ($2::timestamptz is null or t.last_updated >= $2) and ($3::timestamptz is null or t.last_updated < $3)
    and {one.visible} and $6::text[] is not null and ($8::boolean or {one.sayable})
    and ($9::tstzrange is null or {one.timely})
    and {one.shared.format(**_rules(10)) if shared else one.common}"""
    return f"""
select total.total, page.key, page.revision, w.revision as rendered, w.body
from (select count(*) as total from {fitting}) total
left join (select t.ref, {one.key} as key, {one.revision} as revision from {fitting}
  order by t.ref offset $4 limit $5) page on true
left join ocpi_words w on w.holder = $1 and w.owner = $1 and w.module = '{module}' and w.version = $7
  and w.audience = {"$13" if shared and module is Module.LOCATIONS else "''"} and w.said and w.id_key = page.key
order by page.ref
"""


def _revision(module: Module, one: Listed, *, shared: bool = False) -> str:
    return f"""
select {one.key} as key, {one.revision} as revision, w.revision as rendered, w.body from {one.table} t
left join ocpi_words w on w.holder = $1 and w.owner = $1 and w.module = '{module}' and w.version = $3
  and w.audience = {"$7" if shared and module is Module.LOCATIONS else "''"} and w.said and w.id_key = {one.key}
where t.holder = $1 and t.owner = $1 and {one.found} and {one.shared.format(**_rules(4)) if shared else one.common}
"""


def _keys(one: Listed) -> str:
    return f"""
select {one.key} as key from {one.table} t
where t.holder = $1 and t.owner = $1 and $2::timestamptz is null and {one.visible} and {one.shared.format(**_rules(3))}
"""


PAGES = {module: _page(module, one) for module, one in LISTED.items()}
REVISIONS = {module: _revision(module, one) for module, one in LISTED.items()}
_PARTICULAR = {module: one for module, one in LISTED.items() if one.shared}
SHARED_PAGES = {module: _page(module, one, shared=True) for module, one in _PARTICULAR.items()}
SHARED_REVISIONS = {module: _revision(module, one, shared=True) for module, one in _PARTICULAR.items()}
KEYS = {module: _keys(one) for module, one in _PARTICULAR.items()}

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
    unit.write(PUT_WORDS, *key._columns(), revision, body.decode(), last_updated, heard_at)


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


class Row(Struct, frozen=True):
    """One object of a page: its key, its revision, and our words for it where they are of this revision."""

    key: str
    revision: int
    body: bytes | None


async def page(
    unit: Unit,
    holder: PartyId,
    module: Module,
    version: str,
    page: Page,
    readers: Iterable[str],
    shares: Shares,
    *,
    whole: bool,
) -> tuple[int, list[Row]]:
    """(how many there are in all, those of this page). Not `whole`: without those that the version has no words for."""
    particular = _in_particular(module, shares)
    rows = await unit.fetch(
        (SHARED_PAGES if particular else PAGES)[module],
        str(holder),
        page.date_from,
        page.date_to,
        page.offset,
        page.limit,
        list(readers),
        version,
        whole,
        _free_then(page),
        *(_values(shares) if particular else ()),
    )
    return rows[0]["total"], [_row(row) for row in rows if row["key"] is not None]


def _free_then(page: Page) -> Range[datetime] | None:
    begin, end = page.timeslot_from, page.timeslot_to
    if begin is None and end is None:
        return None
    return Range(begin, end) if begin is None or end is None or begin < end else Range(empty=True)


async def row(unit: Unit, holder: PartyId, module: Module, version: str, key: str, shares: Shares) -> Row | None:
    """None also where it is not for them."""
    particular = _in_particular(module, shares)
    statement = (SHARED_REVISIONS if particular else REVISIONS)[module]
    row = await unit.fetch_one(statement, str(holder), key, version, *(_values(shares) if particular else ()))
    return None if row is None else _row(row)


async def shared(unit: Unit, holder: PartyId, module: Module, shares: Shares) -> frozenset[str]:
    """The keys of all that is for them."""
    return frozenset(row["key"] for row in await unit.fetch(KEYS[module], str(holder), None, *_values(shares)))


def _row(row: Record) -> Row:
    return Row(row["key"], row["revision"], row["body"].encode() if row["rendered"] == row["revision"] else None)


def put_loss(unit: Unit, holder: PartyId, module: Module, version: str, key: str, lost: Sequence[str]) -> None:
    """Nothing is kept of what loses nothing."""
    if lost:
        unit.write(PUT_LOSS, str(holder), module, version, key, list(lost))
    else:
        unit.write(DROP_LOSS, str(holder), module, version, key)


async def losses(unit: Unit, holder: PartyId, version: str, modules: Sequence[Module]) -> tuple[Loss, ...]:
    rows = await unit.fetch(LOSSES, str(holder), version, list(modules))
    return tuple(Loss(**dict(row) | {"module": Module(row["module"])}) for row in rows)
