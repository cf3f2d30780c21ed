-- Customers: who pays, and for which contracts.
-- Before: 0077. After: there are none, and every contract's driver pays as before.

create table customer (
  holder text not null,
  ref text not null,
  number text not null,
  body text not null,
  last_updated timestamptz not null,
  primary key (holder, ref),
  unique (holder, number)
);
create unique index customer_by_ref on customer (ref);

create table customer_contract (     -- one customer each
  holder text not null,
  contract_key text not null,
  customer text not null,
  body text not null,
  primary key (holder, contract_key),
  foreign key (holder, customer) references customer (holder, ref)
);
create index customer_contract_of on customer_contract (holder, customer);

create table customer_count (        -- the number that was given last
  holder text primary key,
  last bigint not null
);
