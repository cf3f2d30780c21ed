-- The line between two platforms stands apart from who of us speaks on it: several of our parties, in several roles.
-- Before: 0010. After: a line for every connection there was, of the same id, with that one connection on it; and of a
-- command, who of the other side asked or was asked.

create table ocpi_line (
  id text primary key,             -- of no single holder: several may speak on it
  name text not null,
  version text not null,
  state text not null check (state in ('INVITED', 'REGISTERING', 'CONNECTED', 'SUSPENDED', 'REMOVED')),
  inbound_hash text,               -- of the token they show us; null once they may show none
  inbound_hash_before text,        -- still good until the new one is first used
  outbound_sealed text,            -- the token we show them, encrypted under the key file
  versions_url text,
  endpoints text not null default '[]',
  roles text not null default '[]',
  hub text,                        -- the party that passes messages on there, where one does
  offers text[] not null default '{}', -- the versions that they listed when we last looked
  policy text not null default '{}',
  registered_at timestamptz,
  last_heard_at timestamptz,
  last_reached_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  failures integer not null default 0, -- calls in a row that did not get through
  retry_at timestamptz,            -- until then nothing is delivered
  look_at timestamptz,             -- when to look again at what they offer; null: as soon as there is time
  created_at timestamptz not null
);
insert into ocpi_line (id, name, version, state, inbound_hash, inbound_hash_before, outbound_sealed, versions_url,
  endpoints, roles, hub, offers, policy, registered_at, last_heard_at, last_reached_at, last_error, last_error_at,
  failures, retry_at, look_at, created_at)
select id, name, version, state, inbound_hash, inbound_hash_before, outbound_sealed, versions_url, endpoints, roles, hub,
  offers, policy, registered_at, last_heard_at, last_reached_at, last_error, last_error_at, failures, retry_at, look_at,
  created_at
from ocpi_connection;
create unique index ocpi_line_by_hash on ocpi_line (inbound_hash);
create index ocpi_line_by_hash_before on ocpi_line (inbound_hash_before) where inbound_hash_before is not null;

drop index ocpi_connection_inbound, ocpi_connection_by_hash, ocpi_connection_by_hash_before;
alter table ocpi_connection
  add column line text references ocpi_line,
  add column leaving boolean not null default false, -- they are being told that it speaks there no more
  drop column name, drop column version, drop column state, drop column inbound_hash, drop column inbound_hash_before,
  drop column outbound_sealed, drop column versions_url, drop column endpoints, drop column roles, drop column hub,
  drop column offers, drop column policy, drop column registered_at, drop column last_heard_at,
  drop column last_reached_at, drop column last_error, drop column last_error_at, drop column failures,
  drop column retry_at, drop column look_at;
update ocpi_connection set line = id;
alter table ocpi_connection alter column line set not null;
create unique index ocpi_connection_on_line on ocpi_connection (holder, line, our_role);
create index ocpi_connection_by_line on ocpi_connection (line);

alter table ocpi_command add column party text; -- of theirs, who asked or was asked; null: whom we chiefly deal with
