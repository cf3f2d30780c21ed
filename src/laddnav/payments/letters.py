"""What is written to customers about the cards that they pay with, in their language."""

from __future__ import annotations

from laddnav.customers.model import Customer
from laddnav.payments.card import StoredCard

_EXPIRES = {
    "en": (
        "Your card {card} expires soon",
        "Hello {name},\n\nyour charges are paid with {card}, which is good to the end of {month}. Store your new one "
        "before then:\n\n{url}\n\n{operator}\n",
    ),
    "sv": (
        "Ditt kort {card} går snart ut",
        "Hej {name},\n\ndina laddningar betalas med {card}, som gäller till och med {month}. Lägg in ditt nya kort "
        "innan dess:\n\n{url}\n\n{operator}\n",
    ),
    "de": (
        "Ihre Karte {card} läuft bald ab",
        "Guten Tag {name},\n\nIhre Ladevorgänge werden mit {card} bezahlt, gültig bis Ende {month}. Hinterlegen Sie "
        "bitte vorher Ihre neue Karte:\n\n{url}\n\n{operator}\n",
    ),
}
_EXPIRED = {
    "en": (
        "Your card {card} has expired",
        "Hello {name},\n\n{card}, with which your charges are paid, was good to the end of {month}. Store a new one, "
        "so that you can charge on:\n\n{url}\n\n{operator}\n",
    ),
    "sv": (
        "Ditt kort {card} har gått ut",
        "Hej {name},\n\n{card}, som dina laddningar betalas med, gällde till och med {month}. Lägg in ett nytt kort så "
        "att du kan fortsätta ladda:\n\n{url}\n\n{operator}\n",
    ),
    "de": (
        "Ihre Karte {card} ist abgelaufen",
        "Guten Tag {name},\n\n{card}, mit der Ihre Ladevorgänge bezahlt werden, war bis Ende {month} gültig. "
        "Hinterlegen Sie bitte eine neue, damit Sie weiter laden können:\n\n{url}\n\n{operator}\n",
    ),
}


def expires(customer: Customer, card: StoredCard, operator: str, url: str, *, expired: bool) -> tuple[str, str]:
    """Subject and text."""
    assert card.good_until is not None, "it says when"
    words = _EXPIRED if expired else _EXPIRES
    subject, text = words.get(customer.language, words["en"])
    month = f"{card.good_until:%Y-%m}"
    said = {"operator": operator, "name": customer.name, "url": url, "card": card.name, "month": month}
    return subject.format_map(said), text.format_map(said)
