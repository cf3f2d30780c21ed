"""A CDR is found by its key alone, however many its CPO sent and whatever the planner knows of them."""

from __future__ import annotations

from laddnav.cdrs import store
from laddnav.db.unit import Database

MANY = """
insert into cdr (holder, owner, id_key, id, ref, token_owner, token_uid_key, location_id, evse_uid, started_at,
  ended_at, energy_wh, currency, total_excl, credit, body, digest, last_updated)
select 'SE*NOR', 'SE*LAD', n, n, n, 'SE*NOR', 'card', 'place', 'evse', $1, $1, 1, 'EUR', 1, false, '', '', $1
from generate_series(1, 500) n
"""


async def test_where_nothing_is_known_of_the_table_the_key_is_what_a_cdr_is_looked_for_by(database: Database) -> None:
    async with database.unit() as unit:
        unit.write("analyze cdr")
        unit.write(MANY, unit.now)
        for statement in (store.FETCH, store.DIGEST):
            plan = await unit.fetch(f"explain {statement}", "SE*NOR", "SE*LAD", "7")
            assert "using cdr_pkey" in plan[0][0]
