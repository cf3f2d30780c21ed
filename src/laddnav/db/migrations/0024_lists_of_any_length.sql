-- A page of a list of ours costs the same wherever it stands and however long the list is, and so does its length.
-- Before: 0023. After: what stands in our lists is counted when it changes; what is dated is found by time among ours
-- alone, so that what partners tell us is kept with fewer indexes; words are found by the key of what they are about.

-- How many of our objects stand in a list that is asked for as a whole: the sum over the rows of a list. A change
-- appends a row, so that writers never wait for each other; now and then the rows of a list are folded into one.
create table ocpi_count (
  holder text not null,
  module text not null,
  part text not null,              -- for whom they are, or where: whatever may divide the list, '' where nothing does
  sayable boolean not null,        -- whether every version has words for them
  many bigint not null
);
create index ocpi_count_of on ocpi_count (holder, module, part);

-- For each table: which of its rows stand in the list, in which part, and who has words for them. A row of a partner's
-- costs nothing, and neither does a change that moves nothing from one part to another: no trigger is called.
do $$
declare
  one record;
  there_before text; there_after text; part_before text; part_after text; sayable_before text; sayable_after text;
begin
  for one in select * from (values
    ('booking', 'bookings', 't.asked_by', 'true', 'true'),
    ('booking_location', 'bookings/booking_locations', '''''', 'true', 't.withdrawn_at is null'),
    ('location', 'locations', 't.country', 't.publish', 'not t.ended'),
    ('tariff', 'tariffs', 't.price_group', 'true', 't.withdrawn_at is null'),
    ('token', 'tokens', '''''', 'true', 'true'),
    ('hub_client', 'hubclientinfo', '''''', 'true', 'true'),
    ('payment_confirmation', 'payments/financial-advice-confirmations', 't.cpo', 'true', 'true'),
    ('payment_terminal', 'payments/terminals', 't.cpo', 'true', 'true'),
    ('reconciliation', 'invoicereconciliation',
      't.receiver || '' '' || case when t.cpo = t.holder then ''CPO'' else ''EMSP'' end', 'true',
      't.withdrawn_at is null'),
    ('cdr', 'cdrs', 't.token_owner', 'not t.credit', 'true')
  ) as listed(name, module, part, sayable, there)
  loop
    there_before := replace(one.there, 't.', 'old.'); there_after := replace(one.there, 't.', 'new.');
    part_before := replace(one.part, 't.', 'old.'); part_after := replace(one.part, 't.', 'new.');
    sayable_before := replace(one.sayable, 't.', 'old.'); sayable_after := replace(one.sayable, 't.', 'new.');
    execute format($f$
      create function count_%1$s() returns trigger language plpgsql as $body$
      begin
        if tg_op <> 'INSERT' and %3$s then
          insert into ocpi_count values (old.holder, %2$L, %4$s, %5$s, -1);
        end if;
        if tg_op <> 'DELETE' and %6$s then
          insert into ocpi_count values (new.holder, %2$L, %7$s, %8$s, 1);
        end if;
        return null;
      end $body$;
      create trigger %1$s_appears after insert on %1$s for each row
        when (new.owner = new.holder) execute function count_%1$s();
      create trigger %1$s_vanishes after delete on %1$s for each row
        when (old.owner = old.holder) execute function count_%1$s();
      create trigger %1$s_moves after update on %1$s for each row
        when (old.owner = old.holder and (%3$s, %4$s, %5$s) is distinct from (%6$s, %7$s, %8$s))
        execute function count_%1$s();
      insert into ocpi_count
        select t.holder, %2$L, %9$s, %10$s, count(*) from %1$s t where t.owner = t.holder and %11$s group by 1, 3, 4
      $f$, one.name, one.module, there_before, part_before, sayable_before, there_after, part_after, sayable_after,
      one.part, one.sayable, one.there);
  end loop;
end $$;

-- Only ours are listed, so only ours stand in the indexes for it. Their condition is spelt so that a query that spells it
-- alike may use them: that owner and holder are equal, a planner forgets that knows the value of both. What else decides
-- whether a row is listed is included, so that rows which are only counted need not be looked at.
drop index if exists location_in_order, tariff_in_order, token_in_order, session_in_order, cdr_in_order,
  booking_location_in_order, hub_client_in_order, payment_confirmation_in_order, payment_terminal_in_order,
  reconciliation_in_order, location_by_time, tariff_by_time, token_by_time, session_by_time, cdr_by_time;
create index location_of_ours on location (holder, ref) include (ended, publish, country)
  where (owner = holder) is true;
create index location_of_ours_by_time on location (holder, last_updated) include (ref, ended, publish, country)
  where (owner = holder) is true;
create index tariff_of_ours on tariff (holder, ref) where (owner = holder) is true;
create index tariff_of_ours_by_time on tariff (holder, last_updated) where (owner = holder) is true;
create index token_of_ours on token (holder, ref) where (owner = holder) is true;
create index token_of_ours_by_time on token (holder, last_updated) include (ref) where (owner = holder) is true;
create index session_of_ours on session (holder, token_owner, ref) where (owner = holder) is true;
create index session_of_ours_by_time on session (holder, token_owner, last_updated) include (ref)
  where (owner = holder) is true;
create index cdr_of_ours on cdr (holder, token_owner, ref) include (credit) where (owner = holder) is true;
create index cdr_of_ours_by_time on cdr (holder, token_owner, last_updated) include (ref, credit)
  where (owner = holder) is true;
create index booking_of_ours on booking (holder, asked_by, ref) where (owner = holder) is true;
create index booking_location_of_ours on booking_location (holder, ref) where (owner = holder) is true;
create index hub_client_of_ours on hub_client (holder, ref) where (owner = holder) is true;
create index payment_confirmation_of_ours on payment_confirmation (holder, cpo, ref) where (owner = holder) is true;
create index payment_terminal_of_ours on payment_terminal (holder, cpo, ref) where (owner = holder) is true;
create index reconciliation_of_ours on reconciliation (holder, ref) where (owner = holder) is true;

-- A page is as many lookups as objects: by a hash each costs a quarter of what it costs by seven columns.
drop index if exists ocpi_words_by_time;
create index ocpi_words_of on ocpi_words using hash (id_key);
