"""What is written to customers whose card does not simply pay an invoice, in their language."""

from __future__ import annotations

from laddnav.billing.references import grouped, reference
from laddnav.customers.model import Customer
from laddnav.parties.model import Party

_ASKS = {
    "en": (
        "Confirm your payment of invoice {number}",
        "Hello {name},\n\nyour bank wants to see that it is you who pays {amount} for invoice {number}. Confirm it "
        "within three days:\n\n{url}\n\n{operator}\n",
    ),
    "sv": (
        "Bekräfta din betalning av faktura {number}",
        "Hej {name},\n\ndin bank vill se att det är du som betalar {amount} för faktura {number}. Bekräfta inom tre "
        "dagar:\n\n{url}\n\n{operator}\n",
    ),
    "de": (
        "Bestätigen Sie die Zahlung der Rechnung {number}",
        "Guten Tag {name},\n\nIhre Bank möchte sehen, dass Sie es sind, der {amount} für die Rechnung {number} zahlt. "
        "Bitte bestätigen Sie innerhalb von drei Tagen:\n\n{url}\n\n{operator}\n",
    ),
}
_REFUSED = {
    "en": (
        "Your card did not pay invoice {number}",
        "Hello {name},\n\n{amount} for invoice {number} could not be taken from your card. Please pay it another "
        "way{where}, and look at your cards for the next one:\n\n{url}\n\n{operator}\n",
    ),
    "sv": (
        "Ditt kort betalade inte faktura {number}",
        "Hej {name},\n\n{amount} för faktura {number} kunde inte dras från ditt kort. Betala den på annat "
        "sätt{where}, och se över dina kort inför nästa:\n\n{url}\n\n{operator}\n",
    ),
    "de": (
        "Ihre Karte hat die Rechnung {number} nicht bezahlt",
        "Guten Tag {name},\n\n{amount} für die Rechnung {number} konnten nicht von Ihrer Karte abgebucht werden. "
        "Bitte zahlen Sie auf anderem Weg{where}, und prüfen Sie Ihre Karten:\n\n{url}\n\n{operator}\n",
    ),
}
_WHERE = {
    "en": ", to {pay_to} with the reference {reference}",
    "sv": ", till {pay_to} med referensen {reference}",
    "de": ", auf {pay_to} mit dem Verwendungszweck {reference}",
}


def by_card(customer: Customer, *, number: str, amount: str, operator: Party, url: str, asks: bool) -> tuple[str, str]:
    """Subject and text; `asks`: the bank does, else the card was refused, whose invoice names no account to pay to."""
    words = _ASKS if asks else _REFUSED
    language = customer.language if customer.language in words else "en"
    subject, text = words[language]
    where = ""
    if operator.pay_to is not None:
        cited = grouped(reference(number, operator.holder.country))
        where = _WHERE[language].format(pay_to=operator.pay_to, reference=cited)
    said = {
        "name": customer.name,
        "number": number,
        "amount": amount,
        "url": url,
        "operator": operator.name,
        "where": where,
    }
    return subject.format_map(said), text.format_map(said)
