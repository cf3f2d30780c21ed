"""Whatever appears, changes and vanishes, folded or not: what a list is said to hold is what it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import count
from random import Random  # noqa: TID251 - seeded dice
from typing import Any

import asyncpg

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.ocpi.deviations.policy import ALL, Shares
from laddnav.ocpi.endpoints.lists import fold_counts
from laddnav.ocpi.store import lists
from laddnav.ocpi.store.listed import LISTED, Listed
from laddnav.ocpi.store.lists import Reader
from laddnav.ocpi.wire.handshake import Module
from laddnav.ocpi.wire.paging import Page
from tests import things

US, THEM = things.US, PartyId("NL", "TNM")
PARTS = ("NL*TNM", "DE*ABC")
# What a row may say in the columns that decide where it is listed; every other column says the same in all rows.
VARIES: dict[str, Sequence[Any]] = {
    "asked_by": PARTS,
    "cpo": (str(US), *PARTS),
    "receiver": PARTS,
    "token_owner": PARTS,
    "country": ("DEU", "SWE"),
    "price_group": ("", "fleet", "other"),
    "publish": (True, False),
    "ended": (True, False),
    "credit": (True, False),
    "withdrawn_at": (None, "2026-11-21T09:47:00Z"),
}
FILLED = {"text": "'x'", "boolean": "false", "timestamptz": "now()", "bigint": "1", "integer": "1", "numeric": "1"}
COLUMNS = """
select a.attname as name, format_type(a.atttypid, null) as type, a.attnotnull and not a.atthasdef as needed
from pg_attribute a where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
"""
KEPT = [(module, one) for module, one in LISTED.items() if one.count]
SHARES = (
    ALL,
    Shares(published_only=True),
    Shares(countries=("SWE",)),
    Shares(price_group="fleet"),
    Shares(countries=("DEU",), published_only=True, price_group="fleet"),
)


def readers(module: Module) -> Iterator[Reader]:
    for parties in (
        (),
        PARTS[:1],
        PARTS,
        (str(US),),
        tuple(f"{one} {role}" for one in PARTS for role in ("CPO", "EMSP")),
    ):
        for shares in SHARES if LISTED[module].shared else SHARES[:1]:
            for whole in (True, False):
                yield Reader(holder=US, module=module, version="2.2.1", parties=parties, shares=shares, whole=whole)


class Shelf:
    """A table of a list, and what is done with its rows at random."""

    def __init__(self, table: str, columns: Sequence[asyncpg.Record], chance: Random) -> None:
        self._table = table
        self._chance = chance
        self._numbers = count()
        types = {"timestamp with time zone": "timestamptz"}
        self._filled = {
            one["name"]: FILLED.get(types.get(one["type"], one["type"]), "'{}'") for one in columns if one["needed"]
        }
        self._varies = [one["name"] for one in columns if one["name"] in VARIES]
        self._key = "uid_key" if table == "token" else "id_key"
        self._final = table == "cdr"

    def step(self) -> str:
        """A statement that puts some rows in, or changes or takes away some at random."""
        kind = "put" if self._final else self._chance.choice(("put", "put", "change", "touch", "take"))
        some = f"hashtext({self._key} || '{self._chance.random()}') % 3 = 0"
        if kind == "put":
            return ";".join(self._row() for _ in range(self._chance.randint(1, 4)))
        if kind == "change" and self._varies:
            said = ", ".join(f"{name} = {self._any(name)}" for name in self._varies)
            return f"update {self._table} set {said} where {some}"
        if kind == "take":
            return f"delete from {self._table} where {some}"
        return f"update {self._table} set last_updated = now() where {some}"

    def _row(self) -> str:
        number = next(self._numbers)
        ref = f"'{self._table}-{number:06}'"
        owner = self._chance.choice((US, US, THEM))
        said = self._filled | {name: self._any(name) for name in self._varies}
        said |= {"holder": f"'{US}'", "owner": f"'{owner}'", self._key: ref, "ref": ref}
        said |= {"request_key": ref} if "request_key" in said else {}
        return f"insert into {self._table} ({', '.join(said)}) values ({', '.join(said.values())})"

    def _any(self, name: str) -> str:
        value = self._chance.choice(VARIES[name])
        return "null" if value is None else f"'{value}'"


@asynccontextmanager
async def undone(connection: asyncpg.Connection[Any], really: bool) -> Any:
    """What is done in here is done, or not."""
    transaction = connection.transaction()
    await transaction.start()
    yield
    await (transaction.rollback() if really else transaction.commit())


async def test_what_a_list_is_said_to_hold_is_what_it_holds(database: Database, database_url: str) -> None:
    """TRN-073: for every list and every reader, after whatever was done, undone and folded."""
    chance = Random(24)
    connection = await asyncpg.connect(database_url)
    shelves = [Shelf(one.table, await connection.fetch(COLUMNS, one.table), chance) for _, one in KEPT]
    for round in range(12):
        for shelf in shelves:
            async with undone(connection, chance.random() < 0.2):
                await connection.execute(shelf.step())
        if round % 4 == 3:
            await fold_counts(database)
        for module, one in KEPT:
            await agrees(database, module, one)
    await connection.close()


async def agrees(database: Database, module: Module, one: Listed) -> None:
    async with database.unit() as unit:
        for reader in readers(module):
            found = await lists.leaf(unit, reader, Page())
            listed = await lists.rows(unit, reader, Page())
            assert (found.total, found.many) == (len(listed), len(listed)), reader


async def test_writers_and_folders_at_once_lose_nothing(database: Database) -> None:
    """TRN-073: who reads meanwhile finds no fewer than before; at the end all are there."""
    reader = next(one for one in readers(Module.HUB_CLIENT_INFO))
    put = """insert into hub_client (holder, owner, id_key, ref, party, status, body, revision, last_updated)
      values ($1, $1, $2, $2, 'x', 'x', 'x', 1, now())"""

    async def write(name: str) -> None:
        for number in range(20):
            async with database.unit() as unit:
                unit.write(put, str(US), f"{name}-{number:03}")

    async def fold() -> None:
        while True:
            await fold_counts(database)

    seen = [0]

    async def read() -> None:
        while True:
            async with database.unit() as unit:
                seen.append((await lists.leaf(unit, reader, Page(limit=1))).total)

    meanwhile = [asyncio.create_task(one) for one in (fold(), fold(), read())]
    await asyncio.gather(*(write(name) for name in "abcd"))
    for one in meanwhile:
        one.cancel()
        with suppress(asyncio.CancelledError):
            await one
    assert seen == sorted(seen)
    await fold_counts(database)
    async with database.unit() as unit:
        assert (await lists.leaf(unit, reader, Page(limit=1))).total == 80
        assert await unit.value("select count(*) from ocpi_count where module = 'hubclientinfo'") == 1
