-- Fleets: vehicles with their departures, what they charged and who pays for it; accounts and keys of one fleet.
-- Before: 0063. After: there is no fleet, and nobody's account or key is bound to one.

create table fleet (
  holder text not null,
  ref text not null,
  name_key text not null,
  body text not null,              -- its depots and cost centres too
  last_updated timestamptz not null,
  primary key (holder, ref),
  unique (holder, name_key)
);
create unique index fleet_by_ref on fleet (ref);

create table fleet_vehicle (
  holder text not null,
  ref text not null,
  fleet text not null,
  id_key text not null,
  body text not null,
  content text,                    -- what is known of what is in its battery; null: nothing
  removed_at timestamptz,          -- what it charged stays told
  last_updated timestamptz not null,
  primary key (holder, ref)
);
create unique index fleet_vehicle_by_ref on fleet_vehicle (ref);
create unique index fleet_vehicle_by_id on fleet_vehicle (holder, fleet, id_key) where removed_at is null;

create table fleet_sign (            -- by what a vehicle is recognised; no two have the same
  holder text not null,
  kind text not null,
  value_key text not null,
  vehicle text not null,
  primary key (holder, kind, value_key)
);
create index fleet_sign_of on fleet_sign (holder, vehicle);

create table fleet_departure (
  holder text not null,
  ref text not null,
  fleet text not null,
  id_key text not null,
  vehicle text not null,
  body text not null,
  last_updated timestamptz not null,
  primary key (holder, ref),
  unique (holder, fleet, id_key)
);
create unique index fleet_departure_by_ref on fleet_departure (ref);
create index fleet_departure_of on fleet_departure (holder, vehicle);

create table fleet_swap (
  holder text not null,
  departure text not null,
  on_day date not null,
  fleet text not null,
  body text not null,
  primary key (holder, departure, on_day)
);
create index fleet_swap_of on fleet_swap (holder, fleet, on_day);

create table fleet_charge (          -- whose vehicle a session is
  holder text not null,
  owner text not null,
  session_key text not null,
  fleet text not null,
  vehicle text not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  primary key (holder, owner, session_key)
);
create index fleet_charge_open on fleet_charge (holder, vehicle) where ended_at is null;
create index fleet_charge_of on fleet_charge (holder, vehicle, started_at);

create table fleet_alert (
  holder text not null,
  ref text not null,
  fleet text not null,
  departure text not null,
  on_day date not null,
  cause text not null,
  over_at timestamptz,             -- cured or missed
  body text not null,
  primary key (holder, ref)
);
create unique index fleet_alert_open on fleet_alert (holder, departure, on_day, cause) where over_at is null;
create index fleet_alert_of on fleet_alert (holder, fleet, ref);

create table fleet_spent (           -- what CDRs say that vehicles charged, and who paid on that day
  holder text not null,
  owner text not null,
  cdr_key text not null,
  fleet text not null,
  vehicle text not null,
  on_day date not null,
  cost_centre text,
  charges integer not null,        -- -1 of a credit
  energy_wh numeric not null,
  currency text not null,
  cost numeric not null,           -- before taxes
  primary key (holder, owner, cdr_key)
);
create index fleet_spent_of on fleet_spent (holder, fleet, on_day);

-- Who sees and changes one fleet and nothing else. Without a fleet, who has this role sees nothing at all.
alter table account add column fleet text;
alter table account drop constraint account_role_check;
alter table account add constraint account_role_check check (role in ('fleet', 'viewer', 'operator', 'admin'));
alter table api_key add column fleet text;
alter table api_key drop constraint api_key_role_check;
alter table api_key add constraint api_key_role_check check (role in ('fleet', 'viewer', 'operator', 'admin'));
