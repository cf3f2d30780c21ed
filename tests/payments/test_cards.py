"""Cards that customers store at Stripe: at localstripe, behind a page of Stripe's that is ours (`checkout.py`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

from laddnav.customers import actions as customers
from laddnav.customers.events import CustomerChanged
from laddnav.customers.model import Customer, PaysBy
from laddnav.customers.rules import CustomerSaid
from laddnav.db.outbox import drain
from laddnav.db.unit import Database
from laddnav.mail import actions as mail
from laddnav.payments import card
from laddnav.payments.actions import cards, paying
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.actions.vault import Vault
from laddnav.payments.card import CardState, LastCard, Seen, StoredCard, UnknownCard
from laddnav.payments.payment import Account, ProviderKind, Purpose, State
from laddnav.payments.providers.port import Unsure
from laddnav.payments.store import cards as store
from laddnav.server.hears import HEARS
from tests.clock import SetClock
from tests.payments.checkout import KEY, Checkout
from tests.payments.conftest import SEAL, an_account
from tests.payments.counterparts import served, signed
from tests.payments.started import localstripe
from tests.payments.till import Line, line
from tests.things import US, settle_in

URL = "https://lad.example"
VISA, MASTER = "4242424242424242", "5555555555554444"


class Desk:
    """Customers who store cards, and what is between us and Stripe."""

    def __init__(self, database: Database, account: Account, there: Line, page: Checkout) -> None:
        self.database, self.account, self.line, self.page = database, account, there, page
        self.vault = Vault(database, there, SEAL)
        self.collector = Collector(database, there, SEAL, URL)

    async def customer(self, name: str) -> Customer:
        said = CustomerSaid(name=name, email=f"{name.lower()}@example.org", language="sv")
        async with self.database.unit() as unit:
            return await customers.add(unit, US, said, by="a test")

    async def asks(self, one: Customer) -> StoredCard:
        async with self.database.unit() as unit:
            asked = await cards.store_one(unit, one, url=URL, by="a test")
        await self.vault.go_on_due()
        return await self.sees(asked)

    async def sees(self, one: StoredCard) -> StoredCard:
        async with self.database.unit() as unit:
            return await cards.by_ref(unit, await customers.by_ref(unit, one.customer), one.ref)

    async def comes_back(self, one: StoredCard) -> StoredCard:
        async with self.database.unit() as unit:
            await cards.came_back(unit, one)
        await self.vault.go_on_due()
        return await self.sees(one)

    async def stores(self, one: Customer, number: str = VISA, **said: Any) -> StoredCard:
        asked = await self.asks(one)
        await self.page.keep(asked.page or "", number, **said)
        return await self.comes_back(asked)

    async def names(self, one: Customer) -> list[tuple[str, bool]]:
        async with self.database.unit() as unit:
            return [(each.name, each.default) for each in await cards.of_customer(unit, one)]

    async def paid_by(self, one: Customer) -> str | None:
        async with self.database.unit() as unit:
            return (await customers.by_ref(unit, one.ref)).card

    async def at_stripe(self, one: StoredCard) -> dict[str, Any]:
        async with (
            aiohttp.ClientSession(headers=KEY) as web,
            web.get(f"{self.account.url}/v1/payment_methods/{one.method}") as answer,
        ):
            found: dict[str, Any] = await answer.json()
            return found


@pytest.fixture(scope="module")
def stripe() -> Any:
    with localstripe() as url:
        yield url


@pytest.fixture
async def desk(stripe: str, database_url: str, clock: SetClock) -> AsyncIterator[Desk]:
    page = Checkout(stripe)
    database = await Database.connect(database_url, clock=clock, hears=HEARS)
    async with served(page.routes) as page.url, line() as there:
        async with database.unit() as unit:
            await settle_in(unit)
        yield Desk(database, await an_account(database, url=page.url), there, page)
        await database.close()


async def test_a_card_is_stored_chosen_charged_and_removed(desk: Desk) -> None:
    eva = await desk.customer("Eva")
    asked = await desk.asks(eva)
    assert (asked.state, asked.url) == (CardState.OPEN, f"{desk.page.url}/pay/{asked.page}")
    assert (await desk.comes_back(asked)).state is CardState.OPEN, "who comes back without typing may go on"
    await desk.page.keep(asked.page or "", VISA)
    first = await desk.comes_back(asked)
    assert (first.name, first.expires_on, first.default) == ("Visa •••• 4242", date(2031, 1, 1), True)
    assert await desk.paid_by(eva) == first.at_provider

    second = await desk.stores(eva, MASTER)
    assert await desk.names(eva) == [("Visa •••• 4242", True), ("Visa •••• 4444", False)]
    async with desk.database.unit() as unit:
        await cards.make_default(unit, eva, second.ref, by="eva")
    assert await desk.paid_by(eva) == (await desk.sees(second)).at_provider
    async with desk.database.unit() as unit:
        found = await cards.default_of(unit, eva)
        assert found is not None
        payment = await paying.begin(
            unit,
            desk.account.ref,
            purpose=Purpose.INVOICE,
            about="2026-1",
            credits=f"receivable:{eva.debtor_id}",
            currency="SEK",
            amount=Decimal(100),
            charge=True,
            by="a test",
            method=found.method,
            customer=found.payer,
        )
    await desk.collector.go_on(payment.ref)
    async with desk.database.unit() as unit:
        assert (await paying.by_ref(unit, payment.ref)).state is State.CAPTURED

    async with desk.database.unit() as unit:
        await cards.remove(unit, eva, second.ref, by="eva")
    assert await desk.names(eva) == [("Visa •••• 4242", True)], "the other one pays"
    desk.line.loses = {"POST /detach"}
    await desk.vault.go_on_due()
    assert not desk.line.loses
    desk.database.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]  # it is a clock that is set
    await desk.vault.go_on_due()
    assert (await desk.at_stripe(second))["customer"] is None, "it was forgotten there, though nobody heard so"
    assert (await desk.sees(second)).tries == 0

    async with desk.database.unit() as unit:
        await customers.change(unit, eva.ref, CustomerSaid(pays_by=PaysBy.CARD), by="bo")
    with pytest.raises(LastCard):
        async with desk.database.unit() as unit:
            await cards.remove(unit, eva, first.ref, by="eva")
    async with desk.database.unit() as unit:
        await customers.forget_card(unit, eva.ref, by="bo")
    await drain(desk.database)
    assert await desk.names(eva) == [], "what the desk has forgotten is removed where it is kept"


async def test_a_card_is_its_own_customers_alone(desk: Desk) -> None:
    eva, ulf = await desk.customer("Eva"), await desk.customer("Ulf")
    evas = await desk.stores(eva)
    asked = await desk.asks(ulf)
    await desk.page.keep(asked.page or "", MASTER, payer=evas.payer or "")
    assert (await desk.comes_back(asked)).state is CardState.GIVEN_UP, "it was stored with somebody else there"
    assert await desk.names(ulf) == [] and await desk.paid_by(ulf) is None
    for touch in (cards.make_default, cards.remove):
        with pytest.raises(UnknownCard):
            async with desk.database.unit() as unit:
                await touch(unit, ulf, evas.ref, by="ulf")
    assert await desk.names(eva) == [("Visa •••• 4242", True)]


@pytest.mark.parametrize("lost", ["POST /v1/customers", "POST /v1/checkout/sessions", "GET /v1/setup_intents"])
async def test_what_was_done_and_not_answered_is_asked_again_by_its_key(desk: Desk, clock: SetClock, lost: str) -> None:
    eva = await desk.customer("Eva")
    desk.line.loses = {lost}
    asked = await desk.asks(eva)
    clock.advance(timedelta(minutes=1))
    await desk.vault.go_on_due()
    asked = await desk.sees(asked)
    assert asked.state is CardState.OPEN and len(desk.page.pages) == 1
    await desk.page.keep(asked.page or "")
    await desk.comes_back(asked)
    clock.advance(timedelta(minutes=1))
    await desk.vault.go_on_due()
    assert (await desk.sees(asked)).state is CardState.STORED and not desk.line.loses


async def test_who_leaves_stripes_page_again_and_again_goes_on_at_the_same_one(desk: Desk) -> None:
    eva = await desk.customer("Eva")
    asked = [await desk.asks(eva) for _ in range(card.CARDS_MAX + 2)]
    assert {one.ref for one in asked} == {asked[0].ref} and len(desk.page.pages) == 1
    await desk.page.keep(asked[0].page or "")
    await desk.comes_back(asked[0])
    assert (await desk.asks(eva)).ref != asked[0].ref, "what is stored is another one"


async def test_a_card_that_is_given_up_while_stripe_is_asked_is_asked_of_no_more(desk: Desk) -> None:
    eva = await desk.customer("Eva")
    asked = await desk.asks(eva)

    class Slow:
        """Whoever asked has turned round before it fails. Satisfies CardKeeper in what is asked of it."""

        async def asked(self, one: StoredCard) -> None:
            async with desk.database.unit() as unit:
                await cards.remove(unit, eva, one.ref, by="eva")
            raise Unsure("It is slow")

    slow: Any = Slow()
    vault = Vault(desk.database, desk.line, SEAL, {ProviderKind.STRIPE: lambda *_: slow})
    async with desk.database.unit() as unit:
        await cards.came_back(unit, asked)
    assert await vault.go_on_due() == 1
    assert (await desk.sees(asked)).state is CardState.GIVEN_UP
    desk.database.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]  # it is a clock that is set
    assert await desk.vault.go_on_due() == 0

    async with desk.database.unit() as unit:  # as it stood before that was mended
        store.put(unit, await cards.by_ref(unit, eva, asked.ref), unit.now)
    assert await desk.vault.go_on_due() == 1
    desk.database.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    assert await desk.vault.go_on_due() == 0


async def test_a_card_that_is_stored_while_the_desk_forgets_another_stays(desk: Desk) -> None:
    eva = await desk.customer("Eva")
    await desk.stores(eva)
    forgot, go_on = asyncio.Event(), asyncio.Event()

    async def stores() -> None:
        async with desk.database.unit() as unit:
            await customers.forget_card(unit, eva.ref, by="bo")
        async with desk.database.unit() as unit:
            locked = await customers.lock(unit, eva.ref)
            forgot.set()
            await go_on.wait()
            (first,) = await cards.of_customer(unit, locked)
            await cards.put_first(unit, first, by="eva")

    storing = asyncio.create_task(stores())
    await forgot.wait()
    following = asyncio.create_task(cards.follow(desk.database, CustomerChanged(holder=US, customer=eva.ref)))
    async with desk.database.unit() as unit:
        while not await unit.value("select count(*) from pg_locks where not granted"):
            await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(storing, following)
    assert await desk.names(eva) == [("Visa •••• 4242", True)]


async def test_a_hook_is_looked_up_however_often_and_in_whatever_order_it_comes(desk: Desk, clock: SetClock) -> None:
    eva = await desk.customer("Eva")
    asked = await desk.asks(eva)
    await desk.page.keep(asked.page or "")

    async def told(what: str, about: dict[str, object]) -> None:
        headers, body = signed({"id": f"evt_{what}", "type": what, "data": {"object": about}}, clock.now())
        async with desk.database.unit() as unit:
            folded = {name.lower(): value for name, value in headers.items()}
            assert await paying.hear(unit, desk.collector, desk.account.ref, "", folded, body) is None
        await desk.vault.go_on_due()

    about: dict[str, object] = {"id": "seti_1", "object": "setup_intent", "metadata": {"card": asked.ref}}
    await told("setup_intent.succeeded", about)
    stored = await desk.sees(asked)
    assert stored.state is CardState.STORED
    await told("setup_intent.succeeded", about)
    await told(
        "checkout.session.expired", {"id": asked.page, "object": "checkout.session", "metadata": {"card": asked.ref}}
    )
    assert (await desk.sees(asked)).state is CardState.STORED, "told again, and of what was before, it is nothing"
    async with aiohttp.ClientSession(headers=KEY) as web:
        async with web.post(f"{desk.account.url}/v1/payment_methods/{stored.method}/detach") as answer:
            assert answer.status == 200
    await told("payment_method.detached", {"id": stored.method, "object": "payment_method", "metadata": {}})
    assert (await desk.sees(asked)).state is CardState.REMOVED and await desk.paid_by(eva) is None


async def test_of_a_card_that_expires_its_customer_is_written_to_once_before_and_once_after(
    desk: Desk, clock: SetClock
) -> None:
    eva = await desk.customer("Eva")
    today = clock.now().date()
    await desk.stores(eva, expires=(today.year + 1, 1))
    first = date(today.year + 1, 2, 1)
    for day, many in ((first - timedelta(days=40), 0), (first - timedelta(days=20), 1), (first, 2), (first, 2)):
        clock.advance(max(timedelta(0), timedelta(days=(day - clock.now().date()).days)))
        await cards.warn(desk.database)
        await cards.warn(desk.database)
        async with desk.database.unit() as unit:
            found = await mail.page(unit, US)
        assert len(found) == many, day
    assert [one.subject for one in reversed(found)] == [
        "Ditt kort Visa •••• 4242 går snart ut",
        "Ditt kort Visa •••• 4242 har gått ut",
    ]


def test_a_page_that_nobody_finished_ends_and_what_is_over_stays_so(clock: SetClock) -> None:
    now = clock.now()
    one = StoredCard(
        holder=US,
        ref="r",
        customer="c",
        account="a",
        provider=ProviderKind.STRIPE,
        state=CardState.OPEN,
        payer="cus_1",
        return_url=URL,
        made_at=now,
        changed_at=now,
    )
    seen = Seen(method="pm_1", payer="cus_2", brand="Visa", last_digits="4242", expires_on=date(2030, 1, 1))
    assert card.stored(one, seen, now).state is CardState.GIVEN_UP
    kept = card.stored(one, replace(seen, payer="cus_1"), now)
    assert (kept.state, kept.name, kept.expired(date(2029, 12, 31)), kept.expired(date(2030, 1, 1))) == (
        CardState.STORED,
        "Visa •••• 4242",
        False,
        True,
    )
    with pytest.raises(AssertionError):
        card.moved(card.moved(one, CardState.GIVEN_UP, now), CardState.STORED, now)
