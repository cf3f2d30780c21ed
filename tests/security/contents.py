"""All that a database holds, to be compared and searched."""

from __future__ import annotations

from collections.abc import Mapping

from laddnav.db.unit import Database


async def every_row(database: Database, *, but: Mapping[str, str] | None = None) -> set[str]:
    """Each row of each table, after the table's name, without when somebody was last heard of.

    `but` says by a condition which rows of a table do not matter.
    """
    left_out = dict(but or {})
    async with database.unit() as unit:
        tables = await unit.fetch(
            "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        )
        every = " union all ".join(
            f"select '{name}' || ' ' || (to_jsonb(t) - 'last_heard_at')::text as row from {name} t"
            f" where not ({left_out.get(name, 'false')})"
            for (name,) in tables
        )
        return {row["row"] for row in await unit.fetch(every)}
