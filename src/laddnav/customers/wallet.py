"""A customer's wallet: what was paid ahead, less what is owed and what charges under way may cost."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Account, Head

ZERO = Decimal(0)
REFILL_MAX = Decimal(100_000)


class UnfitWallet(Refusal):
    """Something that is said of how a wallet is filled cannot be so; `field` says what."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


class NothingToPayOut(Refusal):
    """Nothing is left in the wallet that could be given back, or not so much."""

    def __init__(self, left: Decimal, currency: str) -> None:
        super().__init__(f"{left} {currency} can be given back, and no more")
        self.left, self.currency = left, currency


class Refill(Struct, frozen=True, kw_only=True):
    """Whenever less than `below` is free, `amount` is taken from the stored card; `account` is ours at a provider."""

    below: Decimal
    amount: Decimal
    account: str


class Wallet(Struct, frozen=True, kw_only=True):
    """`in_it` is the ledger's word; of that, `owed` is for charges that are not paid, `held` for some that go on."""

    holder: PartyId
    customer: str
    currency: str
    in_it: Decimal
    owed: Decimal
    held: Decimal
    refill: Refill | None = None

    @property
    def free(self) -> Decimal:
        """What another charge may cost; below zero where more was used than there was."""
        return self.in_it - self.owed - self.held


def account(customer: str) -> Account:
    """Of the ledger."""
    return Account(Head.WALLET, customer)


def with_vat(owed: Decimal, vat_percent: Decimal | None, currency: str) -> Decimal:
    """What a debt before VAT will be on its invoice, at most: nobody is let charge on tax that is to be paid."""
    if owed <= 0:
        return owed
    return (owed * (100 + (vat_percent or ZERO)) / 100).quantize(minor_unit(currency), ROUND_UP)


def checked(refill: Refill, currency: str) -> Refill:
    """Raises UnfitWallet."""
    for field, amount in (("below", refill.below), ("amount", refill.amount)):
        if not amount.is_finite() or not ZERO <= amount <= REFILL_MAX or amount % minor_unit(currency):
            raise UnfitWallet(field, f"0 to {REFILL_MAX} {currency}, in whole coins")
    if not refill.amount:
        raise UnfitWallet("amount", "more than nothing")
    if not refill.account:
        raise UnfitWallet("account", "our account at the provider that keeps the card")
    return refill


def wanted(wallet: Wallet) -> Decimal:
    """What is to be taken from the card now: so much that `below` is reached, in whole amounts; zero: nothing.

    What charges under way hold is there still: each holds all that is free, and none of it may be used.
    """
    if wallet.refill is None or wallet.in_it - wallet.owed >= wallet.refill.below:
        return ZERO
    short = wallet.refill.below - (wallet.in_it - wallet.owed)
    times = (short / wallet.refill.amount).to_integral_value(ROUND_UP)
    return wallet.refill.amount * times
