"""The statements of the limit: as little as a database can be asked for the same page, or told of the same thing."""

# What PostgreSQL does by itself within a minute or two; a run must not depend on whether it came to that.
SETTLE = "vacuum analyze"

PREPARE = (
    "create table if not exists bench_limit (id bigint generated always as identity primary key, body text not null)"
)
PAGE = """
select body from ocpi_words where holder = $1 and owner = $1 and module = 'locations' and version = $2
  and audience = '' and said and id_key >= $3 order by id_key limit $4
"""
KEEP = "insert into bench_limit (body) values ($1)"
