-- Whoever remembers a line calls its partner as well, so what guards that call is part of what it remembers.
-- Before: 0023. After: certificates that change count the revision of a line up, as all else about it does.

drop trigger ocpi_line_changed on ocpi_line;
create trigger ocpi_line_changed
before update of state, name, version, roles, endpoints, versions_url, policy, registered_at, hub, offers, inbound_hash,
  inbound_hash_before, tls_changed_at
on ocpi_line for each row execute function ocpi_line_changed();
