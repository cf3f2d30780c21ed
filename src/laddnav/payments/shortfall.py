"""A Shortfall: what a corrected CDR asks for beyond what was taken of a charge without an account; pure.

More is never taken from a card by itself: whoever paid agreed to what the page said. It is waived, or asked for by mail
and paid on the page of the charge.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Account, Entry, Head, Posting

ZERO = Decimal(0)
LOST = Account(Head.WRITE_OFF, "charge")  # what of charges without an account is waived
WHY_MOST = 500


class NothingOpen(Refusal):
    """Nothing more is asked for this charge."""

    def __init__(self) -> None:
        super().__init__("Nothing more is asked for this charge: it is paid, waived, or its CDR was corrected again")


class BeingPaid(Refusal):
    """Its driver has paid what is open, and it is being taken."""

    def __init__(self) -> None:
        super().__init__("Its driver is paying: it is held for us and about to be taken; look again in a minute")


class WaivedWithoutReason(Refusal):
    """Whoever waives money says why."""

    def __init__(self) -> None:
        super().__init__("Say in three letters or more why it is waived")


class NoAddress(Refusal):
    """Nobody said where the driver of this charge takes mail."""

    def __init__(self) -> None:
        super().__init__("No e-mail address of this driver is known; enter one, or waive it")


class Shortfall(Struct, frozen=True, kw_only=True):
    """`asked` is beyond what was taken, `waived` of it; `later` the payment that is under way, `paid` those that came.

    `number` counts what was posted of it, `asks` the mails that asked.
    """

    asked: Decimal
    since: datetime
    waived: Decimal = ZERO
    why: str | None = None
    by: str | None = None
    decided_at: datetime | None = None
    mailed_to: str | None = None
    mailed_at: datetime | None = None
    later: str | None = None
    paid: tuple[str, ...] = ()
    number: int = 0
    asks: int = 0

    @property
    def open(self) -> Decimal:
        return max(self.asked - self.waived, ZERO)


def corrected(before: Shortfall | None, asked: Decimal, now: datetime, *, later: str | None = None) -> Shortfall | None:
    """By what its CDRs come to now; `later` is under way still, and not given up. None: there was never any.

    What was waived of more than is asked is not waived any more.
    """
    if before is None:
        return Shortfall(asked=asked, since=now) if asked > 0 else None
    after = replace(before, asked=max(asked, ZERO), waived=min(before.waived, max(asked, ZERO)), later=later)
    return replace(after, number=after.number + (after.waived != before.waived))


def waived(before: Shortfall, why: str, by: str, now: datetime) -> Shortfall:
    """All that is open. Raises NothingOpen, WaivedWithoutReason."""
    if len(why.strip()) < 3:
        raise WaivedWithoutReason
    if not before.open:
        raise NothingOpen
    said = replace(before, waived=before.asked, why=why.strip()[:WHY_MOST], by=by, decided_at=now, later=None)
    return replace(said, number=before.number + 1)


def posted(
    ticket: str, payment: str, debtor: str, currency: str, before: Shortfall | None, after: Shortfall
) -> Entry | None:
    """What the ledger hears: what is waived is a loss, and not owed by the driver any more; its VAT stays ours."""
    amount = after.waived - (ZERO if before is None else before.waived)
    if not amount:
        return None
    return Entry(
        key=f"waived {ticket} {after.number}",
        what=f"Waived: {after.why}" if amount > 0 else "Not waived any more: its CDR was corrected again",
        cites=f"payment {payment}",
        postings=(
            Posting(LOST, amount, currency),
            Posting(Account.parse(debtor), -amount, currency),
        ),
    )
