"""Item: a line of an invoice that is no charge's."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.billing.model.vat import VatCategory, VatWhy


class ItemKind(StrEnum):
    """What stands on an invoice beside charges."""

    SUBSCRIPTION = "SUBSCRIPTION"
    DISCOUNT = "DISCOUNT"
    FEE = "FEE"
    SHARE = "SHARE"  # of what a place earned
    REIMBURSEMENT = "REIMBURSEMENT"  # what somebody laid out for us
    CREDIT = "CREDIT"  # takes back a line of an invoice that was issued
    OTHER = "OTHER"


class Supply(StrEnum):
    """What is sold, as VAT sees it."""

    ELECTRICITY = "ELECTRICITY"  # goods: taxed where the car charged, or where a dealer is established
    SERVICE = "SERVICE"  # supplied electronically: taxed where the buyer is (2006/112/EC, articles 44 and 58)
    NONE = "NONE"  # nothing: interest, a reminder's fee, money laid out


SUPPLIES = {
    ItemKind.SUBSCRIPTION: Supply.SERVICE,
    ItemKind.DISCOUNT: Supply.ELECTRICITY,
    ItemKind.FEE: Supply.SERVICE,
    ItemKind.SHARE: Supply.SERVICE,
    ItemKind.REIMBURSEMENT: Supply.NONE,
    ItemKind.CREDIT: Supply.ELECTRICITY,
    ItemKind.OTHER: Supply.SERVICE,
}


class Words(Struct, frozen=True):
    """The code of a sentence (item_words.py), and what is filled in."""

    code: str
    values: dict[str, str] = {}


class ItemWords(Words, frozen=True):
    """What an item is called; `of` is what it cites."""

    of: Words | None = None


class TakenBack(Struct, frozen=True, kw_only=True):
    """A line of an issued invoice that an item takes back, and the VAT that it bore, which goes back with it.

    `line` counts the lines of that invoice, those of charges first; `cdr` is the one, as `owner/id`, with which that
    line came.
    """

    number: str
    line: int
    cdr: str | None = None
    vat_category: VatCategory
    vat_percent: Decimal
    country: str
    why: VatWhy


class Item(Struct, frozen=True, kw_only=True):
    """A line that is no charge's. `key` names the fact, so that it is billed once. `amount` is before VAT, whole coins.

    `ended_at` is when it is over: midnight after the last day. `account` is the ledger's that earns it (for less than
    nothing: gives it), as `revenue:subscription`. `country` is where it is used, None for the debtor's own; `supply`
    None is what its kind is; `vat_percent` a rate that is told, and on an issued Invoice the one that it bears, in
    `vat_category`. `cdr` is the one, as `owner/id`, with which it came: what a plan takes off a charge, what a Credit
    CDR puts back.
    """

    key: str
    kind: ItemKind
    words: ItemWords
    started_at: datetime
    ended_at: datetime
    quantity: Decimal = Decimal(1)
    unit: str = "x"
    unit_price: Decimal | None = None
    amount: Decimal
    currency: str
    account: str
    country: str | None = None
    supply: Supply | None = None
    vat_percent: Decimal | None = None
    vat_category: VatCategory | None = None
    cdr: str | None = None
    takes_back: TakenBack | None = None

    @property
    def sold(self) -> Supply:
        return self.supply or SUPPLIES[self.kind]

    @property
    def last_at(self) -> datetime:
        """The last instant of it, whose day is its last day."""
        return max(self.started_at, self.ended_at - timedelta(microseconds=1))
