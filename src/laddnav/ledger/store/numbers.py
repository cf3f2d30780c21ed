"""What others call our accounts: the numbers and names under which they are exported."""

from __future__ import annotations

from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.ledger.chart import Number

OWN = "select account, number, name from ledger_number where holder = $1 order by account"
PUT = """
insert into ledger_number (holder, account, number, name) values ($1, $2, $3, $4)
on conflict (holder, account) do update set number = excluded.number, name = excluded.name
"""
FORGET = "delete from ledger_number where holder = $1 and account = $2"


async def own(unit: Unit, holder: PartyId) -> list[Number]:
    """In the order of the accounts."""
    return [Number(**row) for row in await unit.fetch(OWN, str(holder))]


def put(unit: Unit, holder: PartyId, one: Number) -> None:
    unit.write(PUT, str(holder), one.account, one.number, one.name)


def forget(unit: Unit, holder: PartyId, account: str) -> None:
    unit.write(FORGET, str(holder), account)
