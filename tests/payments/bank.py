"""A provider in memory, for tests: it moves payers' money, and its answers get lost.

It knows calls again by their keys. What goes wrong is drawn by a seed; `meanwhile` is what happens while a call is on
its way, so that a race has an order, and the seed tells it again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import Random  # noqa: TID251 - seeded dice: what gets lost, and when

from laddnav.kit import json
from laddnav.kit.outside import Exchange
from laddnav.payments.payment import Account, Heard, Payment, Secrets, Seen, State
from laddnav.payments.providers.port import Declined, NotFromThem, Unsure

FEE = Decimal("0.50")


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Kept:
    """One payment as the bank has it; how often it took money is what must not be two."""

    id: str
    ref: str
    state: State = State.WAITING
    held: Decimal = Decimal(0)
    captured: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    charged_back: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    asked: Decimal = Decimal(0)
    captures: int = 0


async def nothing() -> None:
    return None


@dataclass
class Bank:
    """Satisfies Provider, for the one account that there is."""

    dice: Random
    faults: bool = True
    direct: bool = False  # as Swish: paid at once, nothing is held
    raises: bool = True
    refuses: bool = False  # whatever is asked for
    takes: bool = True  # what it holds
    kept: dict[str, Kept] = field(default_factory=dict)
    by_key: dict[str, str] = field(default_factory=dict)
    hooks: list[bytes] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] = nothing
    told: int = 0

    def open(self, account: Account, secrets: Secrets, exchange: Exchange, hook_url: str) -> Bank:
        return self

    # The port

    async def authorise(self, payment: Payment, key: str) -> Seen:
        def do() -> Kept:
            one = Kept(id=f"b-{payment.ref}", ref=payment.ref, asked=payment.hold)
            assert payment.ref not in self.kept, "one payment is authorised once"
            self.kept[payment.ref] = one
            if self.dice.random() < 0.6:
                self.confirm(one)
            return one

        return await self._call(payment, key, do, refusable=0.05)

    async def raise_hold(self, payment: Payment, total: Decimal, key: str) -> Seen:
        def do() -> Kept:
            one = self._held(payment)
            if not self.raises:
                raise Declined("It raises no hold")
            one.held = total
            return one

        return await self._call(payment, key, do, refusable=0.2)

    async def capture(self, payment: Payment, amount: Decimal, key: str) -> Seen:
        def do() -> Kept:
            one = self._held(payment)
            assert amount <= one.held
            if not self.takes:
                raise Declined("It takes nothing today")
            one.state, one.captured = State.CAPTURED, amount
            one.held = Decimal(0) if self.dice.random() < 0.5 else one.held - amount
            one.fees += FEE
            one.captures += 1
            return one

        return await self._call(payment, key, do)

    async def release(self, payment: Payment, key: str) -> Seen:
        def do() -> Kept:
            one = self.kept[payment.ref]
            if one.state is State.CAPTURED and not one.held:
                raise Declined("It is paid")
            one.held = Decimal(0)
            one.state = State.CAPTURED if one.captured else State.RELEASED
            return one

        return await self._call(payment, key, do)

    async def refund(self, payment: Payment, amount: Decimal, key: str) -> Seen:
        def do() -> Kept:
            one = self.kept[payment.ref]
            if amount > one.captured - one.refunded - one.charged_back:
                raise Declined("That is more than is left of it")
            one.refunded += amount
            return one

        return await self._call(payment, key, do)

    async def look_up(self, payment: Payment) -> Seen | None:
        if self.faults and self.dice.random() < 0.1:
            raise Unsure("The bank is slow")
        await self.meanwhile()
        one = self.kept.get(payment.ref)
        return None if one is None else seen(one)

    def read_hook(self, method_and_path: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Heard:
        if headers.get("signed") != "yes":
            raise NotFromThem("It is not signed")
        return json.decode(body, Heard)

    # What payers and other people do

    def confirm(self, one: Kept) -> None:
        """The driver shows a thumb; late is late."""
        if one.state is not State.WAITING:
            return
        if self.direct:
            one.state, one.captured, one.captures = State.CAPTURED, one.asked, one.captures + 1
        else:
            one.state, one.held = State.HELD, one.asked
        self.tell(one)

    def give_up(self, one: Kept) -> None:
        if one.state is State.WAITING:
            one.state = State.REFUSED
            self.tell(one)

    def run_out(self, one: Kept) -> None:
        if one.state is State.HELD:
            one.state, one.held = State.RELEASED, Decimal(0)
            self.tell(one)

    def take_back(self, one: Kept, amount: Decimal) -> None:
        """The payer's bank does."""
        one.charged_back = min(one.charged_back + amount, one.captured - one.refunded)
        self.tell(one)

    def give_again(self, one: Kept) -> None:
        """It decided for us."""
        one.charged_back = Decimal(0)
        self.tell(one)

    def tell(self, one: Kept) -> None:
        """Told once, twice, or never; early, for who listens may hear it before the answer to its own call."""
        self.told += 1
        about = Heard(id=f"evt-{self.told}", what=one.state, payment=one.ref)
        for _ in range(self.dice.choice((0, 1, 1, 2)) if self.faults else 1):
            self.hooks.append(json.encode(about))

    # How calls go wrong

    async def _call(self, payment: Payment, key: str, do: Callable[[], Kept], refusable: float = 0.02) -> Seen:
        chance = self.dice.random() if self.faults else 1.0
        if chance < 0.08:
            raise Killed
        if chance < 0.16:
            raise Unsure("It never reached the bank")
        await self.meanwhile()
        if key not in self.by_key:
            if self.refuses or (self.faults and self.dice.random() < refusable):
                raise Declined("The bank says no")
            one = do()
            self.by_key[key] = one.ref
            self.tell(one)
        one = self.kept[self.by_key[key]]
        await self.meanwhile()
        if 0.16 <= chance < 0.26:
            raise Unsure("It was done, and the answer got lost")
        if 0.26 <= chance < 0.34:
            raise Killed
        return seen(one)

    def _held(self, payment: Payment) -> Kept:
        one = self.kept[payment.ref]
        if one.state is not State.HELD:
            raise Declined(f"It is {one.state}")
        return one


def seen(one: Kept) -> Seen:
    return Seen(
        state=one.state,
        provider_id=one.id,
        held=one.held,
        captured=one.captured,
        refunded=one.refunded,
        charged_back=one.charged_back,
        fees=one.fees,
        action="https://bank.example/thumb" if one.state is State.WAITING else None,
    )
