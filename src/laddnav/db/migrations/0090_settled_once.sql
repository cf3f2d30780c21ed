-- What a month's statements granted a host, so that what comes late is held against it.
-- Before: 0082. After: of each statement, what it said of each agreement and month.

create table share_granted (
  holder text not null,
  agreement text not null,
  month text not null,              -- of which: that of the statement, or an earlier one of which shares came late
  statement text not null,
  shares numeric not null,
  fixed numeric not null,
  guarantee numeric not null,
  primary key (holder, agreement, month, statement),
  foreign key (holder, agreement) references share_agreement (holder, ref),
  foreign key (holder, statement) references host_statement (holder, ref)
);

-- Statements of before told fixed sums and guarantees of their own month alone; their shares are of any.
insert into share_granted (holder, agreement, month, statement, shares, fixed, guarantee)
select holder, agreement, month, statement, sum(shares), sum(fixed), sum(guarantee)
from (
  select holder, agreement, month, statement, amount as shares, 0::numeric as fixed, 0::numeric as guarantee
  from share where statement is not null
  union all
  select s.holder, line ->> 'agreement', s.month, s.ref, 0, coalesce(line ->> 'fixed', '0')::numeric,
    coalesce(line ->> 'guarantee', '0')::numeric
  from host_statement s, json_array_elements(s.body::json -> 'lines') as line
) as said
group by holder, agreement, month, statement;

-- Charges of which nobody said where their energy is bought: found when somebody does. A share that waits for that is
-- looked at once more now.
create index margin_without_site on margin (holder, location_id)
  where unknown && array['NO_SITE', 'NO_ZONE', 'NO_GRID_TARIFF'];
update margin set again_at = now() where again_at is null and unknown && array['NO_ENERGY'];

-- What is in no settlement yet: it comes with the CDR itself, whoever writes that, and goes with the row that fixes it.
-- So a look costs by what is open, and not by all that was ever charged.
create table settlement_due (
  holder text not null,
  partner text not null,
  cdr_owner text not null,
  id_key text not null,
  cdr_id text not null,
  cdr_ref text not null,
  ended_at timestamptz not null,
  currency text not null,
  energy_wh numeric not null,
  total_excl numeric not null,
  credit boolean not null,
  primary key (holder, cdr_owner, id_key)
);
create index settlement_due_with on settlement_due (holder, partner, ended_at);

create function settlement_due_of_cdrs() returns trigger language plpgsql as $$
begin
  insert into settlement_due (holder, partner, cdr_owner, id_key, cdr_id, cdr_ref, ended_at, currency, energy_wh,
    total_excl, credit)
  select holder, case when owner = holder then token_owner else owner end, owner, id_key, id, ref, ended_at, currency,
    energy_wh, total_excl, credit
  from added where owner <> holder or token_owner <> holder;
  return null;
end $$;
create trigger cdr_is_due after insert on cdr
  referencing new table as added for each statement execute function settlement_due_of_cdrs();

insert into settlement_due (holder, partner, cdr_owner, id_key, cdr_id, cdr_ref, ended_at, currency, energy_wh,
  total_excl, credit)
select c.holder, case when c.owner = c.holder then c.token_owner else c.owner end, c.owner, c.id_key, c.id, c.ref,
  c.ended_at, c.currency, c.energy_wh, c.total_excl, c.credit
from cdr c
where (c.owner <> c.holder or c.token_owner <> c.holder)
  and not exists (
    select from settlement_item i where i.holder = c.holder and i.cdr_owner = c.owner and i.id_key = c.id_key);

-- CDRs of ours that were fixed before they were billed: the VAT of their invoice counts in the next settlement.
create table settlement_unbilled (
  holder text not null,
  partner text not null,
  currency text not null,
  cdr_owner text not null,
  cdr_id text not null,
  primary key (holder, cdr_owner, cdr_id)
);
create index settlement_unbilled_with on settlement_unbilled (holder, partner, currency);

insert into settlement_unbilled (holder, partner, currency, cdr_owner, cdr_id)
select i.holder, s.partner, s.currency, i.cdr_owner, i.cdr_id
from settlement_item i join settlement s on s.holder = i.holder and s.ref = i.settlement_ref
where i.cdr_owner = i.holder and i.amount <> 0
  and not exists (
    select from billed b join settlement_invoice c on c.holder = b.holder and c.invoice_ref = b.invoice_ref
    where b.holder = i.holder and b.cdr_owner = i.cdr_owner and b.cdr_id = i.cdr_id);

-- A table that is being compared says when somebody last went on with it. Its rows are nobody's loss: where PostgreSQL was
-- killed and forgot them, they are read once more. Of those of a file none is looked for: they are joined, all of them.
alter table settlement_file add column last_updated timestamptz not null default now();
create index settlement_file_under_way on settlement_file (last_updated) where not done;
alter table settlement_claim set unlogged;
drop index settlement_claim_of;
