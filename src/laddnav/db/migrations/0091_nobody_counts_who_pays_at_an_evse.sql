-- How many pay at an Evse is asked no more: who begins to pay is braked by where they come from.
-- Before: 0081. After: the index that was for that question alone is gone.

drop index ticket_paying;
