-- A command is forgotten by when it was over, not by when it was asked for: a reservation is open for days.
-- Before: 0038. After: the same rows; commands that are over are found by when they were.

drop index ocpi_command_over;
create index ocpi_command_over on ocpi_command ((coalesce(answered_at, asked_at)))
  where state not in ('asked', 'accepted');
