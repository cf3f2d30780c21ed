-- What somebody expects of a site's roof and building, where they know better than the week before.
-- Before: 0065. After: nothing is expected by anybody.

create table site_forecast (        -- mean kW of a quarter of an hour
  holder text not null,
  site_key text not null,
  place text not null,
  at timestamptz not null,
  kw double precision not null,
  primary key (holder, site_key, place, at)
);
create index site_forecast_by_age on site_forecast (at);
