"""A till for tests: an account at a provider on a real socket, and a line to it that can lose answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal

from laddnav.db.unit import Database
from laddnav.kit.outside import Answer, Shown
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.payments.actions import paying
from laddnav.payments.actions.going_on import Collector
from laddnav.payments.payment import Account, Outcome, Payment, Purpose, Step
from laddnav.payments.providers.port import Unsure
from laddnav.server.outward import Outward
from tests.payments.conftest import LAD, SEAL

URL = "https://lad.example"
DRIVER = "receivable:driver:SE-LAD-C00000001"


class Line:
    """Satisfies Exchange. What is in `loses` happens there, and nobody here hears of it."""

    def __init__(self, outward: Outward) -> None:
        self._outward = outward
        self.loses: set[str] = set()

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, shown: Shown | None = None
    ) -> Answer:
        answer = await self._outward.exchange(method, url, headers, body, shown=shown)
        for lost in [one for one in self.loses if method == one.split()[0] and one.split()[1] in url]:
            self.loses.discard(lost)
            raise Unsure("Nobody answered in time")
        return answer


class Till:
    def __init__(self, database: Database, account: Account, line: Line) -> None:
        self.database, self.account, self.line = database, account, line
        self.collector = Collector(database, line, SEAL, URL)

    async def asks(self, amount: str, *, charge: bool = False, away: bool = False, **said: str | None) -> Payment:
        currency = said.pop("currency", None) or "SEK"
        async with self.database.unit() as unit:
            payment = await paying.begin(
                unit,
                self.account.ref,
                purpose=Purpose.SESSION,
                about="Charge at Kungsgatan",
                credits=DRIVER,
                currency=currency,
                amount=Decimal(amount),
                charge=charge,
                by="driver",
                away=away,
                **said,  # type: ignore[arg-type]  # words alone
            )
        return await self.goes_on(payment)

    async def goes_on(self, payment: Payment) -> Payment:
        await self.collector.go_on(payment.ref)
        return await self.sees(payment)

    async def sees(self, payment: Payment) -> Payment:
        async with self.database.unit() as unit:
            return await paying.by_ref(unit, payment.ref)

    async def keeps(self, payment: Payment, amount: str) -> Payment:
        async with self.database.unit() as unit:
            await paying.keep(unit, payment.ref, Decimal(amount))
        return await self.goes_on(payment)

    async def holds(self, payment: Payment, amount: str) -> Payment:
        async with self.database.unit() as unit:
            await paying.hold(unit, payment.ref, Decimal(amount))
        return await self.goes_on(payment)

    async def refunds(self, payment: Payment, amount: str) -> Payment:
        async with self.database.unit() as unit:
            await paying.refund(unit, payment.ref, Decimal(amount), "The cable was broken", by="bo")
        return await self.goes_on(payment)

    async def accepts(self, payment: Payment) -> Payment:
        async with self.database.unit() as unit:
            await paying.accept(unit, payment.ref, by="bo")
        return await self.goes_on(payment)

    async def hears(self, headers: Mapping[str, str], body: bytes, path: str = "") -> str | None:
        async with self.database.unit() as unit:
            folded = {name.lower(): value for name, value in headers.items()}
            return await paying.hear(unit, self.collector, self.account.ref, path, folded, body)

    async def owed(self, currency: str = "SEK") -> tuple[Decimal, Decimal]:
        """(what the driver paid for, what the provider owes us), by the ledger."""
        clearing = LedgerAccount.parse(f"clearing:{self.account.provider.lower()}:{self.account.ref}")
        async with self.database.unit() as unit:
            paid = await ledger.balance(unit, LAD, LedgerAccount.parse(DRIVER), currency)
            return -paid, await ledger.balance(unit, LAD, clearing, currency)

    async def calls(self, payment: Payment) -> list[tuple[Step, int, Outcome | None]]:
        async with self.database.unit() as unit:
            timeline = await paying.timeline(unit, payment.ref)
        return [(one.step, one.tries, one.outcome) for one in timeline.calls]


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    outward = Outward(allow_loopback=True)
    yield Line(outward)
    await outward.close()
