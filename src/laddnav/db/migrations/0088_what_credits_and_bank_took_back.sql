-- Which CDR a billed Credit CDR takes back, and which movement on a bank account another one undoes.
-- Before: 0079, 0001. After: the same, of all that was billed and read; where two movements undid one, the first did.

alter table billed add column credits text generated always as (body::jsonb ->> 'credits') stored;
create index billed_credits on billed (holder, cdr_owner, credits) where credits is not null;
create index billed_cancelled on billed (holder, debtor_id) where credits is not null;

alter table bank_entry add column undoes text;  -- the key of the movement that this one takes back; each once
update bank_entry went set undoes = undone.key
  from (select distinct on (came.holder, came.key) came.holder, came.key, back.ref
        from bank_entry back join bank_entry came on came.holder = back.holder and came.account = back.account
          and came.amount = -back.amount and came.currency = back.currency and came.end_to_end = back.end_to_end
          and came.booked_on <= back.booked_on
        where back.body::jsonb ->> 'why' = 'UNDONE'
        order by came.holder, came.key, back.ref) as undone
  where went.holder = undone.holder and went.ref = undone.ref;
create unique index bank_entry_undoes on bank_entry (holder, undoes) where undoes is not null;

alter table party add column swish text;  -- the number for the code on its invoices; null: it takes no Swish so
