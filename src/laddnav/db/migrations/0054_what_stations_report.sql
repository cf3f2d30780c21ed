-- Stations report what limits them, what they show, what was paid at them: the newest word of each thing is looked up.
-- Before: 0044. After: ocpp_told has what stations told and did not take back; station says who shows prices.

create table ocpp_told (
  holder text not null,
  station_id text not null,
  topic text not null,
  key text not null,             -- tells the things of a topic apart
  document text not null,        -- in the station's own words
  told_at timestamptz not null,
  primary key (holder, station_id, topic, key)
);
create index ocpp_told_at on ocpp_told (told_at);

alter table station add column shows_prices boolean not null default false; -- on its display, told by us
