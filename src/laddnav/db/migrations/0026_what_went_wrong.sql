-- What a person wants to see of a partner that does not work: each step of a handshake, the bodies of what failed, and
-- what the tester found last.
-- Before: 0022. After: nothing of it is kept yet.

create table ocpi_handshake_step (
  line text not null references ocpi_line,
  handshake text not null,         -- the newest is the greatest
  number integer not null,
  deed text not null,              -- how it came about: register, accept, renew
  stage text not null,
  began_at timestamptz not null,
  ended_at timestamptz,            -- null: it goes on, or broke off with its process
  request text,                    -- method and URL of the last call that it made
  http_status integer,
  ocpi_status integer,
  said text,                       -- what came of it, or what was wrong
  trouble text,                    -- the name of what was wrong; null: nothing
  primary key (line, handshake, number)
);
create index ocpi_handshake_step_by_time on ocpi_handshake_step (began_at);

alter table ocpi_exchange
  add column request_body text,    -- of what failed: without credentials and numbers of cards, and cut
  add column response_body text,
  add column delivery bigint;      -- what was to be delivered

create table ocpi_examination (
  holder text not null,
  connection_id text not null,
  run text not null,
  began_at timestamptz not null,
  step text not null,              -- what is asked at the moment
  stopping boolean not null default false, -- a person wants it to end
  ended_at timestamptz,            -- null: it goes on, or broke off with its process
  problem text,                    -- why there is no report of this run
  reported_at timestamptz,         -- from here on: the last report there is
  version text,
  passed integer,
  failed integer,                  -- MUSTs
  advised integer,                 -- SHOULDs and MAYs that failed
  unseen integer,
  html text,
  words text,
  primary key (holder, connection_id)
);
