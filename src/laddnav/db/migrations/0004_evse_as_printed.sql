-- What stands at a charging point is read off by people and typed as it pleases them: SE*LAD*E1 is also selade1.
-- Before: 0001. After: the same tables; our own EVSEs are found by their number without separators and in capitals.

create index evse_as_printed on evse (upper(translate(evse_id, '*- ', ''))) where owner = holder;
