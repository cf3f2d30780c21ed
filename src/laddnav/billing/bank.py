"""What a movement on our bank account is: matched by what it cites, proposed by amount and name, or nobody's yet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from laddnav.billing.camt import Movement
from laddnav.billing.open_items import OpenItem
from laddnav.billing.postings import receivable
from laddnav.kit.ids import PartyId
from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Account, Entry, Head, Posting

UNMATCHED = Account(Head.CLEARING, "bank")  # what came and nobody has said yet whose it is


class BankState(StrEnum):
    """How a movement stands."""

    MATCHED = "MATCHED"  # by what it cites: nobody had to decide
    PROPOSED = "PROPOSED"  # somebody has to agree
    UNMATCHED = "UNMATCHED"  # somebody has to say
    DECIDED = "DECIDED"  # somebody did


class BankWhy(StrEnum):
    """Why it is matched, or proposed, as it is."""

    REFERENCE = "REFERENCE"  # it cites invoices of one debtor
    SEVERAL_DEBTORS = "SEVERAL_DEBTORS"  # it cites invoices of more than one
    AMOUNT_AND_NAME = "AMOUNT_AND_NAME"  # one open invoice has the amount, and its debtor the payer's name
    AMOUNT = "AMOUNT"  # one open invoice has the amount
    UNDONE = "UNDONE"  # the bank took back what settled invoices
    UNDONE_BEFORE = "UNDONE_BEFORE"  # the bank took back once more what it had taken back
    PAID_OUT = "PAID_OUT"  # it cites a credit note, and is paid out
    SAID_WRONG = "SAID_WRONG"  # what was said of it, or read from it, was taken back
    NOTHING = "NOTHING"  # nothing that we know fits
    PERSON = "PERSON"


class Match(Struct, frozen=True, kw_only=True):
    state: BankState
    why: BankWhy
    debtor_id: str | None = None
    numbers: tuple[str, ...] = ()
    undoes: str | None = None  # the key of the movement that is taken back


class BankEntry(Struct, frozen=True, kw_only=True):
    """A movement as we keep it; it `undoes` the one with this key. `account` is what of the ledger it was decided to
    be, where that is no debtor's; `fee` what a provider kept of what it paid out; `times` how often somebody said it.
    """

    holder: PartyId
    ref: str
    file: str
    movement: Movement
    state: BankState
    why: BankWhy
    debtor_id: str | None = None
    numbers: tuple[str, ...] = ()
    undoes: str | None = None
    account: str | None = None
    fee: Decimal | None = None
    times: int = 0
    read_at: datetime
    decided_at: datetime | None = None
    decided_by: str = ""


class BankFile(Struct, frozen=True, kw_only=True):
    """A file that was read: how many movements it held, how many of them were new, how many are matched."""

    holder: PartyId
    ref: str
    name: str
    account: str
    movements: int
    new: int
    matched: int
    pending: int
    read_at: datetime
    by: str


class UnknownBankEntry(Refusal):
    """No movement on a bank account has this ref."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"There is no movement {ref} on a bank account")
        self.ref = ref


class AlreadyDecided(Refusal):
    """What a movement is, is said once; what was wrong is taken back first."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"It is known already what movement {ref} is")
        self.ref = ref


class NotDecided(Refusal):
    """Nobody has said yet what this movement is, so that there is nothing to take back."""

    def __init__(self, ref: str) -> None:
        super().__init__(f"Nobody has said yet what movement {ref} is")
        self.ref = ref


class WentBack(Refusal):
    """The bank took back what this movement paid: what it was stays said, as long as that other movement stands so."""

    def __init__(self, other: str) -> None:
        super().__init__(f"Movement {other} takes it back; say first that this is something else")
        self.other = other


class WhyNot(Refusal):
    """Whoever takes back what was said of a movement says why."""

    def __init__(self) -> None:
        super().__init__("why: say why the movement is not what was said")


class UnfitFee(Refusal):
    """Only a provider keeps a fee of what it pays out: zero or more, in whole coins."""

    def __init__(self, currency: str) -> None:
        super().__init__(
            f"fee: zero or more, in whole coins of {currency}, of an account clearing:… of a provider that paid out"
        )


class WhoseIsIt(Refusal):
    """A movement is of a debtor, or of an account of the ledger, and not of both."""

    def __init__(self) -> None:
        super().__init__("Say of which debtor it is, or of which account of the ledger")


def match(
    movement: Movement, cited: Sequence[OpenItem], same_amount: Sequence[OpenItem], undone: Match | None
) -> Match:
    """`cited` are our invoices whose numbers it bears; `same_amount` open ones of just that amount; `undone` is what
    it takes back, if it does.
    """
    if undone is not None:
        return undone
    cited = [one for one in cited if one.currency == movement.currency]
    debtors = {one.debtor_id for one in cited}
    numbers = tuple(one.number for one in cited)
    if movement.amount < 0:
        notes = tuple(one.number for one in cited if one.to_pay < 0)
        if len(debtors) == 1 and notes == numbers and notes:
            return Match(state=BankState.MATCHED, why=BankWhy.PAID_OUT, debtor_id=debtors.pop(), numbers=notes)
        return Match(state=BankState.UNMATCHED, why=BankWhy.NOTHING)
    if len(debtors) == 1:
        return Match(state=BankState.MATCHED, why=BankWhy.REFERENCE, debtor_id=debtors.pop(), numbers=numbers)
    if debtors:
        return Match(state=BankState.UNMATCHED, why=BankWhy.SEVERAL_DEBTORS, numbers=numbers)
    return _proposed(movement, same_amount)


def undoing(movement: Movement, before: Sequence[tuple[BankEntry, bool]]) -> Match | None:
    """Which of those that came before, the last first, it takes back, with whether something had done so; None: none.

    What was taken back already is not taken back again: of that somebody has to decide.
    """
    if movement.amount >= 0 or not (movement.reversal or movement.end_to_end):
        return None
    fitting = [(came, gone) for came, gone in before if _is_undone(came, movement)]
    for came, gone in fitting:
        if not gone:
            return Match(
                state=BankState.MATCHED,
                why=BankWhy.UNDONE,
                debtor_id=came.debtor_id,
                numbers=came.numbers,
                undoes=came.movement.key,
            )
    return Match(state=BankState.UNMATCHED, why=BankWhy.UNDONE_BEFORE) if fitting else None


def _is_undone(came: BankEntry, went: Movement) -> bool:
    same = went.end_to_end is not None and came.movement.end_to_end == went.end_to_end
    cites = went.reversal and bool(went.references) and came.movement.references == went.references
    settled = came.debtor_id is not None and came.state in (BankState.MATCHED, BankState.DECIDED)
    return settled and (same or cites)


def _proposed(movement: Movement, same_amount: Sequence[OpenItem]) -> Match:
    named = [one for one in same_amount if movement.payer is not None and alike(one.debtor_name, movement.payer)]
    for some, why in ((named, BankWhy.AMOUNT_AND_NAME), (same_amount, BankWhy.AMOUNT)):
        if len(some) == 1:
            one = some[0]
            return Match(state=BankState.PROPOSED, why=why, debtor_id=one.debtor_id, numbers=(one.number,))
    return Match(state=BankState.UNMATCHED, why=BankWhy.NOTHING)


_FORMS = frozenset("ab ag aps as asa bv co gmbh kg ltd nv oy oyj plc publ sa sarl".split())


def alike(one: str, other: str) -> bool:
    """Whether two names have a word in common for each word of the shorter; what a company is called aside."""
    first, second = _words(one), _words(other)
    return bool(first and second) and (first <= second or second <= first)


def _words(name: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return set(re.findall(r"[a-z0-9]+", letters)) - _FORMS


def bank_account(movement: Movement) -> Account:
    return Account(Head.BANK, movement.account)


def came(movement: Movement, debtor_id: str | None) -> Entry:
    """Onto the bank account: from the debtor, or from nobody known yet."""
    return _moved(movement, f"bank {movement.key}", bank_account(movement), _of(debtor_id))


def was(movement: Movement, account: Account, times: int) -> Entry:
    """What nobody knew is known to be this account's."""
    return _moved(movement, f"bank {movement.key} is{_again(times)}", UNMATCHED, account)


def was_not(movement: Movement, debtor_id: str) -> Entry:
    """It came, and what it cites was read wrongly: nobody knows yet whose it is."""
    return replace(
        _moved(movement, f"bank {movement.key} is not", receivable(debtor_id), UNMATCHED),
        what="Of the bank's movement nobody knows whose it is",
    )


def _again(times: int) -> str:
    """What was taken back is not posted again under its old key."""
    return f" {times}" if times > 1 else ""


class Payout(Struct, frozen=True, kw_only=True):
    """A provider that owes us: `owed` by our ledger, of which it may have paid this out.

    The `rest` is on its way still, or kept by it as a fee, and which of it is what its own statement tells alone: below
    zero it paid out more than we know of.
    """

    account: Account
    currency: str
    owed: Decimal
    rest: Decimal


def payouts(movement: Movement, owing: Sequence[tuple[Account, str, Decimal]]) -> tuple[Payout, ...]:
    """Who may have paid this out: what fits best first. `owing` is what is on each clearing account, by currency."""
    if movement.amount <= 0:
        return ()
    found = [
        Payout(account=account, currency=currency, owed=owed, rest=owed - movement.amount)
        for account, currency, owed in owing
        if account != UNMATCHED and currency == movement.currency and owed > 0
    ]
    return tuple(sorted(found, key=lambda one: (abs(one.owed - movement.amount), str(one.account))))


def is_provider(account: Account) -> bool:
    return account.head is Head.CLEARING and account != UNMATCHED and bool(account.of)


def kept_of_it(movement: Movement, account: Account, fee: Decimal, times: int) -> Entry:
    """What a provider kept of a payout: it owes us that no more."""
    provider = account.of.removeprefix("payouts:").partition(":")[0]
    return Entry(
        key=fee_key(movement, times),
        what="Kept by a provider of what it paid out",
        cites=f"bank {movement.key}",
        postings=(
            Posting(Account(Head.FEES, provider), fee, movement.currency),
            Posting(account, -fee, movement.currency),
        ),
    )


def fee_key(movement: Movement, times: int) -> str:
    return f"bank {movement.key} fee{_again(times)}"


def source_of(entry: BankEntry) -> str:
    """The key of the entry of the ledger by which it was its debtor's."""
    return f"bank {entry.movement.key}" + (f" is{_again(entry.times)}" if entry.state is BankState.DECIDED else "")


def _of(debtor_id: str | None) -> Account:
    return UNMATCHED if debtor_id is None else receivable(debtor_id)


def _moved(movement: Movement, key: str, debit: Account, credit: Account) -> Entry:
    return Entry(
        key=key,
        what="Paid into the bank" if movement.amount > 0 else "Paid from the bank",
        cites=f"bank {movement.key}",
        postings=(
            Posting(debit, movement.amount, movement.currency),
            Posting(credit, -movement.amount, movement.currency),
        ),
    )
