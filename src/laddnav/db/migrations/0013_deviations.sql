-- How partners deviate, grouped by what that governs; which prices are for whom; what guards the line to one.
-- Before: 0011. After: the same switches in their groups, answers of trouble counted on each line, a group of prices for
-- a tariff and for a party, and what is known of a partner's TLS beside its line.

update ocpi_line set policy = jsonb_strip_nulls(jsonb_build_object(
  'calls', jsonb_build_object('raw_token', policy::jsonb -> 'raw_token'),
  'objects', jsonb_build_object(
    'quirks', policy::jsonb -> 'quirks', 'appends_periods', policy::jsonb -> 'appends_periods'),
  'lists', jsonb_build_object('absences', policy::jsonb -> 'absences'),
  'pushes', jsonb_build_object('whole_only', policy::jsonb -> 'whole_only', 'in_order', policy::jsonb -> 'in_order')
  ))::text
where policy <> '{}';

alter table ocpi_line
  add column troubles integer not null default 0, -- answers in a row that were trouble
  add column tls_changed_at timestamptz;

create table ocpi_tls (
  line text primary key references ocpi_line,
  profile text not null,           -- certificates and fingerprints; nothing of it is secret
  key_sealed text                  -- of our certificate, encrypted under the key file
);

alter table tariff add column price_group text not null default ''; -- '' for everybody

create table price_group (
  holder text not null,
  party text not null,             -- whose drivers
  name text not null,
  primary key (holder, party)
);
