"""What the tester sees us do, and in which runs; `python -m tests.ocpi.conform.shown` writes the table."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path

from laddnav.db.embedded import Cluster
from laddnav.ocpi.conform.record import Record
from laddnav.ocpi.conform.roles import HUB, TESTED_AS
from laddnav.ocpi.conform.verdicts import Outcome, Verdict, judged
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.databases import Databases
from tests.ocpi.conform.others import PARTIES, settled
from tests.ocpi.conform.scene import Run, conformed, street

TABLE = Path(__file__).with_name("shown.tsv")
VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
Records = Mapping[str, Record]  # by version and role of ours, such as 2.2.1 CPO
Verdicts = Mapping[str, tuple[Verdict, ...]]
RUNS = (
    *(
        Run(version, role, our_role)
        for role in (Role.CPO, Role.EMSP, *PARTIES)
        for our_role in TESTED_AS[role]
        for version in VERSIONS
        if role is not Role.CPO or our_role == "EMSP"
    ),
    Run("2.3.0", Role.CPO, "PTP"),
    Run("2.2.1", Role.CPO, "SCSP"),
    Run("2.3.0", Role.CPO, HUB),
    Run("2.2.1", Role.EMSP, HUB),
)


async def recorded(databases: Databases) -> Records:
    """One run for each version and role, on one pair of installations."""
    clock = SetClock()
    async with street(databases, clock) as (cpo, emsp):
        await settled(emsp)
        return {one.name: await conformed(cpo if one.role is Role.CPO else emsp, clock, one) for one in RUNS}


def table(verdicts: Verdicts) -> str:
    """id, and the runs in which it passed."""
    rows: dict[str, list[str]] = {}
    for run, those in verdicts.items():
        for one in those:
            if one.outcome is Outcome.PASS:
                rows.setdefault(one.requirement.id, []).append(run)
    return "\n".join(["id\truns", *(f"{id}\t{', '.join(rows[id])}" for id in sorted(rows)), ""])


def runs(text: str) -> set[tuple[str, str]]:
    """(id, run) for each of a table."""
    rows = (row.split("\t") for row in text.splitlines()[1:])
    return {(id, run) for id, those in rows for run in those.split(", ")}


async def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        cluster = Cluster(Path(directory), durable=False)
        await cluster.start()
        try:
            async with aclosing(Databases(cluster)) as databases:
                records = await recorded(databases)
            TABLE.write_text(table({run: judged(record) for run, record in records.items()}))
        finally:
            await cluster.stop()


if __name__ == "__main__":
    asyncio.run(main())
