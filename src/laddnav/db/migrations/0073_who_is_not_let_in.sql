-- When a station of ours last knocked without being let in, and what it lacked; null since it was let in.
-- Before: 0060. After: nobody is known to have knocked in vain.

alter table station add column refused_at timestamptz;
alter table station add column refused_why text;
