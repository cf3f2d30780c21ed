"""Who vouches for the stations of a party; keys only sealed."""

from __future__ import annotations

from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId
from laddnav.ocpp.security.authority import Authority

_AUTHORITY = "holder, id, organisation, certificate, key_sealed, made_at"
ADD = """
insert into ocpp_authority (holder, id, organisation, certificate, key_sealed, made_at) values ($1, $2, $3, $4, $5, $6)
on conflict do nothing
"""
FIND = f"select {_AUTHORITY} from ocpp_authority where holder = $1 and id = $2"
OF = f"select {_AUTHORITY} from ocpp_authority where holder = $1 order by made_at, id"
EVERYBODY = f"select {_AUTHORITY} from ocpp_authority order by made_at, id"
DROP = "delete from ocpp_authority where holder = $1 and id = $2"


def add(unit: Unit, one: Authority) -> None:
    """Who is kept under this id already stays."""
    unit.write(ADD, str(one.holder), one.id, one.organisation, one.certificate, one.key_sealed, one.made_at)


async def find(unit: Unit, holder: PartyId, id: str) -> Authority | None:
    row = await unit.fetch_one(FIND, str(holder), id)
    return None if row is None else _authority(row)


async def of(unit: Unit, holder: PartyId) -> list[Authority]:
    return [_authority(row) for row in await unit.fetch(OF, str(holder))]


async def everybody(unit: Unit) -> list[Authority]:
    return [_authority(row) for row in await unit.fetch(EVERYBODY)]


async def drop(unit: Unit, holder: PartyId, id: str) -> bool:
    """False when there was none."""
    return bool(await unit.execute(DROP, str(holder), id))


def _authority(row: Record) -> Authority:
    return Authority(**dict(row) | {"holder": PartyId.parse(row["holder"])})
