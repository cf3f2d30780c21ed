"""What stands in the lists that partners read of us, and the statements that read them.

docs/decisions/0015-a-page-is-found-and-not-counted.md says why they are asked for in these ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any

from msgspec import Struct

from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import PAGE_MAX


class Listed(Struct, frozen=True, kw_only=True):
    """Where a module's objects of ours are kept as rows `t`, what names one, and which of them a partner may see.

    `reader` is for whom a row is; "" where it is for all. `there` is what has not been withdrawn, and `current` what is
    listed where nobody asks what changed since. `sayable` are those that a version which cannot tell all of them has
    words for. In `timely` stands :slot for the time at which something is to be free. `common` are those for everybody,
    and `shared` those for whom something is shared in particular.

    `count` and `shared_count` say which rows `c` of ocpi_count make the length of either list, and `named` which
    objects are meant where they are named one by one, of which no count is kept. None: no count is kept at all.
    `uncounted` are those of a shared list which no row of ocpi_count tells of: they are few, and looked for.
    `listed_at` is `last_updated` where the index by time has it, which rows of partners have none of (migration 0033);
    `unlisted` are those of ours that have none either, for they change all the time (0084).
    """

    table: str
    key: str = "t.id_key"
    found: str = "t.id_key = :key"
    revision: str = "t.revision"
    reader: str = ""
    there: str = "true"
    current: str = "true"
    sayable: str = "true"
    timely: str = "true"
    common: str = "true"
    shared: str = ""
    named: str = ""
    count: str | None = "true"
    shared_count: str = ""
    uncounted: str = ""
    listed_at: str = "t.last_updated"
    unlisted: str = ""


def _names_tokens(place: str) -> str:
    """As the index of migration 0031 spells it; a text in JSON holds no bare quotation mark."""
    return f"""{place}.body like '%"publish_allowed_to":[{{%'"""


def _for_them(place: str) -> str:
    """Whether a Location is where they may look, and published, or names a Token that they told us of.

    With that, all that one entry sets has to agree, as `locations.rules.may_be_shown` says
    (OCPI 2.2.1 mod_locations_publish_token_class).
    """
    return f"""(cardinality(:countries::text[]) = 0 or {place}.country = any(:countries))
    and ({place}.publish or not :published_only::boolean or case when {_names_tokens(place)} then exists (
      select from jsonb_array_elements({place}.body::jsonb -> 'publish_allowed_to') entry
      join token k on k.holder = :holder and k.owner = any(:tokens_of::text[]) and k.owner <> k.holder and (
        k.uid_key = lower(entry ->> 'uid')
        or lower(k.body::jsonb ->> 'visual_number') = lower(entry ->> 'visual_number')
        or lower(k.body::jsonb ->> 'group_id') = lower(entry ->> 'group_id'))
      where not exists (
        select from jsonb_each_text(jsonb_strip_nulls(entry)) said
        where lower(said.value) is distinct from lower(k.body::jsonb ->> said.key))) else false end)"""


# The one place that looks at the tables of rooms below: a page has to be one statement. It reads keys, revisions and
# instants; what the objects mean is asked of their rooms. Migration 0024 counts by the same conditions.
LISTED: dict[Module, Listed] = {
    Module.BOOKINGS: Listed(table="booking", reader="t.asked_by"),
    Module.BOOKING_LOCATIONS: Listed(
        table="booking_location",
        there="t.withdrawn_at is null",
        timely="t.free && :slot::tstzrange",
        shared=f"""exists (select from location l
      where l.holder = :holder and l.owner = :holder and l.id_key = lower(t.location_id) and {_for_them("l")})""",
        named="lower(t.location_id) = any(:locations::text[])",
    ),
    # Whoever asks what changed has to hear of an end, who asks for everything does not.
    Module.LOCATIONS: Listed(
        table="location",
        current="not t.ended",
        sayable="t.publish",
        shared=_for_them("t"),
        named="t.id_key = any(:locations::text[])",
        shared_count="""(cardinality(:countries::text[]) = 0 or c.part = any(:countries))
    and (c.sayable or not :published_only::boolean)""",
        uncounted=f":published_only::boolean and not t.publish and {_names_tokens('t')}",
        listed_at="t.listed_at",
    ),
    Module.TARIFFS: Listed(
        table="tariff",
        there="t.withdrawn_at is null",
        common="t.price_group = ''",
        shared="t.price_group in ('', :price_group)",
        count="c.part = ''",
        shared_count="c.part in ('', :price_group)",
    ),
    Module.TOKENS: Listed(
        table="token",
        key="t.type || '/' || t.uid_key",
        found="t.type = split_part(:key, '/', 1) and t.uid_key = substr(:key, strpos(:key, '/') + 1)",
    ),
    Module.HUB_CLIENT_INFO: Listed(table="hub_client"),
    Module.CONFIRMATIONS: Listed(table="payment_confirmation", reader="t.cpo"),
    Module.TERMINALS: Listed(table="payment_terminal", reader="t.cpo"),
    Module.INVOICE_RECONCILIATION: Listed(
        table="reconciliation",
        reader="t.receiver || ' ' || case when t.cpo = t.holder then 'CPO' else 'EMSP' end",
        there="t.withdrawn_at is null",
    ),
    # Nobody may ask for Sessions without a date, so their number is of no use, and they are written the most.
    Module.SESSIONS: Listed(
        table="session",
        reader="t.token_owner",
        count=None,
        listed_at="t.listed_at",
        unlisted="t.listed_at is null",
    ),
    Module.CDRS: Listed(table="cdr", revision="1", reader="t.token_owner", sayable="not t.credit"),
}


class Scope(Enum):
    """Of all that is ours: what is for everybody, what is shared with one in particular, or what is named to it.

    `WHOEVERS`: whoever's it is, all of it.
    """

    COMMON = "common"
    WHOEVERS = "whoever's"
    SHARED = "shared"
    NAMED = "named"


class Way(Enum):
    """How the rows of a page are found: in order of their making; the same among those of a time; or by that time."""

    IN_ORDER = "in order"
    OF_A_TIME = "of a time"
    BY_TIME = "by time"


class Statement:
    """SQL whose values are named, `:so`; PostgreSQL has numbers for them, and takes none that it does not use."""

    def __init__(self, text: str) -> None:
        names = list(dict.fromkeys(_NAME.findall(text)))
        self.sql = _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", text)
        self._names = names

    def __call__(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return self.sql, *(values[name] for name in self._names)


_NAME = re.compile(r"(?<!:):([a-z]\w*)")


_OURS = "t.holder = :holder and (t.owner = t.holder) is true"  # as the indexes of migration 0024 spell it


def _fitting(one: Listed, scope: Scope, way: Way) -> Iterator[str]:
    """What a row `t` has to fulfil to stand in the list."""
    yield _OURS
    yield one.there
    yield f"(:whole::boolean or {one.sayable})" if one.sayable != "true" else "true"
    yield _meant(one, scope)
    if way is Way.IN_ORDER:
        yield one.current
        return
    # As a sum, so that no index by time is used where the order is looked for; a planner cannot weigh what it is not
    # told, and only whoever counted knows how many there are.
    if way is not Way.BY_TIME:
        yield _between("t.last_updated + interval '0'")
    elif one.unlisted:
        yield f"({_between(one.listed_at)} or {one.unlisted} and {_between('t.last_updated')})"
    else:
        yield _between(one.listed_at)
    yield f"(:date_from::timestamptz is not null or {one.current})" if one.current != "true" else "true"
    yield f"(:slot::tstzrange is null or {one.timely})" if one.timely != "true" else "true"


def _between(at: str) -> str:
    return f"""{at} >= coalesce(:date_from::timestamptz, '-infinity')
    and {at} < coalesce(:date_to::timestamptz, 'infinity')"""


def _meant(one: Listed, scope: Scope) -> str:
    match scope:
        case Scope.NAMED:
            return f"{one.shared} and {one.named}"
        case Scope.SHARED:
            return one.shared
        case _:
            return one.common


def _where(conditions: Iterable[str]) -> str:
    return "where " + " and ".join(one for one in conditions if one != "true")


def _of_them(one: Listed, scope: Scope) -> str:
    """Whose a row has to be."""
    return f"{one.reader} = any({_parties(one, scope)})" if one.reader else "true"


def _parties(one: Listed, scope: Scope) -> str:
    """Who reads; where all is read, whoever could: each is found by one look at the index that begins with them."""
    if scope is not Scope.WHOEVERS:
        return ":parties::text[]"
    first = f"select {one.reader} as party from {one.table} t where {_OURS}"
    return f"""array(with recursive known as (
      ({first} order by 1 limit 1) union all
      select ({first} and {one.reader} > known.party order by 1 limit 1) from known where known.party is not null)
    select party from known where party is not null)"""


def _rows(one: Listed, scope: Scope, way: Way) -> str:
    """What stands on a page, and what would stand first on the next one.

    Oldest first, so that pages stay as they are while somebody crawls them (OCPI 2.2.1
    transport_and_format_paginated_response).
    """
    row = f"t.ref, {one.key} as key, {one.revision} as revision"
    if way is Way.BY_TIME:
        # In an order that no index has, for the same reason; and only of those on the page more than the ref is read.
        return f"""
    select {row} from (
      select t.ref from {one.table} t {_where((*_fitting(one, scope, way), _of_them(one, scope), "t.ref > :after"))}
      order by t.ref collate "C" offset :offset::bigint limit {_MOST}) found
    join {one.table} t on t.ref = found.ref order by t.ref limit :limit::bigint + 1"""
    wanted = ":limit::bigint + 1"
    return f"select * from ({_in_order(one, scope, way, row, wanted, _MOST)}) t limit {wanted}"


# However many are asked for: a planner that is not told a number takes it to be a tenth of the whole list.
_MOST = PAGE_MAX + 1


def _in_order(one: Listed, scope: Scope, way: Way, row: str, wanted: str, most: object) -> str:
    """The first of the list in the order of their making: so many as are wanted, and at most so many."""
    fitting = f"select {row} from {one.table} t {_where((*_fitting(one, scope, way), 't.ref > :after'))}"
    if _of_them(one, scope) == "true":
        return f"{fitting} order by t.ref limit {most}"
    # Each one's in order of their own, and then the first of all: no more is read of anybody's than so many. How many
    # parties there are is kept from the planner, or it would plan anew for each page of whoever has one.
    return f"""select t.* from unnest(array(select unnest({_parties(one, scope)}))) party cross join lateral (
    {fitting} and {one.reader} = party order by t.ref limit {wanted}) t order by t.ref limit {most}"""


def _words(module: Module, scope: Scope, of: str) -> str:
    """Our words `w` for the row `of`, where there are any."""
    audience = ":price_group" if scope in (Scope.SHARED, Scope.NAMED) and module is Module.LOCATIONS else "''"
    return f"""w.holder = :holder and w.owner = :holder and w.module = '{module}' and w.version = :version
    and w.audience = {audience} and w.said and w.id_key = {of}"""


@cache
def total(module: Module, scope: Scope, way: Way = Way.BY_TIME) -> Statement:
    return Statement(_length(module, scope, way))


def _length(module: Module, scope: Scope, way: Way) -> str:
    one = LISTED[module]
    kept = {Scope.COMMON: one.count, Scope.SHARED: one.shared_count}.get(scope)
    if way is Way.IN_ORDER and kept:
        conditions = (
            f"c.holder = :holder and c.module = '{module}'",
            "c.part = any(:parties::text[])" if one.reader else "true",
            "(:whole::boolean or c.sayable)" if one.sayable != "true" else "true",
            kept,
        )
        counted = f"select coalesce(sum(c.many), 0)::bigint from ocpi_count c {_where(conditions)}"
        if scope is not Scope.SHARED or not one.uncounted:
            return counted
        besides = _where((*_fitting(one, scope, way), one.uncounted))
        return f"select ({counted}) + (select count(*) from {one.table} t {besides})"
    return f"select count(*) from {one.table} t {_where((*_fitting(one, scope, way), _of_them(one, scope)))}"


@cache
def nth(module: Module, scope: Scope) -> Statement:
    """The ref of the object before the one that an offset counts to."""
    found = _in_order(LISTED[module], scope, Way.IN_ORDER, "t.ref", ":offset::bigint", ":offset::bigint")
    return Statement(f"select ref from ({found}) t offset :offset::bigint - 1")


@cache
def joined(module: Module, scope: Scope, way: Way) -> Statement:
    """One row for the whole page. The words come as bytes: as text they would be read and written once more."""
    total = f"({_length(module, scope, way)})" if way is Way.IN_ORDER else "null::bigint"
    return Statement(f"""
select {total} as total, count(*) filter (where here) as many, coalesce(bool_or(not here), false) as more,
  max(ref) filter (where here) as last,
  case when bool_and(fits) filter (where here)
    then convert_to(string_agg(body, ',') filter (where here), 'UTF8') end as words
from (
  select page.ref, page.here, w.body, coalesce(w.revision = page.revision, false) as fits
  from (select found.*, row_number() over (order by ref) <= :limit as here
    from ({_rows(LISTED[module], scope, way)}) found) page
  left join ocpi_words w on page.here and {_words(module, scope, "page.key")}
  order by page.ref) said
""")


@cache
def singly(module: Module, scope: Scope, way: Way) -> Statement:
    return Statement(f"""
select page.key, page.revision, w.revision as rendered, convert_to(w.body, 'UTF8') as body
from (select * from ({_rows(LISTED[module], scope, way)}) found order by ref limit :limit) page
left join ocpi_words w on {_words(module, scope, "page.key")}
order by page.ref
""")


@cache
def single(module: Module, scope: Scope) -> Statement:
    one = LISTED[module]
    return Statement(f"""
select {one.key} as key, {one.revision} as revision, w.revision as rendered, convert_to(w.body, 'UTF8') as body
from {one.table} t
left join ocpi_words w on {_words(module, scope, one.key)}
{_where(("t.holder = :holder and t.owner = :holder", one.found, _meant(one, scope)))}
""")


@cache
def keys(module: Module, scope: Scope) -> Statement:
    one = LISTED[module]
    conditions = (_OURS, one.there, one.current, _meant(one, scope))
    return Statement(f"select {one.key} as key from {one.table} t {_where(conditions)}")


# Whoever reads sees the rows from before or the one from after, never both or neither: it is one transaction.
ONE_FOLDS = "select pg_try_advisory_xact_lock(hashtextextended('ocpi_count', 0))"
FOLD = """
with several as (
  select holder, module, part, sayable from ocpi_count group by holder, module, part, sayable having count(*) > 1),
gone as (
  delete from ocpi_count c using several s
  where c.holder = s.holder and c.module = s.module and c.part = s.part and c.sayable = s.sayable
  returning c.*)
insert into ocpi_count
select holder, module, part, sayable, sum(many) from gone group by holder, module, part, sayable having sum(many) <> 0
"""
