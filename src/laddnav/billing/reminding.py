"""When somebody is reminded of an invoice, and what that costs: facts of each country, with the day they hold from.

Not advice on law: have yours look at the table before you turn reminders on. A country that is not in it, or a rule
that needs an agreement we know nothing of (a reminder's fee in Sweden is owed where it was agreed), is yours to judge.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from laddnav.billing.model import Debtor, DebtorKind, Item, ItemKind, ItemWords, Supply
from laddnav.billing.open_items import OpenItem
from laddnav.kit.refusal import Refusal


class Level(Struct, frozen=True, kw_only=True):
    """The how manieth reminder, so many days after the invoice was due; `costs`: what the country lets it cost."""

    number: int
    after: timedelta
    costs: bool


LEVELS = (
    Level(number=1, after=timedelta(days=5), costs=False),
    Level(number=2, after=timedelta(days=15), costs=True),
    Level(number=3, after=timedelta(days=30), costs=True),
)
BETWEEN = timedelta(days=10)  # one reminder and the next (Denmark, renteloven § 9 b)


class Fee(Struct, frozen=True, kw_only=True):
    """What one reminder may cost, or, `once`, an invoice that a business pays late."""

    country: str
    since: date
    business: bool
    amount: Decimal
    currency: str
    once: bool = False
    law: str


def _fees(
    countries: str,
    currency: str,
    since: date,
    law: str,
    *,
    private: int | None = None,
    business: int | None = None,
    once: bool = False,
) -> tuple[Fee, ...]:
    return tuple(
        Fee(country=each, since=since, business=of, amount=Decimal(amount), currency=currency, once=once, law=law)
        for each in countries.split()
        for of, amount in ((False, private), (True, business))
        if amount is not None
    )


FEES = (
    *_fees("SE", "SEK", date(2013, 3, 16), "Lag (1981:739), förordning (1981:1057)", private=60),
    *_fees("SE", "SEK", date(2013, 3, 16), "Lag (1981:739), 4 a § (förseningsersättning)", business=450, once=True),
    *_fees("FI", "EUR", date(2013, 3, 16), "Laki saatavien perinnästä (513/1999), 10 a §", private=5),
    *_fees("DK", "DKK", date(2009, 1, 1), "Renteloven § 9 b", private=100, business=100),
    *_fees("DE", "EUR", date(2014, 7, 29), "§ 288 Abs. 5 BGB", business=40, once=True),
    *_fees(
        "AT BE EE ES FI FR IE IT LT LU LV NL PT",
        "EUR",
        date(2014, 7, 29),
        "Directive 2011/7/EU, article 6",
        business=40,
        once=True,
    ),
)


class Reminder(Struct, frozen=True, kw_only=True):
    """That somebody was reminded of an invoice, when so much of it was open."""

    level: int
    open: Decimal
    at: datetime
    by: str


class NotOverdue(Refusal):
    """Nobody is reminded of what is paid, or not due yet, or just was reminded of."""

    def __init__(self, number: str) -> None:
        super().__init__(f"Of invoice {number} nobody has to be reminded now")
        self.number = number


class RemindersStopped(Refusal):
    """Somebody stopped the reminders of this invoice."""

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"Reminders of invoice {number} were stopped: {why}")
        self.number, self.why = number, why


class StopWithoutReason(Refusal):
    """Whoever stops reminders says why."""

    def __init__(self) -> None:
        super().__init__("Say why nobody shall be reminded of this invoice")


def next_level(item: OpenItem, before: tuple[Reminder, ...], now: datetime) -> Level | None:
    """The one whose time has come; None: it is not, or there is none left: then it is for a person to go on."""
    last = max((one.level for one in before), default=0)
    recent = any(now - one.at < BETWEEN for one in before)
    if not item.overdue(now) or recent or last >= len(LEVELS):
        return None
    level = LEVELS[last]
    return level if now - item.due_at >= level.after else None


def fee_of(debtor: Debtor, currency: str, day: date) -> Fee | None:
    """What the debtor's country lets a reminder cost; None: nothing that we know of."""
    business = debtor.kind is DebtorKind.PARTNER or debtor.vat_number is not None
    known = [
        fee
        for fee in FEES
        if (fee.country, fee.business, fee.currency) == (debtor.country, business, currency) and fee.since <= day
    ]
    return max(known, key=lambda fee: fee.since, default=None)


def fee_item(invoice: OpenItem, level: Level, fee: Fee, now: datetime) -> Item:
    """On the debtor's next invoice; no VAT, for nothing is sold."""
    code = "LATE_COMPENSATION" if fee.once else "REMINDER_FEE"
    return Item(
        key=f"late {invoice.ref}" if fee.once else f"reminder {invoice.ref} {level.number}",
        kind=ItemKind.FEE,
        words=ItemWords(code, {"number": invoice.number}),
        started_at=now,
        ended_at=now,
        unit_price=fee.amount,
        amount=fee.amount,
        currency=fee.currency,
        account="dunning",
        supply=Supply.NONE,
    )
