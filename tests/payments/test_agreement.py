"""Whatever gets lost, comes twice or dies half-way: customer, provider and ledger agree in the end."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random  # noqa: TID251 - seeded dice: what gets lost, and when

import pytest

from laddnav.db.unit import Database, Unit
from laddnav.kit.refusal import Refusal
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.ledger.model import Head
from laddnav.payments import postings, steps
from laddnav.payments.actions import paying
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.payment import Account, Payment, ProviderKind, Purpose, State
from tests.clock import SetClock
from tests.payments.bank import Bank, Kept, Killed
from tests.payments.conftest import LAD, SEAL, an_account, nowhere

STEPS = 14  # things that happen to each payment before everything behaves again


class Mortal(Database):
    """Its process may end before a Unit commits, or right after."""

    dice: Random | None = None

    def unit(self, *, writes: bool = False) -> Unit:
        return MortalUnit(self, writes=writes)


class MortalUnit(Unit):
    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        database = self._database
        assert isinstance(database, Mortal)
        chance = 1.0 if database.dice is None or error is not None else database.dice.random()
        if chance < 0.03:
            await super().__aexit__(Killed, Killed(), trace)
            raise Killed
        await super().__aexit__(kind, error, trace)
        if chance < 0.06:
            raise Killed


class Story:
    """What happens to one payment, by its seed."""

    def __init__(self, seed: int, database: Mortal, clock: SetClock, account: Account, bank: Bank) -> None:
        self.seed = seed
        self.dice = Random(seed)
        self.database, self.clock, self.account, self.bank = database, clock, account, bank
        self.bank.dice, self.bank.direct = self.dice, self.dice.random() < 0.25
        self.bank.meanwhile = self._meanwhile
        self.collector = Collector(database, nowhere, SEAL, "https://lad.example", {ProviderKind.STRIPE: bank.open})
        self.other = Collector(database, nowhere, SEAL, "https://lad.example", {ProviderKind.STRIPE: bank.open})
        self.ref = ""
        self.deep = False

    async def told(self) -> None:
        async with self.database.unit() as unit:
            payment = await paying.begin(
                unit,
                self.account.ref,
                purpose=Purpose.SESSION,
                about=f"seed-{self.seed}",
                credits=f"receivable:driver:SEED-{self.seed}",
                currency="SEK",
                amount=Decimal(self.dice.randrange(1, 500)),
                charge=self.dice.random() < 0.2,
                by="driver",
            )
        self.ref = payment.ref
        self.database.dice = self.dice
        for _ in range(STEPS):
            await self._perhaps(self._one)
        self.database.dice, self.bank.faults, self.bank.meanwhile = None, False, _nothing
        await self._behaves()

    async def _one(self) -> None:
        happening = self.dice.choice(
            (self._go_on, self._go_on, self._go_on, self._hook, self._want, self._payer, self._time)
        )
        await happening()

    async def _go_on(self) -> None:
        await self.dice.choice((self.collector, self.other)).go_on(self.ref)

    async def _hook(self) -> None:
        if self.bank.hooks:
            body = self.bank.hooks.pop(self.dice.randrange(len(self.bank.hooks)))
            async with self.database.unit() as unit:
                await paying.hear(unit, self.collector, self.account.ref, "", {"signed": "yes"}, body)

    async def _want(self) -> None:
        async with self.database.unit() as unit:
            amount = Decimal(self.dice.randrange(0, 600))
            match self.dice.randrange(5):
                case 0:
                    await paying.hold(unit, self.ref, amount)
                case 1 | 2:
                    await paying.keep(unit, self.ref, amount)
                case 3:
                    await paying.accept(unit, self.ref, by="bo")
                case _:
                    await paying.refund(unit, self.ref, amount, "Broken cable", by="bo")

    async def _payer(self) -> None:
        one = self._kept()
        if one is not None:
            self.dice.choice((self.bank.confirm, self.bank.confirm, self.bank.give_up, self.bank.run_out))(one)
            if self.dice.random() < 0.1:
                self.bank.take_back(one, Decimal(self.dice.randrange(1, 100)))
            elif self.dice.random() < 0.05:
                self.bank.give_again(one)

    async def _time(self) -> None:
        self.clock.advance(timedelta(minutes=self.dice.choice((1, 3, 10, 60, 1500))))

    async def _meanwhile(self) -> None:
        """Somebody wants something, or another process takes it up, while a call is on its way."""
        if not self.deep and self.dice.random() < 0.3:
            self.deep = True
            try:
                await self._one()
            except Refusal:
                pass
            finally:
                self.deep = False

    async def _perhaps(self, happening: object) -> None:
        assert callable(happening)
        try:
            await happening()
        except Refusal:
            pass  # more than is left was to be given back, or what is kept was known already
        except Killed:
            self.collector = Collector(
                self.database, nowhere, SEAL, "https://lad.example", {ProviderKind.STRIPE: self.bank.open}
            )

    async def _behaves(self) -> None:
        """Everybody answers, nothing dies, time passes; the driver does not come back."""
        async with self.database.unit() as unit:
            payment = await paying.by_ref(unit, self.ref)
            if payment.keep is None:
                await paying.keep(unit, self.ref, Decimal(self.dice.randrange(0, 400)))
        for _ in range(6):
            self.clock.advance(timedelta(hours=2))
            await self.collector.go_on(self.ref)

    def _kept(self) -> Kept | None:
        return self.bank.kept.get(self.ref)

    async def agree(self) -> Payment:
        async with self.database.unit() as unit:
            payment = await paying.by_ref(unit, self.ref)
            debt = await ledger.balance(unit, LAD, LedgerAccount.parse(payment.credits), "SEK")
        one = self._kept() or Kept(id="", ref=self.ref, state=payment.state)
        shown = (one.held, one.captured, one.refunded, one.charged_back, one.fees)
        known = (payment.held, payment.captured, payment.refunded, payment.charged_back, payment.fees)
        assert shown == known, f"seed {self.seed}: the bank and we differ"
        assert one.captures <= 1, f"seed {self.seed}: money was taken twice"
        assert -debt == one.captured - one.refunded - one.charged_back, f"seed {self.seed}: the ledger differs"
        assert not one.held or payment.blocked, f"seed {self.seed}: money is held for nobody"
        over = payment.state in (State.RELEASED, State.REFUSED)
        wanted = Decimal(0) if over and not payment.keep else max(payment.wanted, Decimal(0))
        fits = payment.net + payment.let_go == wanted or payment.trouble is not None or payment.state is State.REFUSED
        assert fits, f"seed {self.seed}: {payment.net} of {wanted}, and nobody is told"
        assert payment.net <= max(payment.keep or 0, 0) or payment.trouble, f"seed {self.seed}: too much was kept"
        assert steps.is_settled(payment) or payment.trouble, f"seed {self.seed}: it is not over: {payment}"
        return payment


async def _nothing() -> None:
    return None


async def tell(database_url: str, clock: SetClock, seeds: range) -> list[Payment]:
    database = await Mortal.connect(database_url, clock=clock, hears={})
    assert isinstance(database, Mortal)
    try:
        return await _told(database, clock, seeds)
    finally:
        await database.close()


async def _told(database: Mortal, clock: SetClock, seeds: range) -> list[Payment]:
    account = await an_account(database)
    told = []
    for seed in seeds:
        story = Story(seed, database, clock, account, Bank(Random(seed)))
        await story.told()
        told.append(await story.agree())
    async with database.unit() as unit:
        balances = await ledger.trial_balance(unit, LAD)
        clearing = await ledger.balance(unit, LAD, postings.clearing(told[0]), "SEK")
    assert sum(one.amount for one in balances) == 0
    assert clearing == sum(one.net - one.fees for one in told), "what the bank owes us is what it took, less its fees"
    assert {one.account.head for one in balances} <= {Head.RECEIVABLE, Head.CLEARING, Head.FEES}
    return told


async def test_customer_provider_and_ledger_agree_whatever_is_lost_or_dies(database_url: str, clock: SetClock) -> None:
    told = await tell(database_url, clock, range(60))
    assert {one.state for one in told} == {State.CAPTURED, State.RELEASED, State.REFUSED}
    assert any(one.refunded for one in told) and any(one.charged_back for one in told)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(1_000, 11_000, 500))
async def test_they_agree_in_ten_thousand_stories(database_url: str, clock: SetClock, first: int) -> None:
    await tell(database_url, clock, range(first, first + 500))
