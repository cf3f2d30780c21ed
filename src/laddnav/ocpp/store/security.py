"""What stations noticed that may be an attack, and who has seen it here."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.locations.model import Station
from laddnav.ocpp.security.model import SecurityEvent
from laddnav.ocpp.wire.security import SecurityNoticed

_EVENT = "holder, id, station_id, kind, info, critical, at, told_at, seen_at, seen_by"
# A station that got no answer tells it again.
KEEP = """
insert into ocpp_security_event (holder, station_id, kind, info, critical, at, told_at)
select $1, $2, $3, $4, $5, $6, $7 where not exists (
  select from ocpp_security_event where holder = $1 and station_id = $2 and kind = $3 and at = $6
    and info is not distinct from $4)
"""
OF = f"""
select {_EVENT} from ocpp_security_event
where ($1::text is null or holder = $1) and ($2::text is null or station_id = $2)
  and (not $3 or (critical and seen_at is null)) and ($4::bigint is null or id < $4)
order by id desc limit $5
"""
SEE = """
update ocpp_security_event set seen_at = $3, seen_by = $4
where holder = $1 and station_id = $2 and seen_at is null and ($5::bigint is null or id <= $5)
"""
# One that matters stays until somebody has seen it.
FORGET = """
delete from ocpp_security_event where (holder, id) in (
  select holder, id from ocpp_security_event where told_at < $1 and (not critical or seen_at is not null)
  order by told_at limit $2)
"""


def keep(unit: Unit, station: Station, noticed: SecurityNoticed, *, critical: bool) -> None:
    holder = str(station.holder)
    unit.write(KEEP, holder, station.id, noticed.kind, noticed.info, critical, noticed.at, unit.now)


async def of(
    unit: Unit, holder: PartyId | None, station_id: str | None, *, unseen: bool, before: int | None, limit: int
) -> list[SecurityEvent]:
    """Newest first; `unseen` are the critical ones that nobody has looked at."""
    return [
        _event(row)
        for row in await unit.fetch(OF, None if holder is None else str(holder), station_id, unseen, before, limit)
    ]


async def see(unit: Unit, holder: PartyId, station_id: str, by: str, until: int | None) -> int:
    return int(await unit.execute(SEE, str(holder), station_id, unit.now, by, until))


async def forget(unit: Unit, before: datetime, most: int) -> int:
    """What was told before then; says how many events it was."""
    return await unit.execute(FORGET, before, most)


def _event(row: Record) -> SecurityEvent:
    return SecurityEvent(**dict(row) | {"holder": PartyId.parse(row["holder"])})
