"""What stations said, were asked and noticed is forgotten in its time, in small bites; what is open never is."""

from __future__ import annotations

from datetime import timedelta

from laddnav.db.unit import Database
from laddnav.locations.model import Station
from laddnav.meters import actions as meters
from laddnav.ocpp.forgetting import forget_old
from laddnav.ocpp.settings import Keeping
from tests.clock import SetClock

KEEPING = Keeping()
FILLED = (
    """
insert into session (holder, owner, id_key, id, ref, status, token_owner, token_uid_key, location_id, evse_uid,
  started_at, energy_wh, currency, body, revision, last_updated)
select 'SE*LAD', 'SE*LAD', lower(id), id, id, status, '', '', '', '', $1, 0, 'SEK', '{}', 1, $1
from (values ('Running', 'ACTIVE'), ('Held', 'COMPLETED'), ('Over', 'COMPLETED')) as one(id, status)
""",
    """
insert into meter_proof (holder, session_id, ref, standing, station_id, serial_key, body)
select 'SE*LAD', session, session, standing, 'ST1', serial, $1::timestamptz::text
from (values ('Held', 'HELD', 'm2'), ('Over', 'PROVED', 'm1')) as one(session, standing, serial)
""",
    """
insert into ocpp_frame (holder, station_id, at, direction, kind, message_id, action, body, session_id)
select 'SE*LAD', 'ST1', $1, 'in', 'call', '1', coalesce(session, 'of none'), '[]', session
from (values (null), ('Running'), ('Held'), ('Over')) as one(session)
""",
    """
insert into ocpp_call (holder, id, station_id, action, body, asked_at, expires_at, answered_at)
select 'SE*LAD', id, 'ST1', 'Reset', '{}', $1, $1, case id when 'answered' then $1::timestamptz end
from (values ('answered'), ('open')) as one(id)
""",
    """
insert into ocpp_told (holder, station_id, topic, key, document, told_at)
select 'SE*LAD', 'ST1', topic, key, '{}', $1
from (values ('MONITOR', '1'), ('MONITOR', '1/alert'), ('UNPLUGGED', '1'), ('SETTLEMENT', 'p')) as one(topic, key)
""",
    """
insert into ocpp_security_event (holder, station_id, kind, critical, at, told_at, seen_at)
select 'SE*LAD', 'ST1', kind, critical, $1, $1, case kind when 'seen' then $1::timestamptz end
from (values ('of no weight', false), ('seen', true), ('unseen', true)) as one(kind, critical)
""",
    """
insert into ocpp_certificate (holder, id, station_id, use, csr, asked_at, ends_at, problem)
select 'SE*LAD', id, 'ST1', '', '', $1, $1::timestamptz + days * interval '1 day', problem
from (values ('ended', 0, null), ('in force', 500, null), ('failed', null, 'no'), ('waits', null, null))
  as one(id, days, problem)
""",
    """
insert into meter_key_claim (holder, serial_key, public_key, serial, station_id, evse_no, claimed_at)
select 'SE*LAD', serial, 'key', serial, 'ST1', 1, $1 from (values ('m1'), ('m2')) as one(serial)
""",
)
LEFT = """
select 'frame ' || action from ocpp_frame union all select 'call ' || id from ocpp_call
union all select lower(topic) || ' ' || key from ocpp_told union all select 'event ' || kind from ocpp_security_event
union all select 'certificate ' || id from ocpp_certificate union all select 'claim ' || serial from meter_key_claim
"""
OPEN = {"frame Running", "frame Held", "call open", "monitor 1", "settlement p"}
SECURITY = {"event unseen", "certificate in force", "certificate waits", "claim m2"}
OVER = {"event of no weight", "event seen", "certificate ended", "certificate failed", "claim m1"}


async def test_what_is_over_is_forgotten_in_its_time_and_nothing_that_is_open(
    database: Database, station: Station, clock: SetClock
) -> None:
    async with database.unit() as unit:
        for sql in FILLED:
            await unit.execute(sql, unit.now)

    async def after(days: int) -> tuple[int, set[str]]:
        clock.advance(timedelta(days=days))
        many = await forget_old(database, KEEPING, bite=1)
        many += await meters.forget_claims(database, KEEPING.security, bite=1)
        async with database.unit() as unit:
            return many, {row[0] for row in await unit.fetch(LEFT)}

    everything = OPEN | SECURITY | OVER
    said = {"frame of none", "frame Over", "call answered", "monitor 1/alert", "unplugged 1"}
    assert await after(180) == (0, everything | said)
    assert await after(1) == (5, everything)
    assert await after(220) == (5, OPEN | SECURITY)
