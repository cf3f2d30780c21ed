"""Vouchers: a batch of codes, each worth an amount, that a customer types in once and that pays invoices in parts."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Account, Entry, Head, Posting

ZERO = Decimal(0)
MANY_MAX = 1_000
WORTH_MAX = Decimal(100_000)
NAME_MAX = 60
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is read as something else
LENGTH = 12  # signs: of 530 thousand million million codes, nobody guesses one


class UnfitBatch(Refusal):
    """Something that is said of vouchers cannot be so; `field` says what."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


class UnknownBatch(Refusal):
    """No batch of vouchers has this ref."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There are no vouchers {ref}")
        self.ref = ref


class NothingEnded(Refusal):
    """Only of vouchers that were sold, whose time is over, something becomes income: what is owed on them still."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"Of vouchers {ref} nothing becomes income: they were given away, go on, or nothing is owed")
        self.ref = ref


class NotRedeemable(Refusal):
    """This code is worth nothing: it never was one, its time is over, somebody has it, or has one like it.

    Which of these, whoever guesses is not told.
    """

    def __init__(self) -> None:
        super().__init__("This code is worth nothing: compare it, or ask whoever gave it to you")


class Batch(Struct, frozen=True, kw_only=True):
    """`sold`: somebody paid for them, so that what is not used is owed; else they are given away.

    `expires_on` is the first day on which they pay nothing any more. A customer has one of a batch at most.
    """

    holder: PartyId
    ref: str
    name: str
    worth: Decimal
    currency: str
    many: int
    sold: bool = False
    expires_on: date | None = None
    made_at: datetime
    made_by: str

    @property
    def account(self) -> Account:
        """Of the ledger, that has what they pay."""
        return Account(Head.VOUCHER if self.sold else Head.PROMOTION, self.ref)


class Voucher(Struct, frozen=True, kw_only=True):
    """As a customer has it; `spent` is what of its worth has paid something."""

    hash: str
    batch: Batch
    spent: Decimal
    redeemed_at: datetime

    @property
    def left(self) -> Decimal:
        return self.batch.worth - self.spent


class Made(Struct, frozen=True, kw_only=True):
    """The codes are shown once, and kept nowhere."""

    holder: PartyId
    batch: Batch
    codes: tuple[str, ...]

    def __repr__(self) -> str:
        """Without the codes."""
        return f"Made({self.batch.ref}, {self.batch.many})"


class Counted(Struct, frozen=True, kw_only=True):
    """A batch, how many of it somebody has, and what these have paid.

    `owed` is what is paid for them and not used, by the ledger; below zero, what they paid and nobody has paid for yet.
    """

    holder: PartyId
    batch: Batch
    redeemed: int
    spent: Decimal
    owed: Decimal = Decimal(0)


def over(batch: Batch, today: date) -> bool:
    return batch.expires_on is not None and today >= batch.expires_on


def ended(batch: Batch, owed: Decimal, today: date, times: int) -> Entry:
    """What is owed on them is owed no more, for the first time or again (`times`). It was never a sale of anything, so
    that it bears no VAT.

    Raises NothingEnded.
    """
    if not batch.sold or not over(batch, today) or owed <= 0:
        raise NothingEnded(batch.ref)
    return Entry(
        key=f"vouchers {batch.ref} ended {today} {owed}" + (f" {times}" if times > 1 else ""),
        what=f"Vouchers {batch.name} ended unused",
        cites=f"vouchers {batch.ref}",
        postings=(
            Posting(batch.account, owed, batch.currency),
            Posting(Account(Head.REVENUE, "voucher"), -owed, batch.currency),
        ),
    )


def checked(batch: Batch) -> Batch:
    """Raises UnfitBatch."""
    if not 1 <= len(batch.name.strip()) <= NAME_MAX or not batch.name.isprintable():
        raise UnfitBatch("name", f"1 to {NAME_MAX} printable characters")
    if not batch.worth.is_finite() or not 0 < batch.worth <= WORTH_MAX or batch.worth % minor_unit(batch.currency):
        raise UnfitBatch("worth", f"more than 0 and at most {WORTH_MAX} {batch.currency}, in whole coins")
    if not 1 <= batch.many <= MANY_MAX:
        raise UnfitBatch("many", f"1 to {MANY_MAX} at a time")
    return batch


def shown(signs: str) -> str:
    """As it is printed: in groups of four."""
    return "-".join(signs[at : at + 4] for at in range(0, LENGTH, 4))


def hash_of(code: str) -> str:
    """Of a code however it is typed."""
    signs = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(signs.encode()).hexdigest()


def redeemable(batch: Batch | None, customer: str | None, theirs: str, today: date) -> bool:
    """Again by whoever has it is nothing."""
    if batch is None or (batch.expires_on is not None and today >= batch.expires_on):
        return False
    return customer in (None, theirs)


def spent_on(vouchers: tuple[Voucher, ...], amount: Decimal, currency: str, today: date) -> tuple[Decimal, ...]:
    """What each pays of an amount, those first whose time is over first; together never more than it."""
    order = sorted(range(len(vouchers)), key=lambda at: (vouchers[at].batch.expires_on or date.max, at))
    pays = [Decimal(0)] * len(vouchers)
    for at in order:
        one = vouchers[at]
        over = one.batch.expires_on is not None and today >= one.batch.expires_on
        if not over and one.batch.currency == currency:
            pays[at] = max(min(one.left, amount), Decimal(0))
            amount -= pays[at]
    return tuple(pays)
