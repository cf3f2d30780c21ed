"""Reads what moved on our accounts at providers, posts what no payment has, and holds what they owe against the ledger.

A page is kept in a Unit of its own, and how far was read once all are: whatever died half-way reads again from there,
and what is known already is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import structlog
from msgspec.structs import replace

from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.ids import PartyId
from laddnav.kit.outside import Exchange
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.kit.seal import Seal
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.ledger.model import Head
from laddnav.payments import book
from laddnav.payments.actions import accounts
from laddnav.payments.book import Book, Movement, Owed
from laddnav.payments.payment import Account, ProviderKind, Secrets
from laddnav.payments.providers import BOOKS
from laddnav.payments.providers.port import BookKeeper, Movements
from laddnav.payments.store import books as store

log = structlog.get_logger()

Keepers = Mapping[ProviderKind, Callable[[Account, Secrets, Exchange], BookKeeper]]
EVERY, TURN = timedelta(hours=1), timedelta(minutes=10)
AT_ONCE = 10


class Reader:
    """For one process."""

    def __init__(self, database: Database, exchange: Exchange, seal: Seal, keepers: Keepers = BOOKS) -> None:
        self._database = database
        self._exchange = exchange
        self._seal = seal
        self._keepers = keepers

    async def read_due(self) -> int:
        """Each whose time has come, one after the other; how many those were."""
        async with self._database.unit() as unit:
            due = await store.due(unit, AT_ONCE)
        for ref in due:
            await self.read(ref)
        return len(due)

    async def read(self, ref: str) -> None:
        async with self._database.unit() as unit:
            account, sealed = await accounts.kept(unit, ref)
            found = await _opened(unit, account)
            store.put(unit, found, unit.now + (TURN if account.provider in self._keepers else EVERY))
        if account.provider not in self._keepers:
            return
        try:
            secrets = json.decode(self._seal.opened(sealed), Secrets)
            keeper = self._keepers[account.provider](account, secrets, self._exchange)
            found = await self._movements(keeper, found)
            there = await keeper.owed()
        except (Refusal, Trouble) as error:
            log.warning("book_not_read", account=ref, why=str(error))
            found = replace(found, trouble=str(error)[:300] or type(error).__name__)
            there = None
        async with self._database.unit() as unit:
            if there is not None:
                found = await _compared(unit, found, there)
            store.put(unit, found, unit.now + EVERY)

    async def _movements(self, keeper: BookKeeper, found: Book) -> Book:
        """Raises Declined, Unsure, MonthClosed."""
        after, read_to = None, found.read_to
        while True:
            page: Movements = await keeper.moved(found.read_to - book.OVERLAP, after)
            async with self._database.unit() as unit:
                for one in page.found:
                    if await store.insert_movement(unit, found, one):
                        for entry in book.entries(found.provider, found.account, one):
                            await ledger.post(unit, found.holder, entry)
            read_to = max((read_to, *(one.at for one in page.found)))
            after = page.next
            if after is None:
                return replace(found, read_to=read_to)


async def _opened(unit: Unit, account: Account) -> Book:
    known = await store.book(unit, account.ref)
    if known is not None:
        return known
    first = await store.first_payment(unit, account.ref)
    begun = unit.now if first is None else first.made_at
    return Book(holder=account.holder, account=account.ref, provider=account.provider, read_to=begun)


async def _compared(unit: Unit, found: Book, there: Mapping[str, Decimal]) -> Book:
    clearing = LedgerAccount(Head.CLEARING, f"{found.provider.lower()}:{found.account}")
    here = [await ledger.balance(unit, found.holder, clearing, currency) for currency in there]
    return book.compared(found, list(there.items()), here, unit.now)


# ---- Reads


async def differences(unit: Unit, holder: PartyId | None) -> Sequence[tuple[Book, tuple[Owed, ...]]]:
    """Books that could not be read, and those by which a provider owes something else than the ledger says."""
    found = [(one, book.differences(one, unit.now)) for one in await store.listed(unit, holder)]
    return [(one, apart) for one, apart in found if apart or one.trouble]


async def strange(unit: Unit, one: Book, *, limit: int = 20) -> Sequence[Movement]:
    """What moved there and we know nothing of, or was taken there for no payment of ours, the newest first."""
    return await store.strange(unit, one, limit)


async def page(unit: Unit, holder: PartyId | None) -> Sequence[Book]:
    return await store.listed(unit, holder)
