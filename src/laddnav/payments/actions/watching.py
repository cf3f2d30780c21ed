"""What watches a charge that somebody pays for as it goes on: how often, at which power, and its stop."""

from __future__ import annotations

from datetime import datetime, timedelta

from laddnav.db.unit import Unit
from laddnav.kit.power import Power, kw
from laddnav.locations.rules import NoStation
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.sessions.rules import AlreadyEnded

WATCH = timedelta(seconds=5)  # of the wall
STOP_AGAIN = timedelta(minutes=1)


def power_of(session: Session) -> Power:
    """The most that it may draw."""
    return (None if session.meter is None else session.meter.power_max) or kw(400)


async def stopped(unit: Unit, session: Session, asked_at: datetime | None) -> datetime | None:
    """When its station was asked last to end it: now, or up to a minute ago; asked for as long as it goes on."""
    if asked_at is not None and unit.now - asked_at < unit.clock.wall(STOP_AGAIN):
        return asked_at
    try:
        await sessions.request_stop(unit, session.holder, session.id)
    except (AlreadyEnded, NoStation):
        return asked_at
    return unit.now
