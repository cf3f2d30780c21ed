-- A driver without an account says what a charge is for, before and during it, and what it may cost.
-- Before: 0055. After: nothing else changes.

alter table ocpp_transaction add column budget numeric; -- taxes included, in the currency of its price; null: none

create table charge_claim (          -- a browser that says whose charge it is, known by a secret that it alone holds
  digest text primary key,           -- of the secret
  holder text not null,
  location_key text not null,
  evse_key text not null,
  location_id text not null,
  evse_uid text not null,
  card text not null,                -- what was typed of the card's number
  wants text,                        -- chosen before the charge began; null: nothing, or the charge has it by now
  session_id text,                   -- null: no charge has begun with this card yet
  claimed_at timestamptz not null
);
create index charge_claim_waits on charge_claim (holder, location_key, evse_key) where session_id is null;
create index charge_claim_ages on charge_claim (claimed_at);

create table charge_claim_try (      -- guesses at other people's cards end soon
  subject text primary key,          -- an EVSE, or where a browser calls from
  tries integer not null,
  since timestamptz not null
);
create index charge_claim_try_ages on charge_claim_try (since);
