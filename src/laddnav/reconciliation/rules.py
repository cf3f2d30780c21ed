"""What an invoice becomes for whoever got it, and what a Record comes to against the CDRs that are here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from laddnav.billing.model import Invoice
from laddnav.billing.rules import in_coins, partner_of
from laddnav.cdrs.model import CdrHeading
from laddnav.kit.ids import fold
from laddnav.kit.refusal import Refusal
from laddnav.reconciliation.model import Overlap, Reconciled, Record, Sum


class UnknownRecord(Refusal):
    """There is no record of this id."""

    def __init__(self, id: str) -> None:
        super().__init__(f"There is no invoice reconciliation record {id!r}")
        self.id = id


class NothingListed(Refusal):
    """A record lists at least one CDR."""

    def __init__(self) -> None:
        super().__init__("An invoice reconciliation record lists at least one CDR")


class NotOurRecord(Refusal):
    """Only who made a record changes it."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"Record {record.id!r} is of {record.owner}; only they change it")
        self.record = record


def of_invoice(invoice: Invoice) -> Record | None:
    """Under the invoice's own ref, so that an invoice has one record. None: it is open, or went to no partner."""
    partner = partner_of(invoice.debtor)
    if partner is None or invoice.number is None or invoice.issued_at is None:
        return None
    return Record(
        holder=invoice.holder,
        owner=invoice.holder,
        id=invoice.ref,
        ref=invoice.ref,
        receiver=partner,
        cpo=invoice.holder,
        invoice_id=invoice.number,
        cdrs=tuple(charge.cdr_id for charge in invoice.charges),
        last_updated=invoice.issued_at,
    )


def listable(cdrs: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order given. Raises NothingListed."""
    once: dict[str, str] = {}
    for id in cdrs:
        once.setdefault(fold(id), id)
    if not once:
        raise NothingListed
    return tuple(once.values())


def revised(before: Record, invoice_id: str, cdrs: Iterable[str], now: datetime) -> Record:
    """Always newer than before: whoever asks for what changed since then must not miss it. Raises NothingListed."""
    at = max(now, before.last_updated + timedelta(seconds=1))
    return replace(before, invoice_id=invoice_id, cdrs=listable(cdrs), last_updated=at)


def reconciled(
    record: Record, known: Sequence[CdrHeading], meanwhile: Sequence[CdrHeading], others: Sequence[Record]
) -> Reconciled:
    """`known` are those of the listed CDRs that are here, `meanwhile` all that ended in their time.

    `others` are the other records that list any of all these.
    """
    here = {fold(one.id) for one in known}
    on_others = {fold(id) for other in others for id in other.cdrs}
    wanted = {fold(id) for id in record.cdrs}
    return Reconciled(
        record=record,
        listed=tuple(sorted(known, key=lambda one: (one.ended_at, one.id))),
        missing=tuple(id for id in record.cdrs if fold(id) not in here),
        unlisted=tuple(one for one in meanwhile if fold(one.id) not in wanted | on_others),
        overlaps=tuple(
            Overlap(id, other.ref, other.invoice_id) for other in others for id in other.cdrs if fold(id) in wanted
        ),
        sums=sums(known),
    )


def sums(headings: Iterable[CdrHeading]) -> tuple[Sum, ...]:
    """A Credit CDR is taken off (OCPI 2.2.1 mod_cdrs_credit_cdrs)."""
    by: dict[str, list[CdrHeading]] = defaultdict(list)
    for one in headings:
        by[one.currency].append(one)
    return tuple(Sum(currency, len(some), _total(some), _total_incl(some)) for currency, some in sorted(by.items()))


def _total(some: Sequence[CdrHeading]) -> Decimal:
    """Each in whole coins, as it is on the invoice."""
    return sum((in_coins(one.excl, one.currency) for one in some), Decimal(0))


def _total_incl(some: Sequence[CdrHeading]) -> Decimal | None:
    told = [one.incl for one in some if one.incl is not None]
    return sum(told, Decimal(0)) if len(told) == len(some) else None
