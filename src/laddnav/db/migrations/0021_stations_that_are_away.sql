-- While a station is away nobody knows how its Evses are; what they were is kept for when it is back.
-- Before: 0020. After: the same rows, and which stations are away is found without looking at all of them.

alter table station_evse add column status_before text; -- OCPI's; null: what the Evse's row says is what was said of it
create index station_evse_unknown on station_evse (station_id) where status_before is not null;
create index station_away on station (last_seen_at) where connected_to is null;
