-- What goes through a hub concerns one party behind it or all of them.
-- Before: 0011. After: a delivery names the party that it concerns, if it is one, and a list is fetched of a hub or of
-- one party behind it.

alter table ocpi_delivery add column to_party text not null default ''; -- '': whoever is there
alter table ocpi_delivery drop constraint ocpi_delivery_pkey,
  add primary key (holder, connection_id, module, object_key, to_party);

alter table ocpi_pull add column party text not null default ''; -- '': whoever is there
alter table ocpi_pull drop constraint ocpi_pull_pkey, add primary key (holder, connection_id, module, party);
