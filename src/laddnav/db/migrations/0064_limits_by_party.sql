-- Several parties limit one charge, each for itself (OCPI 2.2.1 mod_charging_profiles_toplogies): what one of them
-- wanted becomes a list of what each wants. A station has a fallback: what an EVSE gives where nobody plans.
-- Before: 0063. After: 0065 and what follows say nothing of these.

update session
set body = jsonb_set(body::jsonb, '{limits}', jsonb_build_array(body::jsonb -> 'limits'))::text
where jsonb_typeof(body::jsonb -> 'limits') = 'object';

create table ocpp_fallback (          -- wanted of a station, until it is wanted otherwise; set again where it was lost
  holder text not null,
  station_id text not null,
  evse_no integer not null,           -- 0: each of them
  body text not null,
  wanted_at timestamptz not null,
  answered_at timestamptz,            -- null: not yet since it was wanted, or since the station booted
  primary key (holder, station_id, evse_no)
);

create table ocpp_carried (           -- what a station was last given for a charge, where it is not all of what is wanted
  holder text not null,
  session_id text not null,
  station_id text not null,
  renew_at timestamptz not null,      -- before what was given ends
  primary key (holder, session_id)
);
create index ocpp_carried_due on ocpp_carried (renew_at);
