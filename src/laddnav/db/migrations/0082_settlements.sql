-- A month is settled with each partner, CDR by CDR; a partner's file is held against ours; hosts get their shares; and
-- what each charge earned is kept beside it.
-- Before: 0076. After: nothing is settled with anybody until terms are said, and nothing is shared.

create table settlement_terms (
  holder text not null,
  partner text not null,
  since text not null,              -- month: 2026-11
  body text not null,
  primary key (holder, partner, since)
);

create table settlement (
  holder text not null,
  ref text not null,
  partner text not null,
  month text not null,
  currency text not null,
  state text not null,
  body text not null,
  last_updated timestamptz not null,
  primary key (holder, ref)
);
create unique index settlement_by_ref on settlement (ref);
create unique index settlement_once on settlement (holder, partner, month, currency);

-- A CDR counts in one settlement, for ever; before that is proposed, what counts in it is asked of the CDRs themselves.
create table settlement_item (
  holder text not null,
  cdr_owner text not null,
  id_key text not null,
  settlement_ref text not null,
  cdr_id text not null,
  cdr_ref text not null,
  ended_at timestamptz not null,
  energy_wh numeric not null,
  amount numeric not null,
  credit boolean not null,
  ended_in text,                    -- the month that it is too late for; null: it is on time
  put_off text,                     -- why it is not in the settlement before; null: it never was
  primary key (holder, cdr_owner, id_key),
  foreign key (holder, settlement_ref) references settlement (holder, ref)
);
create index settlement_item_of on settlement_item (holder, settlement_ref, cdr_owner, cdr_ref);

create table settlement_put_off (
  holder text not null,
  cdr_owner text not null,
  id_key text not null,
  settlement_ref text not null,     -- from which
  why text not null,
  by text not null,
  at timestamptz not null,
  primary key (holder, cdr_owner, id_key, settlement_ref)
);

create table settlement_invoice (
  holder text not null,
  invoice_ref text not null,
  settlement_ref text not null,     -- in which its VAT counts
  primary key (holder, invoice_ref),
  foreign key (holder, settlement_ref) references settlement (holder, ref)
);
create index settlement_invoice_of on settlement_invoice (holder, settlement_ref);

-- What ended in a month. CDRs come about as they end, so that a few pages hold a month; and no look-up by the key can
-- mistake this index for it, whatever is known of the table.
create index cdr_by_end on cdr using brin (ended_at) with (autosummarize = on);

-- Hosts, what they get by which agreement, and their share of each charge.
create table host (
  holder text not null,
  id text not null,
  ref text not null,
  body text not null,
  primary key (holder, id)
);
create unique index host_by_ref on host (ref);

create table share_agreement (
  holder text not null,
  ref text not null,
  host text not null,
  since date not null,
  until date,
  body text not null,
  primary key (holder, ref),
  foreign key (holder, host) references host (holder, id)
);
create unique index share_agreement_by_ref on share_agreement (ref);

create table host_statement (
  holder text not null,
  ref text not null,
  host text not null,
  month text not null,
  currency text not null,
  body text not null,
  primary key (holder, ref),
  foreign key (holder, host) references host (holder, id)
);
create unique index host_statement_by_ref on host_statement (ref);
create unique index host_statement_once on host_statement (holder, host, month, currency);

create table share (
  holder text not null,
  cdr_owner text not null,
  id_key text not null,
  agreement text not null,
  host text not null,
  cdr_id text not null,
  cdr_ref text not null,
  place text not null,
  evse_id text not null,
  ended_at timestamptz not null,
  month text not null,              -- in which the charge ended
  currency text not null,
  kwh numeric not null,
  revenue numeric not null,
  energy_cost numeric not null,
  amount numeric not null,
  capped boolean not null,
  statement text,                   -- null: on none yet
  primary key (holder, cdr_owner, id_key, agreement),
  foreign key (holder, agreement) references share_agreement (holder, ref)
);
create index share_of_host on share (holder, host, cdr_ref);
create index share_to_state on share (holder, host, month) where statement is null;
create index share_of_statement on share (holder, statement, cdr_ref);

-- What each CDR left us; unknown parts are null.
create table margin (
  holder text not null,
  cdr_owner text not null,
  id_key text not null,
  cdr_id text not null,
  cdr_ref text not null,
  ended_at timestamptz not null,
  month text not null,
  location_id text not null,
  place text not null,
  tariff text not null,
  partner text not null,
  currency text not null,
  kwh numeric not null,
  paid numeric not null,
  billed numeric not null,
  roaming numeric not null,
  energy numeric,
  grid numeric,
  fees numeric,
  shares numeric,
  unknown text[] not null,
  again_at timestamptz,             -- when to look whether more is known; null: all is, or it never will be
  primary key (holder, cdr_owner, id_key)
);
create index margin_of_month on margin (holder, month);
create index margin_again on margin (again_at) where again_at is not null;

-- A partner's table, held against our CDRs: its rows while that lasts, and what differs.
create table settlement_file (
  holder text not null,
  ref text not null,
  partner text not null,
  month text not null,
  digest text not null,
  done boolean not null,
  body text not null,
  primary key (holder, ref)
);
create unique index settlement_file_by_ref on settlement_file (ref);
create index settlement_file_of on settlement_file (holder, partner, month, ref);
create unique index settlement_file_once on settlement_file (holder, partner, digest) where not done;

create table settlement_claim (
  holder text not null,
  file text not null,
  number bigint not null,           -- of the row
  id_key text not null,             -- empty: it tells no id
  id text not null,
  evse_key text not null,
  started_at timestamptz,
  ended_at timestamptz,
  energy_wh numeric,
  amount numeric not null,
  currency text not null
);
create index settlement_claim_of on settlement_claim (holder, file); -- of whose rows none is looked for

create table settlement_difference (
  holder text not null,
  file text not null,
  place bigint generated always as identity,
  number bigint,                    -- of the row; null: the table has none
  id text not null default '',
  evse_key text not null default '',
  started_at timestamptz,
  ended_at timestamptz,
  energy_wh numeric,
  amount numeric,
  currency text,
  cdr_id text,                      -- null: there is none here
  cdr_ref text,
  our_evse_key text,
  our_started_at timestamptz,
  our_ended_at timestamptz,
  our_energy_wh numeric,
  our_amount numeric,
  our_incl numeric,
  our_currency text,
  credit boolean,
  credited boolean,
  standing text,
  came_at timestamptz,
  guessed boolean not null default false,
  cause text,
  note text not null default '',
  primary key (holder, file, place)
);
create index settlement_difference_of on settlement_difference (holder, file, cause, place);
create index settlement_difference_at on settlement_difference (holder, file, our_evse_key, our_started_at)
  where number is null;
