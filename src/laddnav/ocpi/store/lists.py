"""The lists that partners read of us: their pages, their lengths and their single objects, each by one statement."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from asyncpg import Range
from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.ocpi.deviations.policy import SharedWith, Shares
from laddnav.ocpi.store import listed
from laddnav.ocpi.store.listed import Scope, Way
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import Page

# So many rows that changed within a time are put in order sooner than a page of them is looked for, and are counted for
# each page.
SORTED_MOST = 5_000


class Reader(Struct, frozen=True, kw_only=True):
    """Who reads what of whom: as which parties, in which version, and what of ours is for them.

    `parties` None: as whoever it is for. Not `whole`: without those objects that the version has no words for.
    """

    holder: PartyId
    module: Module
    version: str
    parties: tuple[str, ...] | None
    shares: Shares
    whole: bool

    @property
    def scope(self) -> Scope:
        return Scope.WHOEVERS if self.parties is None else _scope(self.module, self.shares)

    def values(self, page: Page) -> Mapping[str, Any]:
        return {
            **_values(self.holder, self.shares),
            "version": self.version,
            "parties": self.parties,
            "whole": self.whole,
            "after": page.after,
            "offset": page.offset,
            "limit": page.limit,
            "date_from": page.date_from,
            "date_to": page.date_to,
            "slot": _free_then(page),
        }


class Leaf(Struct, frozen=True, kw_only=True):
    """A page: how many objects there are in all, how many stand on it, the ref of the last, whether more come after it.

    `counted`: the first again, where its pages are to be led on with it, for to count them took long.
    `words`: ours for them, with commas between; None where not all of them have been put into words.
    """

    total: int
    many: int = 0
    last: str = ""
    more: bool = False
    words: bytes | None = b""
    counted: int | None = None


class Row(Struct, frozen=True):
    """One object: its key, its revision, and our words for it where they are of this revision."""

    key: str
    revision: int
    body: bytes | None


async def leaf(unit: Unit, reader: Reader, page: Page) -> Leaf:
    way, total, page = await _found(unit, reader, page)
    row = await unit.fetch_one(*listed.joined(reader.module, reader.scope, way)(reader.values(page)))
    assert row is not None, "an aggregate has a row"
    return Leaf(
        total=row["total"] if total is None else total,
        many=row["many"],
        last=row["last"] or "",
        more=row["more"],
        words=row["words"] if row["many"] else b"",
        counted=total if total is not None and total > SORTED_MOST else None,
    )


async def rows(unit: Unit, reader: Reader, page: Page) -> list[Row]:
    """The same page, object by object."""
    way, _, page = await _found(unit, reader, page)
    return [
        _row(row) for row in await unit.fetch(*listed.singly(reader.module, reader.scope, way)(reader.values(page)))
    ]


async def row(unit: Unit, holder: PartyId, module: Module, version: str, key: str, shares: Shares) -> Row | None:
    """None also where it is not for them."""
    values = {**_values(holder, shares), "version": version, "key": key}
    found = await unit.fetch_one(*listed.single(module, _scope(module, shares))(values))
    return None if found is None else _row(found)


async def shared(unit: Unit, holder: PartyId, module: Module, shares: Shares) -> frozenset[str]:
    """The keys of all that is for them, whether or not anything is so in particular."""
    scope = Scope.NAMED if listed.LISTED[module].named and shares.locations else Scope.SHARED
    return frozenset(row["key"] for row in await unit.fetch(*listed.keys(module, scope)(_values(holder, shares))))


async def fold_counts(unit: Unit) -> None:
    """One row for what is many; whoever finds another at it leaves it to that one."""
    if await unit.value(listed.ONE_FOLDS):
        await unit.execute(listed.FOLD)


async def _found(unit: Unit, reader: Reader, page: Page) -> tuple[Way, int | None, Page]:
    """(how to look for the page, how many there are in all where that had to be counted first, the page).

    Where nothing is said of time, an offset is made a place to begin at; there is one way to read on from there.
    """
    if page.filtered:
        total = page.counted if page.after else None
        if total is None:
            total = int(await unit.value(*listed.total(reader.module, reader.scope)(reader.values(page))))
        return Way.OF_A_TIME if page.after and total > SORTED_MOST else Way.BY_TIME, total, page
    if page.offset:
        before = await unit.value(*listed.nth(reader.module, reader.scope)(reader.values(page)))
        page = replace(page, offset=0, after=_BEYOND if before is None else before)
    return Way.IN_ORDER, None, page


_BEYOND = "~"  # behind every ref


def audience(module: Module, shares: Shares) -> str:
    """Whom our words for an object are for: a Location's Connectors name the Tariffs of a price group."""
    return shares.price_group if module is Module.LOCATIONS else ""


def _scope(module: Module, shares: Shares) -> Scope:
    if not shares.some or not listed.LISTED[module].shared:
        return Scope.COMMON
    return Scope.NAMED if listed.LISTED[module].named and shares.locations else Scope.SHARED


@lru_cache(maxsize=1_000)
def _values(holder: PartyId, shares: Shares) -> Mapping[str, Any]:
    """What does not change from one request of a partner to the next."""
    return {
        "holder": str(holder),
        "locations": tuple(fold(id) for id in shares.locations),
        "countries": tuple(one.upper() for one in shares.countries),
        "published_only": shares.published_only,
        "tokens_of": shares.tokens_of if isinstance(shares, SharedWith) else (),
        "price_group": shares.price_group,
    }


def _free_then(page: Page) -> Range[Any] | None:
    begin, end = page.timeslot_from, page.timeslot_to
    if begin is None and end is None:
        return None
    return Range(begin, end) if begin is None or end is None or begin < end else Range(empty=True)


def _row(row: Record) -> Row:
    return Row(row["key"], row["revision"], row["body"] if row["rendered"] == row["revision"] else None)
