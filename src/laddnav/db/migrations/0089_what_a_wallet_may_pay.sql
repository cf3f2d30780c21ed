-- What a wallet has to know of rooms above it, said in one place, so that nothing is kept twice: what of a debt bears no
-- VAT yet, and what of a payment is on its way back.
-- And who is paid back for charging at home, and what was.
-- Before: 0085. After: two views that billing and customers read, and nobody is paid back for anything.

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

create table home_charging (         -- an employee who is paid back by their employer for charging at home
  holder text not null,
  ref text not null,
  employer text not null,
  employee text not null,
  location_key text not null,
  contract_key text not null,        -- '': whatever card is used there
  ends_on date,
  body text not null,                -- its rates too
  last_updated timestamptz not null,
  primary key (holder, ref),
  foreign key (holder, employer) references customer (holder, ref),
  foreign key (holder, employee) references customer (holder, ref)
);
create unique index home_charging_by_ref on home_charging (ref);
create index home_charging_at on home_charging (holder, location_key);
create index home_charging_of_employer on home_charging (holder, employer);
create index home_charging_of_employee on home_charging (holder, employee);

create table home_paid_back (        -- what for a CDR, once; by a Credit CDR what is taken back, below zero
  holder text not null,
  owner text not null,
  cdr_key text not null,
  home text not null,
  employer text not null,
  employee text not null,
  day date not null,
  wh numeric not null,
  amount numeric not null,
  currency text not null,
  body text not null,
  primary key (holder, owner, cdr_key),
  foreign key (holder, home) references home_charging (holder, ref)
);
create index home_paid_back_by_employer on home_paid_back (holder, employer, day);
create index home_paid_back_by_employee on home_paid_back (holder, employee, day);
