"""Charges that another central system kept, as they are kept here."""

from __future__ import annotations

from collections.abc import Sequence

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.takeover.model import PastCharge

_CHARGE = "station_id, id, evse_no, uid, started_at, ended_at, meter_started, meter_stopped, stop_reason"
KEEP = f"""
insert into past_charge (holder, source, {_CHARGE}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict do nothing
"""
KNOWN = "select station_id, id from past_charge where holder = $1 and source = $2"
PAGE = f"""
select source, {_CHARGE} from past_charge
where holder = $1 and station_id = $2 order by started_at desc, id desc offset $3 limit $4
"""


def keep(unit: Unit, holder: PartyId, source: str, one: PastCharge) -> None:
    unit.write(KEEP, str(holder), source, *(getattr(one, name) for name in _CHARGE.split(", ")))


async def known(unit: Unit, holder: PartyId, source: str) -> set[tuple[str, str]]:
    """(station, id) of each."""
    return {(row["station_id"], row["id"]) for row in await unit.fetch(KNOWN, str(holder), source)}


async def page(unit: Unit, holder: PartyId, station_id: str, skip: int, limit: int) -> Sequence[PastCharge]:
    """The newest first; `row` names the system that kept it."""
    return [_charge(row) for row in await unit.fetch(PAGE, str(holder), station_id, skip, limit)]


def _charge(row: Record) -> PastCharge:
    fields = dict(row)
    return PastCharge(row=fields.pop("source"), **fields)
