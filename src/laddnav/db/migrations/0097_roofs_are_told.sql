-- What the roof of a site was told last.
-- Before: 0083. After: roofs are told nothing.

alter table site add column roof_told text;
