"""Say which CDRs an invoice is for, hear it of others, and hold it against what is here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from laddnav.billing import actions as billing
from laddnav.billing.events import InvoiceIssued
from laddnav.cdrs import actions as cdrs
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.reconciliation import rules, store
from laddnav.reconciliation.events import Change, RecordChanged
from laddnav.reconciliation.model import Reconciled, Record
from laddnav.reconciliation.rules import NotOurRecord, UnknownRecord

# ---- Ours


async def record_issued(database: Database, issued: InvoiceIssued) -> None:
    """Hears InvoiceIssued: the partner that gets the invoice is told which CDRs it is for; again is nothing."""
    async with database.unit() as unit:
        record = rules.of_invoice(await billing.invoice(unit, issued.ref))
        if record is not None and await store.find_locked(unit, record.holder, record.owner, record.id) is None:
            await keep(unit, record.holder, record)


async def issue(
    unit: Unit, holder: PartyId, *, receiver: PartyId, cpo: PartyId, invoice_id: str, cdrs: Sequence[str]
) -> Record:
    """For an invoice that was made elsewhere, in reverse billing above all. Raises NothingListed."""
    id = unit.new_id()
    record = Record(
        holder=holder,
        owner=holder,
        id=id,
        ref=id,
        receiver=receiver,
        cpo=cpo,
        invoice_id=invoice_id,
        cdrs=rules.listable(cdrs),
        last_updated=unit.now,
    )
    await keep(unit, holder, record)
    return record


async def revise(unit: Unit, ref: str, *, invoice_id: str, cdrs: Sequence[str]) -> Record:
    """The invoice, or the list of its CDRs, was wrong (OCPI 2.3.0 mod_invoice_reconciliation_push_model).

    Raises UnknownRecord, NotOurRecord, NothingListed.
    """
    after = rules.revised(await _ours(unit, ref), invoice_id, cdrs, unit.now)
    await keep(unit, after.holder, after)
    return after


async def retract(unit: Unit, ref: str) -> Record:
    """The record itself was a mistake. Raises UnknownRecord, NotOurRecord."""
    record = await _ours(unit, ref)
    await withdraw(unit, record.holder, record.owner, record.id)
    return record


async def _ours(unit: Unit, ref: str) -> Record:
    record = await by_ref(unit, ref)
    if record.owner != record.holder:
        raise NotOurRecord(record)
    return record


# ---- Ours and a partner's


async def keep(unit: Unit, holder: PartyId, record: Record) -> bool:
    """Insert or replace it; True and RecordChanged where that changed anything."""
    before = await store.find_locked(unit, holder, record.owner, record.id)
    if before is not None:
        record = replace(record, ref=before[0].ref)
    if before == (record, False):
        return False
    store.put(unit, record)
    change = Change.NEW if before is None else Change.REVISED
    unit.announce(RecordChanged(holder=holder, owner=str(record.owner), record_id=record.id, change=change))
    return True


async def withdraw(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> None:
    """Raises UnknownRecord."""
    if not await store.withdraw(unit, holder, owner, id):
        raise UnknownRecord(id)
    unit.announce(RecordChanged(holder=holder, owner=str(owner), record_id=id, change=Change.WITHDRAWN))


# ---- Reads


async def find(unit: Unit, holder: PartyId, owner: PartyId, id: str) -> Record | None:
    return await store.find(unit, holder, owner, id)


async def told(unit: Unit, holder: PartyId, id: str) -> Record:
    """A Record of ours as its receiver heard it, be it withdrawn. Raises UnknownRecord."""
    found = await store.find_locked(unit, holder, holder, id)
    if found is None:
        raise UnknownRecord(id)
    return found[0]


async def by_ref(unit: Unit, ref: str) -> Record:
    """Raises UnknownRecord."""
    record = await store.by_ref(unit, ref)
    if record is None:
        raise UnknownRecord(ref)
    return record


async def page(unit: Unit, holder: PartyId | None, *, before: str | None = None, limit: int = 50) -> Sequence[Record]:
    """Ours and those of partners, newest first; the last ref is the next `before`."""
    return await store.page(unit, holder, before, limit)


async def of_owner(unit: Unit, holder: PartyId, owner: PartyId, since: datetime, limit: int = 50) -> Sequence[Record]:
    """Those that one party made, told or changed since then, the newest first."""
    return await store.of_owner(unit, holder, owner, since, limit)


async def reconciled(unit: Unit, ref: str) -> Reconciled:
    """What a record comes to here. Raises UnknownRecord."""
    record = await by_ref(unit, ref)
    known = await cdrs.headings(unit, record.holder, record.cpo, record.cdrs)
    ends = [one.ended_at for one in known]
    meanwhile = (
        await cdrs.headings_within(unit, record.holder, record.cpo, record.emsp, min(ends), max(ends)) if ends else ()
    )
    others = await store.listing(unit, record, (*record.cdrs, *(one.id for one in meanwhile)))
    return rules.reconciled(record, known, meanwhile, others)
