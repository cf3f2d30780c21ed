"""Verbs about cards that providers keep for customers: store one, choose what charges are paid by, remove, and warn.

A card is what its provider shows to be this customer's own, and nothing that anybody types; `vault` asks the provider.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote

from msgspec.structs import replace

from laddnav.customers import actions as customers
from laddnav.customers.actions import allowing
from laddnav.customers.actions.subscribing import today
from laddnav.customers.events import CustomerChanged
from laddnav.customers.model import Customer, PaysBy
from laddnav.db.unit import Database, Unit
from laddnav.mail import actions as mail
from laddnav.parties import actions as parties
from laddnav.payments import card, letters
from laddnav.payments.actions import accounts
from laddnav.payments.card import CardState, EnoughCards, LastCard, NoCardsKept, StoredCard, UnknownCard
from laddnav.payments.payment import Account
from laddnav.payments.providers import KEEPERS
from laddnav.payments.store import cards as store
from laddnav.people import actions as people

PAGE = "/my/cards"  # of a driver's own
BEING_STORED = (CardState.ASKED, CardState.OPEN)
FEW = 100


async def keeper(unit: Unit, customer: Customer) -> Account | None:
    """Our account at who keeps cards for us; None: nobody does."""
    known = await accounts.page(unit, customer.holder, limit=FEW)
    return next((one for one in known if one.enabled and one.provider in KEEPERS), None)


async def store_one(unit: Unit, customer: Customer, *, url: str, by: str) -> StoredCard:
    """Its provider is asked for a page to type it on within a second; one that waits, also to be typed, is that one.

    `url` is where our pages are. Raises NoCardsKept, EnoughCards.
    """
    customer = await customers.lock(unit, customer.ref)
    account = await keeper(unit, customer)
    if account is None:
        raise NoCardsKept
    known = await store.of_customer(unit, customer.holder, customer.ref)
    waits = next((one for one in known if one.state in BEING_STORED and one.account == account.ref), None)
    if waits is not None:
        return waits
    if len(known) >= card.CARDS_MAX:
        raise EnoughCards
    ref = unit.new_id()
    one = StoredCard(
        holder=customer.holder,
        ref=ref,
        customer=customer.ref,
        account=account.ref,
        provider=account.provider,
        return_url=f"{url}{PAGE}/new/{quote(ref)}?back=yes",
        made_at=unit.now,
        changed_at=unit.now,
    )
    store.put(unit, one, unit.now)
    people.note(unit, by, "store card", f"customer {customer.ref}")
    return one


async def make_default(unit: Unit, customer: Customer, ref: str, *, by: str) -> StoredCard:
    """Charges are paid by this one from now on; whose bank held nothing is tried again with it.

    Raises UnknownCard, UnknownCustomer.
    """
    await allowing.unheld(unit, customer.ref, False, by=by)
    one = await _theirs(unit, customer, ref)
    if one.state is not CardState.STORED:
        raise UnknownCard
    if one.default:
        return one
    await _let_go(unit, customer)
    return await put_first(unit, one, by=by)


async def remove(unit: Unit, customer: Customer, ref: str, *, by: str) -> None:
    """It pays nothing any more, and its provider is told to forget it; again is nothing.

    Raises UnknownCard, LastCard, UnknownCustomer.
    """
    customer = await customers.lock(unit, customer.ref)
    one = await _theirs(unit, customer, ref)
    if one.state is CardState.REMOVED:
        return
    if one.state in BEING_STORED:
        store.put(unit, card.moved(one, CardState.GIVEN_UP, unit.now), None)
        return
    others = [each for each in await of_customer(unit, customer) if each.ref != ref]
    if one.default and customer.pays_by is PaysBy.CARD and not others:
        raise LastCard
    await gone(unit, one, by=by)


async def gone(unit: Unit, one: StoredCard, *, by: str) -> None:
    """From us; whatever is left to be done at its provider is done by and by."""
    removed = replace(card.moved(one, CardState.REMOVED, unit.now), default=False)
    store.put(unit, removed, unit.now)
    people.note(unit, by, "remove card", f"customer {one.customer}", one.name)
    if one.default:
        await next_one(unit, removed, by=by)


async def next_one(unit: Unit, lost: StoredCard, *, by: str) -> None:
    """The default is gone: another one pays, or none does."""
    customer = await customers.by_ref(unit, lost.customer)
    left = [one for one in await of_customer(unit, customer) if one.ref != lost.ref]
    after = card.next_default(left, await today(unit, customer.holder))
    if after is None:
        await customers.forget_card(unit, customer.ref, by=by)
    else:
        await put_first(unit, after, by=by)


async def put_first(unit: Unit, one: StoredCard, *, by: str) -> StoredCard:
    """Whoever asks has taken the former default away."""
    one = replace(one, default=True, changed_at=unit.now)
    store.put(unit, one, unit.now + card.LOOKED_AT)
    await customers.keep_card(unit, one.customer, one.at_provider, by=by)
    return one


async def follow(database: Database, event: CustomerChanged) -> None:
    """Hears CustomerChanged: where the desk had the card forgotten, it is removed where it is kept as well."""
    async with database.unit() as unit:
        customer = await customers.lock(unit, event.customer)
        if customer.card is None and await default_of(unit, customer) is not None:
            for one in await of_customer(unit, customer):
                store.put(unit, replace(card.moved(one, CardState.REMOVED, unit.now), default=False), unit.now)


async def _let_go(unit: Unit, customer: Customer) -> None:
    """At once, for there is one default at any time."""
    before = await default_of(unit, customer)
    if before is not None:
        store.put(unit, replace(before, default=False, changed_at=unit.now), unit.now + card.LOOKED_AT)


async def _theirs(unit: Unit, customer: Customer, ref: str) -> StoredCard:
    """Locked. Raises UnknownCard, also where it is somebody else's."""
    one = await store.card(unit, ref, lock=True)
    if one is None or (one.holder, one.customer) != (customer.holder, customer.ref):
        raise UnknownCard
    return one


# ---- Warnings


async def warn(database: Database) -> int:
    """Customers whose card expires within a month, or has expired, are written to once of each; how many mails."""
    many, after = 0, None
    while True:
        async with database.unit() as unit:
            soon = unit.now.date() + card.WARNED + timedelta(days=1)
            refs = await store.expiring(unit, soon, after, FEW)
        for ref in refs:
            async with database.unit() as unit:
                many += await _warn(unit, ref)
        if not refs:
            return many
        after = refs[-1]


async def _warn(unit: Unit, ref: str) -> bool:
    one = await store.card(unit, ref, lock=True)
    if one is None:
        return False
    customer = await customers.by_ref(unit, one.customer)
    day = await today(unit, customer.holder)
    key = card.warning(one, day)
    if key is None:
        return False
    store.put(unit, replace(one, warned=(*one.warned, key)), unit.now)
    if customer.email is None or (not one.default and one.expired(day)):
        return False  # of a spare card, one letter is enough
    operator = (await parties.fetch(unit, one.holder)).name
    url = f"{await parties.reached_at(unit) or ''}{PAGE}"
    subject, text = letters.expires(customer, one, operator, url, expired=one.expired(day))
    await mail.send(unit, holder=one.holder, key=f"card {one.ref} {key}", to=customer.email, subject=subject, text=text)
    return True


# ---- Reads


async def of_customer(unit: Unit, customer: Customer) -> Sequence[StoredCard]:
    """Those that are stored, in the order in which they were."""
    found = await store.of_customer(unit, customer.holder, customer.ref)
    return [one for one in found if one.state is CardState.STORED]


async def default_of(unit: Unit, customer: Customer) -> StoredCard | None:
    """What charges are paid by; None: no card."""
    return next((one for one in await of_customer(unit, customer) if one.default), None)


async def by_ref(unit: Unit, customer: Customer, ref: str) -> StoredCard:
    """Raises UnknownCard, also where it is somebody else's."""
    one = await store.card(unit, ref)
    if one is None or (one.holder, one.customer) != (customer.holder, customer.ref):
        raise UnknownCard
    return one


async def came_back(unit: Unit, one: StoredCard) -> None:
    """From the provider's page: it is asked at once, and not when its webhook comes."""
    store.wake(unit, one.account, one.ref)
