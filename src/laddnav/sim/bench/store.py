"""The statements of the limit: as little as a database can be asked for the same bytes, or told of the same things."""

# What PostgreSQL does by itself within a minute or two; a run must not depend on whether it came to that.
SETTLE = "vacuum analyze"

PREPARE = """
create table bench_object (key text collate "C" primary key, body text not null);
create table bench_outbox (id bigint generated always as identity primary key, about text not null, body text not null);
"""
PAGE = "select body from bench_object where key >= $1 order by key limit $2"
ONE = "select body from bench_object where key = $1"
KEEP = """
insert into bench_object (key, body) values ($1, $2) on conflict (key) do update set body = excluded.body
"""
# A change takes the place of as much of what is there: what is kept stays as long as it was.
CHANGE = "update bench_object set body = overlay(body placing $2 from 1) where key = $1"
TELL = "insert into bench_outbox (about, body) values ($1, $2)"

# What came of it, on both sides.
TOLD = "select count(*) from bench_outbox where about like $1 || '%'"
CDRS = "select count(*) from cdr where holder = $1"
SIZE_OF_NEWS = (
    "select octet_length(kind || about || body) from event where about like '%/' || $1 order by id desc limit 1"
)
