-- Cards that providers keep for our customers, and what providers say has moved on our accounts there.
-- Before: 0085. After: there are none; what a customer's card was called before stays with the customer.

create table stored_card (
  holder text not null,
  ref text not null,
  customer text not null,
  account text not null,
  method text,                        -- what the provider calls it; null: it is not stored yet
  state text not null,
  is_default boolean not null,
  expires_on date,
  next_at timestamptz,                -- when the provider is asked; null: it is over
  body text not null,
  primary key (holder, ref),
  foreign key (holder, account) references payment_account (holder, ref),
  foreign key (holder, customer) references customer (holder, ref)
);
create unique index stored_card_by_ref on stored_card (ref);
create unique index stored_card_by_method on stored_card (account, method) where state = 'STORED'; -- one customer's
create unique index stored_card_default on stored_card (holder, customer) where is_default;
create index stored_card_of on stored_card (holder, customer);
create index stored_card_due on stored_card (next_at) where next_at is not null;
create index stored_card_expires on stored_card (expires_on) where state = 'STORED';

create table card_payer (             -- what a provider calls a customer, once and for all
  holder text not null,
  account text not null,
  customer text not null,
  payer text not null,
  primary key (holder, account, customer)
);

create table provider_book (
  holder text not null,
  account text not null,
  next_at timestamptz not null,       -- when it is read
  body text not null,
  primary key (holder, account),
  foreign key (holder, account) references payment_account (holder, ref)
);

create table provider_movement (
  holder text not null,
  account text not null,
  id text not null,                   -- the provider's
  at timestamptz not null,
  moved text not null,
  body text not null,
  primary key (holder, account, id)
);
create index provider_movement_strange on provider_movement (holder, account, at) where moved = 'ELSE';
