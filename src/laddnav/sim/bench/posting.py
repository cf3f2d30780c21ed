"""How many postings a second the ledger takes beside a bare insert of the same rows, and what a balance costs.

A ledger is filled first, behind its own back. Then some post at the same time to the same accounts, as processes do,
each entry committed; beside them the same rows go to tables without any rule, by the same number of connections. Where
a folder is named (LADDNAV_BENCH_LEDGER) the ledger stays there, and a filling that was broken off goes on.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg

from laddnav.db.unit import Database
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.server import installation, settings
from laddnav.sim.bench import filling, store
from laddnav.sim.bench.figures import Figure, Pace, effort, rate
from laddnav.sim.bench.filling import OF_AN_ENTRY, SINCE
from laddnav.sim.bench.load import Refused
from laddnav.sim.network import OURS

AT_ONCE = 4
A_BATCH = 100  # entries in a Unit
BUSY = Account(Head.REVENUE, "charging")
_ids = count(1)  # of entries without any rule

Doing = Callable[[int], Awaitable[None]]


async def postings(pace: Pace) -> list[Figure]:
    """With an empty ledger, and with a million postings in it. Raises Refused, CannotStart."""
    return await _measured(pace, pace.postings)


async def large_ledger(pace: Pace) -> list[Figure]:
    """With a hundred million. Raises Refused, CannotStart."""
    return await _measured(pace, pace.ledger)


async def _measured(pace: Pace, many: int) -> list[Figure]:
    kept = os.environ.get("LADDNAV_BENCH_LEDGER")
    if kept:
        return await _in(Path(kept), pace, many)
    with TemporaryDirectory(prefix="laddnav-bench-") as folder:
        return await _in(Path(folder), pace, many)


async def _in(folder: Path, pace: Pace, many: int) -> list[Figure]:
    async with installation.opened(settings.read({}, data=folder), {}) as opened:
        assert opened.cluster is not None, "it runs a PostgreSQL of its own"
        async with Bench(opened.database, opened.cluster.url("laddnav")) as bench:
            made = await bench.filled()
            filling.room(folder, many - made)
            empty = [] if made else _figures("of_0", await bench.rates(pace))
            await bench.fill(many)
            full = await bench.rates(pace)
            return [*empty, *_figures(f"of_{many}", full), *await bench.balances(pace, many)]


def _figures(name: str, rates: tuple[float, float, float, float]) -> list[Figure]:
    ours, limit, ours_batch, limit_batch = rates
    bare = "the same rows into tables without a rule, by as many connections"
    return [
        rate(f"money_postings_{name}", "postings/s", ours, limit, f"{bare}, an entry a transaction"),
        rate(f"money_batch_{name}", "postings/s", ours_batch, limit_batch, f"{bare}, {A_BATCH} a transaction"),
    ]


class Bench:
    """A ledger that fills, and tables without a rule beside it."""

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self._url = url
        self._bare: list[asyncpg.Connection[asyncpg.Record]] = []
        self._numbers = count(1)

    async def __aenter__(self) -> Bench:
        self._bare = [await asyncpg.connect(self._url) for _ in range(AT_ONCE)]
        await self._bare[0].execute(store.LEDGER_PLAIN)
        self._numbers = count(1 + await self._bare[0].fetchval(store.LEDGER_MEASURED, str(OURS)))
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._bare:
            await connection.close()

    async def fill(self, many: int) -> None:
        """So many postings, beside what the rates have left there. Raises Refused."""
        await filling.fill(self._bare[0], many)

    async def filled(self) -> int:
        return await filling.filled(self._bare[0])

    async def rates(self, pace: Pace) -> tuple[float, float, float, float]:
        """Postings a second: ours and bare, by the entry and by the batch; the median of rounds in turn."""
        found: list[list[float]] = [[], [], [], []]
        for _ in range(pace.rounds):
            for rates, doing, entries in zip(
                found,
                (self._post(1), self._insert(1), self._post(A_BATCH), self._insert(A_BATCH)),
                (1, 1, A_BATCH, A_BATCH),
                strict=True,
            ):
                rates.append(await _rate(doing, entries, pace.seconds))
            await ledger.sum_up(self._database)
        ours, bare, ours_batch, bare_batch = map(median, found)
        return ours, bare, ours_batch, bare_batch

    def _post(self, entries: int) -> Doing:
        async def post(_: int) -> None:
            async with self._database.unit(writes=True) as unit:
                if entries == 1:
                    await ledger.post(unit, OURS, _entry(next(self._numbers)))
                else:
                    await ledger.post_many(unit, OURS, [_entry(next(self._numbers)) for _ in range(entries)])

        return post

    def _insert(self, entries: int) -> Doing:
        async def insert(whose: int) -> None:
            connection = self._bare[whose]
            async with connection.transaction():
                await plainly(
                    connection, [_entry(next(self._numbers)) for _ in range(entries)], self._database.clock.now()
                )

        return insert

    async def balances(self, pace: Pace, many: int) -> list[Figure]:
        """Of the account with the most postings, and of all accounts. Raises Refused where sums disagree."""
        began = perf_counter()
        plain = await self._bare[0].fetchval(store.PLAIN_SUM, str(OURS), str(BUSY))
        summed_in = perf_counter() - began
        async with self._database.unit() as unit:
            if await ledger.balance(unit, OURS, BUSY, "SEK") != plain:
                raise Refused("the sums are not those of the postings")
            # Amid the postings, and amid a day.
            at = SINCE + timedelta(seconds=many // OF_AN_ENTRY // 2)
            one = await _took(lambda: ledger.balance(unit, OURS, BUSY, "SEK", at), pace)
            now = await _took(lambda: ledger.balance(unit, OURS, BUSY, "SEK"), pace)
            trial = await _took(lambda: ledger.trial_balance(unit, OURS), pace)
        summing = "the plain sum of its postings"
        return [
            effort(f"money_balance_of_{many}", "ms", now * 1000, summed_in * 1000, summing),
            effort(f"money_balance_then_of_{many}", "ms", one * 1000, summed_in * 1000, summing),
            effort(f"money_trial_balance_of_{many}", "ms", trial * 1000, summed_in * 1000, f"{summing}, one account"),
        ]


async def plainly(connection: asyncpg.Connection[asyncpg.Record], entries: Sequence[Entry], now: datetime) -> None:
    """The rows of these entries into tables without a rule, two statements for all of them."""
    ids = [f"p{next(_ids):012}" for _ in entries]
    await connection.execute(
        store.PLAIN_ENTRIES,
        str(OURS),
        now,
        ids,
        [one.key for one in entries],
        [one.what for one in entries],
        [one.cites for one in entries],
    )
    moved = [
        (id, place, one) for id, entry in zip(ids, entries, strict=True) for place, one in enumerate(entry.postings)
    ]
    await connection.execute(
        store.PLAIN_POSTINGS_OF_MANY,
        str(OURS),
        [id for id, *_ in moved],
        [place for _, place, _ in moved],
        [str(one.account) for *_, one in moved],
        [one.amount for *_, one in moved],
    )


def _entry(number: int) -> Entry:
    postings = (
        Posting(Account(Head.RECEIVABLE, f"driver:{number % 1000}"), Decimal("12.50"), "SEK"),
        Posting(BUSY, Decimal("-10.00"), "SEK"),
        Posting(Account(Head.TAX, "SE:25"), Decimal("-2.50"), "SEK"),
    )
    return Entry(key=f"measured {number}", what="A charge", cites=f"cdr SE*LAD/{number}", postings=postings)


async def _rate(doing: Doing, entries: int, seconds: float) -> float:
    """Postings a second, by all who post at once."""
    began = perf_counter()
    done = 0

    async def goes_on(whose: int) -> None:
        nonlocal done
        while perf_counter() - began < seconds:
            await doing(whose)
            done += entries

    await asyncio.gather(*(goes_on(whose) for whose in range(AT_ONCE)))
    return done * OF_AN_ENTRY / (perf_counter() - began)


async def _took(doing: Callable[[], Awaitable[object]], pace: Pace) -> float:
    """Seconds, the median of some."""
    found = []
    for _ in range(pace.rounds + 2):
        began = perf_counter()
        await doing()
        found.append(perf_counter() - began)
    return median(found)
