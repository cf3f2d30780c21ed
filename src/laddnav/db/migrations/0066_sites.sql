-- Cars that charge behind one grid connection are planned together.
-- Before: 0060. After: the same tables, and those of sites: what was set up, what is measured and limited, the plan in
-- force, and what each station there has been told and has said that it does.

create table site (
  holder text not null,
  id_key text not null,
  ref text not null,
  watched_by text,                 -- the process that keeps it within its limits
  beside text,                     -- what is thought to be drawn beside its cars, by phase
  plan_wanted text,                -- why another plan is to be made, beside what happens at the site
  body text not null,
  last_updated timestamptz not null,
  primary key (holder, id_key)
);
create index site_by_ref on site (ref);
create index site_in_order on site (holder, ref);
create index site_unwatched on site (ref) where watched_by is null;
create index site_watched on site (watched_by);

create table site_member (         -- an EVSE that a site feeds; no other site does
  holder text not null,
  station_id text not null,
  evse_no integer not null,
  site_key text not null,
  standing text not null,          -- what it was told, what it acknowledged, whether it is taken out
  primary key (holder, station_id, evse_no)
);
create index site_member_of on site_member (holder, site_key);

create table site_measurement (    -- the newest of each meter
  holder text not null,
  site_key text not null,
  place text not null,
  at timestamptz not null,
  body text not null,
  primary key (holder, site_key, place)
);

create table site_limit (          -- what somebody outside allows
  holder text not null,
  site_key text not null,
  by text not null,
  id text not null,
  end_at timestamptz,
  body text not null,
  primary key (holder, site_key, by, id)
);

create table site_plan (           -- the one in force
  holder text not null,
  site_key text not null,
  number bigint not null,
  made_at timestamptz not null,
  body text not null,
  primary key (holder, site_key)
);

create table site_quarter (        -- what was planned, what was measured, what was allowed
  holder text not null,
  site_key text not null,
  at timestamptz not null,
  planned_kw double precision,     -- of the cars
  planned_grid_kw double precision,
  limit_kw double precision,
  grid_kwh double precision,
  grid_seconds double precision not null default 0, -- of the quarter that its energy is known for
  building_kwh double precision,
  building_seconds double precision not null default 0,
  solar_kwh double precision,
  solar_seconds double precision not null default 0,
  battery_kwh double precision,
  battery_seconds double precision not null default 0,
  primary key (holder, site_key, at)
);
create index site_quarter_by_age on site_quarter (at);
