"""Seeded stories of charges that are held on a card: whatever is lost or dies, card, invoice and ledger agree."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random  # noqa: TID251 - seeded dice: what gets lost, and when

import pytest

from laddnav.billing import actions as billing
from laddnav.billing.actions import settling
from laddnav.billing.model import Invoice
from laddnav.billing.postings import receivable
from laddnav.customers import actions as customers
from laddnav.customers.model import Hold
from laddnav.customers.rules import CustomerSaid
from laddnav.db.outbox import Deliverer, drain
from laddnav.kit.refusal import Refusal
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.payments.actions import holding, paying
from laddnav.payments.card_hold import OVER, CardHold
from laddnav.payments.payment import Payment, Purpose
from laddnav.sessions import actions as sessions
from laddnav.sessions.model import Status
from tests.clock import SetClock
from tests.payments.bank import Kept, Killed
from tests.payments.held import Place, opened
from tests.things import US

STEPS = 30  # things that happen to each charge before everything behaves again


class Story(Place):
    """What happens to one charge, by its seed."""

    def begin(self, seed: int) -> None:
        self.seed, self.dice, self.register, self.deep = seed, Random(seed), 1000, False
        self.bank.dice, self.bank.faults, self.bank.raises = self.dice, True, self.dice.random() < 0.7
        self.bank.meanwhile = self._meanwhile
        self.bank.hooks.clear()

    async def told(self, seed: int) -> None:
        self.begin(seed)
        self.before = {one.ref for one in await self.payments()}
        async with self.database.unit() as unit:
            # Whoever is left waiting for a card tries it again; invoices of before are over.
            said = CustomerSaid(hold=self.dice.choice((Hold.WISHED, Hold.REQUIRED)))
            await customers.change(unit, self.customer.ref, said, by="test")
        await self.plugs_in(self.register)
        self.database.dice = self.dice
        for _ in range(STEPS):
            await self._perhaps()
        self.database.dice, self.bank.faults, self.bank.meanwhile = None, False, _nothing
        await self._behaves()

    async def _perhaps(self) -> None:
        try:
            await self._one()
        except Refusal:
            pass  # the station is not asked to stop what is over, nor a CDR credited twice
        except Killed:
            self.collector = self.collecting()

    async def _one(self) -> None:
        happening = self.dice.choices(
            (self._provider, self._events, self._jobs, self._hook, self._payer, self._car, self._time, self._issue),
            (6, 7, 3, 2, 3, 5, 3, 1),
        )[0]
        await happening()

    async def _provider(self) -> None:
        for one in await self._theirs():
            await self.collector.go_on(one.ref)

    async def _events(self) -> None:
        await Deliverer(self.database, f"{self.seed} {self.dice.random()}").once()

    async def _jobs(self) -> None:
        await self.dice.choice((holding.look_after, sessions.settle_overdue))(self.database)

    async def _hook(self) -> None:
        if self.bank.hooks:
            body = self.bank.hooks.pop(self.dice.randrange(len(self.bank.hooks)))
            async with self.database.unit() as unit:
                account = (await paying.by_ref(unit, (await self.payments())[-1].ref)).account
                await paying.hear(unit, self.collector, account, "", {"signed": "yes"}, body)

    async def _payer(self) -> None:
        for one in await self._theirs():
            kept = self.bank.kept.get(one.ref)
            if kept is not None:
                self.dice.choice((self.bank.confirm,) * 4 + (self.bank.give_up, self.bank.run_out))(kept)

    async def _car(self) -> None:
        if (await self.session()).status is Status.ACTIVE:
            self.register += self.dice.randrange(0, 9000)
            hold = await self.hold()
            if (hold is not None and hold.stop_asked_at is not None) or self.dice.random() < 0.3:
                await self.unplugs(self.register)
            else:
                await self.measures(self.register)

    async def _time(self) -> None:
        self.clock.advance(timedelta(minutes=self.dice.choice((1, 1, 3, 5, 10, 40))))

    async def _issue(self) -> None:
        async with self.database.unit() as unit:
            for heading in await billing.invoices(unit, US, limit=3):
                if heading.number is None:
                    await billing.issue(unit, US, heading.ref)

    async def _meanwhile(self) -> None:
        if not self.deep and self.dice.random() < 0.2:
            self.deep = True
            try:
                await self._one()
            except Refusal:
                pass
            finally:
                self.deep = False

    async def _behaves(self) -> None:
        """Everybody answers, nothing dies, time passes until that changes nothing any more; the car leaves."""
        before: object = None
        while (stands := await self._stands()) != before:
            before = stands
            self.clock.advance(timedelta(hours=2))
            if (await self.session()).status is Status.ACTIVE:
                await self.unplugs(self.register + 100)
            await sessions.settle_overdue(self.database)
            async with self.database.unit() as unit:
                for one in await self._theirs():
                    await paying.try_again(unit, one.ref, by="a test")
            await self.goes_on()
            await self._issue()
            await self.goes_on()

    async def _theirs(self) -> list[Payment]:
        """Of this charge and its invoice."""
        return [one for one in await self.payments() if one.ref not in self.before]

    async def agree(self) -> CardHold | None:
        """None: its begin was heard when it was over."""
        say, hold = f"seed {self.seed}", await self.hold()
        assert hold is None or hold.state in OVER, f"{say}: it is not over: {hold}"
        async with self.database.unit() as unit:
            waits = await unit.value("select count(*) from job")
            (heading,) = await billing.invoices(unit, US, limit=1)
            invoice = await billing.invoice(unit, heading.ref)
            left = (await settling.item_named(unit, US, invoice.number or "")).open
            account = await ledger.balance(unit, US, receivable(self.customer.debtor_id), "SEK")
        assert waits == 0, f"{say}: somebody has not heard"
        theirs = await self._theirs()
        for one in theirs:
            kept = self.bank.kept.get(one.ref) or Kept(id="", ref=one.ref)
            assert kept.captures <= 1, f"{say}: money was taken twice"
            assert (kept.held, kept.captured) == (one.held, one.captured), say
            assert not kept.held, f"{say}: money is held for nobody"
        paid = sum((one.net for one in theirs), Decimal(0))
        assert paid + left == invoice.to_pay, f"{say}: {paid} of {invoice.to_pay} are paid, and {left} open"
        assert account == left, f"{say}: the ledger says {account}"
        asked = [one for one in theirs if one.purpose is Purpose.INVOICE]
        assert sum(bool(one.net) for one in asked) <= 1, f"{say}: it was taken twice from the card"
        assert not left or asked, f"{say}: nobody was asked for {left}"
        if left:  # somebody pays it otherwise, before the next story
            await self.pays_otherwise(invoice, left)
        return hold

    async def pays_otherwise(self, invoice: Invoice, amount: Decimal) -> None:
        key = f"giro {invoice.number}"
        async with self.database.unit() as unit:
            postings = (
                Posting(Account(Head.BANK, "giro"), amount, "SEK"),
                Posting(receivable(self.customer.debtor_id), -amount, "SEK"),
            )
            await ledger.post(unit, US, Entry(key=key, what="Paid", cites="bank", postings=postings))
            debtor = self.customer.debtor_id
            await settling.settle(unit, US, debtor, amount, "SEK", source=key, cites=invoice.number)
        await drain(self.database)


async def _nothing() -> None:
    return None


async def tell(database_url: str, clock: SetClock, seeds: range, *, enough: int | None = None) -> int:
    """How many of them cost something; no more are told once these are `enough`."""
    place = await opened(database_url, clock, Random(0))
    story = Story(place.database, clock, place.station, place.bank, place.customer)
    cost = 0
    try:
        for seed in seeds:
            await story.told(seed)
            hold = await story.agree()
            cost += hold is not None and bool(hold.due)
            if cost == enough:
                break
        async with place.database.unit() as unit:
            assert sum(one.amount for one in await ledger.trial_balance(unit, US)) == 0
    finally:
        await place.database.close()
    return cost


async def test_card_invoice_and_ledger_agree_whatever_is_lost_or_dies(database_url: str, clock: SetClock) -> None:
    """Which of them do is a matter of what the listeners, who run side by side, draw first."""
    assert await tell(database_url, clock, range(40), enough=3) == 3


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(1_000, 1_200, 50))
async def test_they_agree_in_two_hundred_charges(database_url: str, clock: SetClock, first: int) -> None:
    await tell(database_url, clock, range(first, first + 50))
