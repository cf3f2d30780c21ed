-- What a partner was told of us, so that it is told anew when that is not true any more, and once a month.
-- Before: 0017. After: of the lines that there were, nothing is known yet, so that nobody is told at once.

alter table ocpi_line
  add column told text,            -- a digest of our parties and endpoints there
  add column renew_at timestamptz;
