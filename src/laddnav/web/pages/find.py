"""Find whoever is on the telephone by anything that they can say: a name, a card, an invoice, a payment, a place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec import Struct
from starlette.responses import Response

from laddnav.billing.actions import settling
from laddnav.billing.open_items import OpenItem
from laddnav.billing.rules import UnknownInvoice
from laddnav.cdrs import actions as cdrs
from laddnav.cdrs.model import Cdr
from laddnav.cdrs.rules import UnknownCdr
from laddnav.customers import actions as customers
from laddnav.customers.model import Customer
from laddnav.db.unit import Unit
from laddnav.kit.ids import PartyId
from laddnav.kit.json import Unreadable
from laddnav.kit.time import local
from laddnav.locations import actions as locations
from laddnav.locations.rules import UnknownEvse
from laddnav.payments.actions import accounts, paying
from laddnav.payments.payment import Payment
from laddnav.payments.rules import UnknownPayment
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token
from laddnav.web.asked import Asked, Door, see
from laddnav.web.pages.payments import NAMES

MANY = 20
WORDS_MIN = 3  # characters
ABOUT = timedelta(hours=2)  # who remembers when it was is not off by more


class Card(Struct, frozen=True, kw_only=True):
    holder: PartyId
    token: Token
    customer: Customer | None


class Found(Struct, frozen=True, kw_only=True):
    customers: Sequence[Customer] = ()
    cards: Sequence[Card] = ()
    charges: Sequence[Cdr] = ()
    payments: Sequence[Payment] = ()
    invoices: Sequence[OpenItem] = ()

    @property
    def many(self) -> int:
        return sum(map(len, (self.customers, self.cards, self.charges, self.payments, self.invoices)))


async def find(asked: Asked) -> Response:
    words = (asked.query("words") or "").strip()[:100]
    evse, when = (asked.query("evse") or "").strip()[:60], asked.query("at") or ""
    found = None
    async with asked.unit() as unit:
        if evse:
            found = Found(charges=await _at(unit, asked, evse, when))
        elif len(words) >= WORDS_MIN and words.isprintable():
            found = await _by_words(unit, asked, words)
    return asked.page(
        "find.html", words=words, evse=evse, at=when, found=found, names=NAMES, short=0 < len(words) < WORDS_MIN
    )


async def _at(unit: Unit, asked: Asked, evse: str, when: str) -> Sequence[Cdr]:
    """What was charged at the Evse about that time, as a clock there shows it. Raises Unreadable."""
    try:
        _, location, known = await locations.evse_named(unit, evse, asked.visitor.holder)
    except UnknownEvse:
        return ()
    try:
        at = local(datetime.fromisoformat(when), location.time_zone) if when else unit.now
    except ValueError as error:
        raise Unreadable(f"{when[:40]!r} is no date with a time") from error
    return await cdrs.at_evse(unit, asked.visitor.holder, known.uid, at - ABOUT, at + ABOUT)


async def _by_words(unit: Unit, asked: Asked, words: str) -> Found:
    holder = asked.visitor.holder
    people = list(await customers.page(unit, holder, words=words, limit=MANY))
    cards = [
        Card(holder=of, token=token, customer=await customers.of_contract(unit, of, token.contract_id))
        for _, of, token in await tokens.page(unit, holder, words=words, limit=MANY)
        if token.owner == of
    ]
    return Found(
        customers=people,
        cards=cards,
        charges=await _charges(unit, holder, words),
        payments=await _payments(unit, holder, words),
        invoices=await _invoices(unit, asked, words),
    )


async def _charges(unit: Unit, holder: PartyId | None, ref: str) -> list[Cdr]:
    try:
        cdr = await cdrs.by_ref(unit, ref)
    except UnknownCdr:
        return []
    return [cdr] if holder in (None, cdr.holder) else []


async def _payments(unit: Unit, holder: PartyId | None, words: str) -> list[Payment]:
    """By our number for it, its provider's, the code that a driver without an account was shown, or the last four
    digits of the card.
    """
    found: dict[str, Payment] = {}
    if re.fullmatch(r"[0-9]{4}", words):
        found |= {one.ref: one for one in await paying.by_card(unit, holder, words, limit=MANY)}
    for account in await accounts.page(unit, holder, limit=MANY):
        one = await paying.numbered(unit, account.ref, words)
        if one is not None:
            found[one.ref] = one
    for party in {one.holder for one in await accounts.page(unit, holder, limit=MANY)}:
        found |= {one.ref: one for one in await paying.of_debtors(unit, party, [f"driver:{words.upper()}"])}
    try:
        one = await paying.by_ref(unit, words)
    except UnknownPayment:
        return list(found.values())
    return [*found.values(), one] if holder in (None, one.holder) and one.ref not in found else list(found.values())


async def _invoices(unit: Unit, asked: Asked, number: str) -> list[OpenItem]:
    mine = [party.holder for party in asked.parties if asked.visitor.holder in (None, party.holder)]
    found: list[OpenItem] = []
    for holder in mine:
        with suppress(UnknownInvoice):
            found.append(await settling.item_named(unit, holder, number.upper()))
    return found


DOORS: tuple[Door, ...] = (see("/find", find),)
