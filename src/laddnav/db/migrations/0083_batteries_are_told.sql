-- What the battery of a site was told last.
-- Before: 0066. After: batteries are told nothing.

alter table site add column battery_told text;
