-- What stands on an invoice beside charges; which of them are settled, and by what.
-- Before: 0076. After: nothing has an item, whoever owes is what it was.

alter table debtor drop constraint debtor_kind_check;
alter table debtor add constraint debtor_kind_check check (kind in ('partner', 'driver', 'customer', 'host'));

alter table debtor add column email text;      -- where invoices, reminders and statements are sent; null: nowhere
alter table debtor add column language text;   -- of those; null: by its country

create table invoice_item (
  holder text not null,
  key text not null,               -- the fact that is billed, once
  debtor_id text not null,
  invoice_ref text not null,
  amount numeric not null,         -- before VAT
  cdr text,                        -- owner/id of the charge of which it takes something back
  body text not null,              -- Item
  at timestamptz not null,
  primary key (holder, key),
  foreign key (holder, invoice_ref) references invoice (holder, ref)
);
create index item_on_invoice on invoice_item (holder, invoice_ref);
create index item_of_cdr on invoice_item (holder, cdr) where cdr is not null;
create trigger item_is_final before update or delete on invoice_item for each row execute function never_changed();

-- Open items ---------------------------------------------------------------------------------------------------------

alter table invoice disable trigger user;
alter table invoice add column to_pay numeric;                      -- with VAT and rounding; null: not issued yet
alter table invoice add column settled numeric not null default 0;  -- of that, the sum of what `settled` says
update invoice set to_pay = total_incl + coalesce((body::jsonb ->> 'rounding')::numeric, 0) where issued_at is not null;
alter table invoice enable trigger user;
alter table invoice add constraint issued_says_what_to_pay check ((to_pay is null) = (issued_at is null));
alter table invoice add constraint settled_within_what_is_to_pay
  check (case when coalesce(to_pay, 0) >= 0 then settled between 0 and coalesce(to_pay, 0) else settled between to_pay and 0 end);
create index invoice_unsettled on invoice (holder, debtor_id, due_at) where settled <> to_pay;
create index invoice_past_due on invoice (due_at) where settled <> to_pay;

create or replace function issued_is_final() returns trigger language plpgsql as $$
declare same invoice;
begin
  if old.issued_at is null then
    return case when tg_op = 'DELETE' then old else new end;
  end if;
  if tg_op = 'UPDATE' then
    same := new;
    same.settled := old.settled;
    if same is not distinct from old then
      return new;
    end if;
  end if;
  raise exception 'invoice % is issued and never changed', old.number using errcode = 'restrict_violation';
end $$;

-- Which entry of the ledger settles which invoice, and how much of it; appended, never changed.
create table settled (
  holder text not null,
  id text not null,
  source text not null,            -- the key of the entry; `credit …` where a credit note is set off against invoices
  entry_id text,                   -- null: set off, so that all of this source together is nothing
  debtor_id text not null,
  currency text not null,
  invoice_ref text not null,
  amount numeric not null check (amount <> 0),
  why text not null,               -- MatchedBy
  by text not null,
  at timestamptz not null,
  primary key (holder, id),
  foreign key (holder, invoice_ref) references invoice (holder, ref),
  foreign key (holder, entry_id) references ledger_entry (holder, id)
);
create index settled_invoice on settled (holder, invoice_ref);
create index settled_by on settled (holder, source);
create trigger settled_is_final before update or delete on settled for each row execute function never_changed();
create trigger settled_stays before truncate on settled for each statement execute function never_changed();

-- An entry settles no more than it moved on the debtor's account, an invoice takes no more than is to pay.
create function settled_is_covered() returns trigger language plpgsql as $$
declare wrong record;
begin
  update invoice i set settled = i.settled + added.amount
    from (select holder, invoice_ref, sum(amount) as amount from added_rows group by holder, invoice_ref) as added
    where i.holder = added.holder and i.ref = added.invoice_ref;
  select a.source into wrong from added_rows a join invoice i on i.holder = a.holder and i.ref = a.invoice_ref
    where (i.debtor_id, i.currency) <> (a.debtor_id, a.currency) limit 1;
  if found then
    raise exception '% settles the invoice of somebody else', wrong.source
      using errcode = 'check_violation', constraint = 'settled_of_one_debtor';
  end if;
  select a.source into wrong
    from (select distinct holder, source, entry_id, debtor_id, currency from added_rows) as a
    where not exists (
      select from (
        select coalesce(sum(s.amount), 0) as gone from settled s
        where s.holder = a.holder and s.entry_id is not distinct from a.entry_id and s.source = a.source) as s,
        lateral (select coalesce(-sum(p.amount), 0) as came from ledger_posting p
          where p.holder = a.holder and p.entry_id = a.entry_id and p.currency = a.currency
            and p.account_id = 'receivable:' || a.debtor_id) as p
      where s.gone between least(p.came, 0) and greatest(p.came, 0))
    limit 1;
  if found then
    raise exception '% settles more than it moved', wrong.source
      using errcode = 'check_violation', constraint = 'settled_by_what_moved';
  end if;
  return null;
end $$;
create trigger settled_is_covered after insert on settled
  referencing new table as added_rows for each statement execute function settled_is_covered();

-- What the bank says -------------------------------------------------------------------------------------------------

create table bank_file (
  holder text not null,
  ref text not null,
  body text not null,              -- BankFile
  read_at timestamptz not null,
  primary key (holder, ref)
);
create table bank_entry (
  holder text not null,
  ref text not null,
  key text not null,               -- the bank's own reference, or what it says: once, in however many files it stands
  account text not null,
  booked_on date not null,
  amount numeric not null,         -- below zero: it went
  currency text not null,
  end_to_end text,
  state text not null,             -- BankState
  body text not null,              -- BankEntry
  primary key (holder, ref),
  unique (holder, key)
);
create index bank_entry_to_decide on bank_entry (holder, booked_on) where state in ('PROPOSED', 'UNMATCHED');
create index bank_entry_of_amount on bank_entry (holder, account, amount);

-- Reminders ----------------------------------------------------------------------------------------------------------

create table reminding (                  -- whose overdue invoices are reminded of by themselves
  holder text primary key,
  at timestamptz not null,
  by text not null
);
create table reminder (
  holder text not null,
  invoice_ref text not null,
  level integer not null check (level > 0),
  open numeric not null,                  -- of the invoice, when it was reminded of
  at timestamptz not null,
  by text not null,                       -- empty: by itself
  primary key (holder, invoice_ref, level),
  foreign key (holder, invoice_ref) references invoice (holder, ref)
);
create table reminder_stop (              -- invoices of which nobody is reminded: they are disputed, or agreed on otherwise
  holder text not null,
  invoice_ref text not null,
  why text not null,
  at timestamptz not null,
  by text not null,
  primary key (holder, invoice_ref),
  foreign key (holder, invoice_ref) references invoice (holder, ref)
);
