-- Where a station stood, and from when on: what it gave there stays there when it goes elsewhere.
-- Before: 0117. After: energy is told of the Location where it was given; of stations that are known already it is the
-- present one for all of the past.

create table station_place (
  holder text not null,
  station_id text not null,
  since_at timestamptz not null,   -- '-infinity' where it is the first that is known
  location_id text,                -- null: at none of ours
  primary key (holder, station_id, since_at)
);
insert into station_place (holder, station_id, since_at, location_id)
select holder, id, '-infinity', location_id from station where location_id is not null;
