"""Keeps what was exchanged with partners and what a hub passed on, many at a time: a log must not slow what it logs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from msgspec.structs import replace

from laddnav.db.batch import Batch
from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.ocpi import store
from laddnav.ocpi.hub.model import Counted
from laddnav.ocpi.model import Exchange
from laddnav.ocpi.wire.shared.scalars import printable

log = structlog.get_logger()

_GATHER = 0.2  # seconds that a row may wait for others
_MOST = 10_000  # rows of each that wait at most; a database that is down must not fill the memory
_MOST_BODIES = 1_000  # of them with what was said


class Journal:
    """What is noted is written soon, by whoever notes first; what a crash loses of it is missed by nobody.

    What is counted is money: it is written before whoever counts goes on.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[Exchange] = []
        self._counted = Batch(database, _count)
        self._writer: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    def note(self, exchange: Exchange) -> None:
        if len(self._waiting) < _MOST:
            url, problem = printable(exchange.url), exchange.problem and printable(exchange.problem)
            if url != exchange.url or problem != exchange.problem:
                exchange = replace(exchange, url=url, problem=problem)
            if len(self._waiting) >= _MOST_BODIES:
                exchange = replace(exchange, request_body=None, response_body=None)
            self._waiting.append(exchange)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._soon())

    async def count(self, one: Counted) -> None:
        """Before the answer, for what the hub settles by. What was done is answered also where it cannot be counted."""
        try:
            await self._counted.add(one)
        except Trouble as error:
            log.warning("request_not_counted", id=one.id, error=str(error))

    async def _soon(self) -> None:
        await asyncio.sleep(_GATHER)
        await self.flush()

    async def flush(self) -> None:
        """All that was noted until now is written when this returns, also what somebody else is writing."""
        async with self._writing:
            waiting, self._waiting = self._waiting, []
            if not waiting:
                return
            try:
                await store.exchanges.append(self._database, waiting)
            except (Trouble, Refusal) as error:
                log.warning("exchanges_not_kept", many=len(waiting), error=str(error))

    async def close(self) -> None:
        async with self._writing:
            if self._writer is not None:
                self._writer.cancel()
                await asyncio.gather(self._writer, return_exceptions=True)
        await self.flush()


async def _count(unit: Unit, counted: Sequence[Counted]) -> Sequence[None]:
    for one in counted:
        store.hub.count(unit, one)
    return [None for _ in counted]
