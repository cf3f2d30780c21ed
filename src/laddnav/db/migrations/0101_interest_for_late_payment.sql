-- What interest late payment bears, as dated data of each party, and what of each invoice was charged.
-- Before: 0079. After: no rate is known, so that none is charged.

create table late_rate (
  holder text not null,
  currency text not null,
  business boolean not null,          -- of those who bought as a business, or of the others
  since date not null,
  body text not null,
  primary key (holder, currency, business, since)
);
create table late_interest (          -- of invoices that were paid late, or are
  holder text not null,
  invoice_ref text not null,
  until date not null,                -- up to this day, without it
  charged numeric not null,
  number integer not null,            -- how often something was charged
  primary key (holder, invoice_ref),
  foreign key (holder, invoice_ref) references invoice (holder, ref)
);
