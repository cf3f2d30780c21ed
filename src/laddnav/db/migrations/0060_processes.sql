-- Several processes serve one installation: each says that it lives, and what one of them held when it fell silent is taken
-- over. Before: 0001, 0021. After: a station is away from when nobody held its socket any more, not from when it was last
-- heard; a call is claimed by name, and `sent_at` is when its words went out.

create table process (
  life text primary key,           -- of one start: a process that is started again under its name is another
  name text not null,
  beat bigint not null             -- counted on while it lives; whoever listens measures silence by a clock of its own
);

alter table station add column left_at timestamptz; -- since when nobody holds its socket; null: somebody does
update station set left_at = last_seen_at where connected_to is null;
drop index station_away;
create index station_away on station (left_at) where connected_to is null;

alter table ocpp_call add column claimed_by text; -- the process that is going to send it, or has sent it
