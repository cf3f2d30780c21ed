"""What the code on an invoice holds, for whom it is, and when there is none; ZXing read each of them off the paper."""

import pytest
from msgspec.structs import replace

from laddnav.billing.model import Invoice, PaidFrom
from laddnav.billing.references import iban_fits
from laddnav.billing.scan import ScannedBy, scan_of
from laddnav.kit.ids import PartyId
from tests.billing.charges import TANKA, cdr, energy
from tests.billing.test_pdf import drawn_up, read

SWEDISH, GERMAN = "SE35 5000 0000 0549 1000 0003", "DE89 3704 0044 0532 0130 00"


def invoice(currency: str = "SEK", **of_seller: object) -> Invoice:
    one = drawn_up(cdr(energy("12.345", "3.49"), token_owner=TANKA))
    return replace(one, currency=currency, seller=replace(one.seller, **of_seller))


@pytest.mark.parametrize(
    ("one", "by", "holds"),
    [
        (invoice(swish="1231181189"), ScannedBy.SWISH, "C1231181189;53,85;2026000428;0"),
        (
            invoice("EUR", pay_to=SWEDISH),
            ScannedBy.BANK,
            "BCD\n002\n1\nSCT\n\nLaddnav AB\nSE3550000000054910000003\nEUR53.85\n\n\n2026000428",
        ),
        (
            invoice("EUR", pay_to=f"IBAN: {GERMAN}", holder=PartyId("DE", "LAD"), name="Ä" * 90),
            ScannedBy.BANK,
            f"BCD\n002\n1\nSCT\n\n{'Ä' * 70}\nDE89370400440532013000\nEUR53.85\n\nRF28LAD202600042",
        ),
    ],
    ids=["Swish", "a bank, by what is written", "a bank, by an RF reference"],
)
def test_an_invoice_says_by_a_code_how_it_is_paid(one: Invoice, by: ScannedBy, holds: str) -> None:
    found = scan_of(one)
    assert found is not None
    assert (found.by, found.text) == (by, holds)
    assert found.svg().startswith(b"<svg")


@pytest.mark.parametrize(
    "one",
    [
        invoice(),
        invoice(pay_to=SWEDISH),  # no crowns by the scheme of the euro
        invoice("EUR", pay_to="Bankgiro 123-4567", swish="1231181189"),
        invoice("EUR", pay_to=SWEDISH.replace("0003", "0004")),  # a slip of the pen
        invoice("EUR", pay_to="TR33 0006 1005 1978 6457 8413 26"),  # beyond the scheme
        replace(invoice(swish="1231181189"), number=None),
        *(replace(invoice(swish="1231181189"), paid_from=source) for source in PaidFrom),  # it would be paid twice
        replace(invoice(swish="1231181189"), rounding=-invoice().total_incl),  # nothing to pay
        replace(invoice(swish="1231181189"), rounding=-2 * invoice().total_incl),
    ],
)
def test_there_is_no_code_where_it_would_lead_nowhere(one: Invoice) -> None:
    assert scan_of(one) is None


def test_the_paper_says_which_app_reads_it() -> None:
    assert "Skanna med Swish" in read(invoice(swish="1231181189"), "sv")
    assert "Mit der Banking-App scannen" in read(invoice("EUR", pay_to=GERMAN), "de")


def test_an_iban_is_proved_by_its_check_digits() -> None:
    assert iban_fits("GB82WEST12345698765432")
    assert not any(iban_fits(wrong) for wrong in ("GB82WEST12345698765431", "GB82", "", "gb82west12345698765432"))
