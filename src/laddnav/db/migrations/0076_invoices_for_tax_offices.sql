-- What VAT and electronic invoices need to know of seller and buyer, and from which invoice another one takes back.
-- Before: 0001. After: nothing else changes; what is issued stays as it is.

alter table party add column vat_registrations text not null default '[]'; -- VatRegistrations
alter table party add column endpoint text;      -- where it takes electronic invoices: 0007:5560001234; null: by its VAT number
alter table party add column round_to numeric check (round_to > 0); -- what sums to pay are rounded to; null: they are not

alter table debtor add column endpoint text;     -- as that of a party
alter table debtor add column reference text;    -- what it wants to find on its invoices
