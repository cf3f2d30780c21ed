-- What was done about an ill, and what is done by rule; stations that went to another central system, and what they
-- charged at the one before; maintenance in which nobody may charge.
-- Before: 0060. After: nothing is cured by rule, no station left, and no maintenance closes anything.

create table ocpp_cure_rule (
  holder text not null,
  ill text not null,
  cure text not null,
  after_minutes integer not null,    -- that the ill lasted
  every_minutes integer not null,    -- at most once, for the same ill of the same EVSE
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (holder, ill)
);

create table ocpp_cure (
  holder text not null,
  ref text not null,
  station_id text not null references station (id),
  evse_no integer not null,
  ill text not null,
  since timestamptz not null,        -- when the ill began
  cure text not null,
  asked_by text not null,
  by_rule boolean not null,
  at timestamptz not null,
  state text not null,               -- ASKED, TAKEN, UNANSWERED, CURED, IN_VAIN, REFUSED
  said text,
  over_at timestamptz,
  primary key (holder, ref)
);
create unique index ocpp_cure_by_ref on ocpp_cure (ref);
-- A station is cured of one thing at a time, however many processes look after it.
create unique index ocpp_cure_under_way on ocpp_cure (holder, station_id) where over_at is null;
create index ocpp_cure_by_station on ocpp_cure (holder, station_id, at);

alter table station add column moved_at timestamptz; -- it belongs to another central system since then
alter table station add column moved_to text;            -- by what address

create table past_charge (             -- as another central system kept it: told here, never priced, never billed
  holder text not null,
  station_id text not null references station (id),
  source text not null,
  id text not null,                    -- of that system
  evse_no integer not null,
  uid text not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  meter_started numeric,               -- Wh
  meter_stopped numeric,               -- Wh
  stop_reason text,
  primary key (holder, source, station_id, id)
);
create index past_charge_by_station on past_charge (holder, station_id, started_at);

alter table maintenance add column closes boolean not null default false;
alter table maintenance add column closed_at timestamptz;
alter table maintenance add column opened_at timestamptz;
create index maintenance_closing on maintenance (begin_at) where closes and opened_at is null;
