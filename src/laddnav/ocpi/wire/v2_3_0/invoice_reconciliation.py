"""InvoiceReconciliationRecord as OCPI 2.3.0 spells it (OCPI 2.3.0 mod_invoice_reconciliation_record_object)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.kit.ids import PartyId
from laddnav.ocpi.wire.codec import Codec, Hearing
from laddnav.ocpi.wire.shared.scalars import ASCII, CiString2, CiString3, CiString36, CiString39, DateTime
from laddnav.parties.model import Role
from laddnav.reconciliation.model import Record


class WireRecord(Struct, kw_only=True):
    """The table gives a listed id 36 characters; of a Credit CDR it may have 39 (OCPI 2.3.0 mod_cdrs_cdr_object)."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    invoice_id: Annotated[str, Meta(min_length=1, max_length=255, pattern=ASCII)]
    cdrs: Annotated[tuple[CiString39, ...], Meta(min_length=1)]
    last_updated: DateTime


def read(wire: WireRecord, hearing: Hearing) -> Record:
    """An eMSP that invoices does so in reverse billing: then the CDRs are those of who hears it."""
    owner = PartyId.of(wire.country_code, wire.party_id)
    return Record(
        holder=hearing.holder,
        owner=owner,
        id=wire.id,
        ref=hearing.ref,
        receiver=hearing.holder,
        cpo=hearing.holder if hearing.role is Role.EMSP else owner,
        invoice_id=wire.invoice_id,
        cdrs=wire.cdrs,
        last_updated=wire.last_updated.at,
    )


def write(record: Record) -> WireRecord:
    return WireRecord(
        country_code=record.owner.country,
        party_id=record.owner.party,
        id=record.id,
        invoice_id=record.invoice_id,
        cdrs=record.cdrs,
        last_updated=DateTime(record.last_updated),
    )


codec = Codec(WireRecord, read, write)
