-- As eMSP we ask a CPO for whoever limits our drivers' charges for us (OCPI 2.2.1
-- mod_charging_profiles_toplogies_emsp_scspp), and tell on what the CPO answers.
-- Before: 0032. After: a request that we send for a partner names the one that came in.

alter table ocpi_command add column asked_for text; -- id of the request that came in; null: asked for ourselves
