-- Of who charged, OCPI 2.1.1 tells the contract alone. Needs nothing before, and nothing after.
create index token_by_contract on token (holder, owner, upper(contract_id));
