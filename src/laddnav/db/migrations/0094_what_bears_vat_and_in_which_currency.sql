-- What is no sale bears no VAT where a wallet's free amount is reckoned; a rate for charging at home has a currency; and a
-- provider's movement says which payment it is of, so that one that is none of ours is found.
-- Before: 0093. After: what is not invoiced yet is `debt_not_invoiced`, and only what of it is sold is `debt_without_vat`;
-- rates of before are in their party's currency; movements of before say of no payment, and are taken for known.

create view debt_not_invoiced as
select i.holder, i.debtor_id, i.currency,
  sum(coalesce((select sum(l.amount) from invoice_line l where l.holder = i.holder and l.invoice_ref = i.ref), 0)
    + coalesce((select sum(t.amount) from invoice_item t where t.holder = i.holder and t.invoice_ref = i.ref), 0)) as amount
from invoice i where i.issued_at is null group by i.holder, i.debtor_id, i.currency;

create or replace view debt_without_vat as
select i.holder, i.debtor_id, i.currency,
  sum(coalesce((select sum(l.amount) from invoice_line l where l.holder = i.holder and l.invoice_ref = i.ref), 0)
    + coalesce((select sum(t.amount) from invoice_item t where t.holder = i.holder and t.invoice_ref = i.ref
                and coalesce(t.body::json ->> 'supply', t.body::json ->> 'kind') not in ('NONE', 'REIMBURSEMENT')
                and t.body::json -> 'takes_back' ->> 'why' is distinct from 'NO_SUPPLY'), 0)) as amount
from invoice i where i.issued_at is null group by i.holder, i.debtor_id, i.currency;

update home_charging h set body = jsonb_set(h.body::jsonb, '{rates}', (
  select jsonb_agg(rate || jsonb_build_object('currency', p.currency) order by number)
  from jsonb_array_elements(h.body::jsonb -> 'rates') with ordinality as said (rate, number)))::text
from party p where p.holder = h.holder;

alter table provider_movement add column paid text;  -- the provider's id of the payment that it took; null: not told
drop index provider_movement_strange;
create index provider_movement_strange on provider_movement (holder, account, at) where moved in ('ELSE', 'TAKEN');
