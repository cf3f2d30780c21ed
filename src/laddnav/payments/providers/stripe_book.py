"""What moved on our account at Stripe (balance transactions), page by page, and what it owes us (its balance)."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import urlencode

from msgspec import Struct

from laddnav.kit.outside import Exchange
from laddnav.payments.book import Moved, Movement
from laddnav.payments.payment import Account, Secrets
from laddnav.payments.providers.port import Movements, of_coins
from laddnav.payments.providers.stripe_line import Line

PAGE = 100
KINDS = {
    "charge": Moved.TAKEN,
    "payment": Moved.TAKEN,
    "refund": Moved.BACK,
    "payment_refund": Moved.BACK,
    "adjustment": Moved.BACK,
    "payout": Moved.PAID_OUT,
    "payout_cancel": Moved.PAID_OUT,
    "payout_failure": Moved.PAID_OUT,
    "stripe_fee": Moved.FEE,
    "stripe_fx_fee": Moved.FEE,
    "tax_fee": Moved.FEE,
}


class WireSource(Struct, frozen=True):
    """What a transaction is about, in full: of a charge, the PaymentIntent by which it was made, if by one."""

    id: str
    payment_intent: str | None = None


class WireTransaction(Struct, frozen=True):
    id: str
    type: str
    amount: int
    currency: str
    created: int
    fee: int = 0
    source: WireSource | str | None = None


class WireTransactions(Struct, frozen=True):
    data: tuple[WireTransaction, ...]
    has_more: bool = False


class WireFunds(Struct, frozen=True):
    amount: int
    currency: str


class WireBalance(Struct, frozen=True):
    available: tuple[WireFunds, ...] = ()
    pending: tuple[WireFunds, ...] = ()


class StripeBook:
    """Satisfies BookKeeper."""

    def __init__(self, account: Account, secrets: Secrets, exchange: Exchange) -> None:
        self._line = Line(account, secrets, exchange)

    async def moved(self, since: datetime, after: str | None) -> Movements:
        asked: dict[str, str | int] = {"limit": PAGE, "created[gte]": int(since.timestamp()), "expand[]": "data.source"}
        if after is not None:
            asked["starting_after"] = after
        page = await self._line.found(f"/v1/balance_transactions?{urlencode(asked)}", WireTransactions)
        found = tuple(map(_movement, page.data))
        return Movements(found=found, next=found[-1].id if found and page.has_more else None)

    async def owed(self) -> dict[str, Decimal]:
        said = await self._line.found("/v1/balance", WireBalance)
        sums: dict[str, Decimal] = {}
        for one in (*said.available, *said.pending):
            currency = one.currency.upper()
            sums[currency] = sums.get(currency, Decimal(0)) + of_coins(one.amount, currency)
        return sums


def _movement(one: WireTransaction) -> Movement:
    currency, moved = one.currency.upper(), KINDS.get(one.type, Moved.ELSE)
    return Movement(
        id=one.id,
        moved=moved,
        said=one.type,
        amount=of_coins(one.amount, currency),
        fee=of_coins(one.fee, currency),
        currency=currency,
        at=datetime.fromtimestamp(one.created, UTC),
        paid=_paid(one.source) if moved is Moved.TAKEN else None,
    )


def _paid(source: WireSource | str | None) -> str | None:
    """As our payments name it; a charge by no PaymentIntent has its own id, which none of ours has."""
    if isinstance(source, WireSource):
        return source.payment_intent or source.id
    return None
