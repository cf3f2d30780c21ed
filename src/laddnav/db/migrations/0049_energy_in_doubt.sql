-- A doubt says how much energy was read and is not billed because of it.
-- Before: 0048. After: the same doubts; of those that are there the amount is not known, and taken as none.

alter table doubt add column energy_wh numeric not null default 0;
