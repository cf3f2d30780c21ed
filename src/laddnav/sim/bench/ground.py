"""What every benchmark of a server stands on: a real `laddnav serve` on a PostgreSQL of its own, and room beside it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence, Set
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.ocpi.calls.client import Clients
from laddnav.server import installation, settings
from laddnav.server.hears import HEARS
from laddnav.sim.bench.steps import step
from laddnav.sim.process import PYTHON, READY_WITHIN, Process

FURNISHED_WITHIN = 300.0  # seconds


class Ground(Struct, frozen=True, kw_only=True):
    """`database` is ours to furnish, and `url` where it is; `postgres` is the pid of its first process."""

    database: Database
    url: str
    postgres: int
    server: Process
    clients: Clients
    folder: Path
    cores: Set[int]  # on which whoever is measured runs, and nobody else
    stack: AsyncExitStack

    async def beside(
        self,
        *arguments: str,
        program: Sequence[str] = PYTHON,
        measured: bool = True,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Process:
        """Another process, as long as this one; in the server's place while it is `measured`. Raises DidNotStart."""
        process = await Process.started(
            arguments, log=self.folder / "said", environment=_unsettled() | dict(environment), program=program
        )
        self.stack.push_async_callback(process.stop)
        if measured:
            os.sched_setaffinity(process.pid, self.cores)
        return process


@asynccontextmanager
async def laid(only: str, furnish: Callable[[Unit], Awaitable[None]], *serving: str) -> AsyncIterator[Ground]:
    """A server of these parts, told so, on a database that has been furnished.

    Raises CannotStart, DidNotStart, DidNotEnd.
    """
    with TemporaryDirectory(prefix="laddnav-bench-") as folder, _apart() as cores:
        said = settings.read({}, data=Path(folder), allow_loopback_partners=True)
        async with installation.opened(said, HEARS) as opened, AsyncExitStack() as stack:
            assert opened.cluster is not None, "it runs a PostgreSQL of its own"
            async with step("what has to be there", within=FURNISHED_WITHIN), opened.database.unit() as unit:
                await furnish(unit)
            async with step("a server", within=READY_WITHIN + 1):
                serve = ("laddnav.cli", "serve", "--data", folder, "--port", "0", "--only", only)
                server = await Process.started(
                    (*serve, "--allow-loopback-partners", "--partner-rate", "0", "--log-level", "warning", *serving),
                    log=Path(folder) / "said",
                    environment=_unsettled(),
                )
                stack.push_async_callback(server.stop)
                os.sched_setaffinity(server.pid, cores)
            clients = Clients(opened.database, replace(said, public_url=server.url).roaming)
            stack.push_async_callback(clients.close)
            yield Ground(
                database=opened.database,
                url=opened.cluster.url("laddnav"),
                postgres=pid_of_postgres(Path(folder) / "postgres"),
                server=server,
                clients=clients,
                folder=Path(folder),
                cores=cores,
                stack=stack,
            )


@contextmanager
def _apart() -> Iterator[Set[int]]:
    """With more than one core, the first is the server's alone, and we and all that we start use the others."""
    before = os.sched_getaffinity(0)
    first, *others = sorted(before)
    if others:
        os.sched_setaffinity(0, others)
    try:
        yield {first}
    finally:
        os.sched_setaffinity(0, before)


def _unsettled() -> dict[str, str]:
    """Our environment without what would make it another installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LADDNAV_")}


def pid_of_postgres(cluster: Path) -> int:
    return int((cluster / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
