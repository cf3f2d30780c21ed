-- What electricity costs and what carbon it carries, by bidding zone; and what the grid asks for carrying it.
-- Before: 0001. After: nothing else changes. Prices of a zone are the same for all of our parties, so they have no holder.

create table market_document (       -- each thing that a source said, whole; what it replaced is in those before it
  ref text primary key,
  zone text not null,
  kind text not null,                -- PRICE or CARBON
  currency text not null,            -- '' of carbon
  source text not null,
  fetched_at timestamptz not null,
  fetched_by text not null,
  begin_at timestamptz not null,
  end_at timestamptz not null,
  new integer not null,
  changed integer not null,
  odd integer not null,
  body text not null
);
create index market_document_of on market_document (zone, kind, ref);

create table market_step (           -- what holds now, of the newest document that speaks of it
  zone text not null,
  kind text not null,
  currency text not null,
  begin_at timestamptz not null,
  seconds integer not null,
  value numeric not null,            -- money per kWh before VAT, or grams per kWh
  odd boolean not null,
  document_ref text not null,
  primary key (zone, kind, currency, begin_at)
);

create table market_following (      -- where prices are fetched from
  zone text not null,
  kind text not null,
  feed text not null,
  url text,                          -- null: where that feed is found by everybody
  key_sealed text,
  per_euro numeric,                  -- at which an operator reckons euros into the zone's currency; null: at none
  next_at timestamptz not null,
  tries integer not null,
  fetched_at timestamptz,
  trouble text,
  late_since timestamptz,
  said_by text not null,
  primary key (zone, kind)
);
create index market_following_next on market_following (next_at);

create table grid_tariff (
  holder text not null,
  id_key text not null,
  ref text not null unique,
  id text not null,
  body text not null,
  revision integer not null,
  changed_at timestamptz not null,
  changed_by text not null,
  primary key (holder, id_key)
);
