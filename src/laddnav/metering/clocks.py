"""The clock of a Station beside ours: what it says before its time shows that one of them is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from laddnav.metering.model import Doubt, DoubtKind, Fact

# As far as clocks differ that are set by the network now and then.
CLOCKS_DIFFER = timedelta(minutes=5)
# A Station that comes back tells what it kept meanwhile, and what happens while it tells that waits behind it.
CATCHES_UP = timedelta(minutes=15)
KEPT_AT_MOST = timedelta(days=30)  # by a Station that is away; what seems older is from a clock that was never set


def ahead(facts: Iterable[Fact], heard_at: datetime, started_at: datetime) -> tuple[Doubt, ...]:
    """One for the charge, however many of its facts."""
    if max([fact.at for fact in facts], default=heard_at) <= heard_at + CLOCKS_DIFFER:
        return ()
    return (_off(started_at, f"more than {CLOCKS_DIFFER // timedelta(minutes=1)} minutes ahead"),)


def behind(
    facts: Iterable[Fact], heard_at: datetime, started_at: datetime, on_line_since: datetime | None
) -> tuple[Doubt, ...]:
    """One for the charge, where even the newest fact is older than the Station had a reason to keep it.

    It has one for what was before it came on the line, by its own clock: what it kept meanwhile is late and right.
    """
    newest = max([fact.at for fact in facts], default=heard_at)
    kept = on_line_since is None or newest < on_line_since + CLOCKS_DIFFER
    if heard_at - newest <= (KEPT_AT_MOST if kept else CATCHES_UP):
        return ()
    return (_off(started_at, f"{(heard_at - newest) // timedelta(minutes=1)} minutes behind"),)


def _off(started_at: datetime, how: str) -> Doubt:
    return Doubt(kind=DoubtKind.CLOCK_OFF, at=started_at, detail=f"the station's clock is {how}")
