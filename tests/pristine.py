"""A PostgreSQL with our schema and nothing else, made once for all workers of a run and copied, which costs a sixth."""

from __future__ import annotations

import asyncio
import fcntl
import subprocess
from pathlib import Path

from laddnav.db.embedded import Cluster
from laddnav.db.migrate import migrate

DATABASE = "laddnav"  # as every installation names its own


def made(folder: Path) -> Path:
    """Where it lies, at rest. The first who asks for it in this folder makes it; the others wait meanwhile."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        whole = folder / "whole"
        if not whole.exists():
            asyncio.run(_make(folder / "new"))
            (folder / "new").rename(whole)
    return whole


async def _make(directory: Path) -> None:
    cluster = Cluster(directory, durable=False)
    await cluster.start()
    try:
        await cluster.create_database(DATABASE)
        await migrate(cluster.url(DATABASE))
    finally:
        await cluster.stop()


def copy(whole: Path, directory: Path) -> None:
    """For a `Cluster` that is to begin in this directory; owners stay, for PostgreSQL refuses root."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    subprocess.run(["cp", "--archive", whole / "data", directory / "data"], check=True)
