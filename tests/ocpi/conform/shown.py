"""What the tester sees us do, and in which runs; `python -m tests.ocpi.conform.shown` writes the table."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

from laddnav.db.embedded import Cluster
from laddnav.ocpi.conform.record import Record
from laddnav.ocpi.conform.verdicts import Outcome, judged
from laddnav.parties.model import Role
from tests.clock import SetClock
from tests.conftest import Databases
from tests.ocpi.conform.scene import conformed, street

TABLE = Path(__file__).with_name("shown.tsv")
VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
Records = Mapping[tuple[str, Role], Record]  # by version and role of ours


async def recorded(databases: Databases) -> Records:
    """One run for each version and role, on one pair of installations."""
    clock, found = SetClock(), {}
    async with street(databases, clock) as pair:
        for one in pair:
            for version in VERSIONS:
                found[version, one.role] = await conformed(one, clock, version)
    return found


def table(records: Records) -> str:
    """id, and the runs in which it passed."""
    rows: dict[str, list[str]] = {}
    for (version, role), record in records.items():
        for one in judged(record):
            if one.outcome is Outcome.PASS:
                rows.setdefault(one.requirement.id, []).append(f"{version} {role}")
    return "\n".join(["id\truns", *(f"{id}\t{', '.join(rows[id])}" for id in sorted(rows)), ""])


def runs(text: str) -> set[tuple[str, str]]:
    """(id, run) for each of a table."""
    rows = (row.split("\t") for row in text.splitlines()[1:])
    return {(id, run) for id, those in rows for run in those.split(", ")}


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        cluster = Cluster(Path(directory), durable=False)
        asyncio.run(cluster.start())
        try:
            TABLE.write_text(table(asyncio.run(recorded(Databases(cluster)))))
        finally:
            asyncio.run(cluster.stop())


if __name__ == "__main__":
    main()
