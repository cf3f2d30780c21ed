-- A reading of a charge writes what it moves, some 600 bytes, and not the whole document; and it touches no index.
-- Before: 0033. After: a charge that is under way has no time by which it is listed, for each reading would move it in
-- the index; those are few, and looked for among themselves. The table is rewritten: some ten seconds for a million rows.

alter table session add column moved text;  -- null: body says it all

alter table session drop column listed_at;
alter table session add column listed_at timestamptz
  generated always as (case when owner = holder and status <> 'ACTIVE' then last_updated end) stored;
create index session_of_ours_by_time on session (holder, token_owner, listed_at) include (ref)
  where (owner = holder) is true;
