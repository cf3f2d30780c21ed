-- What passes through us where we are a hub: whom it is for, the URLs that lead through us and back, who is kept from
-- whom, and the log that is settled by. The words themselves are in ocpi_words, as a partner said them.
-- Before: 0010. After: the same tables, and four empty ones.

create table hub_object (
  holder text not null,            -- the hub
  module text not null,
  owner text not null,
  id_key text not null,
  party text not null,             -- whom it is for; '' for everybody
  version text not null,           -- in which it was said
  contract text not null,          -- of a Token, else ''
  ref text not null,
  primary key (holder, module, owner, id_key, party)
);
create index hub_object_in_order on hub_object (holder, module, ref);
create index hub_object_by_key on hub_object (holder, module, id_key);
create index hub_object_by_contract on hub_object (holder, contract) where contract <> '';

create table hub_detour (
  holder text not null,
  id text not null,                -- nobody can guess it
  connection_id text not null,     -- who may go there
  towards text not null,           -- the connection on which it goes on
  party text not null,             -- whom to, there
  module text not null,
  interface text not null,
  method text not null,
  about text not null,             -- what a result is of
  url text not null,
  expires_at timestamptz not null,
  primary key (holder, id)
);
create index hub_detour_expired on hub_detour (expires_at);

create table hub_denial (
  holder text not null,
  one text not null,               -- the lesser of two parties
  other text not null,
  module text not null,            -- '' for all
  since timestamptz not null,
  primary key (holder, one, other, module)
);

create table hub_request (
  holder text not null,
  id text not null,
  at timestamptz not null,
  asker text not null,
  answerer text not null,          -- the hub itself where it answered
  module text not null,
  method text not null,
  way text not null check (way in ('forwarded', 'broadcast', 'listed', 'refused')),
  bytes_in bigint not null,
  bytes_out bigint not null,
  http_status integer not null,
  ocpi_status integer not null,
  took_ms integer not null,
  primary key (holder, id)
);
create index hub_request_by_time on hub_request (holder, at);
