-- When who is to pay was let in, and when the Evse was told, as far as was heard: a charge begins with the later;
-- and what was told of it before somebody who pays was let in, to be told again once it does.
-- Before: 0044. After: it begins with the event that completes what is known, though that may be its start.

alter table ocpp_transaction
  add column shown_at timestamptz,
  add column placed_at timestamptz,
  add column refused boolean not null default false,     -- its session is of somebody who may not charge
  add column early text;                                 -- ChargeTolds, in the order in which they came
