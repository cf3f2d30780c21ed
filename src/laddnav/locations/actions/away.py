"""What is told of the Evses of a Station that is away: UNKNOWN after a while, and what it was when it is back."""

from __future__ import annotations

from datetime import timedelta

from laddnav.db.unit import Database
from laddnav.locations import store
from laddnav.locations.events import EvseStatusChanged
from laddnav.locations.model import Status

# A station that starts anew, or changes its network, is back before; who stands before it should not be sent away.
AWAY_FOR = timedelta(minutes=5)
TOGETHER = 200
SAID_TOGETHER = 5_000  # a row each, and nothing told


async def look_after(database: Database) -> int:
    """Says of how many Evses something else is told now (OCPI 2.2.1 mod_locations_status_enum, UNKNOWN).

    What a Station says itself, as it does when it starts, is newer than what is put back.
    """
    told = 0
    async with database.unit() as unit:
        await store.stations.said_since(unit, SAID_TOGETHER)
    async with database.unit() as unit:
        for one in await store.stations.away(unit, unit.now - unit.clock.wall(AWAY_FOR), TOGETHER):
            before, after = (one.status, Status.UNKNOWN) if one.before is None else (Status.UNKNOWN, one.before)
            if await store.evses.tell_status(unit, one.holder, one.where, before, after):
                changed = EvseStatusChanged(
                    holder=one.holder,
                    owner=str(one.holder),
                    location_id=one.where.location_id,
                    evse_uid=one.where.evse_uid,
                    status=after.value,
                )
                unit.announce(changed)
                told += 1
            store.stations.keep_status(unit, one, one.status if one.before is None else None)
    return told
