"""What every test may ask for: a database of its own on a real PostgreSQL, and a clock that it sets."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from hypothesis import settings

from laddnav.db.embedded import Cluster
from laddnav.db.events import Event
from laddnav.db.migrate import migrate
from laddnav.db.unit import Database, Listener
from laddnav.server import memory
from tests.clock import SetClock
from tests.cost import Costs
from tests.forked import Nursery


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the long suites too")
    parser.addoption("--cost", action="store_true", help="say what the dearest tests cost in seconds of a core")


def pytest_configure(config: pytest.Config) -> None:
    """Laws are tried on the same examples by everybody; with --all on new ones, and more of them."""
    memory.load()
    long = config.getoption("--all")
    # No deadline: how long an example takes says more about the machine than about the law.
    settings.register_profile("house", deadline=None, derandomize=not long, max_examples=500 if long else 50)
    settings.load_profile("house")
    if config.getoption("--cost"):
        config.pluginmanager.register(Costs())


def pytest_collection_finish() -> None:
    """All tests are loaded and stay: to look among them for garbage took a third of what tests that compute took."""
    memory.settle()


# What takes a minute or two comes first: at the end, others would have nothing left to do meanwhile.
LONGEST = (
    "tests/test_checks.py",
    "tests/walks/test_crash.py",
    "tests/sim/test_demo.py",
    "tests/ocpi/conform/test_conform.py",
    "tests/web/test_pages.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
    if config.getoption("--all"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


# ---- PostgreSQL: one server for each worker; its databases are swept and used again, for making one takes longer than
# most tests do.

# One round trip, by a connection that stays open and knows the tables: a new one takes ten times as long to learn them.
# Whatever still holds a connection is cut off first, so that it cannot write into the next test.
SWEEP = """
do $$ declare found record; begin
  perform pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid();
  set local session_replication_role = replica;
  for found in select oid::regclass as name from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'migration'
      and pg_relation_size(oid) > 0
  loop execute 'delete from ' || found.name; end loop;
end $$
"""


class Databases:
    """Empty databases with our schema, lent to one test each."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._spare: list[str] = []
        self._made = 0
        self._sweepers: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
        # Tests have event loops of their own, and these connections outlive them.
        self._aside = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._aside.run_forever, daemon=True)
        self._thread.start()

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[str]:
        url = self._spare.pop() if self._spare else await self._make()
        yield url
        await asyncio.wrap_future(self._begun(self._sweep(url)))
        self._spare.append(url)

    def close(self) -> None:
        for connection in self._sweepers.values():
            self._begun(connection.close()).result()
        self._aside.call_soon_threadsafe(self._aside.stop)
        self._thread.join()
        self._aside.close()

    def _begun(self, what: Coroutine[Any, Any, None]) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(what, self._aside)

    async def _sweep(self, url: str) -> None:
        if url not in self._sweepers or self._sweepers[url].is_closed():
            self._sweepers[url] = await asyncpg.connect(url)
        await self._sweepers[url].execute(SWEEP)

    async def _make(self) -> str:
        """A copy of the first, which is lent to nobody: migrating takes three times as long."""
        if not self._made:
            await self._cluster.create_database("pristine")
            await migrate(self._cluster.url("pristine"))
        self._made += 1
        connection = await asyncpg.connect(self._cluster.url("postgres"))
        await connection.execute(f"create database test_{self._made} template pristine strategy file_copy")
        await connection.close()
        return self._cluster.url(f"test_{self._made}")


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running PostgreSQL without a database of ours."""
    cluster = Cluster(tmp_path_factory.mktemp("postgres"), durable=False)
    asyncio.run(cluster.start())
    yield cluster
    asyncio.run(cluster.stop())


@pytest.fixture(scope="session")
def databases(cluster: Cluster) -> Iterator[Databases]:
    databases = Databases(cluster)
    yield databases
    databases.close()


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """An empty database with our schema."""
    async with databases.lend() as url:
        yield url


@pytest.fixture
async def other_database_url(databases: Databases) -> AsyncIterator[str]:
    """Another one, for the other installation of a test that needs two."""
    async with databases.lend() as url:
        yield url


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Begins `laddnav` in processes that need not load it first."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def hears() -> Mapping[type[Event], Sequence[Listener]]:
    """Who hears what in `database`: nobody. A test file that needs listeners has a fixture of this name itself."""
    return {}


@pytest.fixture
async def database(
    database_url: str, clock: SetClock, hears: Mapping[type[Event], Sequence[Listener]]
) -> AsyncIterator[Database]:
    database = await Database.connect(database_url, clock=clock, hears=hears)
    yield database
    await database.close()
