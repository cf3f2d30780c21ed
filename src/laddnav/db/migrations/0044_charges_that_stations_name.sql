-- A station of OCPP 2 names its charges itself, tells them in numbered events, and reports on each of its connectors.
-- Before: 0043. After: ocpp_transaction knows charges by either name, and which of their events were heard.

alter table ocpp_transaction
  add column told_as text,                               -- the station's own name for it; null: it speaks of the number
  add column heard int4multirange not null default '{}', -- the numbers of its events that were told
  add column first_no integer,                           -- of the event that began it
  add column register numeric,                           -- Wh, the newest that was read before a Session began
  add column ending text;                                -- the ChargeTold that ended it, until nothing before it is missing

create index ocpp_transaction_incomplete on ocpp_transaction (holder, station_id) where ending is not null and not stopped;

create table ocpp_connector (      -- how each connector does, in the station's words; an Evse is as its connectors are
  holder text not null,
  station_id text not null,
  evse_no integer not null,
  connector_no integer not null,
  status text not null,
  said text not null,
  at timestamptz not null,
  primary key (holder, station_id, evse_no, connector_no)
);
