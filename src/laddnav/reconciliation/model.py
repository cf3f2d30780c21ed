"""A Record says which CDRs an invoice is for; Reconciled is what we make of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from laddnav.cdrs.model import CdrHeading
from laddnav.kit.ids import PartyId


class Record(Struct, frozen=True, kw_only=True):
    """OCPI 2.3.0 mod_invoice_reconciliation_record_object.

    `owner` made the invoice and `receiver` got it. `cpo` is whose CDRs are listed: the owner in direct billing, the
    receiver in reverse billing (OCPI 2.3.0 mod_invoice_reconciliation_flow_and_lifecycle). `invoice_id` is what the
    invoice is called, which reaches the receiver by other ways than OCPI.
    """

    holder: PartyId
    owner: PartyId
    id: str
    ref: str
    receiver: PartyId
    cpo: PartyId
    invoice_id: str
    cdrs: tuple[str, ...]
    last_updated: datetime

    @property
    def emsp(self) -> PartyId:
        """Whose drivers charged."""
        return self.receiver if self.cpo == self.owner else self.owner


class Sum(Struct, frozen=True):
    """What listed CDRs add up to in one currency; `incl` None: not all of them say their taxes."""

    currency: str
    many: int
    excl: Decimal
    incl: Decimal | None


class Overlap(Struct, frozen=True):
    """A CDR that another invoice is for as well."""

    cdr_id: str
    record_ref: str
    invoice_id: str


class Reconciled(Struct, frozen=True, kw_only=True):
    """A Record against the CDRs that are here.

    `listed` are those of its CDRs that we know, `missing` the ids that we do not. `unlisted` ended meanwhile, and no
    invoice is for them yet: that is no fault, for it is the list that says what is invoiced, not the time.
    """

    record: Record
    listed: tuple[CdrHeading, ...]
    missing: tuple[str, ...]
    unlisted: tuple[CdrHeading, ...]
    overlaps: tuple[Overlap, ...]
    sums: tuple[Sum, ...]

    @property
    def sound(self) -> bool:
        """Every CDR is here, and on no other invoice."""
        return not self.missing and not self.overlaps
