"""What the ledger refuses beyond what an Entry cannot be; what takes an Entry back; where a month begins and ends."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Account, Entry, Group, Head, Month, Posted, Trial

_MONTH = re.compile(r"[1-9]\d{3}-(0[1-9]|1[0-2])")


class PostedDifferently(Refusal):
    """An Entry of this key was posted with other content; a posting is corrected by another one, never changed."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Entry {key} was posted before with other content")
        self.key = key


class UnknownEntry(Refusal):
    """No Entry of this name is in the ledger."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No entry {name} is in this ledger")
        self.name = name


class NotAnAccount(Refusal):
    """An account is written as its head, or as head:of."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no account: write {', '.join(Head)}, each with whose it is, as in tax:SE:25")
        self.text = text


class AlreadyReversed(Refusal):
    """An Entry is taken back once, for one reason."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"Entry {key} was taken back before: {why}")
        self.key = key
        self.why = why


class ReversalIsFinal(Refusal):
    """What takes an Entry back is not taken back itself; what was right after all is posted again, by its own key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Entry {key} takes another one back and stays")
        self.key = key


class ReversalWithoutReason(Refusal):
    """Whoever takes an Entry back says why."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Say why entry {key} is taken back")
        self.key = key


class MonthClosed(Refusal):
    """The month is closed: what belongs to it is corrected by an Entry, or a reversal, in a month that is open."""

    def __init__(self, key: str, booked_at: datetime) -> None:
        super().__init__(f"Entry {key} counts from {booked_at:%Y-%m-%d %H:%M} UTC, in a month that is closed")
        self.key = key
        self.booked_at = booked_at


class NotAMonth(Refusal):
    """A month is written as 2026-11."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no month: write it as 2026-11")
        self.text = text


class MonthNotOver(Refusal):
    """A month is closed when it is over on the calendar of whoever keeps the books."""

    def __init__(self, month: Month) -> None:
        super().__init__(f"{month.name} ends at {month.end_at:%Y-%m-%d %H:%M} UTC and cannot be closed before")
        self.month = month


class ClosedInOrder(Refusal):
    """With a month all before it are closed, so none of them can be closed any more."""

    def __init__(self, month: str, last: str) -> None:
        super().__init__(f"{month} was closed with {last}")
        self.month = month
        self.last = last


def account_of(text: str) -> Account:
    """Raises NotAnAccount."""
    try:
        return Account.parse(text)
    except ValueError:
        raise NotAnAccount(text) from None


def mirrored(posted: Posted, why: str) -> Entry:
    """What takes it back, under a key that there is once. Raises ReversalWithoutReason, ReversalIsFinal."""
    entry = posted.entry
    if not why.strip():
        raise ReversalWithoutReason(entry.key)
    if posted.reverses is not None:
        raise ReversalIsFinal(entry.key)
    return Entry(
        key=f"reversal:{entry.key}",
        what=why.strip(),
        cites=entry.cites,
        postings=tuple(replace(posting, amount=-posting.amount) for posting in entry.postings),
    )


def grouped(trials: Sequence[Trial], most: int) -> tuple[Group, ...]:
    """By currency and head, in the order of the chart; of each head the accounts that moved or hold most come first."""
    groups: dict[tuple[str, Head], list[Trial]] = defaultdict(list)
    for one in trials:
        groups[one.currency, one.account.head].append(one)
    order = list(Head)
    return tuple(
        Group(
            head=head,
            currency=currency,
            opening=sum((one.opening for one in found), Decimal(0)),
            closing=sum((one.closing for one in found), Decimal(0)),
            many=len(found),
            shown=tuple(sorted(found, key=lambda one: (-max(abs(one.moved), abs(one.closing)), one.account))[:most]),
        )
        for (currency, head), found in sorted(groups.items(), key=lambda group: (group[0][0], order.index(group[0][1])))
    )


def month_of(name: str, zone: ZoneInfo) -> Month:
    """Raises NotAMonth."""
    if not _MONTH.fullmatch(name) or name >= "9999":
        raise NotAMonth(name)
    first = datetime.strptime(name, "%Y-%m").replace(tzinfo=zone)
    after = (first + timedelta(days=32)).replace(day=1)
    return Month(name=name, begin_at=first.astimezone(UTC), end_at=after.astimezone(UTC))


def month_at(instant: datetime, zone: ZoneInfo) -> Month:
    return month_of(instant.astimezone(zone).strftime("%Y-%m"), zone)


def month_after(month: Month, zone: ZoneInfo) -> Month:
    return month_at(month.end_at, zone)


def closable(month: Month, now: datetime) -> Month:
    """Raises MonthNotOver."""
    if now < month.end_at:
        raise MonthNotOver(month)
    return month
