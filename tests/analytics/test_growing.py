"""What grows for years is asked for by an index, as PostgreSQL plans it over tables that are filled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from laddnav.analytics import store as analytics
from laddnav.db.unit import Database, Unit
from laddnav.meters import store as meters
from laddnav.ocpp.store import attention, calls, certificates, reports, security
from laddnav.readings import actions as readings
from laddnav.readings.store import quarters, weeks
from tests.clock import SetClock
from tests.things import settled

MANY = 5_000
# The n-th was n hours ago; all but a few are over.
FILLED = (
    """
insert into session (holder, owner, id_key, id, ref, status, token_owner, token_uid_key, location_id, evse_uid,
  station_id, evse_no, started_at, ended_at, energy_wh, currency, body, revision, last_updated)
select 'SE*LAD', 'SE*LAD', n::text, n::text, n::text, case when n % 1000 = 0 then 'ACTIVE' else 'COMPLETED' end, '', '',
  '', '', 'ST1', 1, $1::timestamptz - n * interval '1 hour',
  case when n % 1000 > 0 then $1::timestamptz - n * interval '1 hour' end, 0, 'SEK', '{}', 1, $1
from generate_series(1, $2::int) as n
""",
    """
insert into reading_quarter (holder, station_id, evse_no, measurand, phase, place, at, first, first_at, last, last_at,
  least, mean, most, many)
select 'SE*LAD', 'ST1', 1, measurand, '', 'Outlet', at, 0, at, 0, at, 0, 0, 0, 1
from generate_series(1, $2::int) as n, lateral (select $1::timestamptz - n * interval '1 hour' as at) of_n,
  unnest(array['Energy.Active.Import.Register', 'SoC']) as measurand
""",
    """
insert into ocpp_call (holder, id, station_id, action, body, asked_at, expires_at, answered_at)
select 'SE*LAD', n::text, 'ST1', 'Reset', '{}', at, at, at
from generate_series(1, $2::int) as n, lateral (select $1::timestamptz - n * interval '1 hour' as at) of_n
""",
    """
insert into ocpp_told (holder, station_id, topic, key, document, told_at)
select 'SE*LAD', 'ST1', 'MONITOR', case when n % 500 = 0 then n || '/alert' else n::text end, '{"severity": 1}',
  $1::timestamptz - n * interval '1 hour'
from generate_series(1, $2::int) as n
""",
    """
insert into ocpp_security_event (holder, station_id, kind, critical, at, told_at)
select 'SE*LAD', 'ST1', n::text, false, at, at
from generate_series(1, $2::int) as n, lateral (select $1::timestamptz - n * interval '1 hour' as at) of_n
""",
    """
insert into ocpp_certificate (holder, id, station_id, use, csr, asked_at, ends_at)
select 'SE*LAD', n::text, 'ST1', '', '', at, at
from generate_series(1, $2::int) as n, lateral (select $1::timestamptz - n * interval '1 hour' as at) of_n
""",
    """
insert into meter_key_claim (holder, serial_key, public_key, serial, station_id, evse_no, claimed_at)
select 'SE*LAD', n::text, '', '', 'ST1', 1, $1::timestamptz - n * interval '1 hour'
from generate_series(1, $2::int) as n
""",
)


async def plan(unit: Unit, sql: str, *arguments: Any) -> str:
    return "\n".join(row[0] for row in await unit.fetch(f"explain {sql}", *arguments))


async def test_what_grows_is_asked_for_by_an_index(database: Database, clock: SetClock) -> None:
    await settled(database)
    now, hour = clock.now(), timedelta(hours=1)
    since, until = now - 4000 * hour, now - 3900 * hour
    async with database.unit() as unit:
        for sql in FILLED:
            await unit.execute(sql, now, MANY)
        await unit.fetch("analyze")
        asked = (
            ("session_began", analytics.NEEDED, since, until, now),
            ("session_lasting", analytics.NEEDED, since, until, now),
            ("reading_quarter_", analytics.COUNTED, None, since, until, "2026-01", "2026-12"),
            ("ocpp_told_alert", attention.ALERTS, None, now),
            ("ocpp_told_at", reports.FORGET_ALERTS, since, 100),
            ("ocpp_call_over", calls.FORGET, since, 100),
            ("ocpp_security_event_told", security.FORGET, since, 100),
            ("ocpp_certificate_over", certificates.FORGET, since, 100),
            ("meter_key_claim_claimed", meters.FORGET_CLAIMS, since, 100),
        )
        for index, sql, *arguments in asked:
            found = await plan(unit, sql, *arguments)
            assert index in found and "Seq Scan on reading_quarter" not in found, found


ALONE = """
select format('alter table %s set (autovacuum_enabled = false)', inhrelid::regclass) as said
from pg_inherits where inhparent = 'reading'::regclass
"""
NEW = """
insert into reading (holder, station_id, evse_no, session_id, at, measurand, phase, place, context, value, recorded_at)
select 'SE*LAD', 'ST1', 1, '', at, 'SoC', '', 'EV', '', 0, at
from generate_series(1, $2::int) as n, lateral (select $1::timestamptz - n * interval '1 second' as at) of_n
"""


async def test_a_week_of_which_nothing_is_known_yet_is_summed_by_its_index(database: Database, clock: SetClock) -> None:
    """It is new, and PostgreSQL has no statistics of it; of a week in which other tests have read something it has."""
    clock.advance(500 * weeks.WEEK)
    await readings.make_weeks(database)
    now, quarter = clock.now(), quarters.QUARTER
    async with database.unit() as unit:
        for row in await unit.fetch(ALONE):  # else PostgreSQL may look at it by itself meanwhile
            unit.write(row["said"])
        await unit.execute(NEW, now, 4 * MANY)
    async with database.unit() as unit:
        await weeks.summarise(unit, [weeks.monday_of(now)])
        sums = (quarters.SUM, now - quarter, now), (quarters.TOUCHED, now - quarter, now - weeks.WEEK, now)
        assert all(["Seq Scan on reading_2" in await plan(unit, *one) for one in sums])
        weeks.by_time(unit)
        assert all(["Bitmap Index Scan on reading_2" in await plan(unit, *one) for one in sums])
