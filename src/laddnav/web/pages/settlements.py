"""Settlements: by state with what to do next, one down to its CDRs and postings, the terms, and partners' tables."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from decimal import Decimal, InvalidOperation
from io import BytesIO
from urllib.parse import quote, urlencode

from starlette.responses import Response, StreamingResponse

from laddnav.billing import actions as billing
from laddnav.billing.rules import partner_id
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.parties import actions as parties
from laddnav.people.api import yours
from laddnav.people.model import Role
from laddnav.settlement import statement
from laddnav.settlement.actions import mailing, reconciling, settling
from laddnav.settlement.matching import Cause, File
from laddnav.settlement.model import Counts, Move, Netting, Settlement, Side, State, TheirInvoice
from laddnav.settlement.rules import Unfit, is_said, next_moves
from laddnav.web.asked import Asked, Door, do, see

PAGE = 50
SHOWS = ("late", "credits", "held")
TABLE_MOST = 8_000_000  # bytes of a form: some 4 MB as they are pasted; more goes by the command line


async def list_all(asked: Asked) -> Response:
    cursor, state = asked.query("cursor"), _state(asked.query("state"))
    month, _, ref = (cursor or "").partition(" ")
    holder = asked.visitor.holder
    async with asked.unit() as unit:
        found = await settling.page(unit, holder, state=state, before=(month, ref) if cursor else None, limit=PAGE + 1)
        counts = await settling.counts(unit, holder)
        without = await settling.without_terms(unit, holder)
        now = unit.now
    shown = found[:PAGE]
    return asked.page(
        "settlements.html",
        rows=[(one, next(iter(next_moves(one, now)), None)) for one in shown],
        counts=counts,
        states=list(State),
        chosen=state,
        without=without,
        next=f"{shown[-1].month} {shown[-1].ref}" if len(found) > PAGE else None,
        begun=cursor is not None,
    )


async def one(asked: Asked) -> Response:
    cursor, show = asked.query("cursor"), asked.query("show")
    side = next((each for each in Side if each.lower() == show), None)
    owner, _, last = (cursor or "").partition(" ")
    async with asked.unit() as unit:
        found = await _mine(asked, unit)
        items = await settling.items(
            unit,
            found,
            side=side,
            show=show if show in SHOWS else None,
            after=(owner, last) if cursor else None,
            limit=PAGE + 1,
        )
        invoices = await settling.invoices(unit, found)
        posted = await settling.postings(unit, found)
        files = await reconciling.files(unit, found.holder, found.partner, found.month)
        mailed = await mailing.sent(unit, found)
        moves, name = next_moves(found, unit.now), await _name(unit, found)
    shown = items[:PAGE]
    return asked.page(
        "settlement.html",
        one=found,
        name=name,
        items=shown,
        invoices=invoices,
        posted=posted,
        files=files,
        moves=moves,
        mailed=mailed,
        said=is_said(found),
        show=show if show in SHOWS or side else "all",
        next=f"{shown[-1].cdr_owner} {shown[-1].cdr_ref}" if len(items) > PAGE else None,
        begun=cursor is not None,
    )


async def as_table(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await _mine(asked, unit)
    items = settling.every_item(asked.console.database, found)
    return _stream(statement.table(found, items), f"{_file_name(found)}.csv")


async def paper(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await _mine(asked, unit)
        party, name = await parties.fetch(unit, found.holder), await _name(unit, found)
        items = [
            item
            for item in await settling.items(unit, found, limit=statement.PAPER_MOST)
            if item.counts is Counts.COUNTED
        ]
        now = unit.now
    # A compiler at work: not in the loop that answers stations.
    body = await asyncio.to_thread(statement.pdf, found, items, party, name, asked.language, now)
    return Response(body, media_type="application/pdf", headers=_named(f"{_file_name(found)}.pdf"))


async def propose(asked: Asked) -> Response:
    return await _moved(asked, Move.PROPOSE, asked.say("Its CDRs are fixed, and our invoices for them are issued."))


async def agree(asked: Asked) -> Response:
    return await _moved(asked, Move.AGREE, asked.say("Both sides say the same."))


async def dispute(asked: Asked) -> Response:
    return await _moved(
        asked, Move.DISPUTE, asked.say("It is in dispute. Put off what has to wait, and propose again.")
    )


async def settle(asked: Asked) -> Response:
    return await _moved(asked, Move.SETTLE, asked.say("It is settled."))


async def reopen(asked: Asked) -> Response:
    return await _moved(asked, Move.REOPEN, asked.say("What was posted is taken back."))


async def mail(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await _mine(asked, unit)
    sent = await mailing.send(asked.console.database, found.ref, by=asked.visitor.name)
    asked.console.database.wake()
    return asked.done(f"/settlements/{found.ref}", asked.say("The statement goes to %(address)s.", address=sent.to))


async def put_off(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await _mine(asked, unit)
        owner = PartyId.parse(asked.said("owner"))
        await settling.put_off(unit, found.ref, owner, asked.said("cdr"), by=asked.visitor.name, why=asked.said("why"))
    return asked.done(f"/settlements/{found.ref}", asked.say("The CDR falls into the next month."))


async def invoiced(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await _mine(asked, unit)
        said = TheirInvoice(number=asked.said("number"), vat=_amount(asked, "vat"), rate=asked.said("rate").upper())
        await settling.invoiced(unit, found.ref, said, by=asked.visitor.name)
    return asked.done(f"/settlements/{found.ref}", asked.say("Kept."))


async def _moved(asked: Asked, move: Move, text: str) -> Response:
    async with asked.unit() as unit:
        found = await _mine(asked, unit)
        ref, by, why = found.ref, asked.visitor.name, asked.said("why")
        if move is Move.PROPOSE:
            await settling.propose(unit, ref, by=by, why=why)
        elif move is Move.AGREE:
            await settling.agree(unit, ref, by=by, why=why)
        elif move is Move.DISPUTE:
            await settling.dispute(unit, ref, by=by, why=why)
        elif move is Move.SETTLE:
            await settling.settle(unit, ref, by=by, why=why)
        else:
            await settling.reopen(unit, ref, by=by, why=why)
    asked.console.database.wake()
    return asked.done(f"/settlements/{ref}", text)


# ---- Terms


async def terms(asked: Asked) -> Response:
    mine = asked.visitor.holder
    async with asked.unit() as unit:
        found = await settling.terms(unit, mine)
        without = await settling.without_terms(unit, mine)
        now = unit.now
    return asked.page(
        "settlement_terms.html",
        terms=found,
        without=without,
        partner=asked.query("partner") or "",
        holder=asked.query("holder") or "",
        month=now.strftime("%Y-%m"),
        holders=[
            (str(one.holder), f"{one.holder} · {one.name}") for one in asked.parties if mine in (None, one.holder)
        ],
        nettings=[(one.value, asked.term(f"NETTING_{one}")) for one in Netting],
    )


async def say_terms(asked: Asked) -> Response:
    holder = yours(asked.visitor, PartyId.parse(asked.said("holder")))
    if asked.said("netting") not in set(Netting):
        raise Unreadable("Terms are gross or net")
    async with asked.unit() as unit:
        await settling.say_terms(
            unit,
            holder,
            PartyId.parse(asked.said("partner")),
            since=asked.said("since"),
            netting=Netting(asked.said("netting")),
            note=asked.said("note"),
            by=asked.visitor.name,
        )
    return asked.done("/settlements", asked.say("Each month since then is a settlement now."))


# ---- A partner's table


async def compare(asked: Asked) -> Response:
    """What was pasted about a settlement. Raises UnreadableTable."""
    side = Side.THEIRS if asked.said("about") == "THEIRS" else Side.OURS
    table = asked.said("table").encode()
    async with asked.unit() as unit:
        found = await _mine(asked, unit)
        begun = await reconciling.begin(
            unit,
            found.holder,
            found.partner,
            side=side,
            month=found.month,
            currency=found.currency,
            name=asked.say("pasted"),
            size=len(table),
            digest=hashlib.sha256(table).hexdigest(),
            header=BytesIO(table).readline(),
            by=asked.visitor.name,
        )
    done = await reconciling.go_on(asked.console.database, begun.ref, BytesIO(table))
    return asked.done(f"/compared-tables/{done.ref}")


async def compared(asked: Asked) -> Response:
    cause, cursor = asked.query("cause"), asked.query("cursor")
    chosen = Cause(cause) if cause in set(Cause) else None
    after = int(cursor) if cursor and cursor.isascii() and cursor.isdigit() and len(cursor) < 18 else 0
    async with asked.unit() as unit:
        found = await _compared(asked, unit)
        some = await reconciling.differences(unit, found, cause=chosen, after=after, limit=PAGE + 1)
        of = await settling.page(unit, found.holder, partner=found.partner, limit=200)
    shown = some[:PAGE]
    return asked.page(
        "compared.html",
        file=found,
        rows=shown,
        cause=chosen,
        settlement=next((one for one in of if (one.month, one.currency) == (found.month, found.currency)), None),
        next=str(shown[-1].place) if len(some) > PAGE else None,
        begun=after > 0,
        query=urlencode({"cause": cause}) if chosen else "",
    )


async def compared_table(asked: Asked) -> Response:
    async with asked.unit() as unit:
        found = await _compared(asked, unit)
    lines = statement.differences(reconciling.every_difference(asked.console.database, found))
    return _stream(lines, f"differences-{str(found.partner).replace('*', '-')}-{found.month}.csv")


# ---- Of the request


async def _mine(asked: Asked, unit: Unit) -> Settlement:
    """Raises UnknownSettlement, NotYours."""
    found = await settling.as_now(unit, asked.part("ref"))
    yours(asked.visitor, found.holder)
    return found


async def _compared(asked: Asked, unit: Unit) -> File:
    """Raises UnknownFile, NotYours."""
    found = await reconciling.fetch(unit, asked.part("ref"))
    yours(asked.visitor, found.holder)
    return found


async def _name(unit: Unit, one: Settlement) -> str:
    """What our invoices call the partner."""
    for debtor in await billing.debtors(unit, one.holder):
        if debtor.id == partner_id(one.partner):
            return debtor.name
    return str(one.partner)


def _state(said: str | None) -> State | None:
    return State(said) if said in set(State) else None


def _amount(asked: Asked, name: str) -> Decimal:
    """Raises Unfit."""
    try:
        amount = Decimal(asked.said(name).replace(",", ".") or "0")
    except InvalidOperation as error:
        raise Unfit("An amount is meant") from error
    if not amount.is_finite() or abs(amount) > 10**9:
        raise Unfit("An amount is meant")
    return amount


def _file_name(one: Settlement) -> str:
    return f"settlement-{str(one.partner).replace('*', '-')}-{one.month}-{one.currency}"


def _stream(lines: AsyncIterator[bytes], name: str) -> Response:
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=_named(name))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


DOORS: tuple[Door, ...] = (
    see("/settlements", list_all),
    see("/settlement-terms", terms),
    do("/settlement-terms", say_terms, Role.FINANCE),
    see("/settlements/{ref}.csv", as_table),
    see("/settlements/{ref}.pdf", paper),
    see("/settlements/{ref}", one),
    do("/settlements/{ref}/propose", propose, Role.FINANCE),
    do("/settlements/{ref}/agree", agree, Role.FINANCE),
    do("/settlements/{ref}/dispute", dispute, Role.FINANCE),
    do("/settlements/{ref}/settle", settle, Role.FINANCE),
    do("/settlements/{ref}/reopen", reopen, Role.FINANCE),
    do("/settlements/{ref}/mail", mail, Role.FINANCE),
    do("/settlements/{ref}/put-off", put_off, Role.FINANCE),
    do("/settlements/{ref}/invoice", invoiced, Role.FINANCE),
    do("/settlements/{ref}/compare", compare, Role.FINANCE, form_max=TABLE_MOST),
    see("/compared-tables/{ref}.csv", compared_table),
    see("/compared-tables/{ref}", compared),
)
