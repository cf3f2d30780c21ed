-- What a partner does not list any more: since when it was last told, and how often it was missing from the whole list.
alter table ocpi_words add column heard_at timestamptz;  -- null for what we say
alter table ocpi_words add column missed integer not null default 0;
alter table ocpi_pull add column whole_at timestamptz;   -- when the whole list was last asked for and read to its end
alter table ocpi_pull add column gone integer not null default 0;
update ocpi_words set heard_at = last_updated where not said;
