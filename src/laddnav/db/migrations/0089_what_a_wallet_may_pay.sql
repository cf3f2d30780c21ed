-- What a wallet has to know of rooms above it, said in one place, so that nothing is kept twice: what of a debt bears no
-- VAT yet, and what of a payment is on its way back.
-- Before: 0085. After: two views that billing and customers read; nothing is changed.

create view debt_without_vat as
select i.holder, i.debtor_id, i.currency,
  sum(coalesce((select sum(l.amount) from invoice_line l where l.holder = i.holder and l.invoice_ref = i.ref), 0)
    + coalesce((select sum(t.amount) from invoice_item t where t.holder = i.holder and t.invoice_ref = i.ref), 0)) as amount
from invoice i where i.issued_at is null group by i.holder, i.debtor_id, i.currency;

create view going_back as           -- granted and not given back yet, or waiting for a second person
select p.holder, p.about, p.body::json ->> 'currency' as currency,
  sum(greatest((p.body::json ->> 'back')::numeric - (p.body::json ->> 'refunded')::numeric, 0)
    + coalesce((select sum((r.body::json ->> 'amount')::numeric) from payment_refund r
                where r.holder = p.holder and r.payment = p.ref and r.state = 'WAITING'), 0)) as amount
from payment p group by p.holder, p.about, p.body::json ->> 'currency';
