"""Open items: what of which invoice is settled by which entry of the ledger, and how a debtor stands; all pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.billing.model import Debtor
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal

_ZERO = Decimal(0)

# How the keys of those entries begin that make a debt; all others on a debtor's account settle one, or wait to.
MAKE_DEBTS = ("receivable ", "item ", "vat ")


class MatchedBy(StrEnum):
    """Why just this invoice was settled."""

    CITED = "CITED"  # whoever paid named it
    OLDEST = "OLDEST"  # nobody named any: what is due longest
    CREDIT = "CREDIT"  # a credit note that takes something of it back
    PERSON = "PERSON"  # somebody decided
    AHEAD = "AHEAD"  # it was paid before it was issued
    UNDONE = "UNDONE"  # what had settled it went back
    LOST = "LOST"  # nobody will pay it: it was written off


class SettledBy(Struct, frozen=True, kw_only=True):
    """So much of an invoice is settled, by this source: below zero where that went back."""

    source: str
    invoice_ref: str
    amount: Decimal
    why: MatchedBy
    by: str
    at: datetime


class OpenItem(Struct, frozen=True, kw_only=True):
    """An issued invoice and what of it is settled; of a credit note both are below zero."""

    holder: PartyId
    ref: str
    number: str
    debtor_id: str
    debtor_name: str
    currency: str
    issued_at: datetime
    due_at: datetime
    to_pay: Decimal
    settled: Decimal

    @property
    def open(self) -> Decimal:
        return self.to_pay - self.settled

    def overdue(self, now: datetime) -> bool:
        return self.open > 0 and self.due_at < now


class DebtorStanding(Struct, frozen=True, kw_only=True):
    """How a debtor stands in one currency. `balance` is the ledger's, and is always the sum of the others.

    `on_account` is what was paid and settles no invoice, below zero; credit notes that are open lower `due_later`.
    """

    debtor: Debtor
    currency: str
    balance: Decimal
    overdue: Decimal
    due_later: Decimal
    not_invoiced: Decimal
    items: tuple[OpenItem, ...]

    @property
    def on_account(self) -> Decimal:
        return self.balance - self.overdue - self.due_later - self.not_invoiced


class TooMuchSettled(Refusal):
    """What an entry moved can settle no more than that."""

    def __init__(self, source: str, left: Decimal, amount: Decimal) -> None:
        super().__init__(f"Of {source} there is {left} left to settle something with, not {amount}")
        self.source = source


class NothingOnAccount(Refusal):
    """Only what settles nothing is paid back, and through a provider only what it took."""

    def __init__(self, debtor_id: str, there: Decimal, by_providers: Decimal, currency: str) -> None:
        super().__init__(
            f"{debtor_id} has {there} {currency} on account, of which providers can give back {by_providers}; what came"
            " by the bank goes back from there"
        )
        self.there, self.by_providers, self.currency = there, by_providers, currency


class RefundWithoutReason(Refusal):
    """Whoever pays back says why."""

    def __init__(self) -> None:
        super().__init__("Say why it is paid back")


class NotOpen(Refusal):
    """An invoice that is cited by somebody's hand is one of the debtor's, in that currency, and issued."""

    def __init__(self, number: str, debtor_id: str) -> None:
        super().__init__(f"{debtor_id} has no issued invoice {number} in this currency")
        self.number = number


class Share(Struct, frozen=True):
    """So much of what was paid goes to this invoice."""

    ref: str
    amount: Decimal
    why: MatchedBy


def shares(
    amount: Decimal, items: Sequence[OpenItem], cites: Collection[str] | None, why: MatchedBy | None = None
) -> tuple[Share, ...]:
    """Of `amount` that came: to the invoices that are cited, in the order cited; where none is, to what is due longest.

    What is left over stays on account.
    """
    why = why or (MatchedBy.OLDEST if cites is None else MatchedBy.CITED)
    return tuple(Share(item.ref, part, why) for item, part in _in_turn(amount, _chosen(items, cites), _asks))


def shares_back(
    amount: Decimal, items: Sequence[OpenItem], cites: Collection[str], beyond: Decimal, *, paid_out: bool = True
) -> tuple[Share, ...]:
    """Of `amount`, below zero, that went: how much of which item is settled by that, or is open again.

    What is `paid_out` is given for credit notes, first of all for those that are cited. The rest was on account, but
    for what the debtor owes now `beyond` what is open: so much is open again, of what is cited first and then of the
    newest.
    """
    newest = sorted(items, key=lambda item: (item.due_at, item.number), reverse=True)
    notes = [item for item in reversed(newest) if item.open < 0] if paid_out else []
    cited = tuple(_in_turn(-amount, [note for note in _chosen(notes, cites) if note.number in cites], _gives))
    given = sum((part for _, part in cited), _ZERO)
    rest = min(-amount - given, max(beyond - given, _ZERO))
    other = tuple(_in_turn(rest, [note for note in notes if note.number not in cites], _gives))
    rest -= sum((part for _, part in other), _ZERO)
    undone = _in_turn(rest, [*_chosen(newest, cites), *(one for one in newest if one.number not in cites)], _settled)
    return (
        *(Share(item.ref, -part, MatchedBy.CITED) for item, part in cited),
        *(Share(item.ref, -part, MatchedBy.OLDEST) for item, part in other),
        *(Share(item.ref, -part, MatchedBy.UNDONE) for item, part in undone),
    )


def _chosen(items: Sequence[OpenItem], cites: Collection[str] | None) -> list[OpenItem]:
    if cites is None:
        return sorted(items, key=lambda item: (item.due_at, item.number))
    by_number = {item.number: item for item in items}
    return [by_number[number] for number in cites if number in by_number]


def _in_turn(
    left: Decimal, items: Iterable[OpenItem], takes: Callable[[OpenItem], Decimal]
) -> Iterator[tuple[OpenItem, Decimal]]:
    """Each as much as it takes, until nothing is left."""
    for item in items:
        part = min(left, max(takes(item), _ZERO))
        if part:
            yield item, part
            left -= part


def _asks(item: OpenItem) -> Decimal:
    return item.open


def _gives(note: OpenItem) -> Decimal:
    return -note.open


def _settled(item: OpenItem) -> Decimal:
    return item.settled


def set_off(note: OpenItem, items: Sequence[OpenItem]) -> tuple[Share, ...]:
    """What of a credit note settles these, the first of them first: shares that come to nothing together."""
    return tuple(
        share
        for item, part in _in_turn(-note.open, items, _asks)
        for share in (Share(item.ref, part, MatchedBy.CREDIT), Share(note.ref, -part, MatchedBy.CREDIT))
    )


def standing(
    debtor: Debtor, currency: str, balance: Decimal, not_invoiced: Decimal, items: Sequence[OpenItem], now: datetime
) -> DebtorStanding:
    overdue = sum((item.open for item in items if item.overdue(now)), _ZERO)
    return DebtorStanding(
        debtor=debtor,
        currency=currency,
        balance=balance,
        overdue=overdue,
        due_later=sum((item.open for item in items), _ZERO) - overdue,
        not_invoiced=not_invoiced,
        items=tuple(items),
    )
