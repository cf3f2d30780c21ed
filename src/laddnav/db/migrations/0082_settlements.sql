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

-- What ended in a month, by whose it is and whose driver charged.
create index cdr_to_settle on cdr (holder, owner, token_owner, ended_at);
