-- Readings are kept in a part for each week, which is forgotten whole, and what they come to in each quarter of an hour.
-- Before: 0044. After: the same readings under the same name, so that a process of the version before goes on writing
-- them; each lies in the part of its week, or among the others where no part was made for it. A part's key begins with
-- the Session, which finds its readings in the few parts of its time.

alter table reading rename to reading_before;
alter index reading_pkey rename to reading_before_pkey;
drop index reading_of_session;

create table reading (
  holder text not null,
  station_id text not null,
  evse_no integer not null,
  session_id text not null,        -- '' outside a charge
  at timestamptz not null,
  measurand text not null,
  phase text not null,             -- '' for the sum or where there is none
  place text not null,             -- where in the station: Outlet, Inlet, EV …
  context text not null,
  value numeric not null,          -- Wh, W, A, V, percent: the unit of the measurand
  signed text,                     -- the record exactly as sent
  recorded_at timestamptz not null,
  primary key (holder, session_id, station_id, evse_no, at, measurand, phase, place, context)
) partition by range (at);
create index reading_by_time on reading using brin (at, recorded_at) with (pages_per_range = 16);

create table reading_other partition of reading default; -- of no week that has a part: a clock far off, a job that slept

do $$ declare monday date; begin
  for monday in
    select distinct date_trunc('week', at at time zone 'UTC')::date from reading_before
    where at between recorded_at - interval '60 days' and recorded_at + interval '7 days'
  loop
    execute format('create table %I partition of reading for values from (%L) to (%L)',
      'reading_' || to_char(monday, 'YYYYMMDD'), monday || ' 00:00+00', monday + 7 || ' 00:00+00');
  end loop;
end $$;

insert into reading (holder, station_id, evse_no, session_id, at, measurand, phase, place, context, value, signed,
  recorded_at)
select holder, station_id, evse_no, session_id, at, measurand, phase, place, context, value, signed, recorded_at
from reading_before order by at;
drop table reading_before;

create table reading_quarter (     -- what the readings of a quarter of an hour come to; stays when they are forgotten
  holder text not null,
  station_id text not null,
  evse_no integer not null,
  measurand text not null,
  phase text not null,
  place text not null,
  at timestamptz not null,         -- the beginning of the quarter
  first numeric not null,
  first_at timestamptz not null,
  last numeric not null,
  last_at timestamptz not null,
  least numeric not null,
  mean numeric not null,
  most numeric not null,
  many integer not null,
  primary key (holder, station_id, evse_no, measurand, phase, place, at)
);

create table reading_progress (    -- one row
  one boolean primary key default true check (one),
  summed_until timestamptz,        -- every reading recorded before it is in its quarter
  forgotten_until timestamptz      -- of what was read before it, nothing but the quarters is left
);
