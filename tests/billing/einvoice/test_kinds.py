"""Every kind of invoice passes the schemas and rules of EN 16931, Factur-X and Peppol, and what is wrong does not."""

import re
from decimal import Decimal
from io import BytesIO
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from pypdf import PdfReader

from laddnav.billing.einvoice.cii import cii
from laddnav.billing.einvoice.document import document
from laddnav.billing.einvoice.en16931 import Document, NotIssuedYet, NoVatNumber
from laddnav.billing.einvoice.peppol import Lack, lacking
from laddnav.billing.einvoice.ubl import ubl
from laddnav.billing.pdf import pdf
from tests.billing.einvoice.kinds import KINDS, ONE, SELLER, drawn_up
from tests.billing.einvoice.officials import Officials


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_invoice_passes_as_ubl(officials: Officials, kind: str) -> None:
    written = ubl(document(KINDS[kind](), "en"))
    assert officials.find(written) == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_invoice_passes_as_cii(officials: Officials, kind: str) -> None:
    assert officials.find(cii(document(KINDS[kind](), "sv"))) == []


# ---- The rules are asked: what is wrong is found

WRONG: dict[str, tuple[str, str, str]] = {
    "a sum of VAT": (r"(<cbc:TaxAmount[^>]*>)[\d.]+(<)", r"\g<1>1.00\2", "BR-CO-17"),
    "what is to pay": (r"(<cbc:PayableAmount[^>]*>)[\d.]+(<)", r"\g<1>1.00\2", "BR-CO-16"),
    "the amount of a line": (
        r"(<cbc:LineExtensionAmount[^>]*>)[\d.]+(</cbc:LineExtensionAmount><cac:In)",
        r"\g<1>9.00\2",
        "BR-CO-10",
    ),
    "no seller": (r"<cbc:RegistrationName>Laddnav AB<[^>]*>", "", "BR-06"),
    "no VAT number": (r"<cac:PartyTaxScheme>.*?</cac:PartyTaxScheme>", "", "BR-S-02"),
    "a currency that is none": (r"SEK</cbc:DocumentCurrencyCode>", "KRO</cbc:DocumentCurrencyCode>", "BR-CL-04"),
    "an element that is none": (r"cbc:DueDate", "cbc:DueDay", "schema"),
    "no reference of the buyer": (r"<cbc:BuyerReference>[^<]*</cbc:BuyerReference>", "", "PEPPOL-EN16931-R003"),
    "no address of the buyer": (r"<cbc:EndpointID[^>]*>5560125790</cbc:EndpointID>", "", "PEPPOL-EN16931-R010"),
    "a rate that Sweden has not": (r"<cbc:Percent>25</cbc:Percent>", "<cbc:Percent>24</cbc:Percent>", "SE-R-006"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_in_a_ubl_invoice_is_found_by_its_rule(officials: Officials, wrong: str) -> None:
    pattern, instead, rule = WRONG[wrong]
    written = ubl(document(KINDS["domestic"](), "en")).decode()
    changed = re.sub(pattern, instead, written)
    assert changed != written
    assert rule in {found.partition(":")[0] for found in officials.find(changed.encode())}


@pytest.mark.parametrize(
    ("pattern", "instead", "rule"),
    [
        (r"(<ram:DuePayableAmount>)[\d.]+", r"\g<1>1.00", "BR-CO-16"),
        (r"(<ram:BasisAmount>)[\d.]+", r"\g<1>1.00", "BR-S-08"),
        (r"<ram:ExemptionReason(Code)?>[^<]*</ram:ExemptionReason(Code)?>", "", "BR-AE-10"),
        (r"ram:CountryID>SE", "ram:CountryID>SWE", "CountryID"),
    ],
)
def test_what_is_wrong_in_a_cii_invoice_is_found_by_its_rule(
    officials: Officials, pattern: str, instead: str, rule: str
) -> None:
    kind = "reverse charge" if rule == "BR-AE-10" else "domestic"
    written = cii(document(KINDS[kind](), "en")).decode()
    changed = re.sub(pattern, instead, written)
    assert changed != written
    assert any(rule in found for found in officials.find(changed.encode()))


# ---- Inside a PDF


@pytest.mark.parametrize("kind", ["domestic", "reverse charge", "a credit note", "a driver abroad"])
def test_the_invoice_for_machines_lies_in_the_pdf_and_passes(officials: Officials, kind: str) -> None:
    invoice = KINDS[kind]()
    paper = pdf(invoice, "de")
    assert officials.find(paper, "invoice.pdf") == []
    reader = PdfReader(BytesIO(paper))
    assert reader.attachments == {"factur-x.xml": [cii(document(invoice, "de"))]}
    root: Any = reader.root_object
    (file,) = (one.get_object() for one in root["/AF"])
    assert (file["/AFRelationship"], file["/EF"]["/F"]["/Subtype"]) == ("/Alternative", "/text/xml")
    said = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in said and "<pdfaid:conformance>A</pdfaid:conformance>" in said
    facts = {name: re.findall(f"<fx:{name}>([^<]*)<", said) for name in ("DocumentFileName", "ConformanceLevel")}
    assert facts == {"DocumentFileName": ["factur-x.xml"], "ConformanceLevel": ["EN 16931"]}
    # The metadata is XML still, and the table of objects finds each of them.
    ElementTree.fromstring(said)
    assert all(reader.get_object(number) is not None for number in range(1, cast("int", reader.trailer["/Size"])))


def test_a_draft_has_nothing_for_machines_and_neither_has_a_page_in_letters_that_archives_do_not_take() -> None:
    invoice = KINDS["domestic"]()
    assert PdfReader(BytesIO(pdf(replace(invoice, number=None, issued_at=None), "en"))).attachments == {}
    charge = replace(invoice.charges[0], place="北京")
    assert PdfReader(BytesIO(pdf(replace(invoice, charges=(charge,)), "en"))).attachments == {}


# ---- What stands in it


def test_a_credit_note_tells_its_amounts_positive_and_cites_what_it_corrects() -> None:
    written = ubl(document(KINDS["a credit note"](), "en")).decode()
    assert "<CreditNote " in written and ">381<" in written
    assert "<cbc:ID>LAD-2026-00041</cbc:ID><cbc:IssueDate>2026-11-21</cbc:IssueDate>" in written
    assert ">53.85</cbc:PayableAmount>" in written and ">12.345</cbc:CreditedQuantity>" in written


def test_what_we_bill_in_the_name_of_a_host_is_sold_by_the_host_to_us_and_says_so() -> None:
    """Directive 2006/112/EC, articles 224 and 226 (10a); UNTDID 1001: 389 and 261."""
    it = document(KINDS["self-billed"](), "sv")
    assert (it.kind, it.seller.name, it.buyer.name) == ("389", "Kajens Parkering AB", "Laddnav AB")
    assert (it.seller.vat_number, it.buyer.vat_number) == ("SE556012579001", "SE556703748501")
    assert (it.lines_total, it.tax_total, it.to_pay) == (Decimal("1453.40"), Decimal("363.35"), Decimal("1816.75"))
    assert "Självfakturering" in it.note and it.account is None and it.reference == it.number
    written = ubl(it).decode()
    assert "poacc:selfbilling:3.0</cbc:CustomizationID>" in written and "InvoiceTypeCode>389<" in written
    assert "poacc:selfbilling:01:1.0</cbc:ProfileID>" in written
    back = document(KINDS["self-billed, and more is taken back"](), "en")
    assert (back.kind, back.to_pay, back.due_on) == ("261", Decimal("101.56"), None)
    assert "<CreditNote " in ubl(back).decode() and "CreditNoteTypeCode>261<" in ubl(back).decode()
    outside = document(KINDS["self-billed for a host that bears no VAT"](), "de")
    assert "nicht für die Umsatzsteuer registriert" in outside.note and "Verzug" not in outside.note
    assert [tax.reason for tax in outside.taxes] == [
        "Keine Umsatzsteuer: Der Verkäufer ist nicht für die Umsatzsteuer registriert."
    ]
    assert [tax.category for tax in outside.taxes] == ["O"] and "Gutschrift" in outside.note and lacking(outside)


def test_the_paper_of_a_self_billed_invoice_names_who_sells_who_made_it_and_what_is_paid() -> None:
    said = " ".join(PdfReader(BytesIO(pdf(KINDS["self-billed"](), "sv"))).pages[0].extract_text().split())
    assert "Självfaktura" in said and "Säljare Kajens Parkering AB" in said and "Utfärdad av köparen" in said
    assert "1 816,75" in said.replace("\xa0", " ") and "Vi betalar senast 2026-12-31" in said and "−" not in said
    german = " ".join(PdfReader(BytesIO(pdf(KINDS["self-billed"](), "de"))).pages[0].extract_text().split())
    assert "Gutschrift" in german, "the word that German law asks for (§ 14 Abs. 4 Nr. 10 UStG)"


def test_a_dealer_of_another_state_finds_why_there_is_no_vat() -> None:
    it = document(KINDS["reverse charge"](), "sv")
    (tax,) = it.taxes
    assert (tax.category, tax.percent, tax.code) == ("AE", Decimal(0), "VATEX-EU-AE")
    assert tax.reason is not None and tax.reason.startswith("Omvänd betalningsskyldighet")
    assert not lacking(it) and it.buyer.endpoint == ("9944", "NL123456782B90")


def test_a_driver_is_not_in_the_network_and_gets_a_plain_invoice_of_the_norm() -> None:
    it = document(KINDS["a driver abroad"](), "en")
    assert lacking(it) == (Lack.BUYER_ADDRESS, Lack.RATE) and it.buyer.endpoint is None
    assert [(tax.category, tax.percent) for tax in it.taxes] == [("S", Decimal(rate)) for rate in ("25.5", "25", "21")]
    assert "NL987654321B01" in it.note and "charged (Finland)" in it.note


def test_each_line_of_a_charge_says_on_which_cost_centre_its_buyer_books_it() -> None:
    it = document(KINDS["a company with cost centres"](), "en")
    assert [one.cost_centre for one in it.rows] == ["47 & 11", "47 & 11", None, None, None]
    assert (
        ubl(it).count(b"<cbc:AccountingCost>47 &amp; 11<")
        == cii(it).count(b"TradeAccountingAccount><ram:ID>47 &amp;")
        == 2
    )


def test_where_the_money_goes_is_said_as_its_country_says_it() -> None:
    giro, iban = (document(KINDS[kind](), "en").account for kind in ("domestic", "reverse charge inside Germany"))
    assert giro is not None and (giro.means, giro.number, giro.branch) == ("30", "58056201", "SE:BANKGIRO")
    assert iban is not None and (iban.means, iban.number, iban.iban) == ("58", "DE89370400440532013000", True)


def test_what_is_taken_names_no_account_and_a_card_its_code() -> None:
    card = document(KINDS["a driver whose card is charged"](), "en")
    wallet = document(KINDS["a driver who pays from a wallet"](), "en")
    assert (card.means, card.account, wallet.means, wallet.account) == ("48", None, None, None)
    assert b"<cbc:PaymentMeansCode>48</cbc:PaymentMeansCode>" in ubl(card) and b"58056201" not in ubl(card)
    assert b"<ram:TypeCode>48</ram:TypeCode>" in cii(card) and b"58056201" not in cii(card)
    assert b"PaymentMeans" not in ubl(wallet) + cii(wallet)


def test_an_address_is_parted_into_street_post_code_and_city() -> None:
    it = document(KINDS["domestic"](), "en")
    assert (it.buyer.lines, it.buyer.post_code, it.buyer.city) == (("Box 17",), "411 03", "Göteborg")


@pytest.mark.parametrize("kind", KINDS)
def test_both_spellings_add_up_as_the_invoice_does(kind: str) -> None:
    invoice = KINDS[kind]()
    it: Document = document(invoice, "en")
    assert sum(row.amount for row in it.rows) == it.lines_total == abs(invoice.total_excl)
    assert it.to_pay == abs(invoice.to_pay)
    assert all(row.price >= 0 for row in it.rows)
    assert all(abs(row.quantity * row.price / (row.per or 1) - row.amount) <= Decimal("0.01") for row in it.rows)


def test_what_is_no_invoice_yet_or_lacks_a_vat_number_is_refused() -> None:
    with pytest.raises(NotIssuedYet):
        document(replace(KINDS["domestic"](), number=None), "en")
    with pytest.raises(NoVatNumber):
        document(drawn_up((ONE, "SE"), seller=replace(SELLER, vat_number=None)), "en")
