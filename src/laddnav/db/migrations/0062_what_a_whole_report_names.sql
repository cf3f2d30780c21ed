-- What a station reports whole says by its silence what is not there any more: of its monitors as of its variables.
-- Before: 0051, 0054. After: ocpp_report says for each topic how far the newest report of a station has come.

alter table ocpp_report add column topic text not null default 'VARIABLE';
alter table ocpp_report drop constraint ocpp_report_pkey;
alter table ocpp_report add primary key (holder, station_id, topic);
alter table ocpp_report alter column topic drop default;
