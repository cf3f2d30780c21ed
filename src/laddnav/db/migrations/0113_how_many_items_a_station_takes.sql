-- An operator may say how many items a station takes in one message, where what it says itself is wrong or nothing.
-- Before: 0112. After: station says it.

alter table station add column items_per_message integer;
