"""Open items: what of which invoice is settled by which entry of the ledger, and how a debtor stands; all pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
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
    UNDONE = "UNDONE"  # what had settled it went back


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


def shares(amount: Decimal, items: Sequence[OpenItem], cites: Collection[str] | None) -> tuple[Share, ...]:
    """Of `amount`: to the invoices that are cited, in the order cited; where none is, to what is due longest.

    What is left over stays on account. Below zero it went back: credit notes that are cited are paid out by it, then
    what was settled is open again, of the newest first.
    """
    chosen = _chosen(items, cites, newest=amount < 0)
    return tuple(_paid(amount, chosen, cites) if amount > 0 else _undone(amount, chosen, cites))


def _chosen(items: Sequence[OpenItem], cites: Collection[str] | None, *, newest: bool) -> list[OpenItem]:
    in_order = sorted(items, key=lambda item: (item.due_at, item.number), reverse=newest)
    if cites is None:
        return in_order
    order = {number: place for place, number in enumerate(cites)}
    return sorted((item for item in in_order if item.number in order), key=lambda item: order[item.number])


def _paid(left: Decimal, items: Sequence[OpenItem], cites: Collection[str] | None) -> Iterator[Share]:
    why = MatchedBy.OLDEST if cites is None else MatchedBy.CITED
    for item in items:
        share = min(left, max(item.open, _ZERO))
        if share:
            yield Share(item.ref, share, why)
            left -= share


def _undone(left: Decimal, items: Sequence[OpenItem], cites: Collection[str] | None) -> Iterator[Share]:
    for item in items:
        of_note = item.open if item.to_pay < 0 and cites is not None else _ZERO
        share = max(left, of_note if item.to_pay < 0 else -item.settled)
        if share:
            yield Share(item.ref, share, MatchedBy.CITED if item.to_pay < 0 else MatchedBy.UNDONE)
            left -= share


def set_off(note: OpenItem, items: Sequence[OpenItem]) -> tuple[Share, ...]:
    """What of a credit note settles these, the first of them first: shares that come to nothing together."""
    left, found = -note.open, list[Share]()
    for item in items:
        share = min(left, max(item.open, _ZERO))
        if share:
            found += [Share(item.ref, share, MatchedBy.CREDIT), Share(note.ref, -share, MatchedBy.CREDIT)]
            left -= share
    return tuple(found)


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
