-- What is said of a doubt, of a step of a task, of a cure and of a station that is not let in, as a kind with its values,
-- for pages of every language.
-- Before: 0119. After: what is said from now on is worded where it is read; what was said before stays the text it was.

alter table doubt add column note text;          -- JSON of a Note; null: said before there were kinds
alter table ocpp_task_step add column note text; -- likewise; null too where the station's own words stand in `said`
alter table ocpp_cure add column note text;      -- likewise
alter table station add column refused_note text; -- what `refused_why` says; null likewise
