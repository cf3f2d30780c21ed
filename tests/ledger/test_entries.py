"""An Entry that no ledger may hold cannot be built."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laddnav.ledger.model import Account, Entry, Head, Kind, NothingMoves, Posting, TooFine, Unbalanced

DEBTOR = Account(Head.RECEIVABLE, "partner:NL*TNM")
CHARGING = Account(Head.REVENUE, "charging")


def entry(*postings: Posting) -> Entry:
    return Entry(key="cdr:1", what="A charge", cites="cdr/1", postings=postings)


def moved(amount: str, currency: str = "SEK") -> Entry:
    return entry(Posting(DEBTOR, Decimal(amount), currency), Posting(CHARGING, -Decimal(amount), currency))


@given(amounts=st.lists(st.decimals("-1000", "1000", places=2).filter(bool), min_size=1, max_size=6))
def test_an_entry_is_built_only_when_its_postings_sum_to_zero(amounts: list[Decimal]) -> None:
    postings = [Posting(DEBTOR, amount, "SEK") for amount in amounts]
    rest = sum(amounts, Decimal(0))
    if rest:
        with pytest.raises(Unbalanced):
            entry(*postings)
        postings.append(Posting(CHARGING, -rest, "SEK"))
    assert sum(posting.amount for posting in entry(*postings).postings) == 0


def test_each_currency_balances_by_itself() -> None:
    with pytest.raises(Unbalanced, match="10 SEK apart"):
        entry(Posting(DEBTOR, Decimal(10), "SEK"), Posting(CHARGING, Decimal(-10), "EUR"))


def test_an_entry_without_a_posting_or_with_one_of_nothing_cannot_be_built() -> None:
    with pytest.raises(NothingMoves):
        entry()
    with pytest.raises(NothingMoves):
        moved("0.00")


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.005", "SEK"), ("10.5", "ISK"), ("NaN", "SEK"), ("Infinity", "SEK")]
)
def test_money_finer_than_the_smallest_coin_does_not_move(amount: str, currency: str) -> None:
    with pytest.raises(TooFine):
        moved(amount, currency)


@pytest.mark.parametrize(("amount", "currency"), [("0.01", "SEK"), ("1.10000", "EUR"), ("11", "ISK"), ("0.001", "KWD")])
def test_every_whole_number_of_coins_moves(amount: str, currency: str) -> None:
    assert moved(amount, currency).postings[0].amount == Decimal(amount)


def test_an_account_is_read_as_it_is_written_and_its_head_tells_its_kind() -> None:
    for account in (DEBTOR, CHARGING, Account(Head.ROUNDING)):
        assert Account.parse(str(account)) == account
    assert str(DEBTOR) == "receivable:partner:NL*TNM"
    assert (DEBTOR.head.kind, CHARGING.head.kind) == (Kind.ASSET, Kind.INCOME)
