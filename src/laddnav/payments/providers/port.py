"""What every provider can be asked, and how it answers: with totals, with a no, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from laddnav.kit import json
from laddnav.kit.json import T, Unreadable
from laddnav.kit.money import minor_unit
from laddnav.kit.outside import Answer
from laddnav.kit.refusal import Refusal, Trouble
from laddnav.payments import card
from laddnav.payments.book import Movement
from laddnav.payments.payment import Heard, Payment, Seen

# What was signed longer ago than this may have been kept by somebody, and is said again.
STALE = timedelta(minutes=5)


class Declined(Refusal):
    """The provider says no, and that nothing was done. Its words are for whoever pays, or for us."""


class Unsure(Trouble):
    """Nobody knows whether it was done: no answer, or none that says so. It is looked up and asked again."""


class NotFromThem(Refusal):
    """What came is not signed by this provider, or was kept and said again."""


class CannotDo(Declined):
    """This provider has no such thing."""


class Provider(Protocol):
    """One account at one provider. `key` makes the same call, however often it is made, one call.

    All but `look_up` and `read_hook` raise Declined, Unsure.
    """

    async def authorise(self, payment: Payment, key: str) -> Seen:
        """Hold `payment.hold`; a provider without holds has it paid."""
        ...

    async def raise_hold(self, payment: Payment, total: Decimal, key: str) -> Seen: ...

    async def capture(self, payment: Payment, amount: Decimal, key: str) -> Seen:
        """Of what is held; what is left may be released with it or is asked for next."""
        ...

    async def release(self, payment: Payment, key: str) -> Seen:
        """Whatever is held, or could be paid still."""
        ...

    async def refund(self, payment: Payment, amount: Decimal, key: str) -> Seen: ...

    async def look_up(self, payment: Payment) -> Seen | None:
        """By its word for it, or by ours; None: it knows of none. Raises Unsure."""
        ...

    def read_hook(self, method_and_path: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Heard:
        """What it tells unasked; headers by their names in small letters. Raises NotFromThem, Unreadable."""
        ...


class Page(Struct, frozen=True, kw_only=True):
    """Of the provider's own, where a driver types a card; `url` None: it does not say."""

    id: str
    url: str | None


class CardKeeper(Protocol):
    """A provider that keeps cards. Every one of these may be said again; all raise Declined, Unsure."""

    async def payer(self, card: card.StoredCard) -> str:
        """What it calls this customer."""
        ...

    async def ask(self, card: card.StoredCard) -> Page:
        """Where the driver types the card."""
        ...

    async def asked(self, card: card.StoredCard) -> Page | card.Seen | None:
        """The page, as long as it is open; then the card; None: there will be none."""
        ...

    async def shown(self, card: card.StoredCard) -> card.Seen | None:
        """As it is by now; None: it is not known there."""
        ...

    async def forget(self, card: card.StoredCard) -> None: ...


class Movements(Struct, frozen=True, kw_only=True):
    """A page of them, the newest first; `next` is what the page after it is asked for with, None: it is the last."""

    found: tuple[Movement, ...]
    next: str | None


class BookKeeper(Protocol):
    """A provider that tells what moved on our account there. All raise Declined, Unsure."""

    async def moved(self, since: datetime, after: str | None) -> Movements: ...

    async def owed(self) -> Mapping[str, Decimal]:
        """To us, by currency: what it has not paid out."""
        ...


def in_coins(amount: Decimal, currency: str) -> int:
    """In the smallest coin, which is how most providers count; the amount is a whole number of those."""
    return int(amount / minor_unit(currency))


def of_coins(coins: int, currency: str) -> Decimal:
    return coins * minor_unit(currency)


def read(answer: Answer, kind: type[T]) -> T:
    """An answer that says it was done, but not what: what it says is found by looking. Raises Unsure."""
    try:
        return json.decode(answer.body, kind)
    except Unreadable as error:
        raise Unsure(f"What it answered cannot be read: {error}") from error


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""
