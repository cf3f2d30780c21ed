-- What customers subscribe to, what of it is used and billed.
-- Before: 0080. After: there is no plan, and nobody has any.

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
