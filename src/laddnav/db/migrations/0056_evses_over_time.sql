-- How much of a month an Evse could charge is computed from how it was told to be, and from outages with their reasons.
-- Before: 0055. After: evse_course has every status of our Evses from now on; maintenance, what excuses an outage.

create table evse_course (
  holder text not null,
  location_key text not null,
  uid_key text not null,
  since_at timestamptz not null,   -- when it was learnt and told
  status text not null,
  primary key (holder, location_key, uid_key, since_at)
);
insert into evse_course (holder, location_key, uid_key, since_at, status)
select holder, location_key, uid_key, now(), status from evse where owner = holder;

create table maintenance (
  holder text not null,
  ref text not null,
  station_id text references station (id), -- null: of everything at the Location
  location_id text not null,
  begin_at timestamptz not null,
  end_at timestamptz not null,
  reason text not null,
  note text not null,
  entered_by text not null,
  primary key (holder, ref),
  check (begin_at < end_at)
);
create unique index maintenance_by_ref on maintenance (ref);
create index maintenance_by_location on maintenance (holder, lower(location_id));
