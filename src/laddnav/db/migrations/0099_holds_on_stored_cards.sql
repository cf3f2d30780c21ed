-- Charges that are held on stored cards while they go on; and charges at partners hold of a wallet as ours do.
-- Before: 0094. After: nothing is held on any card; what was held of wallets is held by charges of its holder's own.

create table card_hold (              -- one charge of who pays by a stored card, and its hold
  holder text not null,
  ref text not null,
  session_id text not null,           -- one of the holder's own
  customer text not null,
  payment text,                       -- null: there was no card to ask
  state text not null,
  invoice text,                       -- on which it is billed, by ref; null: it is not yet
  next_at timestamptz,                -- when it is looked at; null: it is over
  body text not null,
  primary key (holder, ref),
  foreign key (holder, customer) references customer (holder, ref)
);
create unique index card_hold_by_ref on card_hold (ref);
create unique index card_hold_of_session on card_hold (holder, session_id);
create unique index card_hold_of_payment on card_hold (holder, payment) where payment is not null;
create index card_hold_of on card_hold (holder, customer, ref);
create index card_hold_on on card_hold (holder, invoice) where invoice is not null;
create index card_hold_due on card_hold (next_at) where next_at is not null;

alter table wallet_held add column owner text;
update wallet_held set owner = holder;
alter table wallet_held alter column owner set not null;
alter table wallet_held drop constraint wallet_held_pkey;
alter table wallet_held add primary key (holder, owner, session_id);
alter table wallet_held add column until timestamptz;  -- then nobody waits for its CDR any more; null: as long as it lasts
create index wallet_held_late on wallet_held (until) where until is not null;
