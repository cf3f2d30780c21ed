"""Entry > Posting: what moves between which accounts. An Entry that does not sum to zero cannot be built."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal


class Kind(StrEnum):
    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class Head(StrEnum):
    """The heads of our chart of accounts; an account stands under exactly one, so its kind never needs to be told.

    What a card holds, or a prepaid credit sets aside for a charge, is promised and not moved: it is on no account.
    """

    RECEIVABLE = "receivable"  # what a debtor owes us: partner:NL*TNM, driver:… , customer:…
    CLEARING = "clearing"  # what a payment provider took for us and has not paid out: stripe, swish, …
    BANK = "bank"  # one account each: the name of the bank account
    INPUT_TAX = "input_tax"  # VAT that we were billed and get back, by country and rate: SE:25
    PAYABLE = "payable"  # what we owe a partner or supplier: partner:NL*TNM, supplier:…
    HOST = "host"  # the share of revenue that we owe whoever has the site
    WALLET = "wallet"  # what a customer paid ahead, and is theirs
    VOUCHER = "voucher"  # vouchers given out against money and not used: the batch
    TAX = "tax"  # VAT that we collected and pass on, by country and rate: SE:25
    REVENUE = "revenue"  # charging, roaming, subscription, …
    DUNNING = "dunning"  # fees and interest of reminders
    ROUNDING = "rounding"  # what lines, each rounded, and their total, rounded once, are apart
    EXCHANGE = "exchange"  # what one currency gave for another: with a posting in each, its balances are the difference
    COST = "cost"  # what partners and hosts bill us for: roaming, host, …
    ENERGY = "energy"  # what electricity and the grid cost us: the supplier
    FEES = "fees"  # what payment providers keep of what they took
    WRITE_OFF = "write_off"  # what nobody will pay us any more
    PROMOTION = "promotion"  # vouchers and credit that we gave away

    @property
    def kind(self) -> Kind:
        return _KINDS[self]


_KINDS = {
    Head.RECEIVABLE: Kind.ASSET,
    Head.CLEARING: Kind.ASSET,
    Head.BANK: Kind.ASSET,
    Head.INPUT_TAX: Kind.ASSET,
    Head.PAYABLE: Kind.LIABILITY,
    Head.HOST: Kind.LIABILITY,
    Head.WALLET: Kind.LIABILITY,
    Head.VOUCHER: Kind.LIABILITY,
    Head.TAX: Kind.LIABILITY,
    Head.REVENUE: Kind.INCOME,
    Head.DUNNING: Kind.INCOME,
    Head.ROUNDING: Kind.INCOME,
    Head.EXCHANGE: Kind.INCOME,
    Head.COST: Kind.EXPENSE,
    Head.ENERGY: Kind.EXPENSE,
    Head.FEES: Kind.EXPENSE,
    Head.WRITE_OFF: Kind.EXPENSE,
    Head.PROMOTION: Kind.EXPENSE,
}


class Total(Struct, frozen=True, kw_only=True):
    """All accounts of one kind: a head, and of debts also by who owes, as `receivable:partner`.

    `accounts` counts those that hold anything.
    """

    of: str
    currency: str
    amount: Decimal
    accounts: int


class Unbalanced(Refusal):
    """What an Entry takes from accounts it gives to others, in each currency."""

    def __init__(self, currency: str, difference: Decimal) -> None:
        super().__init__(f"The postings are {difference} {currency} apart")
        self.currency = currency
        self.difference = difference


class NothingMoves(Refusal):
    """An Entry has postings, and each of them an amount."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Entry {key} moves nothing, or has a posting that does")
        self.key = key


class TooFine(Refusal):
    """Money that moves is counted in the currency's smallest coin; what is finer is rounded by whoever can say why."""

    def __init__(self, amount: Decimal, currency: str) -> None:
        super().__init__(f"{amount} {currency} is finer than {minor_unit(currency)} {currency}")
        self.amount = amount
        self.currency = currency


class Account(Struct, frozen=True, order=True):
    """`of` says whose or which: `receivable:partner:NL*TNM`, `tax:SE:25`; empty where a head is one account."""

    head: Head
    of: str = ""

    def __str__(self) -> str:
        return f"{self.head}:{self.of}" if self.of else str(self.head)

    @classmethod
    def parse(cls, text: str) -> Account:
        head, _, of = text.partition(":")
        return cls(Head(head), of)


class Posting(Struct, frozen=True):
    """A debit is positive, a credit negative."""

    account: Account
    amount: Decimal
    currency: str


class Entry(Struct, frozen=True, kw_only=True):
    """`key` names the fact that is posted: once, however often it is asked for. `cites` is what it rests on.

    Raises NothingMoves, TooFine, Unbalanced when built of postings that no ledger may hold.
    """

    key: str
    what: str
    cites: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for posting in self.postings:
            if not posting.amount.is_finite() or posting.amount % minor_unit(posting.currency):
                raise TooFine(posting.amount, posting.currency)
            if not posting.amount:
                raise NothingMoves(self.key)
            sums[posting.currency] += posting.amount
        if not sums:
            raise NothingMoves(self.key)
        for currency, difference in sums.items():
            if difference:
                raise Unbalanced(currency, difference)


class Posted(Struct, frozen=True, kw_only=True):
    """An Entry as the ledger holds it: written `at` an instant, counting from `booked_at`.

    `reverses` is the id of the one that it takes back, `by` who did so; `reversed_by` the id of the one that took back
    this one.
    """

    id: str
    holder: PartyId
    at: datetime
    booked_at: datetime
    entry: Entry
    reverses: str | None = None
    reversed_by: str | None = None
    by: str = ""


class Balance(Struct, frozen=True):
    """What is on an account: positive where debits outweigh credits."""

    account: Account
    currency: str
    amount: Decimal


class Trial(Struct, frozen=True, kw_only=True):
    """An account over a month: what was on it, what came and went, what is on it."""

    account: Account
    currency: str
    opening: Decimal
    closing: Decimal

    @property
    def moved(self) -> Decimal:
        return self.closing - self.opening


class Group(Struct, frozen=True, kw_only=True):
    """The accounts under one head, in one currency; `shown` are some of them, where they are many."""

    head: Head
    currency: str
    opening: Decimal
    closing: Decimal
    many: int
    shown: tuple[Trial, ...]

    @property
    def moved(self) -> Decimal:
        return self.closing - self.opening


class Month(Struct, frozen=True, kw_only=True):
    """`name` is as 2026-10; it ends where the next one begins, on the calendar of whoever keeps the books."""

    name: str
    begin_at: datetime
    end_at: datetime


class Close(Struct, frozen=True, kw_only=True):
    """What counts from before `ends_at` is final: no posting comes to it any more."""

    holder: PartyId
    month: str
    ends_at: datetime
    at: datetime
    by: str


class Place(Struct, frozen=True, order=True):
    """Where a posting stands on its account."""

    booked_at: datetime
    entry_id: str
    position: int


class Line(Struct, frozen=True, kw_only=True):
    """A posting on the statement of its account, and what is on the account after it."""

    place: Place
    at: datetime
    key: str
    what: str
    cites: str
    amount: Decimal
    balance: Decimal


class Statement(Struct, frozen=True, kw_only=True):
    """An account in one currency, the oldest line first; `opening` is what was on it before the first of these."""

    holder: PartyId
    account: Account
    currency: str
    opening: Decimal
    lines: tuple[Line, ...]

    @property
    def closing(self) -> Decimal:
        return self.lines[-1].balance if self.lines else self.opening
