-- That another mains meter counts at a place from an instant on, under the same name.
-- Before: 0119. After: nothing else changes.

create table mains_exchange (
  holder text not null,
  ref text not null,
  location_key text not null,
  meter text not null,
  at timestamptz not null,
  before_wh numeric not null,        -- what the old one showed last, and the new one first
  after_wh numeric not null,
  noted_at timestamptz not null,
  noted_by text not null,
  primary key (holder, ref),
  unique (holder, location_key, meter, at)
);
