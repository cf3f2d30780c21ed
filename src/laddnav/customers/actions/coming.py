"""Verbs about a customer who comes: the link that lets them in, and what of the house is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from msgspec.structs import replace

from laddnav.customers import letters
from laddnav.customers.actions import keeping
from laddnav.customers.model import Contract, Customer, Note
from laddnav.customers.rules import EnoughLinks, UnfitCustomer
from laddnav.customers.store import customers as store
from laddnav.db.unit import Database, Unit
from laddnav.kit.ids import PartyId, fold
from laddnav.mail import actions as mail
from laddnav.parties import actions as parties
from laddnav.people import actions as people
from laddnav.people.actions import links
from laddnav.people.api import NotYours
from laddnav.people.model import Role, Visitor
from laddnav.tokens import actions as tokens
from laddnav.tokens.model import Token
from laddnav.tokens.rules import UnknownToken

WAY_IN = "/my/come"
NOTE_MAX = 2_000  # characters
ALIKE_MAX = 5  # customers of one address who are each sent a link: a household, a small company


async def send_link(database: Database, email: str, *, address: str, url: str) -> None:
    """Whoever has this address is mailed a link for each customer that they are; whoever asks hears the same of any.

    `url` is where our pages are. Raises TooManyAttempts.
    """
    await links.count_asking(database, email=email, address=address)
    async with database.unit() as unit:
        for one in await store.by_email(unit, email.strip(), ALIKE_MAX):
            await _mail_link(unit, one, url)


async def send_link_to(unit: Unit, customer: Customer, *, url: str, by: str) -> None:
    """The desk mails this one customer a link, and nobody else who has the same address.

    Raises UnfitCustomer, EnoughLinks.
    """
    if customer.email is None:
        raise UnfitCustomer("email", "there is no address to mail it to")
    if not await _mail_link(unit, customer, url):
        raise EnoughLinks
    people.note(unit, by, "mail link", f"customer {customer.ref}")


async def _mail_link(unit: Unit, one: Customer, url: str) -> bool:
    """Whether it is on its way; not so where enough of them are."""
    secret = None if one.email is None else await links.make(unit, one.ref)
    if secret is None or one.email is None:
        return False
    operator = (await parties.fetch(unit, one.holder)).name
    subject, text = letters.sign_in(one, operator, f"{url}{WAY_IN}?{urlencode({'link': secret})}")
    key = f"sign in {unit.new_id()}"
    await mail.send(unit, holder=one.holder, key=key, to=one.email, subject=subject, text=text, private=True)
    return True


async def theirs(unit: Unit, visitor: Visitor) -> Customer:
    """Who a driver is; nobody else is a customer. Raises NotYours, UnknownCustomer."""
    if visitor.role is not Role.DRIVER or visitor.customer is None:
        raise NotYours
    return await keeping.by_ref(unit, visitor.customer)


async def cards(unit: Unit, customer: Customer) -> Sequence[tuple[Contract, Token]]:
    """With what they charge, contract by contract."""
    found: list[tuple[Contract, Token]] = []
    for one in await keeping.contracts(unit, customer):
        for token in await tokens.by_contract(unit, customer.holder, customer.holder, one.contract_id):
            found.append((one, token))
    return found


# ---- Going


async def want_to_leave(unit: Unit, customer: Customer, *, by: str) -> None:
    """They want what is kept of them deleted; a person sees to it, for bookkeeping keeps some. Again it is nothing."""
    store.want_to_leave(unit, customer)
    people.note(unit, by, "ask for deletion", f"customer {customer.ref}")


async def asked_to_leave(unit: Unit, customer: Customer) -> datetime | None:
    """Since when it waits for a person; None: it does not."""
    return await store.asked_to_leave(unit, customer)


async def leaving(unit: Unit, holder: PartyId | None, *, limit: int = 50) -> Sequence[tuple[Customer, datetime]]:
    """Whose wish to be deleted waits for a person, the longest first."""
    return await store.leaving(unit, holder, limit)


async def has_left(unit: Unit, customer: Customer, *, by: str) -> None:
    """What may be deleted is; the customer is signed out, and comes in no more by a link that was sent."""
    if await store.has_left(unit, customer):
        await links.shut_out(unit, customer.ref, by=by)
        people.note(unit, by, "deletion done", f"customer {customer.ref}")


# ---- Notes


def note_down(unit: Unit, customer: Customer, text: str, *, by: str) -> None:
    """Raises UnfitCustomer."""
    said = text.strip()
    if not said or len(said) > NOTE_MAX:
        raise UnfitCustomer("note", f"1 to {NOTE_MAX} characters are meant")
    store.insert_note(unit, customer, Note(at=unit.now, by=by, text=said))
    people.note(unit, by, "write note", f"customer {customer.ref}")


async def notes(unit: Unit, customer: Customer, *, limit: int = 20) -> Sequence[Note]:
    """Newest first."""
    return await store.notes(unit, customer, limit)


# ---- Cards


async def report_lost(unit: Unit, customer: Customer, uid: str, *, by: str) -> Token:
    """Nobody charges with it from now on, and partners hear so. Raises UnknownToken."""
    for _, token in await cards(unit, customer):
        if fold(token.uid) == fold(uid):
            if token.blocked:
                return token
            blocked = replace(token, blocked=True, last_updated=max(unit.now, token.last_updated))
            await tokens.keep(unit, customer.holder, blocked)
            people.note(unit, by, "block card", f"customer {customer.ref}", token.contract_id)
            return blocked
    raise UnknownToken(uid)
