-- Between two in Germany, networks of invoices ask for a person to call.
-- Before: 0076. After: a party says whom, with a name, a telephone and an e-mail; invoices that are issued keep theirs.

alter table party add column contact jsonb;  -- null: nobody
