-- Smart homes by MQTT: brokers, the charge points under each, the meters heard through them. Grid companies by OpenADR:
-- their VTNs, the sites that are their resources, what they asked for and the proof of what came of it.
-- Before: 0063. After: nobody is connected to, and nothing is under anybody.

create table mqtt_broker (
  holder text not null,
  ref text not null,
  body text not null,
  password text,                      -- sealed
  enabled boolean not null,
  process text,                       -- which holds the line to it
  line text,                          -- how it stands with it
  primary key (holder, ref)
);
create unique index mqtt_broker_by_ref on mqtt_broker (ref);

create table mqtt_charge_point (
  holder text not null,
  broker text not null,
  station_id text not null references station (id),
  evse_no integer not null,
  key text not null,
  body text not null,
  primary key (holder, station_id, evse_no), -- under one broker at a time
  unique (holder, broker, key),
  foreign key (holder, broker) references mqtt_broker (holder, ref)
);

create table mqtt_source (
  holder text not null,
  broker text not null,
  topic text not null,
  path text not null,
  body text not null,
  primary key (holder, broker, topic, path),
  foreign key (holder, broker) references mqtt_broker (holder, ref)
);

create table openadr_vtn (
  holder text not null,
  ref text not null,
  body text not null,
  secret text not null,               -- sealed
  enabled boolean not null,
  standing text not null,
  next_at timestamptz not null,       -- when it is asked again
  primary key (holder, ref)
);
create unique index openadr_vtn_by_ref on openadr_vtn (ref);
create index openadr_vtn_due on openadr_vtn (next_at) where enabled;

create table openadr_resource (
  holder text not null,
  vtn text not null,
  site_id text not null,
  body text not null,
  primary key (holder, vtn, site_id),
  foreign key (holder, vtn) references openadr_vtn (holder, ref)
);

create table openadr_signal (
  holder text not null,
  vtn text not null,
  site_id text not null,
  event_id text not null,
  interval_id bigint not null,
  kind text not null,
  ref text not null,
  state text not null,
  begin_at timestamptz not null,
  end_at timestamptz,
  unreported boolean not null,        -- the VTN wants to be told what came of it, and was not
  body text not null,                 -- the proof
  primary key (holder, vtn, site_id, event_id, interval_id, kind)
);
create unique index openadr_signal_by_ref on openadr_signal (ref);
create index openadr_signal_open on openadr_signal (holder, vtn)
  where state in ('AHEAD', 'IN_FORCE', 'OBEYED', 'NOTED');
create index openadr_signal_unreported on openadr_signal (holder, vtn, event_id) where unreported;

create table openadr_minute (         -- what a site drew while it was limited
  holder text not null,
  site_id text not null,
  at timestamptz not null,
  kw_sum numeric not null,
  many integer not null,
  whole boolean not null,
  primary key (holder, site_id, at)
);
