"""What every test may ask for: a database of its own on a real PostgreSQL, and a clock that it sets."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from io import SEEK_END, StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

from laddnav.db.embedded import Cluster
from laddnav.db.events import Event
from laddnav.db.unit import Database, Listener
from laddnav.server import memory
from tests.clock import SetClock
from tests.cost import Costs
from tests.databases import Databases, connected
from tests.forked import Nursery
from tests.pristine import copy, made


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the long suites too")
    parser.addoption("--cost", action="store_true", help="say what the dearest tests cost in seconds of a core")


def pytest_configure(config: pytest.Config) -> None:
    """Laws are tried on the same examples by everybody; with --all on new ones, and more of them."""
    memory.load()
    # A server compiles one for each of its six hundred paths, hundreds of tests begin one, and Python keeps but 512.
    re._MAXCACHE = 8_192  # type: ignore[attr-defined]  # no other way to say it
    # Of what goes wrong in a server within a test its lines are enough: drawing all that its frames hold takes seconds.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, plain])
    long = config.getoption("--all")
    # No deadline: how long an example takes says more about the machine than about the law.
    settings.register_profile("house", deadline=None, derandomize=not long, max_examples=500 if long else 50)
    settings.load_profile("house")
    if config.getoption("--cost"):
        config.pluginmanager.register(Costs())


def pytest_collection_finish() -> None:
    """All tests are loaded and stay: to look among them for garbage took a third of what tests that compute took."""
    memory.settle()


# What takes longest, the dearest first.
LONGEST = (
    "tests/test_checks.py",
    "tests/web/test_pages.py",
    "tests/security/test_wrong_parties.py",
    "tests/cli/test_serve.py",
    "tests/walks/test_crash.py",
    "tests/db/test_embedded.py",
    "tests/security/test_fuzz.py",
    "tests/ocpi/conform/test_conform.py",
    "tests/security/test_wrong_keys.py",
    "tests/sim/test_demo.py",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--all"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    else:
        laws = [item for item in items if getattr(getattr(item, "obj", None), "is_hypothesis_test", False)]
        for law in laws:  # it has ten times the examples; an alarm amid one may be lost in a callback, and nobody wakes
            law.add_marker(pytest.mark.timeout(1800))
    items[:] = dealt(items, getattr(config, "workerinput", {"workercount": 1})["workercount"])


def dealt(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """What takes longest begins the share of each worker, for at the end nobody would have anything else left to do.

    Shares are what pytest-xdist makes them: one after the other, and as long as each other.
    """
    first: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for number, file in enumerate(LONGEST):
        first[number % workers] += [item for item in items if item.nodeid.startswith(file)]
    others = [item for item in items if not item.nodeid.startswith(LONGEST)]
    order: list[pytest.Item] = []
    for number, share in enumerate(first):
        more = max(0, (len(items) - len(order)) // (workers - number) - len(share))
        order += share + others[:more]
        del others[:more]
    return order + others


# ---- One event loop for each worker: connections belong to a loop, and those of one test serve the next.

LOOP = pytest.StashKey[asyncio.AbstractEventLoop]()
BEFORE = pytest.StashKey[set[asyncio.Task[Any]]]()
ALARM = pytest.StashKey[BaseException]()


@pytest.fixture(scope="session", autouse=True)
async def one_loop(pytestconfig: pytest.Config) -> None:
    loop = pytestconfig.stash[LOOP] = asyncio.get_running_loop()

    def hear(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Of what a callback raises a loop only tells, and goes on: an alarm would be lost, and the test would wait."""
        alarm = context.get("exception")
        if isinstance(alarm, pytest.fail.Exception):
            where = StringIO(f"{alarm.msg}\n")
            where.seek(0, SEEK_END)
            before = pytestconfig.stash[BEFORE] if BEFORE in pytestconfig.stash else set()
            for task in asyncio.all_tasks(loop) - before:
                task.print_stack(file=where)
            alarm.msg, alarm.pytrace = where.getvalue(), False
            pytestconfig.stash[ALARM] = alarm
            loop.stop()
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(hear)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """What stopped the loop is told, and not that it was stopped."""
    if (alarm := item.config.stash.get(ALARM, None)) is not None:
        del item.config.stash[ALARM]
        call.excinfo = pytest.ExceptionInfo.from_exception(alarm)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    item.config.stash[BEFORE] = asyncio.all_tasks(item.config.stash[LOOP])
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """What a test has begun and left ends with it, as it would in a loop of its own."""
    try:
        return (yield)
    finally:
        if BEFORE in item.config.stash:
            loop, before = item.config.stash[LOOP], item.config.stash[BEFORE]
            del item.config.stash[BEFORE]
            left = asyncio.all_tasks(loop) - before
            for task in left:
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.wait(left))


# ---- PostgreSQL: one server for each worker


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PostgreSQL at rest with our schema and nothing else, to be copied by `tests.pristine.copy`."""
    folder = tmp_path_factory.getbasetemp()
    return made((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "pristine")


@pytest.fixture(scope="session")
def cluster(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running PostgreSQL, in which nobody has been yet."""
    directory = tmp_path_factory.mktemp("postgres")
    copy(pristine, directory)
    cluster = Cluster(directory, durable=False)
    asyncio.run(cluster.start())
    yield cluster
    asyncio.run(cluster.stop())


@pytest.fixture(scope="session")
async def databases(cluster: Cluster) -> AsyncIterator[Databases]:
    databases = Databases(cluster)
    yield databases
    await databases.aclose()


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
    async with connected(database_url, clock=clock, hears=hears) as database:
        yield database
