-- Charges of a card are found in order, newest first: where one card stands for many (a terminal's, a company's), a hash
-- has them all in one bucket, and each further one takes longer than the one before.
-- Before: 0086. After: nothing is different but where one looks.

drop index cdr_of_token;
create index cdr_of_token on cdr (token_uid_key, ref);
