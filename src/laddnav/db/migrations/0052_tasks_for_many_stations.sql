-- Work on many stations at once: how they should be set up, what is to be done, and how far each has come; the cards
-- that a station may let in when nobody can be asked.
-- Before: 0051. After: a task goes on wherever a process died; a list of cards is sent by its difference.

create table ocpp_template (
  holder text not null,
  ref text not null,
  name text not null,
  selection text not null,           -- Selection
  wanted text not null,              -- tuple of Wanted
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (holder, ref),
  unique (holder, name)
);

create table ocpp_task (
  holder text not null,
  ref text not null,
  kind text not null,
  settings text not null,
  wave integer not null,
  failures_max integer not null,
  state text not null,               -- RUNNING, STOPPED, DONE
  forgiven integer not null default 0,
  why text,
  asked_by text not null,
  asked_at timestamptz not null,
  over_at timestamptz,
  primary key (holder, ref)
);
create index ocpp_task_running on ocpp_task (holder, ref) where state = 'RUNNING';

create table ocpp_task_step (
  holder text not null,
  task text not null,
  station_id text not null,
  position integer not null,
  number integer not null,           -- by which the station names it
  state text not null,               -- WAITING, UNDER_WAY, ASKED, FOLLOWED, DONE, FAILED
  done integer not null default 0,
  rounds integer not null default 0,
  tries integer not null default 0,
  memo text,
  said text,
  at timestamptz not null,
  until timestamptz,
  primary key (holder, task, station_id)
);
create index ocpp_task_step_followed on ocpp_task_step (holder, station_id) where state in ('ASKED', 'FOLLOWED');

create table ocpp_local_list (       -- the list of cards that a station has of us
  holder text not null,
  station_id text not null,
  version integer not null,
  primary key (holder, station_id)
);

create table ocpp_listed (           -- a card on it
  holder text not null,
  station_id text not null,
  uid_key text not null,
  body text not null,                -- Listed, as it was sent
  primary key (holder, station_id, uid_key)
);
