"""What watches a charge that somebody pays for as it goes on: how often, at which power, and its stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from laddnav.db.unit import Database, Unit
from laddnav.kit.power import Power, kw
from laddnav.kit.refusal import Refusal
from laddnav.locations.rules import NoStation
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Session
from laddnav.sessions.rules import AlreadyEnded

log = structlog.get_logger()

AT_ONCE = 50
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


async def look_at_due(
    database: Database,
    due: Callable[[Unit, int], Awaitable[Sequence[str]]],
    look: Callable[[Unit, str], Awaitable[object]],
    later: Callable[[Unit, str], Awaitable[None]],
) -> int:
    """Each whose time has come, by its ref and in a Unit of its own; of whom that is refused, later. Says how many."""
    async with database.unit() as unit:
        refs = await due(unit, AT_ONCE)
    for ref in refs:
        try:
            async with database.unit() as unit:
                await look(unit, ref)
        except Refusal as error:  # of one, and the others are not to wait for it
            log.warning("charge_not_looked_at", of=look.__module__, ref=ref, why=str(error))
            async with database.unit() as unit:
                await later(unit, ref)
    if refs:
        database.wake()
    return len(refs)
