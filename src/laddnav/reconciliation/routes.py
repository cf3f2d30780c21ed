"""The operator API about which CDRs invoices are for."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from laddnav.cdrs.model import CdrHeading
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.reconciliation import actions
from laddnav.reconciliation.model import Overlap, Record, Sum


class Listing(Struct, frozen=True, kw_only=True):
    """What an invoice is called, and which CDRs it is for."""

    invoice_id: Annotated[str, Meta(min_length=1, max_length=255)]
    cdrs: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=39)], ...], Meta(min_length=1)]


class Issue(Listing, frozen=True, kw_only=True):
    """An invoice of `holder` to `receiver`; `cpo` is whichever of the two issued the CDRs."""

    holder: str
    receiver: str
    cpo: str


class Against(Struct, frozen=True, kw_only=True):
    """A record against the CDRs that are here."""

    thing: Record
    sound: bool
    sums: tuple[Sum, ...]
    listed: tuple[CdrHeading, ...]
    missing: tuple[str, ...]
    unlisted: tuple[CdrHeading, ...]
    overlaps: tuple[Overlap, ...]


async def list_records(unit: Unit, by: Visitor, *, limit: Limit = 50, cursor: str | None = None) -> Page[Record]:
    """Invoice reconciliation records, ours and those of partners, newest first."""
    found = await actions.page(unit, by.holder, before=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_record(unit: Unit, ref: str) -> Against:
    """One record: its CDRs, those that are missing here, those that it lacks, and what they add up to."""
    found = await actions.reconciled(unit, ref)
    return Against(
        thing=found.record,
        sound=found.sound,
        sums=found.sums,
        listed=found.listed,
        missing=found.missing,
        unlisted=found.unlisted,
        overlaps=found.overlaps,
    )


async def issue(unit: Unit, by: Visitor, body: Issue) -> Record:
    """Tell a partner which CDRs an invoice is for that was made elsewhere; of ours it is told by itself."""
    return await actions.issue(
        unit,
        yours(by, PartyId.parse(body.holder)),
        receiver=PartyId.parse(body.receiver),
        cpo=PartyId.parse(body.cpo),
        invoice_id=body.invoice_id,
        cdrs=body.cdrs,
    )


async def revise(unit: Unit, ref: str, body: Listing) -> Record:
    """Put right what an invoice is called, or which CDRs it is for."""
    return await actions.revise(unit, ref, invoice_id=body.invoice_id, cdrs=body.cdrs)


async def retract(unit: Unit, ref: str) -> Record:
    """Take a record back that never should have been."""
    return await actions.retract(unit, ref)


ROUTES = (
    Route(method="GET", path="/reconciliations", does=list_records),
    Route(method="GET", path="/reconciliations/{ref}", does=fetch_record),
    Route(method="POST", path="/reconciliations", does=issue, needs=Role.OPERATOR, also=(Role.FINANCE,), status=201),
    Route(method="PUT", path="/reconciliations/{ref}", does=revise, needs=Role.OPERATOR, also=(Role.FINANCE,)),
    Route(method="DELETE", path="/reconciliations/{ref}", does=retract, needs=Role.OPERATOR, also=(Role.FINANCE,)),
)
