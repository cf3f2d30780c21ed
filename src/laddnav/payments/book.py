"""A Book: what a provider says has moved on our account there, and what it owes us, held against our ledger; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.ledger.model import Account as LedgerAccount
from laddnav.ledger.model import Entry, Head, Posting
from laddnav.payments.payment import ProviderKind

ZERO = Decimal(0)
# What moves while we look is there a moment before it is here, or after: what lasts for longer is a difference.
LASTS = timedelta(hours=2)
OVERLAP = timedelta(hours=1)  # of one look with the one before: nothing that is told late is missed


class Moved(StrEnum):
    """Why something moved."""

    TAKEN = "TAKEN"  # from a payer; posted with its payment, its fee too
    BACK = "BACK"  # to a payer or their bank; posted with its payment, but what that costs
    PAID_OUT = "PAID_OUT"  # on its way to our bank, or back from there where it could not
    FEE = "FEE"
    ELSE = "ELSE"  # what we know nothing of: a person looks


class Movement(Struct, frozen=True, kw_only=True):
    """`amount` is what it gives us, below zero what it takes, before the `fee` that is kept of it.

    `paid` is the provider's id of the payment that was taken; None: of none, or it was not told.
    """

    id: str
    moved: Moved
    said: str  # the provider's word for it
    amount: Decimal
    fee: Decimal
    currency: str
    at: datetime
    paid: str | None = None

    @property
    def net(self) -> Decimal:
        return self.amount - self.fee


class Owed(Struct, frozen=True, kw_only=True):
    """What it owes us in one currency: `there` by its own word, `here` by our ledger; apart since then, if they are."""

    currency: str
    there: Decimal
    here: Decimal
    apart_since: datetime | None = None

    @property
    def apart(self) -> Decimal:
        return self.there - self.here


class Book(Struct, frozen=True, kw_only=True):
    """Of one account; `read_to` is of when the last movement was that we know, `trouble` what kept us from reading."""

    holder: PartyId
    account: str
    provider: ProviderKind
    read_to: datetime
    owed: tuple[Owed, ...] = ()
    trouble: str | None = None
    read_at: datetime | None = None


def on_its_way(provider: ProviderKind) -> LedgerAccount:
    """What was paid out, until the bank's own file says that it came: that alone posts to the bank."""
    return LedgerAccount(Head.CLEARING, f"payouts:{provider.lower()}")


def entries(provider: ProviderKind, account: str, one: Movement) -> tuple[Entry, ...]:
    """What of a movement no payment has posted."""
    name = provider.lower()
    clearing, fees = LedgerAccount(Head.CLEARING, f"{name}:{account}"), LedgerAccount(Head.FEES, name)
    match one.moved:
        case Moved.PAID_OUT:
            moves = [("paid out", on_its_way(provider), -one.amount), ("fee", fees, one.fee)]
        case Moved.FEE:
            moves = [("fee", fees, -one.net)]
        case Moved.BACK:
            moves = [("fee", fees, one.fee)]
        case _:
            moves = []
    return tuple(
        Entry(
            key=f"{name} {account} {one.id} {what}",
            what=f"{provider.capitalize()}: {what}",
            cites=f"{name} {one.id}",
            postings=(Posting(debit, amount, one.currency), Posting(clearing, -amount, one.currency)),
        )
        for what, debit, amount in moves
        if amount
    )


def compared(book: Book, there: Sequence[tuple[str, Decimal]], here: Sequence[Decimal], now: datetime) -> Book:
    """`there` by currency, `here` in the same order. What was apart before stays so since then."""
    before = {one.currency: one for one in book.owed}
    owed = []
    for (currency, amount), ours in zip(there, here, strict=True):
        known = before.get(currency)
        since = known.apart_since if known is not None and known.apart == amount - ours else None
        apart_since = None if amount == ours else since or now
        owed.append(Owed(currency=currency, there=amount, here=ours, apart_since=apart_since))
    return replace(book, owed=tuple(owed), trouble=None, read_at=now)


def differences(book: Book, now: datetime) -> tuple[Owed, ...]:
    """Those that last."""
    return tuple(one for one in book.owed if one.apart_since is not None and now - one.apart_since >= LASTS)
