-- With every request a hub reads who is kept from the one that asks, whichever of the two was named first; and finds the
-- line of whom it names among however many there are.
-- Before: 0012. After: the same tables, and two indexes.

create index hub_denial_of_other on hub_denial (holder, other);
create index ocpi_line_by_role on ocpi_line using gin ((roles::jsonb) jsonb_path_ops);
