-- A list of a partner is fetched by one process at a time.
-- Before: 0101. After: a list that was being fetched when the columns came is anybody's, as all were.

alter table ocpi_pull add column claimed_until timestamptz; -- a process fetches it; null, or past: none does
