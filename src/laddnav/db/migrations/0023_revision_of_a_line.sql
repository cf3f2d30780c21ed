-- A line has a revision, so that whoever remembers who speaks there can ask whether that is still so.
-- Before: 0022. After: every change of who is on a line, what it is allowed and by which token it is known counts one
-- up; that it was heard of or reached does not.

alter table ocpi_line add column revision bigint not null default 0;

create function ocpi_line_changed() returns trigger language plpgsql as $$
begin
  new.revision := old.revision + 1;
  return new;
end $$;
create trigger ocpi_line_changed
before update of state, name, version, roles, endpoints, versions_url, policy, registered_at, hub, offers, inbound_hash,
  inbound_hash_before
on ocpi_line for each row execute function ocpi_line_changed();

create function ocpi_connection_changed() returns trigger language plpgsql as $$
begin
  update ocpi_line set revision = revision + 1 where id in (old.line, new.line);
  return null;
end $$;
create trigger ocpi_connection_changed
after insert or update or delete on ocpi_connection for each row execute function ocpi_connection_changed();
