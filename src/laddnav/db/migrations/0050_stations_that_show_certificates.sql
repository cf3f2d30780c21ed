-- Stations show certificates, change their passwords and rise to a higher security profile while they are in use.
-- Before: 0044. After: each party has authorities that vouch for its stations; what these asked to have signed, which
-- roots they trust, what was found out about certificates, and what stations noticed of attacks is kept.

alter table station
  add column password_next text,             -- hash of a password that it was told and has not confirmed
  add column security_profile_next integer;  -- the profile with which it was told to come

create table ocpp_authority (
  holder text not null references party (holder),
  id text not null,
  organisation text not null,                -- whom the certificates that it signs name as their owner
  certificate text not null,                 -- PEM
  key_sealed text,                           -- null: it signs elsewhere, and is only trusted here
  made_at timestamptz not null,
  primary key (holder, id)
);

create table ocpp_certificate (
  holder text not null,
  id text not null,                          -- follows from the request: who asks again asks for the same
  station_id text not null references station (id),
  use text not null,
  number integer,                            -- the station's own of its request
  csr text not null,
  asked_at timestamptz not null,
  certificate text,                          -- PEM, with what leads to its root; null: an authority elsewhere has it
  serial_number text,
  ends_at timestamptz,
  taken boolean,                             -- what the station said to it
  problem text,
  renewal_asked_at timestamptz,
  revoked_at timestamptz,
  primary key (holder, id)
);
create index ocpp_certificate_of_station on ocpp_certificate (holder, station_id, asked_at);
create index ocpp_certificate_unsigned on ocpp_certificate (asked_at) where certificate is null and problem is null;
create index ocpp_certificate_ending on ocpp_certificate (ends_at) where taken and revoked_at is null;

create table ocpp_installed (                -- what a station said of its roots when it was last asked
  holder text not null,
  station_id text not null references station (id),
  kind text not null,
  hash_algorithm text not null,
  issuer_name_hash text not null,
  issuer_key_hash text not null,
  serial_number text not null,
  told_at timestamptz not null,
  primary key (holder, station_id, kind, issuer_name_hash, issuer_key_hash, serial_number)
);

create table ocpp_revocation (               -- what authorities said about certificates, as long as it holds
  key text primary key,                      -- reference table: the public tells it to everybody
  status text not null,
  answer text not null,                      -- an OCSP response, DER as Base64; empty: it was looked up in a list
  holds_until timestamptz not null
);

create table ocpp_security_event (
  holder text not null,
  id bigint generated always as identity,
  station_id text not null references station (id),
  kind text not null,
  info text,
  critical boolean not null,
  at timestamptz not null,
  told_at timestamptz not null,
  seen_at timestamptz,
  seen_by text,
  primary key (holder, id)
);
create index ocpp_security_event_of_station on ocpp_security_event (holder, station_id, id);
create index ocpp_security_event_unseen on ocpp_security_event (holder, id) where critical and seen_at is null;
