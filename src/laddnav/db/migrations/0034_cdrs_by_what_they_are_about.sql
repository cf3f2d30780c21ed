-- By what a CDR is found besides its key: its Session and its EVSE.
-- Before: 0003. After: the same, by indexes that do not begin with holder and owner. For a planner that knows nothing of
-- the table yet, those were as good as the key where a CDR was asked for by its key; then it read every CDR of a partner.

drop index cdr_of_session, cdr_of_evse;
create index cdr_of_session on cdr using hash (session_key);
create index cdr_of_evse on cdr (evse_uid, started_at);
