"""What interest an invoice bears that is paid late: rates as a party enters them by date, and days of 365; pure.

Reference rates change each half-year and no table here is kept up to date: who charges interest enters the rate, and
the points that law or contract put on it (Sweden: räntelagen 6 §, 8 points; Germany: § 288 BGB, 9 for a business and 5
for others). Without a rate none is charged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from msgspec import Struct

from laddnav.billing.model import Debtor, DebtorKind, Invoice, InvoiceLine, Item, ItemKind, ItemWords, Supply
from laddnav.kit.ids import PartyId
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal

ZERO, YEAR = Decimal(0), Decimal(365)  # days
MOST = Decimal(50)  # percent a year


class UnfitRate(Refusal):
    """A rate is a few percent a year, of a currency, from a day on."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


class LateRate(Struct, frozen=True, kw_only=True):
    """From `since` on, of who bought as a `business` or of the others: `reference` and `points` are percent a year."""

    holder: PartyId
    currency: str
    business: bool
    since: date
    reference: Decimal
    points: Decimal
    said_by: str
    said_at: datetime

    @property
    def percent(self) -> Decimal:
        return max(self.reference + self.points, ZERO)


class Late(Struct, frozen=True, kw_only=True):
    """So much is owed for `days`, at these rates; `percents` each once, in the order of their days.

    It was open from the day `since` to the day `until`, of which the first bears none and the last does; None: never.
    """

    amount: Decimal
    days: int
    percents: tuple[Decimal, ...]
    since: date | None = None
    until: date | None = None


class Charged(Struct, frozen=True, kw_only=True):
    """What of an invoice was charged `until` a day, without it; `number` counts how often."""

    until: date
    amount: Decimal
    number: int


def fit(one: LateRate) -> LateRate:
    """Raises UnfitRate."""
    if len(one.currency) != 3 or not one.currency.isascii() or not one.currency.isupper():
        raise UnfitRate("currency", "three capital letters")
    for field in ("reference", "points"):
        percent: Decimal = getattr(one, field)
        if not percent.is_finite() or abs(percent) > MOST or percent != percent.quantize(Decimal("0.001")):
            raise UnfitRate(field, f"percent a year, at most {MOST}, with three digits after the point")
    return one


def is_business(debtor: Debtor) -> bool:
    return debtor.kind is DebtorKind.PARTNER or debtor.vat_number is not None


def late(
    owed: Decimal, paid: Iterable[tuple[date, Decimal]], rates: Sequence[LateRate], *, due: date, until: date
) -> Late:
    """From the day on which `owed` was due to `until`: what was paid on a day bears none from that day on.

    `rates` are of one currency and kind of buyer. Days before the first of them bear none.
    """
    paid = sorted(paid)
    cuts = {due, until, *(day for day, _ in paid), *(one.since for one in rates)}
    days = sorted(day for day in cuts if due <= day <= until)
    whole, late_days, percents = ZERO, 0, dict[Decimal, None]()
    first: date | None = None
    last: date | None = None
    for begin, end in pairwise(days):
        left = owed - sum((amount for day, amount in paid if day <= begin), ZERO)
        rate = max((one for one in rates if one.since <= begin), key=lambda one: one.since, default=None)
        if left > 0 and rate is not None and rate.percent:
            whole += left * rate.percent * (end - begin).days
            late_days += (end - begin).days
            percents[rate.percent] = None
            first, last = first or begin, end
    currency = rates[0].currency if rates else "SEK"
    amount = (whole / 100 / YEAR).quantize(minor_unit(currency), ROUND_HALF_UP)
    return Late(amount=amount, days=late_days, percents=tuple(percents), since=first, until=last)


def bears_none(items: Iterable[Item]) -> Decimal:
    """What of an invoice is interest itself: that bears none."""
    return sum((one.amount for one in items if one.words.code.startswith("INTEREST")), ZERO)


def credited(invoice: Invoice, notes: Sequence[Invoice]) -> Decimal:
    """What of an invoice was never owed, with its VAT, by what was issued since and takes something of it back."""
    cdrs = {charge.cdr for charge in invoice.charges}
    back: list[InvoiceLine | Item] = [
        line
        for note in notes
        for charge in note.charges
        if f"{charge.cdr_owner}/{charge.credits}" in cdrs
        for line in charge.lines
    ]
    back += [
        item
        for note in notes
        for item in note.items
        if item.takes_back is not None and item.takes_back.number == invoice.number and not _credits_interest(item)
    ]
    whole = sum((one.amount * (1 + (one.vat_percent or ZERO) / 100) for one in back), ZERO)
    return -whole.quantize(minor_unit(invoice.currency), ROUND_HALF_UP)


def _credits_interest(item: Item) -> bool:
    """That bore none, and is not counted twice."""
    return item.words.of is not None and item.words.of.code.startswith("INTEREST")


def interest_item(
    invoice_ref: str, number: str, currency: str, found: Late, new: Late, before: Charged | None, at: datetime
) -> Item:
    """What is owed beyond what was charged; below zero where a payment turned out to be older. It bears no VAT.

    `found` is of the whole time, `new` of that since the charge before. Where `new` is not what is owed, what was
    charged before was not true, and the line says that it is reckoned anew, and of no days.
    """
    charged, times = (ZERO, 0) if before is None else (before.amount, before.number)
    amount = found.amount - charged
    words = ItemWords("INTEREST_ANEW", {"number": number})
    # Each sum is rounded by itself, and so they may be one coin apart.
    if new.since is not None and new.until is not None and abs(amount - new.amount) <= minor_unit(currency):
        values = {
            "number": number,
            "since": str(new.since + timedelta(days=1)),
            "until": str(new.until),
            "days": str(new.days),
            "percent": " / ".join(f"{one.normalize():f}" for one in new.percents),
        }
        words = ItemWords("INTEREST_SINCE", values)
    return Item(
        key=key_of(invoice_ref, times + 1),
        kind=ItemKind.FEE,
        words=words,
        started_at=at,
        ended_at=at,
        amount=amount,
        currency=currency,
        account="dunning",
        supply=Supply.NONE,
    )


def key_of(invoice_ref: str, times: int) -> str:
    """Of the item that charges interest of an invoice for the first, second, … time."""
    return f"interest {invoice_ref} {times}"
