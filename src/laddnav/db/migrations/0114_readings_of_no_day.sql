-- A clock that was never set may say the year 1 or 9999, beside which there is no week to look at.
-- Before: 0113. After: such readings are of 1970 and 2100, as they are read since; what then says the same is said once.

with impossible as (
  delete from reading where at < '1970-01-01 00:00+00' or at > '2100-01-01 00:00+00'
  returning holder, station_id, evse_no, session_id, at, measurand, phase, place, context, value, signed, recorded_at)
insert into reading (holder, station_id, evse_no, session_id, at, measurand, phase, place, context, value, signed,
  recorded_at)
select holder, station_id, evse_no, session_id,
  case when at < '1970-01-01 00:00+00' then timestamptz '1970-01-01 00:00+00' else '2100-01-01 00:00+00' end,
  measurand, phase, place, context, value, signed, recorded_at
from impossible order by recorded_at
on conflict do nothing;
