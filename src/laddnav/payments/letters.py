"""What is written to customers about the cards that they pay with, in their language."""

from __future__ import annotations

from enum import StrEnum

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


class Held(StrEnum):
    """What of a charge that is to be held on the card its customer hears of."""

    ASKS = "ASKS"  # the bank wants to see them
    ENDED = "ENDED"  # it holds nothing, and so the charge is ended
    LATER = "LATER"  # it holds nothing, and the charge goes on


_HELD = {
    Held.ASKS: {
        "en": (
            "Confirm with your bank that you charge at {evse}",
            "Hello {name},\n\nyour bank wants to see that it is you before it holds {amount} for your charge at {evse}."
            " Confirm it within five minutes:\n\n{url}\n\nWhat the charge costs is taken of it at its end, and the "
            "rest is free again.\n\n{operator}\n",
        ),
        "sv": (
            "Bekräfta hos din bank att du laddar vid {evse}",
            "Hej {name},\n\ndin bank vill se att det är du innan den reserverar {amount} för din laddning vid {evse}. "
            "Bekräfta inom fem minuter:\n\n{url}\n\nVad laddningen kostar dras vid dess slut, och resten släpps.\n\n"
            "{operator}\n",
        ),
        "de": (
            "Bestätigen Sie Ihrer Bank, dass Sie bei {evse} laden",
            "Guten Tag {name},\n\nIhre Bank möchte sehen, dass Sie es sind, bevor sie {amount} für Ihren Ladevorgang "
            "bei {evse} reserviert. Bitte bestätigen Sie innerhalb von fünf Minuten:\n\n{url}\n\nWas das Laden kostet, "
            "wird am Ende davon abgebucht, der Rest wieder frei.\n\n{operator}\n",
        ),
    },
    Held.ENDED: {
        "en": (
            "Your charge at {evse} was ended: your bank held nothing",
            "Hello {name},\n\nyour bank did not hold {amount} on your card, so your charge at {evse} is ended. What it "
            "cost until then is on your invoice. To charge again, look at your cards:\n\n{url}\n\n{operator}\n",
        ),
        "sv": (
            "Din laddning vid {evse} avslutades: banken reserverade inget",
            "Hej {name},\n\ndin bank reserverade inte {amount} på ditt kort, så din laddning vid {evse} avslutas. Vad "
            "den hann kosta står på din faktura. Se över dina kort för att ladda igen:\n\n{url}\n\n{operator}\n",
        ),
        "de": (
            "Ihr Ladevorgang bei {evse} wurde beendet: Ihre Bank hat nichts reserviert",
            "Guten Tag {name},\n\nIhre Bank hat {amount} auf Ihrer Karte nicht reserviert, daher wird Ihr Ladevorgang "
            "bei {evse} beendet. Was er bis dahin gekostet hat, steht auf Ihrer Rechnung. Um wieder zu laden, prüfen "
            "Sie bitte Ihre Karten:\n\n{url}\n\n{operator}\n",
        ),
    },
    Held.LATER: {
        "en": (
            "Your bank held nothing for your charge at {evse}",
            "Hello {name},\n\nyour bank did not hold {amount} on your card for your charge at {evse}. It goes on, and "
            "is taken from your card with its invoice. Please look at your cards before then:\n\n{url}\n\n"
            "{operator}\n",
        ),
        "sv": (
            "Din bank reserverade inget för din laddning vid {evse}",
            "Hej {name},\n\ndin bank reserverade inte {amount} på ditt kort för din laddning vid {evse}. Den "
            "fortsätter och dras från kortet med fakturan. Se över dina kort innan dess:\n\n{url}\n\n{operator}\n",
        ),
        "de": (
            "Ihre Bank hat für Ihren Ladevorgang bei {evse} nichts reserviert",
            "Guten Tag {name},\n\nIhre Bank hat {amount} auf Ihrer Karte für Ihren Ladevorgang bei {evse} nicht "
            "reserviert. Er geht weiter und wird mit der Rechnung abgebucht. Bitte prüfen Sie vorher Ihre Karten:\n\n"
            "{url}\n\n{operator}\n",
        ),
    },
}


def held(what: Held, customer: Customer, *, evse_id: str, amount: str, operator: str, url: str) -> tuple[str, str]:
    """Subject and text."""
    words = _HELD[what]
    subject, text = words.get(customer.language, words["en"])
    said = {"operator": operator, "name": customer.name, "url": url, "evse": evse_id, "amount": amount}
    return subject.format_map(said), text.format_map(said)
