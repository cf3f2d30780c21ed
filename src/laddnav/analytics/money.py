"""A day's money as a finance desk looks at it: what was taken, what is held, what waits, who owes; pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Total
from laddnav.payments.payment import Payment, ProviderKind, Purpose, Refund
from laddnav.payments.ticket import Ticket

# The shortest that card schemes let a hold stand is about five days, the usual seven; Swish holds nothing.
HOLDS_LAPSE = timedelta(days=5)
ZERO = Decimal(0)


class NotADay(Refusal):
    """A day is written as 2026-11-22, and is none that is to come."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text[:20]!r} is no day until today; one is written as 2026-11-22")


class Taking(Struct, frozen=True, kw_only=True):
    """What moved at a provider for one kind of payment, as the ledger has it; all but `captured` lower it.

    `purpose` None: what no payment was made for, as when a provider pays out. `many` counts what was captured.
    """

    account: str  # of the ledger
    provider: ProviderKind | None
    purpose: Purpose | None
    currency: str
    captured: Decimal = ZERO
    refunded: Decimal = ZERO
    charged_back: Decimal = ZERO
    fees: Decimal = ZERO
    other: Decimal = ZERO
    many: int = 0

    @property
    def net(self) -> Decimal:
        return self.captured - self.refunded - self.charged_back - self.fees + self.other


class Banked(Struct, frozen=True, kw_only=True):
    """What the bank booked on a day; `many` counts what came."""

    currency: str
    came: Decimal
    went: Decimal
    many: int


class Hold(Struct, frozen=True, kw_only=True):
    """What is kept for us at one provider; `lapsing` of it soon is not any more."""

    provider: ProviderKind
    currency: str
    amount: Decimal
    many: int
    oldest_at: datetime
    lapsing: Decimal
    lapsing_many: int


class Overdue(Struct, frozen=True, kw_only=True):
    """Invoices that were to be paid before the day's end, by kind of debtor: partner, driver, customer, host."""

    kind: str
    currency: str
    amount: Decimal
    many: int
    oldest_at: datetime


class Desk(Struct, frozen=True, kw_only=True):
    """`takings`, `banked` and `owed` are of the day, or as it ended; what is held, troubled, waits and lacks is as it
    is now, and so is `undecided`: movements of the bank (`accounts` of them) of which nobody has said what they are.

    `short` are charges without an account whose CDRs ask for more than was taken.
    """

    holder: PartyId
    day: date
    begin_at: datetime
    end_at: datetime
    takings: tuple[Taking, ...]
    banked: tuple[Banked, ...]
    undecided: tuple[Total, ...]
    holds: tuple[Hold, ...]
    troubled: tuple[Payment, ...]
    waiting: tuple[tuple[Refund, Payment], ...]
    short: tuple[Ticket, ...]
    owed: tuple[Total, ...]
    overdue: tuple[Overdue, ...]

    @property
    def taken(self) -> tuple[Total, ...]:
        """By currency, what was captured less what went back; `accounts` counts who paid."""
        found: dict[str, Total] = {}
        for one in self.takings:
            before = found.get(one.currency, Total(of="taken", currency=one.currency, amount=ZERO, accounts=0))
            found[one.currency] = Total(
                of="taken",
                currency=one.currency,
                amount=before.amount + one.captured - one.refunded - one.charged_back,
                accounts=before.accounts + one.many,
            )
        return tuple(one for _, one in sorted(found.items()))

    def owed_by(self, *kinds: str) -> tuple[Total, ...]:
        """By currency."""
        found: dict[str, Total] = {}
        for one in self.owed:
            if one.of in kinds:
                before = found.get(one.currency, Total(of=kinds[0], currency=one.currency, amount=ZERO, accounts=0))
                many = before.accounts + one.accounts
                found[one.currency] = replace(before, amount=before.amount + one.amount, accounts=many)
        return tuple(found.values())


def day_of(text: str | None, now: datetime, zone: str) -> tuple[date, datetime, datetime]:
    """A day on the party's calendar with its bounds; None: today. Raises NotADay."""
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    try:
        day = today if not text else date.fromisoformat(text)
    except ValueError:
        raise NotADay(text or "") from None
    if day > today or day.year < 2000:
        raise NotADay(text or "")
    begin = datetime(day.year, day.month, day.day, tzinfo=place)
    after = day + timedelta(days=1)
    return day, begin, datetime(after.year, after.month, after.day, tzinfo=place)


_COLUMNS = ("holder", "day", "what", "of", "kind", "currency", "amount", "many")


def as_table(desk: Desk) -> str:
    """As a spreadsheet reads it: one figure a row, each under the name of its section."""
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(_COLUMNS)
    for row in _rows(desk):
        writer.writerow((desk.holder, desk.day, *row))
    return written.getvalue()


def _rows(desk: Desk) -> Iterable[Sequence[object]]:
    for one in desk.takings:
        moved = (("captured", one.captured), ("refunded", -one.refunded), ("charged back", -one.charged_back))
        for what, amount in (*moved, ("fees", -one.fees), ("other", one.other)):
            if amount:
                many = one.many if what == "captured" else ""
                yield "takings", one.account, f"{one.purpose or ''} {what}".strip(), one.currency, amount, many
    for booked in desk.banked:
        for what, amount, counted in (("came", booked.came, booked.many), ("went", -booked.went, "")):
            if amount:
                yield "bank", what, "", booked.currency, amount, counted
    for waits in desk.undecided:
        yield "bank", waits.of, "", waits.currency, waits.amount, waits.accounts
    for held in desk.holds:
        yield "held", held.provider, "", held.currency, held.amount, held.many
        if held.lapsing_many:
            yield "held", held.provider, "lapsing", held.currency, held.lapsing, held.lapsing_many
    for refund, payment in desk.waiting:
        yield "refund waits", payment.ref, refund.asked_by, payment.currency, refund.amount, 1
    for payment in desk.troubled:
        yield "needs a look", payment.ref, payment.provider, payment.currency, payment.net, 1
    for total in desk.owed:
        yield "balance", total.of, "", total.currency, total.amount, total.accounts
    for late in desk.overdue:
        yield "overdue", late.kind, "", late.currency, late.amount, late.many
