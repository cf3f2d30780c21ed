-- Roles of support and of finance beside those there are, and drivers, who are one customer each and have no password.
-- Before: 0001, 0067. After: everybody has the role that they had.

alter table account alter column password_hash drop not null;  -- null: comes by a link that is mailed
alter table account add column customer text;
create unique index account_of_customer on account (customer) where customer is not null;
alter table account drop constraint account_role_check;
alter table account add constraint account_role_check
  check (role in ('driver', 'fleet', 'viewer', 'support', 'finance', 'operator', 'admin'));
alter table api_key add column customer text;
alter table api_key drop constraint api_key_role_check;
alter table api_key add constraint api_key_role_check
  check (role in ('driver', 'fleet', 'viewer', 'support', 'finance', 'operator', 'admin'));
