"""The steps of handshakes, as they are kept for whoever wants to see how one went."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Unit
from laddnav.ocpi.model import Deed, HandshakeStep, Stage

PUT_STEP = """
insert into ocpi_handshake_step (line, handshake, number, deed, stage, began_at, ended_at, request, http_status,
  ocpi_status, said, trouble)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (line, handshake, number) do update set ended_at = excluded.ended_at, request = excluded.request,
  http_status = excluded.http_status, ocpi_status = excluded.ocpi_status, said = excluded.said,
  trouble = excluded.trouble
"""
STEPS = """
select line, handshake, number, deed, stage, began_at, ended_at, request, http_status, ocpi_status, said, trouble
from ocpi_handshake_step
where line = $1 and handshake in (
  select distinct handshake from ocpi_handshake_step where line = $1 order by handshake desc limit $2)
order by handshake desc, number
"""
FORGET_STEPS = """
delete from ocpi_handshake_step where (line, handshake, number) in (
  select line, handshake, number from ocpi_handshake_step where began_at < $1 order by began_at limit $2)
"""


def put(unit: Unit, one: HandshakeStep) -> None:
    """As it begins, and again when it has ended."""
    unit.write(
        PUT_STEP,
        one.line,
        one.handshake,
        one.number,
        one.deed,
        one.stage,
        one.began_at,
        one.ended_at,
        one.request,
        one.http_status,
        one.ocpi_status,
        one.said,
        one.trouble,
    )


async def list_all(unit: Unit, line: str, limit: int) -> tuple[HandshakeStep, ...]:
    """Those of so many handshakes, the newest handshake first, each from its beginning."""
    rows = await unit.fetch(STEPS, line, limit)
    return tuple(HandshakeStep(**dict(row) | {"deed": Deed(row["deed"]), "stage": Stage(row["stage"])}) for row in rows)


async def forget(unit: Unit, before: datetime, most: int) -> int:
    """What was begun before then; says how many there were."""
    return await unit.execute(FORGET_STEPS, before, most)
