"""Links that are mailed and let a driver in: of each only what it is recognised by is kept, and it opens once."""

from __future__ import annotations

import secrets

from laddnav.db.unit import Database, Unit
from laddnav.people import actions as people
from laddnav.people import store
from laddnav.people.model import Account, Role, SignedIn
from laddnav.people.rules import LINK, LINKS_MAX, LinkOver, neighbourhood


async def count_asking(database: Database, *, email: str, address: str) -> None:
    """Somebody asks for a link, whether anybody has that address or not. Raises TooManyAttempts."""
    # What is typed as an e-mail address is never taken for an origin, whatever it says.
    link, origin = f"link to {email.strip().casefold()}", f"link asked {neighbourhood(address)}"
    async with database.unit() as unit:
        await people.count(unit, f"{link} from {origin}", origin=origin, everywhere=link)


async def make(unit: Unit, customer: str) -> str | None:
    """What the link carries; None: enough of them are on their way to this customer."""
    if await store.links_open(unit, customer) >= LINKS_MAX:
        return None
    secret = secrets.token_urlsafe(32)
    store.insert_link(unit, people.recognised(secret), customer, unit.now + unit.clock.wall(LINK))
    return secret


async def come(database: Database, secret: str, *, language: str, address: str, device: str) -> SignedIn:
    """Begin a driver's visit; the account is made when they come first. Raises LinkOver, TooManyAttempts."""
    async with database.unit() as unit:
        counted = await people.count(unit, origin=f"link opened {neighbourhood(address)}")
    async with database.unit() as unit:
        customer = await store.use_link(unit, people.recognised(secret))
        if customer is None:
            raise LinkOver
        people.take_back(unit, counted)
        account = await store.find_driver(unit, customer)
        if account is None:
            account = Account(
                id=unit.new_id(),
                name=f"driver {customer}",
                role=Role.DRIVER,
                language=language,
                created_at=unit.now,
                customer=customer,
            )
            if not await store.insert_account(unit, account, None):
                raise LinkOver  # two of their links were opened at the same moment, and the other one was faster
        if account.disabled_at is not None:
            raise LinkOver
        return people.begin_visit(unit, account, device, address)


async def shut_out(unit: Unit, customer: str, *, by: str) -> None:
    """Whoever is this customer is signed out everywhere, and no link that is on its way opens any more."""
    store.end_links(unit, customer)
    account = await store.find_driver(unit, customer)
    if account is not None:
        await people.end_all_visits(unit, account.id, by=by)
