-- With every request a hub reads who is kept from the one that asks, whichever of the two was named first.
-- Before: 0012. After: the same tables, and an index.

create index hub_denial_of_other on hub_denial (holder, other);
