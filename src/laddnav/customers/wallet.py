"""A customer's wallet: what was paid ahead, less what is owed, what charges under way may cost, and what goes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_UP, Decimal

from msgspec import Struct

from laddnav.kit.ids import PartyId
from laddnav.kit.money import minor_unit
from laddnav.kit.refusal import Refusal
from laddnav.ledger.model import Account, Head

ZERO = Decimal(0)
REFILL_MAX = Decimal(100_000)


# What a charge at a partner's place holds, whose price nobody here foretells: what some forty kWh cost beside a road.
# As it costs more, it holds so much again.
PARTS = dict.fromkeys("SEK NOK DKK".split(), Decimal(250)) | {"CZK": Decimal(500)} | {"HUF": Decimal(8000)}
PART = Decimal(25)
# So long after the last word of such a charge its CDR is waited for.
CDR_WITHIN = timedelta(days=7)


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
    """Whenever less than `below` is left, `amount` is taken from the stored card; `account` is ours at a provider."""

    below: Decimal
    amount: Decimal
    account: str


class Wallet(Struct, frozen=True, kw_only=True):
    """`in_it` is the ledger's word; of that, `owed` is for charges that are not paid, `held` for some that go on.

    `going_back` is to be paid out: its provider has not done it yet, or a second person has not agreed.
    """

    holder: PartyId
    customer: str
    currency: str
    in_it: Decimal
    owed: Decimal
    held: Decimal
    going_back: Decimal = ZERO
    refill: Refill | None = None

    @property
    def free(self) -> Decimal:
        """What another charge may cost; below zero where more was used than there was."""
        return self.in_it - self.owed - self.held - self.going_back


def account(customer: str) -> Account:
    """Of the ledger."""
    return Account(Head.WALLET, customer)


def about(customer: str) -> str:
    """What a payment into this wallet says that it is for."""
    return f"wallet {customer}"


def with_vat(owed: Decimal, untaxed: Decimal, vat_percent: Decimal | None, currency: str) -> Decimal:
    """What is owed once all of it is invoiced, at most: nobody is let charge on tax that is to be paid.

    `untaxed` is what of it was sold and bears no VAT yet. Where that is to be taken back, the VAT that goes with it is
    not counted.
    """
    vat = max(untaxed, ZERO) * (vat_percent or ZERO) / 100
    return owed + vat.quantize(minor_unit(currency), ROUND_UP)


def part_at_partner(cost: Decimal, currency: str) -> Decimal:
    """What a charge holds that costs so much by now: more than that, in whole parts."""
    part = PARTS.get(currency, PART)
    return (max(cost, ZERO) // part + 1) * part


def shared_out(wallet: Wallet, opens: Sequence[Decimal]) -> list[Decimal]:
    """What of these open invoices it pays, in their order; credit notes, below zero, are in it before.

    What is on its way back pays nothing.
    """
    left = wallet.in_it - wallet.going_back - sum((each for each in opens if each < 0), ZERO)
    shares: list[Decimal] = []
    for each in opens:
        share = min(each, max(left, ZERO))
        shares.append(share)
        left -= max(share, ZERO)
    return shares


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


def wanted(wallet: Wallet, *, short: bool = False) -> Decimal:
    """What is to be taken from the card now: so much that `below` is reached, in whole amounts; zero: nothing.

    What charges under way hold is there still: none of it may be used. But where one runs `short`, it will be, and
    without more it would end.
    """
    if wallet.refill is None:
        return ZERO
    left = wallet.in_it - wallet.owed - (wallet.held if short else ZERO)
    missing = wallet.refill.below - left
    times = max((missing / wallet.refill.amount).to_integral_value(ROUND_UP), Decimal(short and not missing))
    return wallet.refill.amount * max(times, ZERO)
