"""The ledger: a month of all accounts, the statement of one, an entry and what takes it back, and months that close."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import quote, urlencode

from starlette.responses import Response, StreamingResponse

from laddnav.billing import actions as billing
from laddnav.billing.rules import UnknownInvoice
from laddnav.cdrs import actions as cdrs
from laddnav.db.unit import Unit
from laddnav.kit.ids import NotAPartyId, PartyId
from laddnav.kit.json import Unreadable
from laddnav.ledger import actions as ledger
from laddnav.ledger.chart import Chart, Number
from laddnav.ledger.exports import Format
from laddnav.ledger.model import Head, Posted
from laddnav.ledger.origin import origin
from laddnav.ledger.routes import cursor_of, place_of
from laddnav.ledger.rules import NotAnAccount, account_of
from laddnav.parties.model import Party
from laddnav.people import actions as people
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.people.rules import allows
from laddnav.web.asked import Asked, Door, do, see

FEW, MANY = 6, 300  # accounts of a head: among others, and alone
LINES = 100
CURRENCY = re.compile(r"[A-Z]{3}")


async def month(asked: Asked) -> Response:
    """Raises NotAMonth, NotAnAccount, NotYours."""
    party = chosen_party(asked, asked.query("party"))
    if party is None:
        return asked.page("ledger.html", party=None)
    named = asked.query("head")
    head = None if named is None else _head(named)
    async with asked.unit() as unit:
        shown = await ledger.month(unit, party.holder, asked.query("month"))
        groups = await ledger.groups(unit, party.holder, shown, head, most=FEW if head is None else MANY)
        closes = await ledger.closes(unit, party.holder)
        return asked.page(
            "ledger.html",
            party=party,
            ours=parties_of(asked),
            month=shown,
            head=head,
            groups=groups,
            chart=Chart(await ledger.numbers(unit, party.holder)),
            currencies=await ledger.currencies(unit, party.holder),
            closed=next((one for one in closes if one.ends_at >= shown.end_at), None),
            to_close=await ledger.to_close(unit, party.holder),
            may_close=allows(asked.visitor, Role.FINANCE),
            query=urlencode({"party": str(party.holder), "month": shown.name}),
        )


async def statement(asked: Asked) -> Response:
    """Raises NotAMonth, NotAnAccount, NotYours, Unreadable."""
    if asked.query("account") is None:
        return asked.done("/ledger")
    party = _of(asked, asked.query("party"))
    account, currency = account_of(asked.query("account") or ""), asked.query("currency") or party.currency
    if not CURRENCY.fullmatch(currency):
        raise Unreadable(f"{currency[:10]!r} is no currency")
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        shown = await ledger.month(unit, party.holder, asked.query("month"))
        found = await ledger.statement(
            unit,
            party.holder,
            account,
            currency,
            shown,
            after=None if cursor is None else place_of(cursor),
            limit=LINES,
        )
        number = Chart(await ledger.numbers(unit, party.holder)).of(account)
    return asked.page(
        "ledger_account.html",
        party=party,
        month=shown,
        statement=found,
        number=number,
        next=cursor_of(found.lines[-1].place) if len(found.lines) == LINES else None,
        begun=cursor is not None,
        query=urlencode(
            {"party": str(party.holder), "account": str(account), "currency": currency, "month": shown.name}
        ),
    )


async def entry(asked: Asked) -> Response:
    """Raises UnknownEntry, NotYours."""
    party = _of(asked, asked.query("party"))
    async with asked.unit() as unit:
        posted = await ledger.entry(unit, party.holder, asked.part("id"))
        number = Chart(await ledger.numbers(unit, party.holder))
        return asked.page(
            "ledger_entry.html",
            party=party,
            posted=posted,
            month=await ledger.month(unit, party.holder),
            chart=number,
            cited=await _cited(unit, posted),
            stands=posted.reverses is None and posted.reversed_by is None,
            origin=origin(posted.entry),
            may_reverse=allows(asked.visitor, Role.FINANCE),
        )


_PAGES = {"payment": "/payments/", "settlement": "/settlements/", "bank": "/bank?of="}


async def _cited(unit: Unit, posted: Posted) -> str | None:
    """Where what it rests on is shown."""
    kind, _, what = posted.entry.cites.partition(" ")
    if kind in _PAGES:
        return _PAGES[kind] + quote(what, safe="")
    if kind == "invoice":
        try:
            return f"/invoices/{(await billing.invoice(unit, what)).ref}"
        except UnknownInvoice:
            return None
    owner, _, id = what.partition("/")
    if kind == "cdr":
        try:
            cdr = await cdrs.find(unit, posted.holder, PartyId.parse(owner), id)
        except NotAPartyId:
            return None
        return None if cdr is None else f"/cdrs/{cdr.ref}"
    return None


async def reverse(asked: Asked) -> Response:
    """Raises UndoneElsewhere, ReversalWithoutReason, ReversalIsFinal, AlreadyReversed, UnknownEntry, NotYours."""
    party = _of(asked, asked.said("party"))
    async with asked.unit() as unit:
        back = await ledger.take_back(unit, party.holder, asked.part("id"), asked.said("why")[:500], asked.visitor.name)
        people.note(unit, asked.visitor.name, "reverse entry", f"entry {back.reverses}", back.entry.what)
    return asked.done(
        f"/ledger/entries/{back.id}?{urlencode({'party': str(party.holder)})}", asked.say("The entry is taken back.")
    )


async def close(asked: Asked) -> Response:
    party = _of(asked, asked.said("party"))
    async with asked.unit() as unit:
        closed = await ledger.close(unit, party.holder, asked.said("month"), asked.visitor.name)
        people.note(unit, asked.visitor.name, "close month", f"ledger of {party.holder}", closed.month)
    way = urlencode({"party": str(party.holder), "month": closed.month})
    return asked.done(f"/ledger?{way}", asked.say("%(month)s is closed.", month=closed.month))


async def export(asked: Asked) -> Response:
    """Raises NotAMonth, WhichCurrency, NotYours, Unreadable."""
    party = _of(asked, asked.query("party"))
    async with asked.unit() as unit:
        name = (await ledger.month(unit, party.holder, asked.part("month"))).name
    try:
        format = Format(asked.query("as") or Format.SIE)
    except ValueError as error:
        raise Unreadable(f"The ledger goes out as {', '.join(Format)}") from error
    lines = ledger.export(asked.console.database, party.holder, format, name, name, asked.query("currency"))
    first = await anext(lines)  # what cannot be is told before an answer has begun

    async def told() -> AsyncIterator[bytes]:
        yield first
        async for line in lines:
            yield line

    file = f"{str(party.holder).replace('*', '-')}-{name}.{format.suffix}"
    return StreamingResponse(
        told(), media_type=format.media_type, headers={"Content-Disposition": f'attachment; filename="{file}"'}
    )


async def numbers(asked: Asked) -> Response:
    party = _of(asked, asked.query("party"))
    async with asked.unit() as unit:
        found = await ledger.numbers(unit, party.holder)
    return asked.page("ledger_numbers.html", party=party, numbers=found, may_change=allows(asked.visitor, Role.FINANCE))


async def change_number(asked: Asked) -> Response:
    party = _of(asked, asked.said("party"))
    account = asked.said("account")
    async with asked.unit() as unit:
        if asked.said("number") or asked.said("name"):
            one = Number(account=account, number=asked.said("number"), name=asked.said("name"))
            await ledger.number(unit, party.holder, one)
        else:
            await ledger.forget_number(unit, party.holder, account)
        people.note(unit, asked.visitor.name, "number account", f"ledger of {party.holder}", account)
    return asked.done(f"/ledger/numbers?{urlencode({'party': str(party.holder)})}", asked.say("Kept."))


def _head(named: str) -> Head:
    try:
        return Head(named)
    except ValueError:
        raise NotAnAccount(named) from None


def parties_of(asked: Asked) -> tuple[Party, ...]:
    """Whose ledgers the visitor may see."""
    return tuple(party for party in asked.parties if asked.visitor.holder in (None, party.holder))


def chosen_party(asked: Asked, named: str | None) -> Party | None:
    """Who is named, else the first; None: there is no party yet. Raises NotYours."""
    ours = parties_of(asked)
    if not named:
        return ours[0] if ours else None
    holder = yours(asked.visitor, PartyId.parse(named))
    return next((party for party in ours if party.holder == holder), None)


def _of(asked: Asked, named: str | None) -> Party:
    """Raises NotYours, Unreadable."""
    party = chosen_party(asked, named)
    if party is None:
        raise Unreadable("There is no party of this name here")
    return party


DOORS: tuple[Door, ...] = (
    see("/ledger", month),
    see("/ledger/account", statement),
    see("/ledger/export/{month}", export),
    see("/ledger/numbers", numbers),
    see("/ledger/entries/{id}", entry),
    do("/ledger/entries/{id}/reverse", reverse, Role.FINANCE),
    do("/ledger/close", close, Role.FINANCE),
    do("/ledger/numbers", change_number, Role.FINANCE),
)
