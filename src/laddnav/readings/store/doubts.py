"""Doubts as they are kept, each once."""

from __future__ import annotations

from datetime import datetime

from laddnav.db.unit import Record, Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId
from laddnav.kit.notes import as_kept, as_read
from laddnav.metering.model import Doubt, DoubtKind
from laddnav.readings.model import KeptDoubt

DOUBT = """
insert into doubt (holder, id, session_id, station_id, kind, at, detail, note, raised_at, energy_wh)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (holder, session_id, station_id, kind, at, detail) do nothing
"""
_DOUBT = "holder, id, session_id, station_id, kind, at, detail, note, raised_at, settled_at, energy_wh"
DOUBTS_OF = f"select {_DOUBT} from doubt where holder = $1 and session_id = $2 order by at, id"
OPEN_DOUBTS = f"""
select {_DOUBT} from doubt
where settled_at is null and ($1::text is null or holder = $1) and ($2::text is null or id < $2)
order by id desc limit $3
"""
SETTLE = "update doubt set settled_at = $3 where holder = $1 and id = $2 and settled_at is null"
SETTLE_KIND = """
update doubt set settled_at = $4 where holder = $1 and session_id = $2 and kind = $3 and settled_at is null
"""


def doubt(unit: Unit, holder: PartyId, id: str, session_id: str, station_id: str, one: Doubt) -> None:
    said = (one.detail, as_kept(one.note))
    unit.write(DOUBT, str(holder), id, session_id, station_id, one.kind, one.at, *said, unit.now, one.energy.wh)


async def doubts_of(unit: Unit, holder: PartyId, session_id: str) -> list[KeptDoubt]:
    return [_doubt(row) for row in await unit.fetch(DOUBTS_OF, str(holder), session_id)]


async def open_doubts(unit: Unit, holder: PartyId | None, before: str | None, limit: int) -> list[KeptDoubt]:
    return [_doubt(row) for row in await unit.fetch(OPEN_DOUBTS, holder and str(holder), before, limit)]


def _doubt(row: Record) -> KeptDoubt:
    fields = dict(row)
    energy = Energy(fields.pop("energy_wh"))
    known = {"holder": PartyId.parse(row["holder"]), "kind": DoubtKind(row["kind"]), "energy": energy}
    return KeptDoubt(**fields | known | {"note": as_read(row["note"])})


async def settle(unit: Unit, holder: PartyId, id: str) -> bool:
    return bool(await unit.execute(SETTLE, str(holder), id, unit.now))


def settle_kind(unit: Unit, holder: PartyId, session_id: str, kind: DoubtKind, at: datetime) -> None:
    unit.write(SETTLE_KIND, str(holder), session_id, kind, at)
