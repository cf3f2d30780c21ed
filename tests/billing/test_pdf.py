"""What a reader finds on the paper, in each language."""

import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from babel.numbers import format_decimal
from msgspec.structs import replace
from pypdf import PdfReader

from laddnav.billing.model import Debtor, DebtorKind, Invoice, PaidFrom, Period
from laddnav.billing.pdf import amount_of, pdf
from laddnav.billing.rules import charge_of, due_at, owing, seller_of
from laddnav.billing.sums import taxed
from laddnav.cdrs.model import Cdr, Costs
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price, TaxAmount
from laddnav.pricing.reasons import Because, Reason
from laddnav.tariffs.model import Restriction
from tests.billing.charges import LADDNAV, NOON, TANKA, TNM, cdr, energy, party

NUMBERS = {"NL": "NL123456789B01", "SE": "SE556012345601", "NO": "NO987654321MVA"}
ISSUED_AT = datetime(2026, 12, 1, 5, tzinfo=UTC)
AT_NIGHT = Reason(code=Because.WHILE, restriction=Restriction(start_time=time(22), end_time=time(6)))
NIGHT = replace(energy("1018.402", "2.95", element=1), reason=AT_NIGHT)


def drawn_up(*cdrs: Cdr, name: str = "Tanka AB", zone: str = "Europe/Stockholm") -> Invoice:
    seller = party()
    kind, debtor_id = owing(cdrs[0])
    debtor = Debtor(
        holder=LADDNAV,
        id=debtor_id,
        ref="r",
        kind=kind,
        name=name if kind is DebtorKind.PARTNER else cdrs[0].token.contract_id,
        country=cdrs[0].token.owner.country,
        address="Box 17\n411 03 Göteborg" if kind is DebtorKind.PARTNER else None,
        vat_number=NUMBERS[cdrs[0].token.owner.country] if kind is DebtorKind.PARTNER else None,
        created_at=NOON,
    )
    charges, _, vat = taxed(seller, debtor, [charge_of(each, zone) for each in cdrs], (), "SEK")
    return Invoice(
        holder=LADDNAV,
        ref="r",
        number="LAD-2026-00042",
        seller=seller_of(seller),
        debtor=debtor,
        currency="SEK",
        period=Period("2026-11", ISSUED_AT),
        opened_at=NOON,
        issued_at=ISSUED_AT,
        due_at=due_at(ISSUED_AT, seller),
        charges=charges,
        vat=vat,
    )


def read(invoice: Invoice, language: str) -> str:
    """All text, with every run of blanks as one."""
    pages = PdfReader(BytesIO(pdf(invoice, language))).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def test_a_partners_invoice_says_who_what_where_when_how_much_and_why() -> None:
    text = read(drawn_up(cdr(energy("12.345", "3.49"), NIGHT, token_owner=TANKA, energy_kwh="1030.747")), "en")
    for said in (
        "Laddnav AB Invoice",
        "Tanka AB Box 17 411 03 Göteborg VAT number SE556012345601",
        "Number LAD-2026-00042 Date 2026-12-01 Due date 2026-12-31 Period 2026-11-21 Customer SE*TNK",
        "To pay 3,809.21 SEK",
        "To Bankgiro 123-4567 by 2026-12-31 Reference 2026000428",
        "Slussen P-hus Katarinavägen 16, 116 45 Stockholm",
        "2026-11-21 12:00–13:00 CET · 1,030.747 kWh",
        "CDR C1 · SE*LAD*E0001 · Contract SE-C1",
        "The price that always applies. Tariff CITY, element 1, component 1. 12.345 kWh 3.49 / kWh 25 % 43.08",
        "1,018.402 kWh 2.95 / kWh 25 % 3,004.29",
        "Total before VAT 3,047.37 SEK",
        "VAT 25 % on 3,047.37 SEK 761.84 SEK",
        "Total with VAT 3,809.21 SEK",
        "Storgatan 1, 111 51 Stockholm · VAT number SE556677889901 · laddnav.example",
        "Invoice LAD-2026-00042 1 / 1",
    ):
        assert said in text
    assert "from 22:00 to 06:00" in text


def test_a_drivers_invoice_is_swedish_where_the_driver_is() -> None:
    told = Costs(
        total=Price(Decimal("112.40"), (TaxAmount("VAT", Decimal("23.60"), Decimal(21)),)),
        energy=Price(Decimal("100.00")),
        parking=Price(Decimal("12.40")),
    )
    abroad = cdr(owner=TNM, token_owner=LADDNAV, costs=told, parked=timedelta(minutes=20), id="T1")
    text = read(drawn_up(cdr(energy("12.345", "3.49"), token_owner=LADDNAV), abroad), "sv")
    for said in (
        "Laddnav AB Faktura",
        "Avtal SE-C1",
        "Nummer LAD-2026-00042 Datum 2026-12-01 Förfallodag 2026-12-31",
        "Till Bankgiro 123-4567 senast 2026-12-31 Referens 2026000428",
        "Priset som alltid gäller. Tariff CITY, element 1, komponent 1. 12,345 kWh 3,49 / kWh 25 % 43,08",
        "Operatör NL*TNM",
        "Vidarefakturerat utan påslag: vad stationens operatör begär. 12,345 kWh 21 % 100,00",
        "Parkeringstid",
        "Summa exklusive moms 155,48 SEK",
        "Moms 25 % på 43,08 SEK 10,77 SEK Moms 21 % på 112,40 SEK 23,60 SEK",
        "Summa inklusive moms 189,85 SEK",
    ):
        assert said in text


def test_an_unknown_language_is_english() -> None:
    assert "Laddnav AB Invoice" in read(drawn_up(cdr(energy("1", "1"))), "fi")


def test_rounding_is_a_line_with_its_reason() -> None:
    text = read(drawn_up(cdr(*(energy("1", "0.014"),) * 3)), "en")
    assert "Rounding The charge is rounded once as a whole; by so much its lines, rounded one by one, differ." in text


@pytest.mark.parametrize(
    ("partner", "note"),
    [
        (TNM, "Reverse charge: VAT is accounted for by the buyer"),
        (
            PartyId("NO", "FJO"),
            "Not subject to VAT of the seller's country; the electricity is supplied elsewhere: Norway",
        ),
    ],
)
def test_an_invoice_without_vat_says_why(partner: PartyId, note: str) -> None:
    text = read(drawn_up(cdr(energy("10", "4"), token_owner=partner)), "en")
    assert note in text.replace("’", "'")
    assert "Total with VAT 40.00 SEK" in text


def test_a_credit_note_asks_for_nothing_and_names_what_it_takes_back() -> None:
    text = read(drawn_up(cdr(energy("12.345", "3.49"), id="C1-C", credits="C1", token_owner=TANKA)), "en")
    assert "Credit note" in text and "To your credit 53.85 SEK" in text and "Credit of CDR C1" in text
    assert "−12.345 kWh 3.49 / kWh 25 % −43.08" in text
    assert "Due date" not in text and "Bankgiro" not in text


@pytest.mark.parametrize(
    ("source", "language", "says"),
    [
        (PaidFrom.CARD, "en", "Is taken from your card: there is nothing for you to do."),
        (PaidFrom.WALLET, "sv", "Betalas ur din plånbok. Räcker den inte ber vi dig om resten."),
        (PaidFrom.SPOT, "de", "Wird mit Ihrer Zahlung vor Ort bezahlt."),
    ],
)
def test_what_is_taken_is_not_asked_for(source: PaidFrom, language: str, says: str) -> None:
    one = drawn_up(cdr(energy("12.345", "3.49"), token_owner=LADDNAV))
    text = read(replace(one, paid_from=source), language)
    assert says in text and "Bankgiro" not in text and "2026000428" not in text


def test_what_vouchers_leave_is_asked_for() -> None:
    one = drawn_up(cdr(energy("12.345", "3.49"), token_owner=LADDNAV))
    text = read(replace(one, paid_from=PaidFrom.VOUCHERS), "en")
    assert "Your vouchers pay first. Please pay what they leave: To Bankgiro 123-4567 by 2026-12-31" in text


def test_an_open_invoice_says_that_it_is_not_one_yet() -> None:
    text = read(replace(drawn_up(cdr(energy("1", "1"))), number=None, issued_at=None, due_at=None), "en")
    assert "Open invoice, not yet issued" in text
    assert "Number" not in text and "Due" not in text


def test_times_are_those_of_the_place_and_name_their_zone_twice_in_the_night_when_clocks_change() -> None:
    autumn = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    text = read(drawn_up(cdr(energy("1", "1"), ended_at=autumn)), "en")
    assert "2026-10-25 02:30 CEST – 2026-10-25 02:30 CET" in text
    text = read(drawn_up(cdr(energy("1", "1")), zone="America/New_York"), "en")
    assert "2026-11-21 06:00–07:00 EST" in text


def test_a_charge_is_never_parted_from_its_heading_and_every_page_is_numbered() -> None:
    reader = PdfReader(BytesIO(pdf(drawn_up(*(cdr(energy("1", "1"), id=f"C{n}") for n in range(40))), "en")))
    last = len(reader.pages)
    assert last > 2
    for number, page in enumerate(reader.pages, 1):
        lines = [line.strip() for line in page.extract_text().splitlines() if line.strip()]
        assert f"{number} / {last}" in lines[-1]
        assert "CDR C" not in lines[-2]


def test_the_file_is_made_for_archives_and_carries_its_typeface_title_and_language() -> None:
    reader = PdfReader(BytesIO(pdf(drawn_up(cdr(energy("1", "1"))), "sv")))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == ("Faktura LAD-2026-00042", "Laddnav AB")
    root: Any = reader.root_object
    pages: Any = reader.pages
    assert root["/Lang"] == "sv"
    assert b"pdfaid" in root["/Metadata"].get_data()
    fonts = {str(font["/BaseFont"]) for page in pages for font in page["/Resources"]["/Font"].values()}
    assert {name.partition("+")[2].partition("-")[0] for name in fonts} == {"HankenGrotesk"}


def test_the_same_invoice_makes_the_same_file() -> None:
    invoice = drawn_up(cdr(energy("1", "1")))
    assert pdf(invoice, "en") == pdf(invoice, "en")


@pytest.mark.parametrize("odd", ["#panic(1) $x$ *b* \\ @a [", "Ελλάδα Москва", "北京", "\N{AUTOMOBILE}", "a\x01b", '"'])
def test_no_name_of_a_place_keeps_an_invoice_from_leaving(odd: str) -> None:
    invoice = drawn_up(cdr(energy("1", "1")))
    named = replace(invoice, charges=(replace(invoice.charges[0], place=odd),))
    assert "To pay 1.00 SEK" in read(named, "en")


def test_words_of_typst_are_printed_and_not_obeyed() -> None:
    invoice = drawn_up(cdr(energy("1", "1")), name="#sys.version *AB*")
    assert "#sys.version *AB*" in read(invoice, "en")


@pytest.mark.parametrize("language", ["en", "sv", "de"])
def test_numbers_are_written_as_babel_writes_them(language: str) -> None:
    locale = {"en": "en_GB", "sv": "sv_SE", "de": "de_DE"}[language]
    for value in map(Decimal, ("0", "7", "-7", "0.125", "0.135", "999.999", "-1000", "1234.5", "12345678.9", "4E+3")):
        for least, most, pattern in ((0, 0, "#,##0"), (2, 2, "#,##0.00"), (0, 4, "#,##0.####"), (2, 6, "#,##0.00####")):
            by_babel = format_decimal(value, format=pattern, locale=locale).replace("-", "\N{MINUS SIGN}")
            assert amount_of(value, least, most, language) == by_babel
