-- What somebody outside, a grid company say, tells a site its energy costs, earns and carries.
-- Before: 0066. After: nobody has told any; plans go by the market as they did.

create table site_price (
  holder text not null,
  site_key text not null,
  by text not null,
  kind text not null,                -- PRICE, EXPORT_PRICE or CARBON
  begin_at timestamptz not null,
  end_at timestamptz,                -- null: until something else is told
  value numeric not null,            -- money per kWh before VAT, or grams per kWh
  currency text not null,            -- '' of carbon, and where nobody said: that of the site
  primary key (holder, site_key, by, kind, begin_at)
);
