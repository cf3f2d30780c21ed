-- The road from plug to invoice.
-- Before: an empty database. After: every table that one charge touches.
-- Rules (ARCHITECTURE.md): the holder (one of our parties, as SE*LAD) leads every primary and unique key, then the owner
-- (whose object it is), then the id. `ref` names a row in our own URLs and is unique in the installation because ids are
-- made once (UUID v7), so it needs no unique key across holders. Documents are canonical JSON as text; what is asked for is a column.

-- Installation-wide reference tables -----------------------------------------------------------------------------------

create table setting (
  name text primary key,
  value text not null
);

create table party (
  holder text primary key,
  ref text not null,
  name text not null,
  website text,
  roles text[] not null,
  currency text not null,
  time_zone text not null,
  vat_percent numeric,
  vat_number text,
  address text,
  pay_to text,                     -- a giro or an IBAN, as debtors read it
  payment_days integer not null default 30,
  invoice_every text not null default 'month' check (invoice_every in ('session', 'day', 'month')),
  created_at timestamptz not null
);

create table account (
  id text primary key,
  name text not null,
  name_key text not null unique,
  password_hash text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  language text not null default 'en',
  created_at timestamptz not null,
  disabled_at timestamptz
);

create table visit (
  secret_hash text primary key,
  id text not null unique,
  account_id text not null references account (id),
  csrf text not null,
  device text not null,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index visit_of_account on visit (account_id, started_at);

create table api_key (
  secret_hash text primary key,
  id text not null unique,
  name text not null,
  role text not null check (role in ('viewer', 'operator', 'admin')),
  holder text,                     -- null: the whole installation
  created_at timestamptz not null,
  used_at timestamptz,
  revoked_at timestamptz
);

create table sign_in_attempt (
  subject text primary key,        -- a name or an address, marked as which
  failures integer not null,
  last_at timestamptz not null,
  wait_until timestamptz not null
);

create table audit (
  id text primary key,
  at timestamptz not null,
  who text not null,
  deed text not null,
  about text not null,
  detail text not null default ''
);

-- Announcements and the work that follows from them -------------------------------------------------------------------

create table event (
  holder text not null,
  id bigint generated always as identity,
  written_by xid8 not null default pg_current_xact_id(),
  kind text not null,
  about text not null,
  body text not null,
  at timestamptz not null,
  primary key (holder, id)
);
-- In this order a reader that stays below the oldest running transaction never skips a late committer.
create index event_in_order on event (written_by, id);
create index event_of_thing on event (holder, about, id);

create table job (
  holder text not null,
  id bigint generated always as identity,
  listener text not null,
  about text not null,             -- '' where every single announcement counts
  kind text not null,
  body text not null,
  run_at timestamptz not null,
  attempts integer not null default 0,
  claimed_by text,
  claimed_until timestamptz,
  last_error text,
  dead_at timestamptz,
  primary key (holder, id)
);
create index job_waiting on job (run_at, id) where dead_at is null;
-- News about one thing that is still waiting is replaced by newer news; a job that was ever claimed is left alone.
create unique index job_newest on job (holder, listener, kind, about) where attempts = 0 and about <> '';
create index job_running on job (holder, listener, about) where claimed_until is not null;
create index job_dead on job (holder, dead_at) where dead_at is not null;

-- Where ---------------------------------------------------------------------------------------------------------------

create table location (
  holder text not null,
  owner text not null,
  id text not null,
  id_key text not null,            -- ids keep their case but are compared without it
  ref text not null,
  name text not null,
  city text not null,
  country text not null,
  latitude numeric not null,
  longitude numeric not null,
  publish boolean not null,
  body text not null,              -- Location without its Evses
  revision bigint not null,
  last_updated timestamptz not null,
  primary key (holder, owner, id_key)
);
create index location_by_ref on location (ref);
create index location_in_order on location (holder, owner, ref);
create index location_by_time on location (holder, owner, last_updated, id_key);

create table evse (
  holder text not null,
  owner text not null,
  location_key text not null,
  uid_key text not null,
  uid text not null,
  ref text not null,
  evse_id text,
  position integer not null,
  status text not null,
  status_at timestamptz not null,
  body text not null,              -- Evse without status and last_updated
  last_updated timestamptz not null,
  primary key (holder, owner, location_key, uid_key),
  foreign key (holder, owner, location_key) references location (holder, owner, id_key)
);
create index evse_by_ref on evse (ref);
create index evse_by_evse_id on evse (holder, evse_id);

create table station (
  id text primary key,             -- reference table: the socket's path names only the station
  ref text not null unique,
  holder text not null references party (holder),
  location_id text,
  accepted boolean,
  security_profile integer not null default 1,
  password_hash text,
  protocols text[] not null,
  on_connect text not null default 'configure',
  heartbeat_interval integer not null,
  boot_retry_interval integer not null,
  vendor text, model text, serial_number text, firmware text, protocol text,
  booted_at timestamptz,
  connected_at timestamptz,
  connected_to text,               -- the process that holds its socket
  last_seen_at timestamptz,
  created_at timestamptz not null
);

create table station_evse (
  holder text not null,
  station_id text not null references station (id),
  evse_no integer not null,
  location_id text not null,
  evse_uid text not null,
  status text,
  error_code text,
  info text,
  status_at timestamptz,
  primary key (holder, station_id, evse_no),
  unique (holder, location_id, evse_uid)
);

create table stranger (
  id text primary key,             -- a station that knocked and is not known
  first_at timestamptz not null,
  last_at timestamptz not null,
  knocks integer not null,
  from_address text not null,
  protocols text not null
);

-- Who may charge, and what is promised --------------------------------------------------------------------------------

create table token (
  holder text not null,
  owner text not null,
  type text not null,
  uid_key text not null,
  uid text not null,
  ref text not null,
  contract_id text not null,
  valid boolean not null,
  whitelist text not null,
  body text not null,
  revision bigint not null,
  last_updated timestamptz not null,
  primary key (holder, owner, type, uid_key)
);
create index token_by_uid on token (holder, uid_key);
create index token_by_ref on token (ref);
create index token_in_order on token (holder, owner, ref);
create index token_by_time on token (holder, owner, last_updated, type, uid_key);

create table authorization_given (
  holder text not null,
  id text not null,
  at timestamptz not null,
  uid_key text not null,
  location_id text,
  evse_uid text,
  allowed text not null,
  body text not null,              -- Authorization
  primary key (holder, id)
);
create index authorization_of_uid on authorization_given (holder, uid_key, at);

create table tariff (
  holder text not null,
  owner text not null,
  id_key text not null,
  id text not null,
  ref text not null,
  currency text not null,
  body text not null,
  revision bigint not null,
  withdrawn_at timestamptz,
  last_updated timestamptz not null,
  primary key (holder, owner, id_key)
);
create index tariff_by_ref on tariff (ref);
create index tariff_in_order on tariff (holder, owner, ref);
create index tariff_by_time on tariff (holder, owner, last_updated, id_key);

-- A charge ------------------------------------------------------------------------------------------------------------

create table session (
  holder text not null,
  owner text not null,
  id_key text not null,
  id text not null,
  ref text not null,
  status text not null,
  token_owner text not null,
  token_uid_key text not null,
  location_id text not null,
  evse_uid text not null,
  station_id text,
  evse_no integer,
  started_at timestamptz not null,
  ended_at timestamptz,
  energy_wh numeric not null,
  currency text not null,
  cost_excl numeric,
  cost_incl numeric,
  body text not null,
  revision bigint not null,
  last_updated timestamptz not null,
  primary key (holder, owner, id_key)
);
create index session_by_ref on session (ref);
create index session_in_order on session (holder, owner, ref);
create index session_by_time on session (holder, owner, last_updated, id_key);
create index session_at_station on session (holder, station_id, evse_no, started_at);
create index session_open on session (holder, status, started_at) where status in ('PENDING', 'ACTIVE', 'SETTLING');

create table reading (
  holder text not null,
  station_id text not null,
  evse_no integer not null,
  session_id text not null,        -- '' outside a charge
  at timestamptz not null,
  measurand text not null,
  phase text not null,             -- '' for the sum or where there is none
  place text not null,             -- where in the station: Outlet, Inlet, EV …
  context text not null,
  value numeric not null,          -- Wh, W, A, V, percent: the unit of the measurand
  signed text,                     -- the record exactly as sent
  recorded_at timestamptz not null,
  primary key (holder, station_id, evse_no, session_id, at, measurand, phase, place, context)
);
create index reading_of_session on reading (holder, session_id, at);

create table activity_mark (
  holder text not null,
  session_id text not null,
  at timestamptz not null,
  activity text not null,
  primary key (holder, session_id, at, activity)
);

create table doubt (
  holder text not null,
  id text not null,
  session_id text not null,        -- '' where no charge could be named
  station_id text not null,
  kind text not null,
  at timestamptz not null,
  detail text not null,
  raised_at timestamptz not null,
  settled_at timestamptz,
  primary key (holder, id),
  unique (holder, session_id, station_id, kind, at, detail)
);

create table cdr (
  holder text not null,
  owner text not null,
  id_key text not null,
  id text not null,
  ref text not null,
  session_key text,
  token_owner text not null,
  token_uid_key text not null,
  location_id text not null,
  evse_uid text not null,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  energy_wh numeric not null,
  currency text not null,
  total_excl numeric not null,
  total_incl numeric,
  credit boolean not null,
  body text not null,
  digest text not null,            -- of what was said, so that a repetition is told from a contradiction
  last_updated timestamptz not null,
  primary key (holder, owner, id_key)
);
create index cdr_by_ref on cdr (ref);
create index cdr_in_order on cdr (holder, owner, ref);
create index cdr_by_time on cdr (holder, owner, last_updated, id_key);
-- A session of ours has one CDR. The credit CDR and its successor of a later issue carry another session_key.
create index cdr_of_session on cdr (holder, owner, session_key);
create unique index cdr_of_session_once on cdr (holder, owner, session_key) where owner = holder and not credit;

create function never_changed() returns trigger language plpgsql as $$
begin
  raise exception '% rows are never changed', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger cdr_is_final before update or delete on cdr for each row execute function never_changed();

-- Money ---------------------------------------------------------------------------------------------------------------

create table ledger_account (
  holder text not null,
  id text not null,                -- receivable:partner:NL*TNM, revenue:charging, tax:25 …
  kind text not null check (kind in ('asset', 'liability', 'equity', 'income', 'expense')),
  currency text not null,
  opened_at timestamptz not null,
  primary key (holder, id, currency)
);

create table ledger_entry (
  holder text not null,
  id text not null,
  key text not null,               -- posted once, however often it is asked for
  what text not null,
  cites text not null,             -- the CDR or invoice it rests on
  at timestamptz not null,
  written_by xid8 not null default pg_current_xact_id(),
  primary key (holder, id),
  unique (holder, key)
);

create table ledger_posting (
  holder text not null,
  entry_id text not null,
  position integer not null,
  account_id text not null,
  currency text not null,
  amount numeric not null check (amount <> 0), -- debit positive, credit negative
  primary key (holder, entry_id, position),
  foreign key (holder, entry_id) references ledger_entry (holder, id),
  foreign key (holder, account_id, currency) references ledger_account (holder, id, currency)
);
create index posting_of_account on ledger_posting (holder, account_id, currency);
create trigger entry_is_final before update or delete on ledger_entry for each row execute function never_changed();
create trigger posting_is_final before update or delete on ledger_posting for each row execute function never_changed();
create trigger entries_stay before truncate on ledger_entry for each statement execute function never_changed();
create trigger postings_stay before truncate on ledger_posting for each statement execute function never_changed();

create function entry_balances() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from ledger_entry e
                 where e.holder = new.holder and e.id = new.entry_id and e.written_by = pg_current_xact_id()) then
    raise exception 'entry % is closed: its postings were committed before', new.entry_id using errcode = 'restrict_violation';
  end if;
  if exists (select 1 from ledger_posting p where p.holder = new.holder and p.entry_id = new.entry_id
             group by p.currency having sum(p.amount) <> 0) then
    raise exception 'the postings of entry % do not sum to zero', new.entry_id using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger entry_sums_to_zero after insert on ledger_posting
  deferrable initially deferred for each row execute function entry_balances();

create function entry_moves() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from ledger_posting p where p.holder = new.holder and p.entry_id = new.id) then
    raise exception 'entry % moves nothing', new.id using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger entry_has_postings after insert on ledger_entry
  deferrable initially deferred for each row execute function entry_moves();

create table debtor (
  holder text not null,
  id text not null,                -- partner:NL*TNM or driver:<contract id>
  ref text not null,
  kind text not null check (kind in ('partner', 'driver')),
  name text not null,
  country text not null,           -- ISO 3166 alpha-2
  address text,
  vat_number text,
  created_at timestamptz not null,
  primary key (holder, id)
);
create index debtor_by_ref on debtor (ref);

create table invoice (
  holder text not null,
  ref text not null,
  debtor_id text not null,
  currency text not null,
  period text not null,            -- what falls onto this invoice: a CDR, 2026-11-21, or 2026-11
  closes_at timestamptz not null,  -- when it may be issued
  opened_at timestamptz not null,
  number text,                     -- given when it is issued, gapless within the series
  issued_at timestamptz,
  due_at timestamptz,
  total_excl numeric,
  total_tax numeric,
  total_incl numeric,
  body text,                       -- Invoice as issued
  primary key (holder, ref),
  foreign key (holder, debtor_id) references debtor (holder, id)
);
create unique index invoice_open on invoice (holder, debtor_id, currency, period) where issued_at is null;
create unique index invoice_number on invoice (holder, number);
create index invoice_by_ref on invoice (ref);
create index invoice_to_issue on invoice (closes_at) where issued_at is null;
create index invoice_of_debtor on invoice (holder, debtor_id, ref);

create function issued_is_final() returns trigger language plpgsql as $$
begin
  if old.issued_at is not null then
    raise exception 'invoice % is issued and never changed', old.number using errcode = 'restrict_violation';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger invoice_is_final before update or delete on invoice for each row execute function issued_is_final();

-- A CDR is billed to a debtor once: this key is what makes it so.
create table billed (
  holder text not null,
  cdr_owner text not null,
  cdr_id text not null,
  debtor_id text not null,
  invoice_ref text not null,
  body text not null,              -- Charge without its lines
  at timestamptz not null,
  primary key (holder, cdr_owner, cdr_id, debtor_id),
  foreign key (holder, invoice_ref) references invoice (holder, ref)
);
create index billed_on_invoice on billed (holder, invoice_ref);

create table invoice_line (
  holder text not null,
  invoice_ref text not null,
  position integer not null,
  cdr_owner text not null,
  cdr_id text not null,
  basis text not null,
  tariff_id text,
  element integer,
  component integer,
  dimension text not null,
  started_at timestamptz,
  ended_at timestamptz,
  quantity numeric not null,
  unit text not null,
  unit_price numeric,              -- null: the CPO told the amount only
  amount numeric not null,         -- before VAT
  vat_percent numeric,             -- null: nobody named a tax
  reason text,                     -- Reason, in no language
  primary key (holder, invoice_ref, position),
  foreign key (holder, invoice_ref) references invoice (holder, ref)
);
create index invoice_line_of_cdr on invoice_line (holder, cdr_owner, cdr_id);
create trigger line_is_final before update or delete on invoice_line for each row execute function never_changed();

create table invoice_series (
  holder text not null,
  series text not null,
  last_number bigint not null,
  primary key (holder, series)
);

-- Partners (OCPI) -----------------------------------------------------------------------------------------------------

create table ocpi_connection (
  holder text not null,
  id text not null,
  ref text not null,
  our_role text not null,
  their_role text,
  their_country text,
  their_party text,
  name text not null,
  version text not null,
  state text not null check (state in ('INVITED', 'REGISTERING', 'CONNECTED', 'SUSPENDED', 'REMOVED')),
  inbound_hash text,               -- of the token they show us; null once they may show none
  inbound_hash_before text,        -- still good until the new one is first used
  outbound_sealed text,            -- the token we show them, encrypted under the key file
  versions_url text,
  endpoints text not null default '[]',
  roles text not null default '[]',
  policy text not null default '{}',
  registered_at timestamptz,
  last_heard_at timestamptz,
  last_reached_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  failures integer not null default 0, -- calls in a row that did not get through
  retry_at timestamptz,            -- until then nothing is delivered
  created_at timestamptz not null,
  primary key (holder, id)
);
create index ocpi_connection_by_ref on ocpi_connection (ref);
create unique index ocpi_connection_inbound on ocpi_connection (holder, inbound_hash);
create index ocpi_connection_by_hash on ocpi_connection (inbound_hash);
create index ocpi_connection_by_hash_before on ocpi_connection (inbound_hash_before) where inbound_hash_before is not null;

create table ocpi_words (
  holder text not null,
  owner text not null,
  module text not null,
  version text not null,
  audience text not null,          -- '' for everybody, else the connection's id
  id_key text not null,
  said boolean not null,           -- true: ours, as we say it; false: a partner's, as it said it
  revision bigint not null,
  body text not null,              -- the exact bytes
  last_updated timestamptz not null,
  primary key (holder, owner, module, version, audience, said, id_key)
);
create index ocpi_words_by_time on ocpi_words (holder, owner, module, version, audience, said, last_updated, id_key);

create table ocpi_delivery (
  holder text not null,
  connection_id text not null,
  module text not null,
  object_key text not null,
  id bigint generated always as identity,
  method text not null,
  path text not null,
  body text,                       -- null: read when sent, newest wins; else these bytes, in order
  queued_at timestamptz not null,
  run_at timestamptz not null,
  attempts integer not null default 0,
  claimed_by text,
  claimed_until timestamptz,
  version bigint not null default 1, -- grows when newer news arrive while one is under way
  delivered_at timestamptz,
  dead_at timestamptz,
  last_error text,
  location_url text,               -- where the partner says that it keeps the CDR
  primary key (holder, connection_id, module, object_key)
);
create index ocpi_delivery_waiting on ocpi_delivery (holder, connection_id, run_at, id)
  where delivered_at is null and dead_at is null;
create index ocpi_delivery_in_order on ocpi_delivery (holder, connection_id, module, id)
  where delivered_at is null and dead_at is null;

create table ocpi_exchange (
  holder text not null,
  connection_id text not null,
  id text not null,
  at timestamptz not null,
  direction text not null check (direction in ('in', 'out')),
  method text not null,
  url text not null,
  http_status integer,
  ocpi_status integer,
  problem text,
  request_id text not null,
  correlation_id text not null,
  took_ms integer not null,
  primary key (holder, connection_id, id)
);
create index ocpi_exchange_by_time on ocpi_exchange (at);

create table ocpi_command (
  holder text not null,
  id text not null,                -- ours; unguessable when it is part of a response URL
  connection_id text not null,
  direction text not null check (direction in ('in', 'out')),
  kind text not null,
  body text not null,
  response_url text,
  state text not null,             -- asked, accepted, refused, done, failed, timed out
  result text,
  session_id text,
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  answered_at timestamptz,
  primary key (holder, id)
);
create index ocpi_command_by_id on ocpi_command (id);

create table ocpi_pull (
  holder text not null,
  connection_id text not null,
  module text not null,
  due_at timestamptz not null,
  up_to timestamptz,               -- everything changed before this is here
  started_at timestamptz,
  finished_at timestamptz,
  seen bigint not null default 0,  -- objects of this crawl so far
  next_url text,                   -- where to go on after an interruption
  skipped bigint not null default 0, -- objects that could not be read
  last_error text,
  primary key (holder, connection_id, module)
);

-- Stations (OCPP) -----------------------------------------------------------------------------------------------------

create table ocpp_frame (
  holder text not null,
  station_id text not null,
  id bigint generated always as identity,
  at timestamptz not null,
  direction text not null check (direction in ('in', 'out')),
  kind text not null,              -- call, result, error, unreadable
  message_id text not null,
  action text not null,
  body text not null,
  session_id text,
  quirk text,
  primary key (holder, station_id, id)
);
create index ocpp_frame_of_session on ocpp_frame (holder, session_id, id) where session_id is not null;

create table ocpp_transaction (
  holder text not null,
  station_id text not null,
  evse_no integer not null,
  number bigint generated always as identity (minvalue 1 maxvalue 2147483647),
  natural_key text not null,       -- the fact itself: a repeated StartTransaction is this one again
  session_id text not null,
  id_tag text not null,
  stopped boolean not null default false,
  stop_digest text,
  started_at timestamptz not null,
  primary key (holder, station_id, number),
  unique (holder, station_id, natural_key)
);
create index ocpp_transaction_of_session on ocpp_transaction (holder, session_id);
create index ocpp_transaction_under_way on ocpp_transaction (holder, station_id) where not stopped;

create table ocpp_stray_stop (     -- the end of a charge whose beginning is not known here, or not yet
  holder text not null,
  station_id text not null,
  natural_key text not null,
  body text not null,              -- ChargeStopped
  at timestamptz not null,
  heard_at timestamptz not null,
  primary key (holder, station_id, natural_key)
);

create table ocpp_call (
  holder text not null,
  id text not null,
  station_id text not null,
  action text not null,
  body text not null,
  session_id text,
  request text,                    -- what asked for it, to tell it the answer
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  sent_at timestamptz,
  answered_at timestamptz,
  answer text,
  problem text,
  primary key (holder, id)
);
create index ocpp_call_waiting on ocpp_call (station_id, asked_at) where answered_at is null;
