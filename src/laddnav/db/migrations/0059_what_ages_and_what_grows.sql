-- What stations said, noticed and asked to have signed is forgotten by its age; what grows is asked for by an index.
-- Before: 0044, 0047, 0048, 0050, 0054. After: the same rows; ocpp_transaction has no register, which nobody read.

-- What is over, by its age.
create index ocpp_call_over on ocpp_call (asked_at) where answered_at is not null;
create index ocpp_security_event_told on ocpp_security_event (told_at);
create index ocpp_certificate_over on ocpp_certificate (coalesce(ends_at, asked_at))
  where ends_at is not null or problem is not null;
create index meter_key_claim_claimed on meter_key_claim (claimed_at);

-- Charges of ours that reach into a time: most began in it or shortly before, and the few others are known.
create index session_began on session (started_at) where owner = holder and station_id is not null;
create index session_lasting on session (started_at)
  where owner = holder and station_id is not null and status <> 'INVALID'
    and (ended_at is null or ended_at - started_at > interval '7 days');

create index reading_quarter_of_registers on reading_quarter (at)
  where measurand = 'Energy.Active.Import.Register' and phase = '';
create index ocpp_told_alert on ocpp_told (holder, station_id) where topic = 'MONITOR' and position('/' in key) > 0;

alter table ocpp_transaction drop column register;
