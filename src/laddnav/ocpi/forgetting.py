"""What passed between partners and us is kept for its time, then forgotten; what is open never is."""

from __future__ import annotations

from laddnav.db.forgetting import BITE, forget
from laddnav.db.unit import Database
from laddnav.ocpi import store
from laddnav.ocpi.settings import Keeping


async def forget_old(database: Database, keeping: Keeping, bite: int = BITE) -> int:
    """Says how many rows there were."""
    each = (
        (store.exchanges.forget, keeping.exchanges),
        (store.handshakes.forget, keeping.exchanges),
        (store.commands.forget, keeping.commands),
        (store.deliveries.forget, keeping.deliveries),
        (store.deliveries.forget_removed, keeping.deliveries),
        (store.hub.forget_requests, keeping.hub_requests),
    )
    return await forget(database, each, bite)
