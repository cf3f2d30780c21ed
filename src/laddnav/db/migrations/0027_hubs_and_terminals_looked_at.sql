-- Whoever settles by a hub's log looks through it page by page, of all clients or of one; a terminal shows what was
-- captured where it stands.
-- Before: 0026. After: a page of the log costs the same however far back it lies; a capture says where the charge was.

create index hub_request_in_order on hub_request (holder, at, id);
create index hub_request_of_asker on hub_request (holder, asker, at, id);
create index hub_request_of_answerer on hub_request (holder, answerer, at, id);
drop index hub_request_by_time;

alter table payment_confirmation
  add column location_id text,     -- null: the CDR of the charge was not here when the capture was told
  add column evse_uid text;
update payment_confirmation p set location_id = c.location_id, evse_uid = c.evse_uid
from cdr c where c.holder = p.holder and c.authorization_key = p.authorization_key and not c.credit;
create index payment_confirmation_at_location on payment_confirmation (holder, owner, lower(location_id), ref);
create index payment_confirmation_at_evse on payment_confirmation (holder, owner, lower(evse_uid), ref);
