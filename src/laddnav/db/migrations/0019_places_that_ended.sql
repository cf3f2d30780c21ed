-- A place whose Evses are all REMOVED is not listed any more: whole lists leave it out.
-- Before: 0018. After: each place says whether it has ended.

alter table location add column ended boolean not null default false;
update location l set ended = true
where exists (select from evse e where e.holder = l.holder and e.owner = l.owner and e.location_key = l.id_key)
  and not exists (select from evse e where e.holder = l.holder and e.owner = l.owner and e.location_key = l.id_key
    and e.status <> 'REMOVED');
