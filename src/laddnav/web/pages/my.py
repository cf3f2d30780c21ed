"""A driver's own pages: coming in by a link, charges with their prices, cards, invoices, and what is kept of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from msgspec import Struct
from starlette.responses import RedirectResponse, Response

from laddnav.billing import actions as billing
from laddnav.billing.actions import by_card
from laddnav.billing.pdf import pdf
from laddnav.billing.rules import UnknownInvoice
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import UnknownCdr
from laddnav.customers import actions as customers
from laddnav.customers.actions import coming
from laddnav.customers.model import Contract, Customer
from laddnav.db.unit import Unit
from laddnav.kit import json
from laddnav.meters import actions as meters
from laddnav.people import actions as people
from laddnav.people.actions import links
from laddnav.people.model import Role
from laddnav.people.rules import LinkOver, TooManyAttempts
from laddnav.sessions import actions as sessions
from laddnav.tokens.model import Token
from laddnav.web.asked import Asked, Door, cookie_of, do, see
from laddnav.web.pages import mine, stored_cards
from laddnav.web.pages.account import device, ends
from laddnav.web.pages.sessions import explained
from laddnav.web.refusals import sentence

PAGE = 25
EXPORT_MAX = 10_000  # charges in one file; the oldest are left out, and the file says so


class Card(Struct, frozen=True, kw_only=True):
    """A Token as its driver knows it; `usable` False: nobody charges with it."""

    contract: Contract
    token: Token

    @property
    def usable(self) -> bool:
        return self.token.valid and not self.token.blocked

    @property
    def name(self) -> str:
        """What is printed on it, else the end of its number."""
        return self.token.visual_number or f"… {self.token.uid[-6:]}"


class Kept(Struct, frozen=True, kw_only=True):
    """All that is kept of a customer, as they may have it (GDPR articles 15 and 20)."""

    made_at: datetime
    customer: Customer
    contracts: Sequence[Contract]
    cards: Sequence[Token]
    charges: Sequence[Cdr]
    charges_left_out: bool
    invoices: Sequence[object]


# ---- Coming in


async def door(asked: Asked) -> Response:
    if asked.signed_in and asked.visitor.role is Role.DRIVER:
        return RedirectResponse("/my", status_code=303)
    return asked.page("my_door.html", sent=False, refused=None)


async def ask_link(asked: Asked) -> Response:
    """The answer is the same whether anybody has this address."""
    try:
        await coming.send_link(
            asked.console.database, asked.said("email")[:254], address=asked.origin, url=asked.console.url
        )
    except TooManyAttempts as error:
        text = sentence(error, asked.language)
        return asked.page("my_door.html", status=429, path="/my/sign-in", sent=False, refused=text)
    asked.console.database.wake()
    return asked.page("my_door.html", path="/my/sign-in", sent=True, refused=None)


async def link(asked: Asked) -> Response:
    """Only a page with a button: mail programs open links to look at them, and a link opens once."""
    return asked.page("my_come.html", path="/my/sign-in", link=asked.query("link") or "")


async def come(asked: Asked) -> Response:
    try:
        signed_in = await links.come(
            asked.console.database,
            asked.secret("link")[:100],
            language=asked.language,
            address=asked.origin,
            device=device(asked.request.headers.get("user-agent", "")),
        )
    except (LinkOver, TooManyAttempts) as error:
        status = 429 if isinstance(error, TooManyAttempts) else 401
        text = sentence(error, asked.language)
        return asked.page("my_door.html", status=status, path="/my/sign-in", sent=False, refused=text)
    response = RedirectResponse("/my", status_code=303)
    response.set_cookie(cookie_of(asked.request), signed_in.secret, httponly=True, samesite="lax", secure=asked.secure)
    return response


# ---- Charges


async def charges(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        contracts = await customers.contracts(unit, customer)
        uids = [token.uid for _, token in await coming.cards(unit, customer)]
        found = await cdrs.of_tokens(unit, customer.holder, uids, before=cursor, limit=PAGE + 1)
        now_charging = await sessions.open_of_tokens(unit, customer.holder, uids)
    return asked.page(
        "my.html",
        me=mine.me(asked, customer),
        rows=[one for one in found[:PAGE] if mine.is_theirs(contracts, one.token, one.started_at)],
        charging=[one for one in now_charging if one.allowed and mine.is_theirs(contracts, one.token, one.started_at)],
        has_cards=bool(uids),
        next=found[PAGE - 1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
    )


async def charge(asked: Asked) -> Response:
    """Raises UnknownCdr, also where it is somebody else's."""
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        contracts = await customers.contracts(unit, customer)
        cdr = await cdrs.by_ref(unit, asked.part("ref"))
        if cdr.holder != customer.holder or not mine.is_theirs(contracts, cdr.token, cdr.started_at):
            raise UnknownCdr(asked.part("ref"))
        on = await billing.invoices_of_cdr(unit, cdr.holder, cdr.owner, cdr.id)
        found = [await billing.invoice(unit, ref) for ref in on]
        credit = await cdrs.credit_of(unit, cdr)
        proof = None
        if cdr.owner == cdr.holder and cdr.session_id:
            proof = await meters.proof_of(unit, cdr.holder, cdr.session_id)
    return asked.page(
        "my_charge.html",
        me=mine.me(asked, customer),
        cdr=cdr,
        credit=credit,
        proof=proof,
        invoices=[one for one in found if one.debtor.id == customer.debtor_id],
        lines=explained(cdr.lines, asked.language),
        total=cdr.costs.total,
        currency=cdr.currency,
        zone_of_lines=asked.zone,
        tariff_refs={},
    )


# ---- Cards


async def cards(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        found = [Card(contract=one, token=token) for one, token in await coming.cards(unit, customer)]
        purse = await stored_cards.purse(unit, customer)
    return asked.page("my_cards.html", me=mine.me(asked, customer), cards=found, purse=purse)


async def lost(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        await coming.report_lost(unit, customer, asked.said("uid"), by=asked.visitor.name)
    asked.console.database.wake()
    return asked.done("/my/cards", asked.say("The card is blocked. Nobody can charge with it any more."))


# ---- Invoices


async def invoices(asked: Asked) -> Response:
    cursor = asked.query("cursor")
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        found = await billing.invoices(
            unit, customer.holder, debtor_id=customer.debtor_id, after=cursor, limit=PAGE + 1
        )
    return asked.page(
        "my_invoices.html",
        me=mine.me(asked, customer),
        rows=found[:PAGE],
        next=found[PAGE - 1].ref if len(found) > PAGE else None,
        begun=cursor is not None,
    )


async def paper(asked: Asked) -> Response:
    """Raises UnknownInvoice, also where it is somebody else's."""
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        invoice = await billing.invoice(unit, asked.part("ref"))
        if invoice.holder != customer.holder or invoice.debtor.id != customer.debtor_id:
            raise UnknownInvoice(asked.part("ref"))
        invoice = await by_card.as_it_stands(unit, invoice, begun=True)
    written = await asyncio.to_thread(pdf, invoice, asked.language)
    kept_as = f"attachment; filename*=UTF-8''{quote(invoice.number or invoice.ref, safe='')}.pdf"
    return Response(written, media_type="application/pdf", headers={"Content-Disposition": kept_as})


# ---- You


async def you(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        asked_at = await coming.asked_to_leave(unit, customer)
        visits = await people.visits(unit, asked.visitor.id)
    return asked.page("my_you.html", me=mine.me(asked, customer), asked_at=asked_at, visits=visits, ends=ends(asked))


async def data(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        kept = await _kept(unit, customer)
    headers = {"Content-Disposition": f'attachment; filename="laddnav-{customer.number}.json"'}
    return Response(json.encode(kept), media_type="application/json", headers=headers)


async def _kept(unit: Unit, customer: Customer) -> Kept:
    contracts = await customers.contracts(unit, customer)
    found = [token for _, token in await coming.cards(unit, customer)]
    charged = await cdrs.of_tokens(unit, customer.holder, [one.uid for one in found], limit=EXPORT_MAX + 1)
    return Kept(
        made_at=unit.now,
        customer=customer,
        contracts=contracts,
        cards=found,
        charges=[one for one in charged[:EXPORT_MAX] if mine.is_theirs(contracts, one.token, one.started_at)],
        charges_left_out=len(charged) > EXPORT_MAX,
        invoices=await billing.invoices(unit, customer.holder, debtor_id=customer.debtor_id, limit=EXPORT_MAX),
    )


async def leave(asked: Asked) -> Response:
    async with asked.unit() as unit:
        customer = await mine.customer_of(asked, unit)
        await coming.want_to_leave(unit, customer, by=asked.visitor.name)
    text = asked.say("We have your wish. What bookkeeping law does not make us keep is deleted within a month.")
    return asked.done("/my/you", text)


DRIVER = Role.DRIVER
DOORS: tuple[Door, ...] = (
    see("/my/sign-in", door, None),
    do("/my/sign-in", ask_link, None),
    see("/my/come", link, None),
    do("/my/come", come, None),
    see("/my", charges, DRIVER),
    see("/my/charges/{ref}", charge, DRIVER),
    see("/my/cards", cards, DRIVER),
    do("/my/cards/lost", lost, DRIVER),
    see("/my/invoices", invoices, DRIVER),
    see("/my/invoices/{ref}.pdf", paper, DRIVER),
    see("/my/you", you, DRIVER),
    see("/my/data.json", data, DRIVER),
    do("/my/leave", leave, DRIVER),
)
