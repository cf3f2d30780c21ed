-- A driver with prepaid credit charges for no more than that, also where the station cannot count money itself.
-- Before: 0054. After: ocpp_transaction knows what a charge may cost.

alter table ocpp_transaction add column cost_max numeric; -- taxes included, in the currency of its price; null: no bound
