"""A month's run: how many invoices a second are issued, and how many of them become PDFs beside that.

The month is made first, with what it moved in the ledger: every customer has three charges of two lines and a
subscription on an invoice that is due. Where a folder is named (LADDNAV_BENCH_MONTH) the month stays there, and a run
that was broken off at any point goes on with what is left.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg
from rich.console import Console
from rich.progress import Progress

from laddnav.billing import actions as billing
from laddnav.billing.actions.issuing import Heard
from laddnav.billing.model import Charge, Invoice, Item, ItemKind, ItemWords
from laddnav.billing.pdf import pdf
from laddnav.billing.postings import vat_entry
from laddnav.db.unit import Database
from laddnav.kit import json
from laddnav.kit.energy import kwh
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.parties.model import Party, Role
from laddnav.pricing.reasons import Because, Reason
from laddnav.server import installation, settings
from laddnav.sim.bench import store
from laddnav.sim.bench.figures import Figure, Pace, effort, rate
from laddnav.sim.bench.posting import plainly

HOLDER = PartyId("SE", "LAD")
OVER = datetime(2026, 10, 31, 23, tzinfo=UTC)
MADE_AT_ONCE = 20_000  # customers
A_BATCH = 200  # invoices in a transaction, ours and bare
MEGABYTE = 1024  # kilobytes, in which Linux tells the most memory that a process had


async def invoices(pace: Pace) -> list[Figure]:
    """Raises CannotStart."""
    kept = os.environ.get("LADDNAV_BENCH_MONTH")
    if kept:
        return await _run(pace, Path(kept))
    with TemporaryDirectory(prefix="laddnav-bench-") as folder:
        return await _run(pace, Path(folder))


async def _run(pace: Pace, folder: Path) -> list[Figure]:
    async with installation.opened(settings.read({}, data=folder), {}) as opened:
        assert opened.cluster is not None, "it runs a PostgreSQL of its own"
        connection = await asyncpg.connect(opened.cluster.url("laddnav"))
        try:
            await made(opened.database, connection, pace.customers)
            left = await connection.fetchval(store.MONTH_LEFT, str(HOLDER))
            before = getrusage(RUSAGE_SELF).ru_maxrss / MEGABYTE
            began = perf_counter()
            with _bar("Invoices", pace.customers) as told:
                told(pace.customers - left)
                issued = await billing.issue_due(opened.database, at_once=A_BATCH, heard=told)
            took = perf_counter() - began
            memory = getrusage(RUSAGE_SELF).ru_maxrss / MEGABYTE
            bare = await _barely(connection, min(pace.customers, 20 * A_BATCH))
            papers = [body async for body in _bodies(connection, pace.papers)]
        finally:
            await connection.close()
    with ProcessPoolExecutor() as pool:
        ours = await asyncio.to_thread(_printed, pool, papers)
        alone = await asyncio.to_thread(_again, pool, papers)
    inserts = f"the same rows into tables without a rule, {A_BATCH} a transaction"
    return [
        *([rate("money_invoices", "invoices/s", issued / took, bare, inserts)] if issued else []),
        effort("money_invoices_memory", "MB", memory, before, "what the process had before the run"),
        rate("money_invoices_pdfs", "PDFs/s", ours, alone, "one of them again and again, by as many processes"),
    ]


async def made(database: Database, connection: asyncpg.Connection[asyncpg.Record], customers: int) -> None:
    """What of it is not there yet."""
    async with database.unit() as unit:
        if HOLDER not in {one.holder for one in await parties.list_all(unit)}:
            await parties.add(unit, _party(unit.now))
    charge, item = json.encode(_charge()).decode(), json.encode(_item()).decode()
    reason = json.encode(Reason(code=Because.ALWAYS)).decode()
    made = await connection.fetchval(store.MONTH_MADE, str(HOLDER))
    for first in range(made + 1, customers + 1, MADE_AT_ONCE):
        of = (str(HOLDER), OVER, first, min(first + MADE_AT_ONCE - 1, customers))
        async with connection.transaction():
            await connection.execute(store.MONTH_BEFORE)
            for statement, more in (
                (store.MONTH_DEBTORS, ()),
                (store.MONTH_INVOICES, ()),
                (store.MONTH_CHARGES, (charge,)),
                (store.MONTH_LINES, (reason,)),
                (store.MONTH_ITEMS, (item,)),
                (store.MONTH_ACCOUNTS, ()),
                (store.MONTH_ENTRIES, ()),
                (store.MONTH_POSTINGS, ()),
                (store.MONTH_DAYS, ()),
                (store.MONTH_MONTHS, ()),
            ):
                await connection.execute(statement, *of, *more)
    await connection.execute(store.MONTH_SETTLE)


async def _barely(connection: asyncpg.Connection[asyncpg.Record], many: int) -> float:
    """Invoices a second, where nothing is asked, computed or checked: rows that are made already."""
    await connection.execute(store.LEDGER_PLAIN)
    await connection.execute(store.MONTH_PLAIN)
    known = [json.decode(body, Invoice) async for body in _bodies(connection, many)]
    entries = [entry for one in known if (entry := vat_entry(one)) is not None]
    rows = [(one.ref, one.number, one.to_pay, json.encode(one).decode()) for one in known]
    began = perf_counter()
    for first in range(0, len(rows), A_BATCH):
        async with connection.transaction():
            await connection.execute(
                store.PLAIN_INVOICES, str(HOLDER), *map(list, zip(*rows[first : first + A_BATCH], strict=True))
            )
            await plainly(connection, entries[first : first + A_BATCH], OVER)
    took = perf_counter() - began
    await connection.execute(store.MONTH_PLAIN_GONE)
    return len(rows) / took


async def _bodies(connection: asyncpg.Connection[asyncpg.Record], many: int) -> AsyncIterator[str]:
    last = ""
    while many:
        page = await connection.fetch(store.MONTH_BODIES, str(HOLDER), last, min(many, 500))
        for row in page:
            yield row["body"]
        if not page:
            return
        many, last = many - len(page), page[-1]["ref"]


def _printed(pool: ProcessPoolExecutor, bodies: list[str]) -> float:
    """PDFs a second, once every process has printed one."""
    list(pool.map(_pdf, bodies[: 2 * (os.cpu_count() or 1)]))
    began = perf_counter()
    with _bar("PDFs", len(bodies)) as told:
        for _ in pool.map(_pdf, bodies, chunksize=10):
            told(1)
    return len(bodies) / (perf_counter() - began)


def _again(pool: ProcessPoolExecutor, bodies: list[str]) -> float:
    return _printed(pool, bodies[:1] * len(bodies))


def _pdf(body: str) -> int:
    return len(pdf(json.decode(body, Invoice), "sv"))


@contextmanager
def _bar(what: str, whole: int) -> Iterator[Heard]:
    """Where somebody looks; elsewhere nothing is shown."""
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(what, total=whole)
        yield lambda many: progress.advance(bar, many)


def _party(now: datetime) -> Party:
    return Party(
        holder=HOLDER,
        ref="bench",
        name="Laddnav AB",
        roles=(Role.CPO, Role.EMSP),
        currency="SEK",
        time_zone="Europe/Stockholm",
        vat_percent=Decimal(25),
        vat_number="SE556703748501",
        address="Storgatan 1\n111 51 Stockholm",
        pay_to="Bankgiro 5805-6201",
        created_at=now,
    )


def _charge() -> Charge:
    return Charge(
        cdr_owner=HOLDER,
        cdr_id="C{n}",
        cdr_ref="r{n}",
        contract_id="SE-LAD-C{n}",
        place="Slussen P-hus",
        address="Katarinavägen 16, 116 45 Stockholm",
        country="SE",
        evse_id="SE*LAD*E0001",
        started_at=OVER - timedelta(hours=30),
        ended_at=OVER - timedelta(hours=29),
        time_zone="Europe/Stockholm",
        energy=kwh("21.5"),
    )


def _item() -> Item:
    return Item(
        key="plan {n}",
        kind=ItemKind.SUBSCRIPTION,
        words=ItemWords("SUBSCRIPTION", {"plan": "Plus"}),
        started_at=OVER - timedelta(days=31),
        ended_at=OVER,
        unit_price=Decimal(79),
        amount=Decimal(79),
        currency="SEK",
        account="revenue:subscription",
    )
