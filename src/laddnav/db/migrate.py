"""Brings a database to the schema of this version: forward only, each step once, one process at a time."""

import hashlib
from functools import cache
from importlib import resources

import asyncpg

from laddnav.kit.refusal import Refusal

_LOCK = 0x1ADD_0A5  # any number of ours: whoever migrates the same database waits for it

_TABLE = """
create table if not exists migration (
  number integer primary key,
  name text not null,
  digest text not null,
  applied_at timestamptz not null default now()
)
"""
_APPLIED = "select number, name, digest from migration order by number"
_RECORD = "insert into migration (number, name, digest) values ($1, $2, $3)"


class SchemaFromElsewhere(Refusal):
    """The database was brought up by another version of Laddnav than this one knows."""


@cache
def steps() -> list[tuple[int, str, str]]:
    """(number, name, SQL) of every migration, in order."""
    files = sorted(
        (f for f in resources.files("laddnav.db").joinpath("migrations").iterdir() if f.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    return [(int(f.name[:4]), f.name[5:-4], f.read_text()) for f in files]


async def migrate(url: str) -> int:
    """Apply what is missing and say how many steps that were. Raises SchemaFromElsewhere."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
            await connection.execute(_TABLE)
            applied = {row["number"]: row for row in await connection.fetch(_APPLIED)}
            known = {number: (name, _digest(sql)) for number, name, sql in steps()}
            for number, row in applied.items():
                if known.get(number) != (row["name"], row["digest"]):
                    raise SchemaFromElsewhere(
                        f"Migration {number:04} ({row['name']}) of this database is not the one of this version; "
                        "use the version that made it, or a fresh database"
                    )
            missing = [step for step in steps() if step[0] not in applied]
            for number, name, sql in missing:
                await connection.execute(sql)
                await connection.execute(_RECORD, number, name, _digest(sql))
            return len(missing)
    finally:
        await connection.close()


def _digest(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()
