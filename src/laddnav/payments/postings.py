"""What the ledger hears of a payment: what moved since the last time, and nothing of what is only held."""

from __future__ import annotations

from decimal import Decimal

from laddnav.ledger.model import Account, Entry, Head, Posting
from laddnav.payments.payment import Payment


def clearing(payment: Payment) -> Account:
    """What the provider took for us and has not paid out, by our account there."""
    return Account(Head.CLEARING, f"{payment.provider.lower()}:{payment.account}")


def entries(before: Payment, after: Payment) -> tuple[Entry, ...]:
    """Totals may fall too: a refund that came back, a charge-back that was won. Then the money goes the other way."""
    debt, fees = Account.parse(after.credits), Account(Head.FEES, after.provider.lower())
    moves = (
        ("captured", after.captured - before.captured, clearing(after), debt),
        ("refunded", after.refunded - before.refunded, debt, clearing(after)),
        ("charged back", after.charged_back - before.charged_back, debt, clearing(after)),
        ("fees", after.fees - before.fees, fees, clearing(after)),
    )
    return tuple(
        _entry(after, what, amount, debit, credit) for what, amount, debit, credit in moves if amount != Decimal(0)
    )


def _entry(payment: Payment, what: str, amount: Decimal, debit: Account, credit: Account) -> Entry:
    return Entry(
        key=f"payment {payment.ref} {payment.version} {what}",
        what=f"{payment.provider.capitalize()}: {what}",
        cites=f"payment {payment.ref}",
        postings=(Posting(debit, amount, payment.currency), Posting(credit, -amount, payment.currency)),
    )
