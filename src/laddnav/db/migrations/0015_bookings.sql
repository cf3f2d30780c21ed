-- A time at a place may be booked.
-- Before: 0005. After: the same tables, and one for what can be booked and one for what was.

create table booking_location (
  holder text not null,
  owner text not null,
  id_key text not null,
  ref text not null,
  location_id text not null,
  by_hand boolean not null default false,  -- of ours: a person decides what is asked for here
  free tstzmultirange not null,            -- of ours: when something is left
  withdrawn_at timestamptz,
  body text not null,
  revision bigint not null,
  last_updated timestamptz not null,
  primary key (holder, owner, id_key)
);
create index booking_location_by_ref on booking_location (ref);
create index booking_location_in_order on booking_location (holder, owner, ref);
create index booking_location_at on booking_location (holder, owner, location_id);

create table booking (
  holder text not null,
  owner text not null,
  id_key text not null,
  ref text not null,
  asked_by text not null,
  request_key text not null,       -- what its eMSP calls it, unique among what that one asked us for
  location_id text not null,
  status text not null,
  begins_at timestamptz not null,
  ends_at timestamptz not null,
  evse_uid text,                   -- of ours, while it keeps it
  hold_at timestamptz,             -- of ours: when its station is to be asked to keep it
  no_show_at timestamptz,          -- of ours: when it waits no longer
  reservation bigint,
  body text not null,
  revision bigint not null,
  last_updated timestamptz not null,
  primary key (holder, owner, id_key),
  -- A number made of the place, because a text has no operator class for this without an extension. Two places with one
  -- number, once in 2^64, could not be booked at the same time.
  constraint booked_once exclude using gist (
    int8range(hashtextextended(holder || '|' || location_id || '|' || evse_uid, 0),
      hashtextextended(holder || '|' || location_id || '|' || evse_uid, 0), '[]') with &&,
    tstzrange(begins_at, ends_at) with &&) where (evse_uid is not null)
);
create unique index booking_asked_once on booking (holder, asked_by, request_key) where holder = owner;
create index booking_by_request on booking (holder, owner, request_key);
create index booking_by_ref on booking (ref);
create index booking_in_order on booking (holder, ref);
create index booking_at on booking (holder, owner, location_id, begins_at);
create index booking_of_reservation on booking (holder, reservation) where reservation is not null;
create index booking_open on booking (begins_at) where status in ('PENDING', 'RESERVED') and holder = owner;
