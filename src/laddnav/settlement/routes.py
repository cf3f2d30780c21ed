"""The operator API about settling with partners, what hosts get, and what was earned."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Annotated

from msgspec import Meta, Struct

from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId
from laddnav.mail.model import Mail
from laddnav.people.api import Limit, Page, Route, page, yours
from laddnav.people.model import Role, Visitor
from laddnav.settlement.actions import earning, hosting, mailing, reconciling, settling
from laddnav.settlement.actions.hosting import OwedToHost
from laddnav.settlement.margins import By, MarginSum
from laddnav.settlement.matching import Cause, Difference, File
from laddnav.settlement.model import InvoiceOf, Item, Move, Netting, Settlement, Side, State, Terms, TheirInvoice
from laddnav.settlement.rules import next_moves
from laddnav.settlement.sharing import Agreement, EnergyFrom, Host, Kept, Statement

TABLE_MOST = 4_000_000  # characters of a table that is sent; longer ones: `laddnav compare-cdrs`

Why = Annotated[str, Meta(max_length=500)]
Month = Annotated[str, Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Name = Annotated[str, Meta(max_length=200)]
Zero = Decimal(0)


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


class SaveHost(Struct, frozen=True, kw_only=True):
    holder: str
    id: Name
    name: Name
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    address: Why = ""
    vat_number: Name = ""
    email: Name = ""


class Agree(Struct, frozen=True, kw_only=True):
    """What a host gets of its `places`: ids of Locations, or LOCATION/EVSE."""

    name: Name = ""
    places: tuple[Annotated[str, Meta(max_length=80)], ...]
    since: date
    until: date | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    percent: Decimal = Zero
    per_kwh: Decimal = Zero
    per_month: Decimal = Zero
    minimum: Decimal = Zero
    energy: EnergyFrom = EnergyFrom.NOWHERE
    energy_per_kwh: Decimal = Zero


class EndAgreement(Struct, frozen=True, kw_only=True):
    """The last day on which it holds."""

    last: date


class HostShown(Struct, frozen=True, kw_only=True):
    """A host, what it is owed now, what was agreed, its newest shares and its statements."""

    thing: Host
    owed: tuple[OwedToHost, ...]
    agreements: tuple[Agreement, ...]
    shares: tuple[Kept, ...]
    statements: tuple[Statement, ...]


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


# ---- Hosts


async def list_hosts(unit: Unit, by: Visitor, *, limit: Limit = 100, cursor: str | None = None) -> Page[Host]:
    """Who has places where stations of ours stand."""
    found = await hosting.hosts(unit, by.holder, after=cursor, limit=limit + 1)
    return page(found, limit, lambda one: one.ref)


async def fetch_host(unit: Unit, ref: str) -> HostShown:
    """One host: what it is owed, what was agreed, its shares and statements."""
    who = await hosting.host_by_ref(unit, ref)
    return HostShown(
        thing=who,
        owed=tuple(await hosting.owed(unit, who)),
        agreements=tuple(await hosting.agreements(unit, who.holder, who.id)),
        shares=tuple(await hosting.shares(unit, who)),
        statements=tuple(await hosting.statements(unit, who)),
    )


async def save_host(unit: Unit, by: Visitor, body: SaveHost) -> Host:
    """A new host, or what is different of one that has this id."""
    holder = yours(by, PartyId.parse(body.holder))
    host = Host(
        holder=holder,
        ref="",
        id=body.id,
        name=body.name,
        country=body.country,
        address=body.address,
        vat_number=body.vat_number,
        email=body.email,
        said_at=unit.now,
        said_by=by.name,
    )
    return await hosting.save_host(unit, host, by=by.name)


async def agree_share(unit: Unit, by: Visitor, ref: str, body: Agree) -> Agreement:
    """What a host gets, from a day on."""
    who = await hosting.host_by_ref(unit, ref)
    yours(by, who.holder)
    one = Agreement(
        holder=who.holder,
        ref="",
        host=who.id,
        name=body.name,
        places=body.places,
        since=body.since,
        until=body.until,
        currency=body.currency,
        percent=body.percent,
        per_kwh=body.per_kwh,
        per_month=body.per_month,
        minimum=body.minimum,
        energy=body.energy,
        energy_per_kwh=body.energy_per_kwh,
        said_at=unit.now,
        said_by=by.name,
    )
    return await hosting.agree(unit, one, by=by.name)


async def end_share(unit: Unit, by: Visitor, ref: str, body: EndAgreement) -> Agreement:
    """The last day on which an agreement holds."""
    one = await hosting.agreement(unit, ref)
    yours(by, one.holder)
    return await hosting.end(unit, ref, datetime.combine(body.last, time(12), UTC), by=by.name)


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
    Route(method="GET", path="/hosts", does=list_hosts),
    Route(method="GET", path="/hosts/{ref}", does=fetch_host),
    Route(method="POST", path="/hosts", does=save_host, needs=_FINANCE, status=201),
    Route(method="POST", path="/hosts/{ref}/agreements", does=agree_share, needs=_FINANCE, status=201),
    Route(method="POST", path="/share-agreements/{ref}/end", does=end_share, needs=_FINANCE),
    Route(method="GET", path="/margins", does=list_margins, looks_itself=True),
)
