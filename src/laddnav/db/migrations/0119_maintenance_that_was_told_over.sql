-- Whose end is told to drivers, however long nobody was there to say it.
-- Before: 0118. After: what is over leaves the schedules of its EVSEs within a minute, what was over before among it.

alter table maintenance add column over_told_at timestamptz; -- null: it may still stand in a schedule
create index maintenance_not_told_over on maintenance (end_at) where over_told_at is null;
