-- Who can be reached through a hub: as hub we say it of our partners, as anybody else we hear it of the hub's.
-- Before: 0009. After: the same tables, and one row for each party in each role behind each hub.

create table hub_client (
  holder text not null,
  owner text not null,             -- the hub
  id_key text not null,            -- party and role
  ref text not null,
  party text not null,
  status text not null,
  body text not null,
  revision bigint not null,
  last_updated timestamptz not null,
  primary key (holder, owner, id_key)
);
create index hub_client_by_ref on hub_client (ref);
create index hub_client_in_order on hub_client (holder, owner, ref);
create index hub_client_of_party on hub_client (holder, party);
