-- Tasks and templates are asked for by their ref alone, and what a station noticed by when it was.
-- Before: 0052, 0050. After: nothing else changes.
create unique index ocpp_task_by_ref on ocpp_task (ref);
create unique index ocpp_template_by_ref on ocpp_template (ref);
create index ocpp_security_event_at on ocpp_security_event (holder, station_id, at);
