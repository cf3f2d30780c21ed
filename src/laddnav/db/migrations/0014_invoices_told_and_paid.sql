-- Which CDRs an invoice is for is told to whoever got it; how drivers paid at a terminal, to whoever invoices them.
-- Before: 0010. After: one row for each such record, each payment terminal and each word on what was captured at one;
-- a CDR is found by the authorisation that it was charged under.

create table reconciliation (
  holder text not null,
  owner text not null,             -- who made the invoice
  id_key text not null,
  ref text not null,
  receiver text not null,          -- who got it
  cpo text not null,               -- whose CDRs they are: the owner's, or in reverse billing the receiver's
  cdr_keys text[] not null,
  body text not null,
  revision bigint not null,
  withdrawn_at timestamptz,
  last_updated timestamptz not null,
  primary key (holder, owner, id_key)
);
create unique index reconciliation_by_ref on reconciliation (ref);
create index reconciliation_in_order on reconciliation (holder, owner, ref);
create index reconciliation_of_cdr on reconciliation using gin (cdr_keys) where withdrawn_at is null;

create table payment_terminal (
  holder text not null,
  owner text not null,             -- the payment terminal provider
  id_key text not null,
  ref text not null,
  cpo text not null,               -- at whose charging places it stands
  deactivated_at timestamptz,
  body text not null,
  revision bigint not null,
  last_updated timestamptz not null,
  primary key (holder, owner, id_key)
);
create unique index payment_terminal_by_ref on payment_terminal (ref);
create index payment_terminal_in_order on payment_terminal (holder, owner, ref);

create table payment_confirmation (
  holder text not null,
  owner text not null,             -- the payment terminal provider
  id_key text not null,
  ref text not null,
  cpo text not null,               -- who has to put it on the driver's invoice
  authorization_key text not null,
  body text not null,
  revision bigint not null,
  last_updated timestamptz not null,
  primary key (holder, owner, id_key)
);
create unique index payment_confirmation_by_ref on payment_confirmation (ref);
create index payment_confirmation_in_order on payment_confirmation (holder, owner, ref);
create index payment_confirmation_of on payment_confirmation (holder, authorization_key);

alter table cdr add column authorization_key text;
update cdr set authorization_key = lower(body::jsonb ->> 'authorization_reference');
create index cdr_of_authorization on cdr (holder, authorization_key) where authorization_key is not null;
