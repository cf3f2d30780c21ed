-- Which CDR a billed Credit CDR takes back, and which movement on a bank account another one undoes.
-- Before: 0079, 0001. After: the same, of all that was billed and read; where two movements undid one, the first did.

alter table billed add column credits text generated always as (body::jsonb ->> 'credits') stored;
create index billed_credits on billed (holder, cdr_owner, credits) where credits is not null;
create index billed_cancelled on billed (holder, debtor_id) where credits is not null;
