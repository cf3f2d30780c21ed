-- Charges that their drivers pay for here and now, without an account.
-- Before: 0075. After: there are none.

create table ticket (
  holder text not null,
  ref text not null,
  link text not null,                 -- what the driver's own page is found by; nobody guesses it
  location_id text not null,
  evse_uid text not null,
  payment text not null,
  session_id text,                    -- null: no station was asked
  state text not null,
  next_at timestamptz,                -- when it is looked at; null: it is over
  made_at timestamptz not null,
  body text not null,
  primary key (holder, ref),
  foreign key (holder, payment) references payment (holder, ref)
);
create unique index ticket_by_ref on ticket (ref);
create unique index ticket_by_link on ticket (link);
create unique index ticket_of_payment on ticket (holder, payment);
create unique index ticket_of_session on ticket (holder, session_id) where session_id is not null;
create index ticket_paying on ticket (holder, location_id, evse_uid, made_at) where state = 'PAYING';
create index ticket_due on ticket (next_at) where next_at is not null;
