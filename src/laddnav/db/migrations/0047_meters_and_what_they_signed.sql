-- Meters with the keys that their signed records are verified against, and what verifying those of a charge came to.
-- Before: 0044. After: a charge with signed records is billed once these are proved, or once a person has decided.

create table meter (
  holder text not null,
  serial_key text not null,
  ref text not null unique,
  station_id text,                 -- null: in store, or taken out
  evse_no integer,
  calibration_ends date,
  body text not null,
  primary key (holder, serial_key)
);
create index meter_at on meter (holder, station_id, evse_no);

create table meter_key_claim (     -- a key that came with a record; nothing is verified against it
  holder text not null,
  serial_key text not null,
  public_key text not null,
  serial text not null,
  station_id text not null,
  evse_no integer not null,
  claimed_at timestamptz not null,
  primary key (holder, serial_key, public_key)
);

create table meter_proof (         -- one for each charge with signed records, as they were judged last
  holder text not null,
  session_id text not null,
  ref text not null unique,
  standing text not null,
  station_id text not null,
  serial_key text,                 -- null: no record names its meter
  body text not null,
  primary key (holder, session_id)
);
create index meter_proof_held on meter_proof (holder, ref) where standing = 'HELD';
