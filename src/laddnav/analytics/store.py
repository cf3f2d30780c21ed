"""Questions over what several rooms keep."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Unit

# A charge of ours that reaches into this time, and is under way, or has no Cdr yet, or one that is newer than that.
NEEDED = """
select exists (
  select from session s
  where s.owner = s.holder and s.station_id is not null and s.started_at < $2 and coalesce(s.ended_at, $2) >= $1
    and (s.status in ('PENDING', 'RESERVATION', 'ACTIVE', 'SETTLING')
      or (s.status = 'COMPLETED' and not exists (
        select from cdr c where c.session_key = s.id_key and c.holder = s.holder and c.owner = s.owner
          and c.last_updated < $3)))
) as needed
"""


async def readings_needed(unit: Unit, since: datetime, until: datetime, closed_before: datetime) -> bool:
    return bool(await unit.value(NEEDED, since, until, closed_before))
