-- What customers subscribe to and what of it is used and billed; wallets, vouchers, and what limits count.
-- Before: 0082. After: there is no plan and nobody has any, nobody has a wallet, a voucher or a limit.

create table plan (
  holder text not null,
  ref text not null,
  name_key text not null,
  body text not null,                -- all its versions too
  last_updated timestamptz not null,
  primary key (holder, ref),
  unique (holder, name_key)
);
create unique index plan_by_ref on plan (ref);

create table subscription (
  holder text not null,
  ref text not null,
  customer text not null,
  begins_on date not null,
  ends_on date,                      -- the first day without it; null: it goes on
  next_month date not null,          -- the first day of the first month that is not billed
  body text not null,
  last_updated timestamptz not null,
  primary key (holder, ref),
  foreign key (holder, customer) references customer (holder, ref)
);
create index subscription_of on subscription (holder, customer, begins_on);
create index subscription_to_bill on subscription (next_month) where ends_on is null or next_month < ends_on;

create table subscription_used (     -- what a charge took of what is included, and what that took off its price
  holder text not null,
  owner text not null,
  cdr_key text not null,
  subscription text not null,
  month date not null,
  at_where text not null,            -- OURS or PARTNERS
  wh numeric not null,
  body text not null,
  primary key (holder, owner, cdr_key),
  foreign key (holder, subscription) references subscription (holder, ref)
);
create index subscription_used_in on subscription_used (holder, subscription, month);

create table wallet (                -- how one is filled; what is in it, the ledger says
  holder text not null,
  customer text not null,
  body text not null,
  refills boolean not null,          -- by itself
  primary key (holder, customer),
  foreign key (holder, customer) references customer (holder, ref)
);
create index wallet_refills on wallet (holder, customer) where refills;

create table wallet_held (           -- by charges under way
  holder text not null,
  session_id text not null,
  customer text not null,
  amount numeric not null,
  primary key (holder, session_id)
);
create index wallet_held_of on wallet_held (holder, customer);

create table contract_used (         -- what a limit counts
  holder text not null,
  owner text not null,
  cdr_key text not null,
  contract_key text not null,
  week date not null,                -- its Monday
  wh numeric not null,
  cost numeric not null,             -- before VAT
  primary key (holder, owner, cdr_key)
);
create index contract_used_in on contract_used (holder, contract_key, week);

create table voucher_batch (
  holder text not null,
  ref text not null,
  body text not null,
  made_at timestamptz not null,
  primary key (holder, ref)
);
create unique index voucher_batch_by_ref on voucher_batch (ref);

create table voucher (               -- its code is shown once and kept nowhere
  holder text not null,
  hash text not null,
  batch text not null,
  customer text,                     -- whose it is since somebody typed its code in
  redeemed_at timestamptz,
  spent numeric not null default 0,
  primary key (holder, hash),
  foreign key (holder, batch) references voucher_batch (holder, ref)
);
create index voucher_of on voucher (holder, customer) where customer is not null;
create unique index voucher_once on voucher (holder, batch, customer) where customer is not null;
