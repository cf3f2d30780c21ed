"""What the mail beside an invoice asks for: never what is taken from here, and only what is open."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from laddnav.billing.letters import beside_invoice
from laddnav.billing.model import PaidFrom
from tests.billing.charges import LADDNAV, cdr, energy
from tests.billing.test_pdf import drawn_up

ONE = drawn_up(cdr(energy("12.345", "3.49"), token_owner=LADDNAV))  # 53.85 SEK
PLEASE = {
    "en": "Please pay by 2026-12-31 to Bankgiro 123-4567, with the reference 2026000428.",
    "sv": "Betala senast 2026-12-31 till Bankgiro 123-4567 med referensen 2026000428.",
    "de": "Bitte zahlen Sie bis 2026-12-31 auf Bankgiro 123-4567 mit dem Verwendungszweck 2026000428.",
}
REST = {
    "en": "If that does not reach, we ask you for the rest.",
    "sv": "Räcker det inte ber vi dig om resten.",
}
FIRST = "Dina värdekoder betalar först, och du betalar det som återstår."


def asked(source: PaidFrom | None, language: str, open: str) -> str:
    """What stands between the sentence that brings it and the name of its seller."""
    _, text = beside_invoice(replace(ONE, paid_from=source), language, "2026-12-31", Decimal(open))
    return text.split("\n\n")[1].replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("source", "language", "open", "says"),
    [
        (None, "en", "53.85", PLEASE["en"]),
        (None, "de", "13.85", f"Davon sind noch 13,85 SEK zu zahlen. {PLEASE['de']}"),
        (None, "sv", "0", "Den är redan betald, så du behöver inte göra något."),
        (PaidFrom.CARD, "en", "53.85", "53.85 SEK is taken from your card; there is nothing for you to do."),
        (PaidFrom.CARD, "sv", "13.85", "13,85 SEK dras från ditt kort, så du behöver inte göra något."),
        (
            PaidFrom.WALLET,
            "en",
            "53.85",
            f"53.85 SEK is paid from your wallet. {REST['en']}",
        ),
        (PaidFrom.WALLET, "de", "0", "Sie ist schon bezahlt; Sie brauchen nichts zu tun."),
        (
            PaidFrom.SPOT,
            "sv",
            "53.85",
            f"53,85 SEK betalas med det du betalade på plats. {REST['sv']}",
        ),
        (
            PaidFrom.VOUCHERS,
            "sv",
            "53.85",
            f"{FIRST} {PLEASE['sv']}",
        ),
        (PaidFrom.VOUCHERS, "sv", "13.85", f"Av den återstår 13,85 SEK att betala. {PLEASE['sv']}"),
    ],
)
def test_a_mail_asks_for_what_is_open_and_is_not_taken(
    source: PaidFrom | None, language: str, open: str, says: str
) -> None:
    assert asked(source, language, open) == says
