-- Links that let a driver in, and what a customer's charges, mails and payments are found by.
-- Before: 0077, 0078, 0080. After: no link is on its way.

create table sign_in_link (
  secret_hash text primary key,
  customer text not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index sign_in_link_of on sign_in_link (customer, expires_at);
create index customer_by_email on customer (lower(body::json ->> 'email'));
create index cdr_of_token on cdr using hash (token_uid_key);

create table customer_leaving (      -- who asked for what is kept of them to be deleted
  customer text primary key,
  holder text not null,
  asked_at timestamptz not null,
  done_at timestamptz
);
create index customer_leaving_open on customer_leaving (holder, asked_at) where done_at is null;

create index payment_held on payment (holder) where state = 'HELD';
create index payment_credits on payment (holder, (body::json ->> 'credits'), ref);
create index mail_to on mail (holder, (body::json ->> 'to'), ref);

create table customer_note (         -- what people of the house write down about a customer, for each other
  holder text not null,
  id text not null,
  customer text not null,
  at timestamptz not null,
  by text not null,
  text text not null,
  primary key (holder, id),
  foreign key (holder, customer) references customer (holder, ref)
);
create index customer_note_of on customer_note (holder, customer, id);
