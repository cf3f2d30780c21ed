"""An installation: the folder of its data, its database, and the clock that its processes share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from msgspec import Struct

from laddnav.db.embedded import Cluster
from laddnav.db.events import Event
from laddnav.db.migrate import migrate
from laddnav.db.refusals import Unreachable
from laddnav.db.unit import Database, Listener
from laddnav.kit import json
from laddnav.kit.time import Clock
from laddnav.server.clock import ScaledClock, WallClock
from laddnav.server.settings import Settings

FILE = "installation.json"


class Whereabouts(Struct, frozen=True, kw_only=True):
    """Where an installation keeps what it may share with another, as paths from its folder; see FILE.

    `clock` None: the time of day.
    """

    cluster: str = "postgres"
    database: str = "laddnav"
    clock: str | None = None


class Installation(Struct, frozen=True, kw_only=True):
    """`cluster` None: a PostgreSQL that others look after."""

    database: Database
    cluster: Cluster | None


def settle(folder: Path, whereabouts: Whereabouts) -> None:
    """Say once where an installation keeps things, when it is not all below its own folder."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / FILE).write_bytes(json.encode(whereabouts))


def whereabouts_of(folder: Path) -> Whereabouts:
    """Raises json.Unreadable."""
    file = folder / FILE
    return json.decode(file.read_bytes(), Whereabouts) if file.exists() else Whereabouts()


@asynccontextmanager
async def opened(
    settings: Settings, hears: Mapping[type[Event], Sequence[Listener]], *, size: int = 10
) -> AsyncIterator[Installation]:
    """Its database with the schema of this version; PostgreSQL is started where nobody runs it yet.

    Raises CannotStart, Unreachable, SchemaFromElsewhere, NotAClock, json.Unreadable.
    """
    where = whereabouts_of(settings.data)
    if settings.database is not None:
        async with _connected(settings.database, _clock(settings.data, where, owned=False), hears, size) as database:
            yield Installation(database=database, cluster=None)
        return
    cluster = Cluster((settings.data / where.cluster).resolve())
    await cluster.start()
    try:
        await cluster.create_database(where.database)
        clock = _clock(settings.data, where, owned=cluster.owned)
        async with _connected(cluster.url(where.database), clock, hears, size) as database:
            yield Installation(database=database, cluster=cluster)
    finally:
        await cluster.stop()


@asynccontextmanager
async def _connected(
    url: str, clock: Clock, hears: Mapping[type[Event], Sequence[Listener]], size: int
) -> AsyncIterator[Database]:
    try:
        await migrate(url)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unreachable(f"The database does not answer: {error}") from error
    database = await Database.connect(url, clock=clock, hears=hears, size=size)
    try:
        yield database
    finally:
        await database.close()


def _clock(folder: Path, where: Whereabouts, *, owned: bool) -> Clock:
    """Who runs the database runs the clock; everybody else only looks at it."""
    if where.clock is None:
        return WallClock()
    file = (folder / where.clock).resolve()
    return ScaledClock.started(file) if owned else ScaledClock.joined(file)
