"""What passed between partners and us is kept for its time, then forgotten in small bites; what is open never is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from laddnav.db.unit import Database, Unit
from laddnav.ocpi import store
from laddnav.ocpi.settings import Keeping

BITE = 1_000  # rows that are locked at a time

Forget = Callable[[Unit, datetime, int], Awaitable[int]]


async def forget_old(database: Database, keeping: Keeping, bite: int = BITE) -> int:
    """Says how many rows there were."""
    each: tuple[tuple[Forget, timedelta], ...] = (
        (store.exchanges.forget, keeping.exchanges),
        (store.handshakes.forget, keeping.exchanges),
        (store.commands.forget, keeping.commands),
        (store.deliveries.forget, keeping.deliveries),
        (store.deliveries.forget_removed, keeping.deliveries),
        (store.hub.forget_requests, keeping.hub_requests),
    )
    many = 0
    for forget, length in each:
        bitten = bite
        while bitten == bite:
            async with database.unit() as unit:
                bitten = await forget(unit, unit.now - length, bite)
            many += bitten
    return many
