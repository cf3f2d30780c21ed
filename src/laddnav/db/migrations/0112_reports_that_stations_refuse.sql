-- A station that has no word for what it is asked is not asked at each of its boots again.
-- Before: 0062. After: ocpp_report says when a station refused.

alter table ocpp_report add column refused_at timestamptz;
