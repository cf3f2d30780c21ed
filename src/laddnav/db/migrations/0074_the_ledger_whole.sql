-- The ledger whole: postings that the database itself keeps balanced, for ever and in months that can be closed; sums by
-- which a balance at any instant is a matter of milliseconds; entries that take back others; numbers of accounts.
-- Before: 0069. After: what was posted counts from when it was written, is in the sums, and no month is closed.

drop trigger entry_sums_to_zero on ledger_posting;
drop trigger entry_has_postings on ledger_entry;
drop function entry_balances();
drop function entry_moves();
-- Accounts and entries are never taken away, so that nothing has to be locked to know that they stay: what these keys
-- would look after is looked after below, once a statement, and an account that everybody posts to is no hot row.
alter table ledger_posting drop constraint ledger_posting_holder_entry_id_fkey;
alter table ledger_posting drop constraint ledger_posting_holder_account_id_currency_fkey;

alter table ledger_entry disable trigger user;
alter table ledger_posting disable trigger user;
alter table ledger_entry
  drop column written_by,
  add column booked_at timestamptz,         -- from when it counts
  add column reverses text,                 -- the entry that it takes back
  add column by text not null default '',   -- who took it back
  add unique (holder, reverses),
  add foreign key (holder, reverses) references ledger_entry (holder, id);
update ledger_entry set booked_at = at;
alter table ledger_entry alter column booked_at set not null;
alter table ledger_posting add column booked_at timestamptz; -- that of its entry
update ledger_posting p set booked_at = e.at from ledger_entry e where e.holder = p.holder and e.id = p.entry_id;
alter table ledger_posting alter column booked_at set not null;
alter table ledger_entry enable trigger user;
alter table ledger_posting enable trigger user;

create index entry_by_booking on ledger_entry (holder, booked_at, id);
create index entry_by_what_it_cites on ledger_entry (holder, cites);
drop index posting_of_account;
create index posting_of_account on ledger_posting (holder, account_id, currency, booked_at, entry_id) include (amount);

create trigger account_is_final before update or delete on ledger_account for each row execute function never_changed();
create trigger accounts_stay before truncate on ledger_account for each statement execute function never_changed();

-- Months -------------------------------------------------------------------------------------------------------------

create table ledger_close (
  holder text not null,
  month text not null,                      -- 2026-10, on the calendar of the holder
  ends_at timestamptz not null,             -- what counts from before that can be posted no more
  at timestamptz not null,
  by text not null,
  primary key (holder, month),
  unique (holder, ends_at)
);
create table ledger_closing (               -- the trial balance of a month as it was closed
  holder text not null,
  month text not null,
  account_id text not null,
  currency text not null,
  amount numeric not null,
  primary key (holder, month, account_id, currency),
  foreign key (holder, month) references ledger_close (holder, month)
);
create trigger close_is_final before update or delete on ledger_close for each row execute function never_changed();
create trigger closes_stay before truncate on ledger_close for each statement execute function never_changed();
create trigger closing_is_final before update or delete on ledger_closing for each row execute function never_changed();
create trigger closings_stay before truncate on ledger_closing for each statement execute function never_changed();

-- Who posts holds the ledger with all others who do, who closes a month holds it alone: no entry slips in between.
create function ledger_of(holder text) returns bigint language sql immutable
  return hashtextextended('ledger of ' || holder, 0);

create function month_closes() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(ledger_of(new.holder));
  if exists (select from ledger_close c where c.holder = new.holder and c.ends_at >= new.ends_at) then
    raise exception 'a month after % is closed', new.month
      using errcode = 'restrict_violation', constraint = 'months_close_in_their_order';
  end if;
  return new;
end $$;
create trigger months_close_in_their_order before insert on ledger_close for each row execute function month_closes();

create function entry_is_timely() returns trigger language plpgsql as $$
declare late record;
begin
  perform pg_advisory_xact_lock_shared(ledger_of(books.holder))
    from (select distinct holder from entered order by holder) as books;
  select e.key, e.booked_at into late from entered e
    where exists (select from ledger_close c where c.holder = e.holder and c.ends_at > e.booked_at) limit 1;
  if found then
    raise exception 'entry % counts from %, in a month that is closed', late.key, late.booked_at
      using errcode = 'restrict_violation', constraint = 'ledger_month_is_open';
  end if;
  return null;
end $$;
create trigger ledger_month_is_open after insert on ledger_entry
  referencing new table as entered for each statement execute function entry_is_timely();

-- Entries and their postings -----------------------------------------------------------------------------------------

-- The sums do not know of these entries yet; who asks for a balance adds them.
create table ledger_to_sum (
  holder text not null,
  entry_id text not null,
  primary key (holder, entry_id)
);

-- All postings of an entry come in one statement, so they are looked at together, and no other can follow.
create function entries_balance() returns trigger language plpgsql as $$
declare wrong record;
begin
  insert into ledger_to_sum (holder, entry_id)
    select distinct p.holder, p.entry_id from posted p on conflict do nothing;
  select p.entry_id, p.currency, sum(p.amount) as difference into wrong from posted p
    group by p.holder, p.entry_id, p.currency having sum(p.amount) <> 0 limit 1;
  if found then
    raise exception 'the postings of entry % are % % apart', wrong.entry_id, wrong.difference, wrong.currency
      using errcode = 'check_violation', constraint = 'entry_sums_to_zero';
  end if;
  select p.entry_id into wrong from (select holder, entry_id, count(*) as many from posted group by holder, entry_id) p
    where p.many <> (select count(*) from ledger_posting o where o.holder = p.holder and o.entry_id = p.entry_id)
    limit 1;
  if found then
    raise exception 'entry % is closed: it has the postings it came with', wrong.entry_id
      using errcode = 'restrict_violation', constraint = 'entry_is_closed';
  end if;
  select p.entry_id into wrong from posted p
    where not exists (select from ledger_entry e
                      where e.holder = p.holder and e.id = p.entry_id and e.booked_at = p.booked_at) limit 1;
  if found then
    raise exception 'there is no entry % that counts from when its postings do', wrong.entry_id
      using errcode = 'foreign_key_violation', constraint = 'posting_has_its_entry';
  end if;
  select p.account_id into wrong from posted p
    where not exists (select from ledger_account a
                      where a.holder = p.holder and a.id = p.account_id and a.currency = p.currency) limit 1;
  if found then
    raise exception 'account % was never opened', wrong.account_id
      using errcode = 'foreign_key_violation', constraint = 'posting_has_its_account';
  end if;
  return null;
end $$;
create trigger entry_sums_to_zero after insert on ledger_posting
  referencing new table as posted for each statement execute function entries_balance();

create function entry_stands() returns trigger language plpgsql as $$
begin
  if not exists (select from ledger_posting p where p.holder = new.holder and p.entry_id = new.id) then
    raise exception 'entry % moves nothing', new.id using errcode = 'check_violation', constraint = 'entry_has_postings';
  end if;
  if new.reverses is null then
    return null;
  end if;
  if exists (select from ledger_entry e
             where e.holder = new.holder and e.id = new.reverses and e.reverses is not null) then
    raise exception 'entry % takes another back itself', new.reverses
      using errcode = 'restrict_violation', constraint = 'reversal_is_final';
  end if;
  if exists (select from ledger_posting p where p.holder = new.holder and p.entry_id in (new.id, new.reverses)
             group by p.account_id, p.currency having sum(p.amount) <> 0) then
    raise exception 'entry % does not mirror the one it takes back', new.id
      using errcode = 'check_violation', constraint = 'reversal_mirrors';
  end if;
  return null;
end $$;
create constraint trigger entry_has_postings after insert on ledger_entry
  deferrable initially deferred for each row execute function entry_stands();

-- Sums ---------------------------------------------------------------------------------------------------------------

create table ledger_day (                   -- what was posted to an account that counts from within a day of UTC
  holder text not null,
  account_id text not null,
  currency text not null,
  day date not null,
  amount numeric not null,
  primary key (holder, account_id, currency, day)
);
create index ledger_day_of_all on ledger_day (holder, day);
create table ledger_month (                 -- or a month of UTC, by its first day
  holder text not null,
  account_id text not null,
  currency text not null,
  month date not null,
  amount numeric not null,
  primary key (holder, account_id, currency, month)
);
insert into ledger_to_sum (holder, entry_id) select holder, id from ledger_entry;

-- The numbers of accounts --------------------------------------------------------------------------------------------

create table ledger_number (                -- how the bookkeeping of a holder calls accounts; what is not here is as BAS does
  holder text not null,
  account text not null,                    -- a head, or the beginning of an account: receivable, receivable:partner
  number text not null,
  name text not null,
  primary key (holder, account)
);
