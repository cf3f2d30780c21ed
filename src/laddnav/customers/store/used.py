"""What the contracts of customers used in a week, as it is kept."""

from __future__ import annotations

from datetime import date

from laddnav.customers.limits import Used
from laddnav.customers.model import Contract
from laddnav.db.unit import Unit
from laddnav.kit.energy import Energy
from laddnav.kit.ids import PartyId, fold

INSERT = """
insert into contract_used (holder, owner, cdr_key, contract_key, week, wh, cost) values ($1, $2, $3, $4, $5, $6, $7)
on conflict do nothing
"""
OF_WEEK = """
select coalesce(sum(wh), 0) as wh, coalesce(sum(cost), 0) as cost from contract_used
where holder = $1 and contract_key = $2 and week = $3
"""
LIMITED = """
select distinct contract.customer from customer_contract contract
join token on token.holder = contract.holder and token.owner = contract.holder
  and upper(token.contract_id) = upper(contract.body::json ->> 'contract_id')
where token.body::json ->> 'barred' = 'WEEK' order by contract.customer
"""


def insert(unit: Unit, contract: Contract, owner: PartyId, cdr_id: str, week: date, used: Used) -> None:
    unit.write(
        INSERT,
        str(contract.holder),
        str(owner),
        fold(cdr_id),
        fold(contract.contract_id),
        week,
        used.energy.wh,
        used.cost,
    )


async def of_week(unit: Unit, contract: Contract, week: date) -> Used:
    row = await unit.fetch_one(OF_WEEK, str(contract.holder), fold(contract.contract_id), week)
    assert row is not None, "sums are always there"
    return Used(energy=Energy(row["wh"]), cost=row["cost"])


async def limited(unit: Unit) -> list[str]:
    """The refs of customers of whom a Token is barred by what its driver used in a week."""
    return [row["customer"] for row in await unit.fetch(LIMITED)]
