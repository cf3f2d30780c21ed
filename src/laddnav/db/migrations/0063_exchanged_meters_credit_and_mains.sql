-- Registers that begin anew are counted on, credit is held for charges under way, what came in from the grid is known.
-- Before: 0062. After: nothing else changes.

create table meter_exchange (        -- an operator's word that another meter counts at an Evse from an instant on
  holder text not null,
  station_id text not null,
  evse_no integer not null,
  at timestamptz not null,
  body text not null,
  primary key (holder, station_id, evse_no, at)
);
create table register_exchange (     -- as a fact of one charge, beside its readings and marks
  holder text not null,
  session_id text not null,
  at timestamptz not null,
  before_wh numeric,                 -- null: nobody read it
  after_wh numeric,
  primary key (holder, session_id, at)
);

create table meter_policy (
  holder text primary key,
  first_use_trusted boolean not null -- the first key that a station sends for a meter that nobody has registered
);
create table meter_record (          -- what was signed, by its digest, and the first charge that it was told of
  holder text not null,
  digest text not null,
  session_id text not null,
  primary key (holder, digest)
);

create table token_credit_held (     -- for a charge under way, of what its Token has left
  holder text not null,
  session_id text not null,
  type text not null,
  uid_key text not null,
  amount numeric not null,
  primary key (holder, session_id)
);
create index token_credit_held_of on token_credit_held (holder, uid_key);
create table token_credit_used (     -- CDRs that have lowered, or as credits raised, what a Token has left
  holder text not null,
  owner text not null,
  cdr_id text not null,
  amount numeric not null,
  primary key (holder, owner, cdr_id)
);

create table mains_reading (         -- registers of the meters that places are bought electricity by
  holder text not null,
  location_key text not null,
  meter text not null,
  at timestamptz not null,
  register_wh numeric not null,
  primary key (holder, location_key, meter, at)
);

create table installation (          -- what listeners know of the process that runs them
  one boolean primary key default true check (one),
  public_url text not null
);
