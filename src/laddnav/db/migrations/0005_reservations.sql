-- Somebody may have an EVSE kept for a driver.
-- Before: 0004. After: the same tables, and one row for each reservation that was ever asked for.

create table reservation (
  holder text not null,
  number bigint generated always as identity (minvalue 1 maxvalue 2147483647),  -- what the station calls it
  ref text not null,
  asked_by text not null,          -- the party that asked; its own id for it means nothing to others
  id_key text not null,
  state text not null,
  location_id text not null,
  station_id text not null,
  session_id text,
  until timestamptz not null,
  body text not null,
  last_updated timestamptz not null,
  primary key (holder, number)
);
create index reservation_by_ref on reservation (ref);
create index reservation_in_order on reservation (holder, ref);
create index reservation_of_party on reservation (holder, asked_by, id_key);
create index reservation_of_session on reservation (holder, session_id) where session_id is not null;
create index reservation_held on reservation (until) where state = 'HELD';
