"""Who owes invoices, as they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from laddnav.billing.model import Debtor, DebtorKind
from laddnav.db.unit import Record, Unit
from laddnav.kit.ids import PartyId

_DEBTOR = "holder, id, ref, kind, name, country, address, vat_number, endpoint, reference, email, language, created_at"
INSERT = """
insert into debtor (holder, id, ref, kind, name, country, created_at) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (holder, id) do nothing
"""
FIND = f"select {_DEBTOR} from debtor where holder = $1 and id = $2"
# Whoever bills or issues holds the debtor: one at a time, so that nothing is billed twice or onto a closed invoice.
LOCK = FIND + " for update"
BY_REF = f"select {_DEBTOR} from debtor where ref = $1"
UPDATE = """
update debtor set name = $3, country = $4, address = $5, vat_number = $6, endpoint = $7, reference = $8, email = $9,
  language = $10
where holder = $1 and id = $2
"""
LIST_ALL = f"select {_DEBTOR} from debtor where $1::text is null or holder = $1 order by holder, id"
# In one order, as whoever bills one of them locks it too.
LOCK_OWING = f"""
select {_DEBTOR} from debtor
where holder = $1 and id in (select debtor_id from invoice where holder = $1 and ref = any($2::text[]))
order by id for update
"""


def insert(unit: Unit, debtor: Debtor) -> None:
    """Nothing when it is there already."""
    unit.write(
        INSERT,
        str(debtor.holder),
        debtor.id,
        debtor.ref,
        debtor.kind,
        debtor.name,
        debtor.country,
        debtor.created_at,
    )


async def lock(unit: Unit, holder: PartyId, debtor_id: str) -> Debtor | None:
    row = await unit.fetch_one(LOCK, str(holder), debtor_id)
    return None if row is None else _debtor(row)


async def lock_owing(unit: Unit, holder: PartyId, refs: Sequence[str]) -> Mapping[str, Debtor]:
    """By their ids, who owes these invoices."""
    return {row["id"]: _debtor(row) for row in await unit.fetch(LOCK_OWING, str(holder), refs)}


async def find(unit: Unit, holder: PartyId, debtor_id: str) -> Debtor | None:
    row = await unit.fetch_one(FIND, str(holder), debtor_id)
    return None if row is None else _debtor(row)


async def by_ref(unit: Unit, ref: str) -> Debtor | None:
    row = await unit.fetch_one(BY_REF, ref)
    return None if row is None else _debtor(row)


def update(unit: Unit, debtor: Debtor) -> None:
    unit.write(
        UPDATE,
        str(debtor.holder),
        debtor.id,
        debtor.name,
        debtor.country,
        debtor.address,
        debtor.vat_number,
        debtor.endpoint,
        debtor.reference,
        debtor.email,
        debtor.language,
    )


async def list_all(unit: Unit, holder: PartyId | None) -> tuple[Debtor, ...]:
    return tuple(_debtor(row) for row in await unit.fetch(LIST_ALL, holder and str(holder)))


def _debtor(row: Record) -> Debtor:
    return Debtor(**{**row, "holder": PartyId.parse(row["holder"]), "kind": DebtorKind(row["kind"])})
