-- What a partner dated too late is put right by its whole lists, once these have said otherwise long enough.
-- Before: 0104. After: no list has said otherwise of anything yet.

alter table ocpi_words add column belied_at timestamptz; -- the first whole list that said an earlier date, and none has said this one since
alter table ocpi_pull add column corrected integer not null default 0;
