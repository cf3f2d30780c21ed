"""How little is not taken from a stored card, currency by currency; pure."""

from __future__ import annotations

from decimal import Decimal

# What Stripe takes at least ("minimum and maximum charge amounts" in its documentation of currencies).
LEAST = {
    **dict.fromkeys(("AUD", "BRL", "CAD", "CHF", "EUR", "INR", "NZD", "SGD", "USD"), Decimal("0.50")),
    **{"AED": Decimal(2), "BGN": Decimal(1), "CZK": Decimal(15), "DKK": Decimal("2.50"), "GBP": Decimal("0.30")},
    **{"HKD": Decimal(4), "HUF": Decimal(175), "JPY": Decimal(50), "MXN": Decimal(10), "MYR": Decimal(2)},
    **{"NOK": Decimal(3), "PLN": Decimal(2), "RON": Decimal(2), "SEK": Decimal(3), "THB": Decimal(10)},
}
# Of any other it tells none. A low one leaves nothing open that could be taken: what is too little after all, Stripe
# refuses, and its customer is written to.
LEAST_ELSEWHERE = Decimal("0.50")


def least(currency: str) -> Decimal:
    """Less is not taken from a card, and stays open."""
    return LEAST.get(currency, LEAST_ELSEWHERE)
