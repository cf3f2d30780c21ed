-- How often a partner asked too often.
-- Before: 0011. After: nobody was turned away so far.

alter table ocpi_line
  add column turned_away bigint not null default 0, -- requests that came too often
  add column turned_away_at timestamptz;            -- when that was last written down
