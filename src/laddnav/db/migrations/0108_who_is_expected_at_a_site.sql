-- Which vehicles are expected at a site by their timetables.
-- Before: 0104. After: nobody is expected but who usually comes, until fleets are looked after.

create table site_expected (
  holder text not null,
  site_key text not null,
  told_by text not null,           -- a fleet
  body text not null,              -- its vehicles that will come, and which charges of the last days were theirs
  primary key (holder, site_key, told_by)
);
create index site_expected_by on site_expected (holder, told_by);
