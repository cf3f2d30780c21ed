"""What Stripe paid out and kept is posted once, so that what it owes us is nothing; where it is not, that is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from laddnav.billing.actions import banking
from laddnav.db.unit import Database
from laddnav.ledger import actions as ledger
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.parties import actions as parties
from laddnav.payments.actions import books
from laddnav.payments.actions.books import Reader
from laddnav.payments.book import LASTS, Book, Moved, Movement, compared, differences, entries
from laddnav.payments.payment import ProviderKind
from tests.billing.statements import IBAN, moved, statement
from tests.clock import SetClock
from tests.payments.conftest import LAD, SEAL, an_account
from tests.payments.counterparts import StripeServer, served
from tests.payments.till import Till, line
from tests.things import party


class Balance:
    """What Stripe lists of an account: the newest first, two a page."""

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock
        self.listed: list[dict[str, object]] = []
        self.amount = 0
        self.routes = [Route("/v1/balance_transactions", self.page), Route("/v1/balance", self.balance)]

    def moves(self, kind: str, amount: int, fee: int = 0, paid: str | None = None) -> None:
        """A charge that is of no PaymentIntent is one that somebody made by hand, or of an old kind."""
        one = {"id": f"txn_{len(self.listed)}", "type": kind, "amount": amount, "fee": fee, "currency": "sek"}
        one |= {"source": {"id": f"ch_{len(self.listed)}", "payment_intent": paid}}
        self.listed.insert(0, one | {"created": int(self._clock.now().timestamp())})
        self.amount += amount - fee

    async def page(self, request: Request) -> Response:
        since, after = int(request.query_params["created[gte]"]), request.query_params.get("starting_after")
        ids = [one["id"] for one in self.listed]
        left = [one for one in self.listed[ids.index(after) + 1 if after else 0 :] if int(str(one["created"])) >= since]
        assert request.query_params["expand[]"] == "data.source", "else a source is its id alone"
        return JSONResponse({"object": "list", "data": left[:2], "has_more": len(left) > 2})

    async def balance(self, request: Request) -> Response:
        funds = [{"amount": self.amount - 100, "currency": "sek"}], [{"amount": 100, "currency": "sek"}]
        return JSONResponse({"object": "balance", "available": funds[0], "pending": funds[1]})


@pytest.fixture
async def shop(database: Database, clock: SetClock) -> AsyncIterator[tuple[Till, Balance, Reader]]:
    async with database.unit() as unit:
        await parties.add(unit, party(LAD))
    balance, stripe = Balance(clock), StripeServer()
    async with served([*balance.routes, *stripe.routes]) as url, line() as there:
        account = await an_account(database, url=url)
        yield Till(database, account, there), balance, Reader(database, there, SEAL)


async def booked(database: Database, account: str) -> Decimal:
    async with database.unit() as unit:
        return await ledger.balance(unit, LAD, LedgerAccount.parse(account), "SEK")


async def test_what_was_paid_out_and_kept_is_posted_once_and_nothing_is_left_at_stripe(
    shop: tuple[Till, Balance, Reader], clock: SetClock
) -> None:
    till, balance, reader = shop
    payment = await till.keeps(await till.asks("300", method="pm_card_visa"), "200")
    await till.refunds(payment, "50")
    balance.moves("charge", 20000, 150, payment.provider_id)
    for kind, amount, fee in (("refund", -5000, 25), ("stripe_fee", -500, 0)):
        balance.moves(kind, amount, fee)
    clock.advance(timedelta(days=2))
    balance.moves("payout", -balance.amount)
    till.line.loses = {"GET /v1/balance"}  # what was read is kept, and read again it is nothing
    for _ in range(3):
        await reader.read_due()
        clock.advance(timedelta(hours=2))
    assert not till.line.loses and await reader.read_due() == 1
    assert await booked(till.database, f"clearing:stripe:{till.account.ref}") == 0
    assert await booked(till.database, "clearing:payouts:stripe") == Decimal("143.25")
    assert await booked(till.database, "fees:stripe") == Decimal("6.75"), (
        "of the charge, of its refund, and of the month"
    )
    async with till.database.unit() as unit:
        assert await books.differences(unit, LAD) == []
        await banking.read(unit, LAD, "nov.xml", statement(moved("143.25", payer="Stripe")), by="Maja")
        (arrived,) = await banking.entries(unit, LAD, to_decide=True)
        await banking.decide(unit, arrived.ref, by="Maja", account="clearing:payouts:stripe")
    assert await booked(till.database, f"bank:{IBAN}") == Decimal("143.25"), "as the bank says"
    for nothing in (f"clearing:stripe:{till.account.ref}", "clearing:payouts:stripe", "clearing:bank"):
        assert await booked(till.database, nothing) == 0, nothing

    balance.moves("topup", 1000)
    balance.moves("charge", 700, paid="pi_by_hand")
    balance.moves("charge", 300)
    for _ in range(2):
        await reader.read_due()
        clock.advance(LASTS)
    async with till.database.unit() as unit:
        ((found, apart),) = await books.differences(unit, LAD)
        strange = await books.strange(unit, found)
    assert [one.apart for one in apart] == [Decimal(20)]
    assert {(one.said, one.amount) for one in strange} == {
        ("topup", Decimal(10)),
        ("charge", Decimal(7)),
        ("charge", Decimal(3)),
    }, "and not the charge of our payment"


# ---- Pure


def a_movement(moved: Moved, amount: str, fee: str = "0") -> Movement:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return Movement(id="t", moved=moved, said="x", amount=Decimal(amount), fee=Decimal(fee), currency="SEK", at=at)


@pytest.mark.parametrize(
    ("moved", "amount", "fee", "posted"),
    [
        (Moved.TAKEN, "100", "2", []),
        (Moved.BACK, "-100", "15", [("fees:stripe", "15")]),
        (Moved.FEE, "-5", "0", [("fees:stripe", "5")]),
        (Moved.PAID_OUT, "-80", "0", [("clearing:payouts:stripe", "80")]),
        (Moved.PAID_OUT, "80", "0", [("clearing:payouts:stripe", "-80")]),
        (Moved.PAID_OUT, "-80", "1", [("clearing:payouts:stripe", "80"), ("fees:stripe", "1")]),
        (Moved.ELSE, "7", "0", []),
    ],
)
def test_what_a_payment_has_posted_is_not_posted_again(
    moved: Moved, amount: str, fee: str, posted: list[tuple[str, str]]
) -> None:
    found = entries(ProviderKind.STRIPE, "a", a_movement(moved, amount, fee))
    assert [(str(one.postings[0].account), one.postings[0].amount) for one in found] == [
        (account, Decimal(said)) for account, said in posted
    ]
    assert all(str(one.postings[1].account) == "clearing:stripe:a" for one in found)


def test_a_difference_is_one_once_it_lasts_and_another_begins_anew() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    book = Book(holder=LAD, account="a", provider=ProviderKind.STRIPE, read_to=now)
    book = compared(book, [("SEK", Decimal(10)), ("EUR", Decimal(1))], [Decimal(0), Decimal(1)], now)
    assert differences(book, now) == ()
    assert [one.currency for one in differences(book, now + LASTS)] == ["SEK"]
    other = compared(book, [("SEK", Decimal(11))], [Decimal(0)], now + LASTS)
    assert differences(other, now + LASTS) == (), "another amount is another difference"
    assert differences(compared(book, [("SEK", Decimal(4))], [Decimal(4)], now), now + LASTS) == ()
