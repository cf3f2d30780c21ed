-- What a corrected CDR asks for beyond what was taken of a charge without an account; what finance decided of it.
-- Before: 0081. After: none is known of charges of before, unless their CDR is corrected again.

alter table ticket add column short boolean not null default false;  -- something of it is open
alter table ticket add column later text;                           -- the payment by which it is being paid
create index ticket_short on ticket (holder, ref) where short;
create unique index ticket_later on ticket (holder, later) where later is not null;
