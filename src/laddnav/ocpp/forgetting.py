"""What passed between Stations and us is kept for its time, then forgotten; what is open never is."""

from __future__ import annotations

from datetime import timedelta

from laddnav.db.forgetting import BITE, forget
from laddnav.db.unit import Database
from laddnav.ocpp import store
from laddnav.ocpp.settings import Keeping

# What a Station knows of a customer was asked for to be handed on, not to be kept (N09).
CUSTOMERS = timedelta(days=30)


async def forget_old(database: Database, keeping: Keeping, bite: int = BITE) -> int:
    """Says how many rows there were."""
    each = (
        (store.frames.forget, keeping.messages),
        (store.calls.forget, keeping.messages),
        (store.reports.forget_passing, keeping.messages),
        (store.reports.forget_alerts, keeping.messages),
        (store.reports.forget_customers, CUSTOMERS),
        (store.security.forget, keeping.security),
        (store.certificates.forget, keeping.security),
    )
    return await forget(database, each, bite)
