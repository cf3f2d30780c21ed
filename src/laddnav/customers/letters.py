"""What is written to customers about themselves, in their language."""

from __future__ import annotations

from laddnav.customers.model import Customer

_SIGN_IN = {
    "en": (
        "Sign in to {operator}",
        "Hello {name},\n\nopen this link to see your charges, receipts and cards. It works once, for 15 minutes:\n\n"
        "{url}\n\nIf you did not ask for it, do nothing: without the link nobody comes in.\n\n{operator}\n",
    ),
    "sv": (
        "Logga in hos {operator}",
        "Hej {name},\n\nöppna länken för att se dina laddningar, kvitton och kort. Den fungerar en gång, i 15 minuter:"
        "\n\n{url}\n\nOm det inte var du som bad om den behöver du inte göra något: utan länken kommer ingen in.\n\n"
        "{operator}\n",
    ),
    "de": (
        "Anmelden bei {operator}",
        "Guten Tag {name},\n\nüber diesen Link sehen Sie Ihre Ladevorgänge, Belege und Karten. Er gilt einmal und 15 "
        "Minuten lang:\n\n{url}\n\nHaben Sie ihn nicht angefordert, müssen Sie nichts tun: Ohne den Link kommt niemand "
        "hinein.\n\n{operator}\n",
    ),
}


def sign_in(customer: Customer, operator: str, url: str) -> tuple[str, str]:
    """Subject and text."""
    subject, text = _SIGN_IN.get(customer.language, _SIGN_IN["en"])
    said = {"operator": operator, "name": customer.name, "url": url}
    return subject.format_map(said), text.format_map(said)
