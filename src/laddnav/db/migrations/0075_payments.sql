-- Payments through providers: our accounts there, each payment, every call that was made for it, refunds that were asked
-- for, and what providers told unasked.
-- Before: 0069. After: there are no accounts and no payments.

create table payment_account (
  holder text not null,
  ref text not null,
  body text not null,
  secrets text not null,              -- sealed
  primary key (holder, ref)
);
create unique index payment_account_by_ref on payment_account (ref);

create table payment (
  holder text not null,
  ref text not null,
  account text not null,
  about text not null,                -- what is paid for
  state text not null,
  provider_id text,
  troubled boolean not null,          -- a person has to look
  next_at timestamptz,                -- when it goes on; null: it is settled, and old
  turn text,                          -- of whoever works on it now
  turn_until timestamptz,             -- after which another may
  body text not null,
  primary key (holder, ref),
  foreign key (holder, account) references payment_account (holder, ref)
);
create unique index payment_by_ref on payment (ref);
create index payment_due on payment (next_at) where next_at is not null;
create index payment_troubled on payment (holder, ref) where troubled;
create index payment_about on payment (holder, about);
create index payment_by_provider_id on payment (account, provider_id);

create table payment_call (
  holder text not null,
  payment text not null,
  number integer not null,
  open boolean not null,
  body text not null,
  primary key (holder, payment, number),
  foreign key (holder, payment) references payment (holder, ref)
);
create unique index payment_call_open on payment_call (holder, payment) where open; -- one at a time

create table payment_refund (
  holder text not null,
  ref text not null,
  payment text not null,
  state text not null,
  body text not null,
  primary key (holder, ref),
  foreign key (holder, payment) references payment (holder, ref)
);
create unique index payment_refund_by_ref on payment_refund (ref);
create index payment_refund_of on payment_refund (holder, payment);
create index payment_refund_waiting on payment_refund (holder, ref) where state = 'WAITING';

create table payment_heard (
  holder text not null,
  payment text not null,
  id text not null,
  what text not null,
  at timestamptz not null,
  primary key (holder, payment, id),
  foreign key (holder, payment) references payment (holder, ref)
);
