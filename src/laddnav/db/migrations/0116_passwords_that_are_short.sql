-- A station may have come with a password that is shorter than those which may be set now; only at the door is it seen.
-- Before: 0113. After: station says whether it is.

alter table station add column password_short boolean not null default false;
