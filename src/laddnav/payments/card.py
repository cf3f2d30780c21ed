"""A StoredCard: what a provider keeps of a customer's card for us, from being asked for to being removed; no number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.payments.payment import ProviderKind


class CardState(StrEnum):
    ASKED = "ASKED"  # the provider was not reached yet
    OPEN = "OPEN"  # it waits for the driver, on a page of its own
    STORED = "STORED"
    GIVEN_UP = "GIVEN_UP"  # the driver did not come so far
    REMOVED = "REMOVED"  # it pays nothing any more, and the provider is told to forget it


MOVES = {
    CardState.ASKED: {CardState.OPEN, CardState.STORED, CardState.GIVEN_UP},
    CardState.OPEN: {CardState.OPEN, CardState.STORED, CardState.GIVEN_UP},
    CardState.STORED: {CardState.STORED, CardState.REMOVED},
    CardState.GIVEN_UP: set[CardState](),
    CardState.REMOVED: {CardState.REMOVED},
}

# Who does not finish in this time begins anew: a page of Stripe's is open for a day.
OPEN_FOR = timedelta(hours=23)
CARDS_MAX = 10  # of one customer, those that are being stored among them
WARNED = timedelta(days=31)  # before it expires
# A bank that sends a new card tells the provider, and that tells us; where it does not, this finds it.
LOOKED_AT = timedelta(days=7)


class UnknownCard(Refusal):
    """This customer has stored no such card."""

    def __init__(self) -> None:
        super().__init__("There is no such card; it may have been removed")


class NoCardsKept(Refusal):
    """No provider keeps cards for us."""

    def __init__(self) -> None:
        super().__init__("No cards can be stored here yet")


class EnoughCards(Refusal):
    """Nobody pays by more than these."""

    def __init__(self) -> None:
        super().__init__(f"{CARDS_MAX} cards are enough; remove one first")


class LastCard(Refusal):
    """Charges are paid from it, and there is no other."""

    def __init__(self) -> None:
        super().__init__("Your charges are paid by this card; store another one first")


class Seen(Struct, frozen=True, kw_only=True):
    """A card as its provider shows it; `payer` is whose it is there, None: nobody's any more.

    `expires_on` is the first day on which it is not good any more. `same_as` is equal for one card stored twice.
    """

    method: str
    payer: str | None
    brand: str
    last_digits: str
    expires_on: date
    same_as: str = ""


class StoredCard(Struct, frozen=True, kw_only=True):
    """`customer` is ours, `payer` what the provider calls them, `method` what it calls the card.

    `page` is the provider's own, on which the card is typed; `url` leads there, and `return_url` back. `default`: what
    charges are paid by. `warned` are the days on which it expires that its customer was written of, before and after.
    `tries` counts how often the provider was asked in vain, `why` is what it said.
    """

    holder: PartyId
    ref: str
    customer: str
    account: str
    provider: ProviderKind
    state: CardState = CardState.ASKED
    default: bool = False
    payer: str | None = None
    page: str | None = None
    url: str | None = None
    return_url: str
    method: str | None = None
    brand: str = ""
    last_digits: str = ""
    expires_on: date | None = None
    same_as: str = ""
    warned: tuple[str, ...] = ()
    tries: int = 0
    why: str | None = None
    made_at: datetime
    changed_at: datetime

    @property
    def name(self) -> str:
        return f"{self.brand} •••• {self.last_digits}"

    @property
    def good_until(self) -> date | None:
        """The last day on which it is; None: it is not said."""
        return None if self.expires_on is None else self.expires_on - timedelta(days=1)

    @property
    def at_provider(self) -> str:
        """As a customer's one is named there."""
        return f"{self.payer}/{self.method}"

    def expired(self, today: date) -> bool:
        return self.expires_on is not None and self.expires_on <= today


def moved(card: StoredCard, state: CardState, now: datetime) -> StoredCard:
    """Asserts what the table says."""
    assert state in MOVES[card.state], f"a card that is {card.state.value} does not become {state.value}"
    return replace(card, state=state, tries=0, why=None, changed_at=now)


def stored(card: StoredCard, seen: Seen, now: datetime) -> StoredCard:
    """As the provider shows it: only a card of this very customer there is one; what is nobody's is removed."""
    if seen.payer != card.payer:
        gone = CardState.REMOVED if card.state is CardState.STORED else CardState.GIVEN_UP
        return replace(moved(card, gone, now), default=False)
    return replace(
        moved(card, CardState.STORED, now),
        url=None,
        method=seen.method,
        brand=seen.brand,
        last_digits=seen.last_digits,
        expires_on=seen.expires_on,
        same_as=seen.same_as,
    )


def next_default(cards: Sequence[StoredCard], today: date) -> StoredCard | None:
    """What charges are paid by once the default is gone: the newest that is good, else the newest."""
    return max(cards, key=lambda one: (not one.expired(today), one.ref), default=None)


def warning(card: StoredCard, today: date) -> str | None:
    """Which warning is due, by its key: once before it expires and once after; None: none."""
    if card.state is not CardState.STORED or card.expires_on is None or card.expires_on - WARNED > today:
        return None
    key = f"{'expired' if card.expired(today) else 'expires'} {card.expires_on}"
    return None if key in card.warned else key
