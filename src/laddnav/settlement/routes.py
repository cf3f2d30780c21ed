"""The operator API about settling with partners, their tables, and what was earned."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from io import BytesIO
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.mail.model import Mail
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.settlement.actions import earning, mailing, reconciling, settling
from laddnav.settlement.margins import By, MarginSum
from laddnav.settlement.matching import Cause, Difference, File
from laddnav.settlement.model import InvoiceOf, Item, Move, Netting, Settlement, Side, State, Terms, TheirInvoice
from laddnav.settlement.rules import next_moves

TABLE_MOST = 4_000_000  # characters of a table that is sent; longer ones: `laddnav compare-cdrs`

Why = Annotated[str, Meta(max_length=500)]
Month = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Name = Annotated[str, Meta(max_length=200)]


class SayTerms(Struct, frozen=True, kw_only=True):
    """How we settle with `partner` from the month `since` on."""

    holder: str
    partner: str
    since: Month
    netting: Netting
    note: Why = ""


class Said(Struct, frozen=True, kw_only=True):
    """`why` is kept with the step; a dispute and a reopening need it."""

    why: Why = ""


class PutOff(Struct, frozen=True, kw_only=True):
    cdr_owner: str
    cdr_id: Annotated[str, Meta(max_length=39)]
    why: Why


class SettlementShown(Struct, frozen=True, kw_only=True):
    """A settlement, what is open of it at this instant, what can be done with it, and the invoices of its CDRs."""

    thing: Settlement
    balance: Decimal
    next_moves: tuple[Move, ...]
    invoices: tuple[InvoiceOf, ...]


class SendTable(Struct, frozen=True, kw_only=True):
    """A table with a header; `columns` say which column of it is what, where its name does not."""

    holder: str
    partner: str
    about: Side
    month: Month
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    name: Name = "table.csv"
    table: Annotated[str, Meta(max_length=TABLE_MOST, min_length=1)]
    columns: dict[str, str] = {}


# ---- Settlements


async def list_settlements(
    unit: Unit,
    by: Visitor,
    *,
    limit: Limit = 50,
    cursor: str | None = None,
    state: State | None = None,
    partner: PartyId | None = None,
) -> Page[Settlement]:
    """A month with a partner in a currency each, the newest first."""
    month, _, ref = (cursor or "").partition(" ")
    before = (month, ref) if cursor else None
    found = await settling.page(unit, by.holder, state=state, partner=partner, before=before, limit=limit + 1)
    return page(found, limit, lambda one: f"{one.month} {one.ref}")


async def fetch_settlement(unit: Unit, ref: str) -> SettlementShown:
    """One settlement: as it is fixed, or as it would be now."""
    return await _shown(unit, await settling.as_now(unit, ref))


async def list_settlement_items(
    unit: Unit, by: Visitor, ref: str, *, limit: Limit = 100, cursor: str | None = None, side: Side | None = None
) -> Page[Item]:
    """The CDRs of a settlement, by CPO."""
    one = await settling.as_now(unit, ref)
    yours(by, one.holder)
    owner, _, last = (cursor or "").partition(" ")
    found = await settling.items(unit, one, side=side, after=(owner, last) if cursor else None, limit=limit + 1)
    return page(found, limit, lambda item: f"{item.cdr_owner} {item.cdr_ref}")


async def say_terms(unit: Unit, by: Visitor, body: SayTerms) -> Terms:
    """Say how we settle with a partner from a month on; the months since then open at once."""
    return await settling.say_terms(
        unit,
        yours(by, PartyId.parse(body.holder)),
        PartyId.parse(body.partner),
        since=body.since,
        netting=body.netting,
        note=body.note,
        by=by.name,
    )


async def list_terms(unit: Unit, by: Visitor) -> Page[Terms]:
    """How we settle with whom; of each partner the newest first."""
    return Page(items=tuple(await settling.terms(unit, by.holder)), next=None)


async def propose_settlement(unit: Unit, by: Visitor, ref: str, body: Said) -> SettlementShown:
    """Fix its CDRs and issue our invoices for them; after a dispute, say it anew."""
    return await _shown(unit, await settling.propose(unit, ref, by=by.name, why=body.why))


async def agree_settlement(unit: Unit, by: Visitor, ref: str, body: Said) -> SettlementShown:
    """The partner says the same."""
    return await _shown(unit, await settling.agree(unit, ref, by=by.name, why=body.why))


async def dispute_settlement(unit: Unit, by: Visitor, ref: str, body: Said) -> SettlementShown:
    """The partner says something else."""
    return await _shown(unit, await settling.dispute(unit, ref, by=by.name, why=body.why))


async def put_off_cdr(unit: Unit, by: Visitor, ref: str, body: PutOff) -> SettlementShown:
    """Take a CDR out of a settlement in dispute; it falls into the next one."""
    owner = PartyId.parse(body.cdr_owner)
    return await _shown(unit, await settling.put_off(unit, ref, owner, body.cdr_id, by=by.name, why=body.why))


async def enter_their_invoice(unit: Unit, by: Visitor, ref: str, body: TheirInvoice) -> SettlementShown:
    """The number and the VAT of the partner's invoice."""
    return await _shown(unit, await settling.invoiced(unit, ref, body, by=by.name))


async def settle_settlement(unit: Unit, by: Visitor, ref: str, body: Said) -> SettlementShown:
    """Post what is set off, and the VAT of the partner's invoice."""
    return await _shown(unit, await settling.settle(unit, ref, by=by.name, why=body.why))


async def reopen_settlement(unit: Unit, by: Visitor, ref: str, body: Said) -> SettlementShown:
    """Take back what was posted."""
    return await _shown(unit, await settling.reopen(unit, ref, by=by.name, why=body.why))


async def mail_settlement(database: Database, by: Visitor, ref: str) -> Mail:
    """Send its statement to the partner, where it was not sent by itself; each statement is sent once."""
    async with database.unit() as unit:
        yours(by, (await settling.fetch(unit, ref)).holder)
    return await mailing.send(database, ref, by=by.name)


async def _shown(unit: Unit, one: Settlement) -> SettlementShown:
    return SettlementShown(
        thing=one,
        balance=one.balance,
        next_moves=next_moves(one, unit.now),
        invoices=tuple(await settling.invoices(unit, one)),
    )


# ---- A partner's table


async def compare_table(database: Database, by: Visitor, body: SendTable) -> File:
    """Hold a partner's table of CDRs against ours; one that is too long for this goes by the command line."""
    holder = yours(by, PartyId.parse(body.holder))
    table = body.table.encode()
    async with database.unit() as unit:
        begun = await reconciling.begin(
            unit,
            holder,
            PartyId.parse(body.partner),
            side=body.about,
            month=body.month,
            currency=body.currency,
            name=body.name,
            size=len(table),
            digest=hashlib.sha256(table).hexdigest(),
            header=BytesIO(table).readline(),
            said=body.columns,
            by=by.name,
        )
    return await reconciling.go_on(database, begun.ref, BytesIO(table))


async def list_compared(unit: Unit, by: Visitor, *, limit: Limit = 50, partner: PartyId | None = None) -> Page[File]:
    """Tables that were held against ours, the newest first."""
    return Page(items=tuple(await reconciling.files(unit, by.holder, partner, limit=limit)), next=None)


async def fetch_compared(unit: Unit, ref: str) -> File:
    """One table: how far it has come, and what differs by cause."""
    return await reconciling.fetch(unit, ref)


async def list_differences(
    unit: Unit, by: Visitor, ref: str, *, limit: Limit = 100, cursor: int = 0, cause: Cause | None = None
) -> Page[Difference]:
    """What differs, row by row."""
    one = await reconciling.fetch(unit, ref)
    yours(by, one.holder)
    found = await reconciling.differences(unit, one, cause=cause, after=cursor, limit=limit + 1)
    return page(found, limit, lambda each: str(each.place))


# ---- Margin


async def list_margins(
    unit: Unit,
    by: Visitor,
    *,
    per: By = By.PLACE,
    since: Month,
    until: Month | None = None,
    place: str | None = None,
    tariff: str | None = None,
    partner: str | None = None,
    sort: str = "revenue",
    rising: bool = False,
    limit: Limit = 100,
    offset: int = 0,
) -> Page[MarginSum]:
    """What charges left us, by charge, place, tariff, partner or month; sums are of what is known."""
    found = await earning.sums(
        unit,
        by.holder,
        per,
        since,
        until or since,
        place=place,
        tariff=tariff,
        partner=partner,
        sort=sort,
        rising=rising,
        limit=limit,
        offset=max(offset, 0),
    )
    return Page(items=tuple(found), next=str(offset + limit) if len(found) == limit else None)


_FINANCE = Role.FINANCE
ROUTES = (
    Route(method="GET", path="/settlements", does=list_settlements),
    Route(method="GET", path="/settlements/{ref}", does=fetch_settlement),
    Route(method="GET", path="/settlements/{ref}/items", does=list_settlement_items, looks_itself=True),
    Route(method="POST", path="/settlements/{ref}/propose", does=propose_settlement, needs=_FINANCE),
    Route(method="POST", path="/settlements/{ref}/agree", does=agree_settlement, needs=_FINANCE),
    Route(method="POST", path="/settlements/{ref}/dispute", does=dispute_settlement, needs=_FINANCE),
    Route(method="POST", path="/settlements/{ref}/put-off", does=put_off_cdr, needs=_FINANCE),
    Route(method="PUT", path="/settlements/{ref}/invoice", does=enter_their_invoice, needs=_FINANCE),
    Route(method="POST", path="/settlements/{ref}/settle", does=settle_settlement, needs=_FINANCE),
    Route(method="POST", path="/settlements/{ref}/reopen", does=reopen_settlement, needs=_FINANCE),
    Route(method="POST", path="/settlements/{ref}/mail", does=mail_settlement, needs=_FINANCE),
    Route(method="GET", path="/settlement-terms", does=list_terms),
    Route(method="POST", path="/settlement-terms", does=say_terms, needs=_FINANCE, status=201),
    Route(method="GET", path="/compared-tables", does=list_compared),
    Route(method="GET", path="/compared-tables/{ref}", does=fetch_compared),
    Route(method="GET", path="/compared-tables/{ref}/differences", does=list_differences, looks_itself=True),
    Route(
        method="POST",
        path="/compared-tables",
        does=compare_table,
        needs=_FINANCE,
        status=201,
        most=4 * TABLE_MOST,
    ),
    Route(method="GET", path="/margins", does=list_margins, looks_itself=True),
)
