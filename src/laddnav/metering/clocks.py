"""The clock of a Station beside ours: what it says before its time shows that one of them is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from laddnav.metering.model import Doubt, DoubtKind, Fact

# As far as clocks differ that are set by the network now and then.
CLOCKS_DIFFER = timedelta(minutes=5)


def ahead(facts: Iterable[Fact], heard_at: datetime, started_at: datetime) -> tuple[Doubt, ...]:
    """One for the charge, however many of its facts. What is late was kept while the Station was away, and is none."""
    if all(fact.at <= heard_at + CLOCKS_DIFFER for fact in facts):
        return ()
    detail = f"the station's clock is more than {CLOCKS_DIFFER // timedelta(minutes=1)} minutes ahead"
    return (Doubt(kind=DoubtKind.CLOCK_OFF, at=started_at, detail=detail),)
