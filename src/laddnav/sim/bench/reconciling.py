"""How long a partner's table of a million CDRs takes to be held against ours, beside reading it and one join.

One in a thousand rows differs: half at another price, a quarter under another id, a quarter on one side only.
"""

from __future__ import annotations

import hashlib
import resource
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg
import structlog

from laddnav.db.unit import Database
from laddnav.kit.ids import PartyId
from laddnav.parties import actions as parties
from laddnav.parties.model import Party, Role
from laddnav.server import installation, settings
from laddnav.settlement.actions import reconciling
from laddnav.settlement.matching import File
from laddnav.settlement.model import Side
from laddnav.sim.bench import store
from laddnav.sim.bench.figures import Figure, Pace, effort, rate
from laddnav.sim.bench.load import Refused
from laddnav.sim.network import OURS

log = structlog.get_logger()

THEM = PartyId("NL", "TNM")
MONTH = "2026-10"
BEGIN = datetime(2026, 9, 30, 22, tzinfo=UTC)
AT_ONCE = 100_000  # CDRs that are made in a statement
ODD = 1000  # of so many rows, one differs
HEADER = "cdr_id,evse_id,start,kwh,amount\n"


async def reconcile(pace: Pace) -> list[Figure]:
    """Raises Refused, CannotStart."""
    with TemporaryDirectory(prefix="laddnav-bench-") as folder:
        async with installation.opened(settings.read({}, data=Path(folder)), {}) as opened:
            assert opened.cluster is not None, "it runs a PostgreSQL of its own"
            path = Path(folder) / "theirs.csv"
            return await compared(opened.database, opened.cluster.url("laddnav"), path, pace.compared)


async def compared(database: Database, url: str, path: Path, many: int) -> list[Figure]:
    """So many CDRs with a table at `path`, which is written. Raises Refused."""
    plain = await asyncpg.connect(url)
    try:
        await _fill(database, plain, many)
        _write(path, many)
        return await _measured(database, path, many, await _limit(plain, path))
    finally:
        await plain.close()


async def _fill(database: Database, plain: asyncpg.Connection[asyncpg.Record], many: int) -> None:
    async with database.unit() as unit:
        await parties.add(
            unit,
            Party(
                holder=OURS,
                ref=unit.new_id(),
                name="Laddnav",
                roles=(Role.CPO,),
                currency="SEK",
                time_zone="Europe/Stockholm",
                created_at=unit.now,
            ),
        )
    for first in range(1, many + 1, AT_ONCE):
        last = min(first + AT_ONCE - 1, many)
        await plain.execute(store.CDRS_OF_A_MONTH, str(OURS), str(THEM), BEGIN, first, last)
        log.info("cdrs_filling", cdrs=last, of=many)
    await plain.execute(store.CDRS_SETTLE)


def _write(path: Path, many: int) -> None:
    with path.open("w") as file:
        file.write(HEADER)
        file.writelines(_rows(many))


def _rows(many: int) -> Iterator[str]:
    for n in range(1, many + 1):
        id, amount = f"CDR-{n}", 40 + n % 200
        odd = n // ODD % 4 if n % ODD == 0 else None
        if odd == 3:  # not in the table, and something else instead
            yield f"NOWHERE-{n},,,1,5\n"
            continue
        if odd in (0, 1):
            amount += 7
        if odd == 2:
            id = f"THEIRS-{n}"
        started_at = BEGIN + timedelta(seconds=2 * n, minutes=-40)
        yield f"{id},SE*LAD*E{n % 5000},{started_at.isoformat()},{(10000 + n % 50000) / 1000},{amount}.00\n"


async def _limit(plain: asyncpg.Connection[asyncpg.Record], path: Path) -> float:
    """Seconds to copy the file as it is and join it once."""
    await plain.execute(store.PLAIN_CLAIMS)
    began = perf_counter()
    await plain.copy_to_table("plain_claim", source=path, format="csv", header=True)
    await plain.fetchval(store.PLAIN_JOIN, str(OURS))
    return perf_counter() - began


async def _measured(database: Database, path: Path, many: int, limit: float) -> list[Figure]:
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    began_with = _memory()
    steps: dict[str, float] = {}
    began = last = perf_counter()

    def told(one: File) -> None:
        nonlocal last
        now = perf_counter()
        steps[one.phase] = steps.get(one.phase, 0) + now - last
        last = now
        log.info("reconciling", phase=one.phase, rows=one.rows, read=one.read, of=one.size)

    with path.open("rb") as source:
        header = source.readline()
        async with database.unit() as unit:
            begun = await reconciling.begin(
                unit,
                OURS,
                THEM,
                side=Side.OURS,
                month=MONTH,
                currency="SEK",
                name=path.name,
                size=path.stat().st_size,
                digest=digest,
                header=header,
                by="bench",
            )
        done = await reconciling.go_on(database, begun.ref, source, told=told)
    took = perf_counter() - began
    differing = sum(one.many for one in done.differences)
    if done.rows != many or done.equal != many - many // ODD:
        raise Refused(f"{done.equal} of {done.rows} rows are said to be equal, {differing} differ")
    what = "the file copied as it is, and one join with the CDRs"
    log.info("reconciled", seconds=round(took, 1), steps={phase: round(one, 1) for phase, one in steps.items()})
    return [
        rate(f"money_reconcile_of_{many}", "CDRs/s", many / took, many / limit, what),
        effort("money_reconcile_memory", "MB", max(_memory() - began_with, 1), path.stat().st_size / 1e6, "the file"),
    ]


def _memory() -> float:
    """The most that this process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
