"""Asks providers about cards that they keep: for a page, how that ended, how a card is by now, and to forget it.

A Unit, a question with nothing open, a Unit; every question may be asked again, so it does not matter what died when.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from msgspec import Struct
from msgspec.structs import replace

from laddnav.customers import actions as customers
from laddnav.db.unit import Database, Unit
from laddnav.kit import json
from laddnav.kit.outside import Exchange
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.kit.seal import Seal
from laddnav.payments import card
from laddnav.payments.actions import accounts, cards, due
from laddnav.payments.card import CardState, Seen, StoredCard
from laddnav.payments.payment import Account, ProviderKind, Secrets
from laddnav.payments.providers import KEEPERS
from laddnav.payments.providers.port import CardKeeper, Page
from laddnav.payments.steps import RETRIES
from laddnav.payments.store import cards as store

log = structlog.get_logger()

Keepers = Mapping[ProviderKind, Callable[[Account, Secrets, Exchange], CardKeeper]]
AT_ONCE = 20
TURN = timedelta(minutes=2)
PAGE_LOOKED_AT = timedelta(minutes=1)  # while the driver types; its webhook is mostly sooner


class _Told(Struct, frozen=True, kw_only=True):
    """`payer`: what the provider calls the customer; None for what it did not say, or does not know."""

    payer: str | None = None
    said: Page | Seen | None = None


class Vault:
    """For one process."""

    def __init__(self, database: Database, exchange: Exchange, seal: Seal, keepers: Keepers = KEEPERS) -> None:
        self._database = database
        self._exchange = exchange
        self._seal = seal
        self._keepers = keepers

    async def go_on_due(self) -> int:
        """Each whose time has come; how many those were."""
        async with self._database.unit() as unit:
            found = await store.due(unit, AT_ONCE)
        return await due.all_of(found, self.go_on)

    async def go_on(self, ref: str) -> None:
        """As far as it goes now: a new customer is made known first, and then asks for a page."""
        while await self._goes_on(ref):
            pass

    async def _goes_on(self, ref: str) -> bool:
        """Whether there is more to ask at once."""
        async with self._database.unit() as unit:
            one = await store.take(unit, ref, unit.now + TURN)
            if one is None:
                return False
            account, sealed = await accounts.kept(unit, one.account)
            known = await store.payer(unit, one)
            one = replace(one, payer=known or one.payer)
        try:
            secrets = json.decode(self._seal.opened(sealed), Secrets)
            told = await _ask(self._keepers[account.provider](account, secrets, self._exchange), one, known)
        except (Refusal, Trouble) as error:
            await self._in_vain(ref, str(error) or type(error).__name__)
            return False
        async with self._database.unit() as unit:
            await _kept(unit, ref, told)
        self._database.wake()
        return told.payer is not None

    async def _in_vain(self, ref: str, why: str) -> None:
        log.warning("card_unsure", card=ref, why=why)
        async with self._database.unit() as unit:
            one = await store.card(unit, ref, lock=True)
            assert one is not None, "no card is deleted"
            if one.state is CardState.GIVEN_UP:  # meanwhile
                store.put(unit, one, None)
                return
            one = replace(one, tries=one.tries + 1, why=why[:300])
            store.put(unit, one, unit.now + RETRIES[min(one.tries, len(RETRIES)) - 1])


async def _ask(keeper: CardKeeper, one: StoredCard, known: str | None) -> _Told:
    """Raises Declined, Unsure."""
    match one.state:
        case CardState.ASKED:
            # What it calls the customer is kept before a page for them is made, so that both are always the same.
            return _Told(payer=await keeper.payer(one)) if known is None else _Told(said=await keeper.ask(one))
        case CardState.OPEN:
            return _Told(said=await keeper.asked(one))
        case CardState.STORED:
            return _Told(said=await keeper.shown(one))
        case CardState.REMOVED:
            await keeper.forget(one)
    return _Told()


async def _kept(unit: Unit, ref: str, told: _Told) -> None:
    """It may have moved on meanwhile: then what was told of its former state is nothing."""
    found = await store.card(unit, ref)
    assert found is not None, "no card is deleted"
    await customers.lock(unit, found.customer)  # before the card, as everybody does
    one = await store.card(unit, ref, lock=True)
    assert one is not None, "no card is deleted"
    match one.state, told.said:
        case CardState.ASKED, Page() as page:
            payer = await store.payer(unit, one)
            opened = replace(card.moved(one, CardState.OPEN, unit.now), payer=payer, page=page.id, url=page.url)
            store.put(unit, opened, _when(opened, unit.now))
        case CardState.ASKED, None if told.payer is not None:
            payer = await store.keep_payer(unit, one, told.payer)
            store.put(unit, replace(one, payer=payer, tries=0), unit.now)
        case CardState.OPEN, Page() as page:
            over = unit.now - one.made_at > card.OPEN_FOR
            after = card.moved(one, CardState.GIVEN_UP, unit.now) if over else replace(one, url=page.url, tries=0)
            store.put(unit, after, _when(after, unit.now))
        case CardState.OPEN, None:
            store.put(unit, card.moved(one, CardState.GIVEN_UP, unit.now), None)
        case CardState.OPEN, Seen() as seen:
            await _stored(unit, card.stored(one, seen, unit.now))
        case CardState.STORED, Seen() as seen:
            await _shown(unit, one, card.stored(one, seen, unit.now))
        case CardState.STORED, None:
            await cards.gone(unit, one, by="provider")
        case CardState.GIVEN_UP, _:
            store.put(unit, one, None)
        case CardState.REMOVED, _:
            store.put(unit, replace(one, tries=0, why=None), None)


async def _stored(unit: Unit, one: StoredCard) -> None:
    """The first is what charges are paid by; the same card once more takes the place of the former."""
    if one.state is not CardState.STORED:
        store.put(unit, one, None)
        return
    customer = await customers.by_ref(unit, one.customer)
    known = await cards.of_customer(unit, customer)
    twin = next((each for each in known if each.same_as and each.same_as == one.same_as), None)
    first = not any(each.default for each in known) or (twin is not None and twin.default)
    if twin is not None:
        store.put(unit, replace(card.moved(twin, CardState.REMOVED, unit.now), default=False), unit.now)
    if first:
        await cards.put_first(unit, one, by=f"driver {one.customer}")
    else:
        store.put(unit, one, unit.now + card.LOOKED_AT)


async def _shown(unit: Unit, before: StoredCard, one: StoredCard) -> None:
    if one.state is CardState.STORED:
        store.put(unit, one, unit.now + card.LOOKED_AT)
    else:
        await cards.gone(unit, before, by="provider")


def _when(one: StoredCard, now: datetime) -> datetime | None:
    return now + PAGE_LOOKED_AT if one.state is CardState.OPEN else None
