-- A hub remembers its clients by the revisions of their lines, and finds one among many by an index.
-- Before: 0032. After: a revision is given once: that of a change which was undone is not that of the next, whatever
-- somebody saw of it in between.

create sequence ocpi_revision;
select setval('ocpi_revision', (select coalesce(max(revision), 0) + 1 from ocpi_line));

create or replace function ocpi_line_changed() returns trigger language plpgsql as $$
begin
  new.revision := nextval('ocpi_revision');
  return new;
end $$;
create or replace function ocpi_connection_changed() returns trigger language plpgsql as $$
begin
  update ocpi_line set revision = nextval('ocpi_revision') where id in (old.line, new.line);
  return null;
end $$;

create index ocpi_line_by_party on ocpi_line using gin ((roles::jsonb) jsonb_path_ops);
