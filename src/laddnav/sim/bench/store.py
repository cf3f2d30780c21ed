"""The statements of the limit: as little as a database can be asked for the same bytes, or told of the same things."""

# What PostgreSQL does by itself within a minute or two; a run must not depend on whether it came to that.
SETTLE = "vacuum analyze"

PREPARE = """
create table bench_object (key text collate "C" primary key, body text not null);
create table bench_outbox (id bigint generated always as identity primary key, about text not null, body text not null);
"""
# As bytes, which the driver leaves as they are.
PAGE = """
select convert_to(string_agg(body, ','), 'UTF8')
from (select body from bench_object where key >= $1 order by key limit $2) page
"""
ONE = "select convert_to(body, 'UTF8') from bench_object where key = $1"
KEEP = """
insert into bench_object (key, body) values ($1, $2) on conflict (key) do update set body = excluded.body
"""
# A change takes the place of as much of what is there: what is kept stays as long as it was.
CHANGE = "update bench_object set body = overlay(body placing $2 from 1) where key = $1"
TELL = "insert into bench_outbox (about, body) values ($1, $2)"

# Stations whose password is that of one of them; from one on they have to come over TLS.
ALIKE = """
update station set password_hash = (select password_hash from station where id = $1),
  security_profile = case when id < $2 then security_profile else $3 end
"""

# What came of it, on both sides.
TOLD = "select count(*) from bench_outbox where about like $1 || '%'"
CDRS = "select count(*) from cdr where holder = $1"
SIZE_OF_NEWS = (
    "select octet_length(kind || about || body) from event where about like '%/' || $1 order by id desc limit 1"
)

# More places: each of the first $4 again and again, under other ids, until there are $3. All of a row that is not named
# here stays as it is, whatever columns a table has.
PLACES = "select count(*) from location where holder = $1 and owner = $1"
_MADE = """
from (select n, 'place-' || lpad(n::text, 7, '0') as id, 'place-' || lpad((n % $4)::text, 7, '0') as of
  from generate_series($2::bigint, $3::bigint - 1) as n) made
"""
# What the database works out by itself is not copied.
COLUMNS = """
select string_agg(attname, ', ') from pg_attribute
where attrelid = 'location'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
"""
MORE_PLACES = f"""
insert into location ({{columns}}) select {{columns}} from (
  select one.* {_MADE} join location t on t.holder = $1 and t.owner = $1 and t.id_key = made.of,
    jsonb_populate_record(t, jsonb_build_object('id', made.id, 'id_key', made.id,
      'ref', 'ffffffff-0000-7000-8000-' || lpad(to_hex(made.n), 12, '0'))) one
  order by made.n) more
"""
MORE_WORDS = f"""
insert into ocpi_words select one.* {_MADE} join ocpi_words t on t.holder = $1 and t.owner = $1 and t.said
  and t.module = 'locations' and t.id_key = made.of,
  jsonb_populate_record(t, jsonb_build_object('id_key', made.id, 'body', replace(t.body, made.of, made.id))) one
order by made.n
"""
# And with each place its Evses, its station and which of them is whose.
MORE_EVSES = f"""
insert into evse select one.* {_MADE} join evse t on t.holder = $1 and t.owner = $1 and t.location_key = made.of,
  jsonb_populate_record(t, jsonb_build_object('location_key', made.id,
    'ref', 'ffffffff-0000-7000-9000-' || lpad(to_hex(1000 * made.n + t.position), 12, '0'))) one
"""
MORE_STATIONS = f"""
insert into station select one.* {_MADE} join station t on t.holder = $1 and t.location_id = made.of,
  jsonb_populate_record(t, jsonb_build_object('id', 'BENCH-' || lpad(made.n::text, 5, '0'), 'location_id', made.id,
    'ref', 'ffffffff-0000-7000-8000-' || lpad(to_hex(made.n), 12, '0'))) one
"""
MORE_ATTACHED = f"""
insert into station_evse select one.* {_MADE} join station_evse t on t.holder = $1 and t.location_id = made.of,
  jsonb_populate_record(t, jsonb_build_object(
    'station_id', 'BENCH-' || lpad(made.n::text, 5, '0'), 'location_id', made.id)) one
"""
REF_AT = "select ref from location where holder = $1 and owner = $1 order by ref offset $2 limit 1"

# Readings where they are kept fastest, and what is looked at where they are kept for good.
PREPARE_READINGS = """
create table if not exists bench_reading (like reading including all);
create table if not exists bench_come (one boolean primary key default true, body text not null)
"""
COME = "select body from bench_come"
HAS_COME = "insert into bench_come (body) values ($1) on conflict (one) do update set body = excluded.body"
FORGET_SINCE = "delete from reading where at >= $1"
EMPTY_READINGS = "truncate bench_reading"
OF_READINGS = (
    *("holder", "session_id", "station_id", "evse_no", "at"),
    *("measurand", "phase", "place", "context", "value", "recorded_at"),
)
READINGS = "select count(*) from reading"
READINGS_SUMMED = "select sum(many) from reading_quarter"
SIZE_OF_READINGS = """
select sum(pg_total_relation_size(inhrelid))::bigint from pg_inherits where inhparent = 'reading'::regclass
"""
SCAN_READINGS = "select count(*), sum(value) from reading where at < $1"


# ---- The ledger: three postings an entry, a debtor's of a thousand, revenue and VAT; as many an hour as it takes

LEDGER_BEFORE = "set local session_replication_role = replica; set local synchronous_commit = off"
LEDGER_ACCOUNTS = """
insert into ledger_account (holder, id, kind, currency, opened_at)
select $1, id, 'asset', 'SEK', $2::timestamptz
from (select 'receivable:driver:' || n as id from generate_series(0, 999) n
      union all values ('revenue:charging'), ('tax:SE:25')) as opened
on conflict do nothing
"""
LEDGER_ENTRIES = """
insert into ledger_entry (holder, id, key, what, cites, at, booked_at)
select $1, 'e' || lpad(n::text, 12, '0'), 'charge ' || n, 'A charge', 'cdr SE*LAD/' || n, at, at
from (select n, $2::timestamptz + n * interval '1 second' as at from generate_series($3::integer, $4::integer) n) made
"""
_LEDGER_MOVED = """
from generate_series($3::integer, $4::integer) n,
     lateral (values (1, 'receivable:driver:' || n % 1000, 12.50), (2, 'revenue:charging', -10.00),
                     (3, 'tax:SE:25', -2.50)) as moved(position, account, amount)
"""
LEDGER_POSTINGS = f"""
insert into ledger_posting (holder, entry_id, booked_at, position, account_id, currency, amount)
select $1, 'e' || lpad(n::text, 12, '0'), $2::timestamptz + n * interval '1 second', position, account, 'SEK', amount
{_LEDGER_MOVED}
"""
_LEDGER_SUMMED = f"""
insert into {{sums}} as s (holder, account_id, currency, {{time}}, amount)
select $1, account, 'SEK',
  date_trunc('{{time}}', ($2::timestamptz + n * interval '1 second') at time zone 'UTC')::date as of, sum(amount)
{_LEDGER_MOVED}
group by account, of
on conflict (holder, account_id, currency, {{time}}) do update set amount = s.amount + excluded.amount
"""
LEDGER_DAYS = _LEDGER_SUMMED.format(sums="ledger_day", time="day")
LEDGER_MONTHS = _LEDGER_SUMMED.format(sums="ledger_month", time="month")
# No id of ours begins with an e: they begin with the time, which will be that late in some thousands of years.
LEDGER_LAST = "select max(id) from ledger_entry where holder = $1 and id >= 'e' and id < 'f'"
LEDGER_MEASURED = """
select coalesce(max(substr(key, 10)::bigint), 0) from ledger_entry
where holder = $1 and key >= 'measured ' and key < 'measured!'
"""
# What was dropped is remembered in the database, so that whoever goes on knows of it.
LEDGER_INDEXES = """
set maintenance_work_mem = '512MB';
create table if not exists bench_index (name text primary key, spelt text not null);
insert into bench_index
select i.indexname, i.indexdef from pg_indexes i join pg_index x on x.indexrelid = i.indexname::regclass
where i.schemaname = 'public' and i.tablename in ('ledger_entry', 'ledger_posting') and not x.indisunique
on conflict do nothing
"""
LEDGER_TO_INDEX = """
select name, replace(spelt, 'CREATE INDEX', 'CREATE INDEX IF NOT EXISTS') as spelt from bench_index order by name
"""
LEDGER_INDEXED = "drop table bench_index"
LEDGER_SETTLE = "vacuum analyze ledger_account, ledger_entry, ledger_posting, ledger_day, ledger_month"
LEDGER_WRONG = {
    "entries that do not sum to zero": """
select count(*) from (
  select from ledger_posting where holder = $1 group by entry_id, currency having sum(amount) <> 0) as wrong
""",
    "entries and postings that do not belong together": """
select count(*) from ledger_entry e full join ledger_posting p on p.holder = e.holder and p.entry_id = e.id
where coalesce(e.holder, p.holder) = $1 and e.booked_at is distinct from p.booked_at
""",
    "postings to accounts that nobody opened": """
select count(*) from (select distinct account_id, currency from ledger_posting where holder = $1) as p
where not exists (
  select from ledger_account a where a.holder = $1 and a.id = p.account_id and a.currency = p.currency)
""",
    "accounts whose sums by the day or by the month are not those of their postings": """
with plain as (
  select account_id, currency, sum(amount) as amount from ledger_posting p
  where holder = $1 and not exists (
    select from ledger_to_sum q where q.holder = p.holder and q.entry_id = p.entry_id)
  group by account_id, currency),
days as (select account_id, currency, sum(amount) as amount from ledger_day where holder = $1 group by 1, 2),
months as (select account_id, currency, sum(amount) as amount from ledger_month where holder = $1 group by 1, 2)
select count(*) from plain full join days using (account_id, currency) full join months using (account_id, currency)
where plain.amount is distinct from days.amount or plain.amount is distinct from months.amount
""",
}
LEDGER_PLAIN = """
drop table if exists plain_entry, plain_posting;
create table plain_entry (
  holder text not null, id text not null, key text not null, what text not null, cites text not null,
  at timestamptz not null, booked_at timestamptz not null, primary key (holder, id), unique (holder, key));
create table plain_posting (
  holder text not null, entry_id text not null, position integer not null, account_id text not null,
  currency text not null, amount numeric not null, primary key (holder, entry_id, position))
"""
PLAIN_ENTRIES = """
insert into plain_entry select $1, id, key, what, cites, $2, $2
from unnest($3::text[], $4::text[], $5::text[], $6::text[]) as entered(id, key, what, cites)
"""
PLAIN_POSTINGS_OF_MANY = """
insert into plain_posting select $1, entry_id, position, account, 'SEK', amount
from unnest($2::text[], $3::int[], $4::text[], $5::numeric[]) as moved(entry_id, position, account, amount)
"""
PLAIN_SUM = "select sum(amount) from ledger_posting where holder = $1 and account_id = $2 and currency = 'SEK'"


# ---- A month's invoices: customers with three charges of two lines each, and a subscription; {n} is the customer

MONTH_DEBTORS = """
insert into debtor (holder, id, ref, kind, name, country, address, created_at)
select $1, 'customer:' || lpad(n::text, 7, '0'), 'd' || lpad(n::text, 7, '0'), 'customer', 'Customer ' || n, 'SE',
  E'Storgatan ' || n || E'\n111 51 Stockholm', $2::timestamptz
from generate_series($3::integer, $4::integer) n
"""
MONTH_INVOICES = """
insert into invoice (holder, ref, debtor_id, currency, period, closes_at, opened_at)
select $1, 'i' || lpad(n::text, 7, '0'), 'customer:' || lpad(n::text, 7, '0'), 'SEK', '2026-10', $2::timestamptz, $2
from generate_series($3::integer, $4::integer) n
"""
MONTH_CHARGES = """
insert into billed (holder, cdr_owner, cdr_id, debtor_id, invoice_ref, body, at)
select $1, $1, 'C' || n || '-' || k, 'customer:' || lpad(n::text, 7, '0'), 'i' || lpad(n::text, 7, '0'),
  replace($5, '{n}', n || '-' || k), $2::timestamptz
from generate_series($3::integer, $4::integer) n, generate_series(1, 3) k
"""
MONTH_LINES = """
insert into invoice_line (holder, invoice_ref, position, cdr_owner, cdr_id, basis, dimension, started_at, ended_at,
  quantity, unit, unit_price, amount, vat_percent, tariff_id, element, component, reason)
select $1, 'i' || lpad(n::text, 7, '0'), 2 * k + l, $1, 'C' || n || '-' || k, 'PRICED',
  case l when 0 then 'ENERGY' else 'TIME' end, $2::timestamptz, $2::timestamptz + interval '1 hour',
  case l when 0 then 20 + n % 30 else 1 end, case l when 0 then 'kWh' else 'h' end, 3.20, (20 + n % 30) * 3.20, 25,
  'CITY', l, 0, $5
from generate_series($3::integer, $4::integer) n, generate_series(1, 3) k, generate_series(0, 1) l
"""
MONTH_ITEMS = """
insert into invoice_item (holder, key, debtor_id, invoice_ref, amount, body, at)
select $1, 'plan ' || n, 'customer:' || lpad(n::text, 7, '0'), 'i' || lpad(n::text, 7, '0'), 79,
  replace($5, '{n}', n::text), $2::timestamptz
from generate_series($3::integer, $4::integer) n
"""
# What each charge and each item has moved, and the sums of that.
MONTH_ACCOUNTS = """
insert into ledger_account (holder, id, kind, currency, opened_at)
select $1, 'receivable:customer:' || lpad(n::text, 7, '0'), 'asset', 'SEK', $2::timestamptz
from generate_series($3::integer, $4::integer) n
union all select $1, id, 'income', 'SEK', $2 from (values ('revenue:charging'), ('revenue:subscription')) as ours(id)
on conflict do nothing
"""
_MONTH_MOVED = """
from generate_series($3::integer, $4::integer) n, lateral (
  select 'c' || lpad(n::text, 7, '0') || k as id, 'receivable ' || $1 || '/C' || n || '-' || k as key, 'Charge' as what,
    'cdr ' || $1 || '/C' || n || '-' || k as cites, 'revenue:charging' as revenue, 2 * (20 + n % 30) * 3.20 as amount
  from generate_series(1, 3) k
  union all select 'p' || lpad(n::text, 7, '0'), 'item plan ' || n, 'Plus', 'invoice i' || lpad(n::text, 7, '0'),
    'revenue:subscription', 79) as moved
"""
MONTH_ENTRIES = f"""
insert into ledger_entry (holder, id, key, what, cites, at, booked_at)
select $1, id, key, what, cites, $2::timestamptz, $2 {_MONTH_MOVED}
"""
MONTH_POSTINGS = f"""
insert into ledger_posting (holder, entry_id, booked_at, position, account_id, currency, amount)
select $1, id, $2::timestamptz, position, account, 'SEK', sign * amount {_MONTH_MOVED},
  lateral (values (1, 'receivable:customer:' || lpad(n::text, 7, '0'), 1), (2, revenue, -1))
    as posted(position, account, sign)
"""
_MONTH_SUMMED = f"""
with posted as (select n, revenue, amount {_MONTH_MOVED})
insert into {{sums}} as s (holder, account_id, currency, {{time}}, amount)
select $1, account, 'SEK', date_trunc('{{time}}', $2::timestamptz at time zone 'UTC')::date, sum(moved)
from posted, lateral (values ('receivable:customer:' || lpad(n::text, 7, '0'), amount), (revenue, -amount))
  as each(account, moved)
group by account
on conflict (holder, account_id, currency, {{time}}) do update set amount = s.amount + excluded.amount
"""
MONTH_DAYS = _MONTH_SUMMED.format(sums="ledger_day", time="day")
MONTH_MONTHS = _MONTH_SUMMED.format(sums="ledger_month", time="month")
MONTH_SETTLE = """
vacuum analyze debtor, invoice, billed, invoice_line, invoice_item, ledger_account, ledger_entry, ledger_posting,
  ledger_day, ledger_month
"""
MONTH_BEFORE = "set local session_replication_role = replica"
MONTH_PLAIN_GONE = "drop table plain_invoice, plain_entry, plain_posting"
MONTH_MADE = "select count(*) from invoice where holder = $1"
MONTH_LEFT = "select count(*) from invoice where holder = $1 and issued_at is null"
MONTH_BODIES = """
select ref, body from invoice where holder = $1 and issued_at is not null and ref > $2 order by ref limit $3
"""
MONTH_PLAIN = """
create table if not exists plain_invoice (
  holder text not null, ref text not null, number text not null, total numeric not null, body text not null,
  primary key (holder, ref), unique (holder, number))
"""
PLAIN_INVOICES = """
insert into plain_invoice select $1, ref, number, total, body
from unnest($2::text[], $3::text[], $4::numeric[], $5::text[]) as made(ref, number, total, body)
"""

# As many charges of a partner's drivers in a month, one after another; what is looked for in a document is in it.
CDRS_OF_A_MONTH = """
insert into cdr (holder, owner, id_key, id, ref, session_key, token_owner, token_uid_key, location_id, evse_uid,
  started_at, ended_at, energy_wh, currency, total_excl, total_incl, credit, body, digest, last_updated, closing)
select $1, $1, 'cdr-' || n, 'CDR-' || n, 'r' || lpad(n::text, 12, '0'), 'session-' || n, $2, 'card-' || n % 20000,
  'LOC1', 'E1', $3::timestamptz + n * interval '2 seconds' - interval '40 minutes',
  $3::timestamptz + n * interval '2 seconds',
  10000 + n % 50000, 'SEK', 40 + n % 200, 50 + (n % 200) * 1.25, false,
  '{"location":{"evse_id":"SE*LAD*E' || n % 5000 || '"}}', 'd', $3::timestamptz + n * interval '2 seconds', 1
from generate_series($4::bigint, $5::bigint) n
"""
CDRS_SETTLE = "vacuum analyze cdr"
PLAIN_CLAIMS = "create temporary table plain_claim (id text, evse text, started text, kwh text, amount text)"
PLAIN_JOIN = """
select count(*) from plain_claim p join cdr c on c.holder = $1 and c.owner = $1 and c.id = p.id
where p.amount::numeric <> c.total_excl
"""
