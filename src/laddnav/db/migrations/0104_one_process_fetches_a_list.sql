-- A list of a partner is fetched by one process at a time, and what one sends a partner counts for the others.
-- Before: 0101. After: a list that was being fetched when the column came is anybody's, as all were.

alter table ocpi_pull add column claimed_until timestamptz; -- a process fetches it; null, or past: none does
create index ocpi_delivery_under_way on ocpi_delivery (holder, connection_id) where claimed_by is not null;
