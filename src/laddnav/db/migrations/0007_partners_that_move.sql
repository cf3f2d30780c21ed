-- A partner moves: to a newer version, to other URLs, behind a hub. What it offers is looked at again now and then.
alter table ocpi_connection
  add column hub text,                                 -- the party that passes messages on there, where one does
  add column offers text[] not null default '{}',      -- the versions that it listed when we last looked
  add column look_at timestamptz;                      -- when to look again; null: as soon as there is time
