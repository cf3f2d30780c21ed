"""Verbs that ask and change nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from laddnav.analytics import store
from laddnav.db.unit import Unit
from laddnav.sessions.rules import READ_BEFORE, READ_WITHIN

# How long after it was closed a Cdr may be disputed; invoices of a quarter are looked into in the next.
DISPUTED_WITHIN = timedelta(days=180)


async def readings_needed(unit: Unit, since: datetime, until: datetime) -> bool:
    """Whether what was read between the two may still decide what a charge costs."""
    return await store.readings_needed(
        unit, since - READ_WITHIN, until + READ_BEFORE, unit.now - unit.clock.wall(DISPUTED_WITHIN)
    )
