-- What a station says it is and how it is set up: its variables, and how far the newest report of them has come.
-- Before: 0044. After: the device model of a station, or its configuration keys, are kept; secrets are not.

create table ocpp_variable (
  holder text not null,
  station_id text not null,
  component text not null,           -- "" in a version that has none
  component_instance text not null,
  evse_no integer not null,          -- 0 is the station as a whole
  connector_no integer not null,     -- 0 is the Evse as a whole
  name text not null,
  instance text not null,
  attribute text not null,           -- Actual, Target, MinSet, MaxSet
  value text,                        -- null: it is not told, or it is a secret
  mutability text,
  type text,
  unit text,
  "values" text,
  at timestamptz not null,           -- when the station last said so
  report integer,                    -- the number of the report that said so; null: it was asked for by itself
  primary key (holder, station_id, component, component_instance, evse_no, connector_no, name, instance, attribute)
);

create table ocpp_report (           -- the newest report of a station on all its variables
  holder text not null,
  station_id text not null,
  number integer not null,
  firmware text,                     -- that it ran when it was asked: another one may have other variables
  asked_at timestamptz not null,
  parts int4multirange not null default '{}',
  last_part integer,                 -- null: that has not come yet
  whole_at timestamptz,              -- since when every part is here
  primary key (holder, station_id)
);
