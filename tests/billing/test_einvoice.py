"""Every kind of invoice passes the schemas and rules of EN 16931, Factur-X and Peppol, and what is wrong does not."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace
from pypdf import PdfReader

from laddnav.billing.cii import cii
from laddnav.billing.credits import credits, left
from laddnav.billing.einvoice import Document, NotIssuedYet, NoVatNumber
from laddnav.billing.einvoicing import document
from laddnav.billing.model import Cited, Debtor, DebtorKind, Invoice, Item, ItemKind, PaidFrom, Period, Supply, Who
from laddnav.billing.pdf import pdf
from laddnav.billing.peppol import Lack, lacking
from laddnav.billing.rules import charge_of, due_at, owing, seller_of
from laddnav.billing.sums import rounding_of, taxed
from laddnav.billing.ubl import ubl
from laddnav.cdrs.model import Cdr, Costs
from laddnav.kit.ids import PartyId
from laddnav.kit.money import Price
from laddnav.parties.model import Party, VatRegistration
from tests.billing.charges import FJORD, LADDNAV, NOON, TANKA, TNM, cdr, energy, item, party
from tests.billing.officials import Officials

NUMBERS = {
    "DE": "DE123456788",
    "DK": "DK13585628",
    "FI": "FI20774740",
    "GR": "EL094259216",
    "IT": "IT00743110157",
    "LU": "LU15027442",
    "NL": "NL123456782B90",
    "NO": "NO974760673MVA",
    "SE": "SE556012579001",
    "SK": "SK2022749619",
}
ISSUED_AT = datetime(2026, 12, 1, 5, tzinfo=UTC)
SELLER = replace(party(), vat_number="SE556703748501", pay_to="Bankgiro 5805-6201")


def drawn_up(
    *charged: tuple[Cdr, str],
    seller: Party = SELLER,
    currency: str = "SEK",
    corrects: tuple[Cited, ...] = (),
    items: tuple[Item, ...] = (),
) -> Invoice:
    """`charged`: CDRs, each with the country where it was."""
    first = charged[0][0]
    kind, debtor_id = owing(first)
    dealer = kind is DebtorKind.PARTNER
    debtor = Debtor(
        holder=seller.holder,
        id=debtor_id,
        ref="r",
        kind=kind,
        name="Tanka & <Söner> AB" if dealer else first.token.contract_id,
        country=first.token.owner.country,
        address="Box 17\n411 03 Göteborg" if dealer else None,
        vat_number=NUMBERS[first.token.owner.country] if dealer else None,
        created_at=NOON,
    )
    charges = [replace(charge_of(one, "Europe/Stockholm"), country=place) for one, place in charged]
    with_rates, added, vat = taxed(seller, debtor, charges, items, currency)
    invoice = Invoice(
        holder=seller.holder,
        ref="r",
        number="LAD-2026-00042",
        seller=seller_of(seller),
        debtor=debtor,
        currency=currency,
        period=Period("2026-11", ISSUED_AT),
        opened_at=NOON,
        issued_at=ISSUED_AT,
        due_at=due_at(ISSUED_AT, seller),
        charges=with_rates,
        items=added,
        vat=vat,
        corrects=corrects,
    )
    return replace(invoice, rounding=rounding_of(seller, invoice.total_incl))


ONE = cdr(energy("12.345", "3.49"), energy("1018.402", "2.95", element=1), token_owner=TANKA, energy_kwh="1030.747")
BACK = cdr(energy("12.345", "3.49"), id="C1-C", credits="C1", token_owner=TANKA)
ROUNDED = cdr(*(energy("1", "0.014"),) * 3, token_owner=TANKA)
NEGATIVE = cdr(energy("10", "4"), energy("5", "-0.30"), token_owner=TANKA, id="N")
TOLD = cdr(
    owner=TNM,
    token_owner=LADDNAV,
    costs=Costs(total=Price(Decimal("112.41")), energy=Price(Decimal("100.00")), parking=Price(Decimal("12.40"))),
    parked=timedelta(minutes=20),
    id="T1",
)
OURS = cdr(energy("12.345", "3.49"), token_owner=LADDNAV)
ABROAD = cdr(energy("12.345", "3.49", vat=None), token_owner=LADDNAV, id="F1")
GERMAN = replace(
    party(PartyId("DE", "LAD"), vat="19"),
    name="Laddnav GmbH",
    vat_number="DE111111125",
    address="Hauptstraße 5\n10115 Berlin",
    pay_to="DE89 3704 0044 0532 0130 00",
    time_zone="Europe/Berlin",
)
SHOP = replace(
    SELLER,
    vat_registrations=(
        VatRegistration(country="SE", number="SE556703748501", one_stop_shop=True, since=date(2020, 1, 1)),
        VatRegistration(country="NL", number="NL987654321B01", since=date(2020, 1, 1)),
    ),
)
NEXT_YEAR = replace(ABROAD, started_at=NOON + timedelta(days=60), ended_at=NOON + timedelta(days=60, hours=1))

REMINDED = item("60", ItemKind.FEE, "REMINDER_FEE", supply=Supply.NONE)


def taken_back(invoice: Invoice, *lines: int) -> Invoice:
    """A credit note of all of it, or of these lines."""
    back = credits(invoice, ISSUED_AT, left(invoice, (), ()), lines or None)
    cited = Cited(invoice.number or "", invoice.issued_at or NOON)
    _, rated, vat = taxed(SELLER, invoice.debtor, (), back, invoice.currency)
    return replace(invoice, number="LAD-2026-00043", charges=(), items=rated, vat=vat, corrects=(cited,))


def for_host(*amounts: str, country: str = "SE", registered: bool = True) -> Invoice:
    """What a place earned its host, who sold it to us: below zero, for it is owed by us."""
    debtor = Debtor(
        holder=SELLER.holder,
        id="host:ICA",
        ref="h",
        kind=DebtorKind.HOST,
        name="Kajens Parkering AB",
        country=country,
        address="Kajen 3\n411 03 Göteborg",
        vat_number=NUMBERS[country] if registered else None,
        created_at=NOON,
    )
    some = [item(one, ItemKind.SHARE, "SHARE", supply=Supply.SERVICE) for one in amounts]
    _, rated, vat = taxed(SELLER, debtor, (), some, "SEK")
    return Invoice(
        holder=SELLER.holder,
        ref="s",
        number="LAD-SB-2026-ICA-00007",
        seller=seller_of(SELLER),
        debtor=debtor,
        currency="SEK",
        period=Period("2026-11", ISSUED_AT),
        opened_at=NOON,
        issued_at=ISSUED_AT,
        due_at=due_at(ISSUED_AT, SELLER),
        charges=(),
        items=rated,
        vat=vat,
        self_billed=True,
    )


def of_centre(invoice: Invoice, centre: str) -> Invoice:
    """Its first charge is."""
    first, *others = invoice.charges
    return replace(invoice, charges=(replace(first, who=Who(cost_centre=centre, driver="Bo")), *others))


KINDS: dict[str, Callable[[], Invoice]] = {
    "domestic": lambda: drawn_up((ONE, "SE")),
    "domestic with rounding of a charge": lambda: drawn_up((ROUNDED, "SE")),
    "domestic to whole crowns": lambda: drawn_up((ONE, "SE"), seller=replace(SELLER, round_to=Decimal(1))),
    "several rates": lambda: drawn_up((ONE, "SE"), (cdr(energy("1", "9", vat="12"), id="x", token_owner=TANKA), "SE")),
    "a price below zero": lambda: drawn_up((NEGATIVE, "SE")),
    "a charge and the credit of another": lambda: drawn_up((ONE, "SE"), (BACK, "SE")),
    "a credit note": lambda: drawn_up((BACK, "SE"), corrects=(Cited("LAD-2026-00041", NOON),)),
    "a credit note to whole crowns": lambda: drawn_up((BACK, "SE"), seller=replace(SELLER, round_to=Decimal(1))),
    "reverse charge": lambda: drawn_up((cdr(energy("12.345", "3.49"), token_owner=TNM), "SE")),
    "reverse charge inside Germany": lambda: drawn_up(
        (cdr(energy("12.345", "0.49", vat="19"), token_owner=PartyId("DE", "TNK"), holder=GERMAN.holder), "DE"),
        seller=GERMAN,
        currency="EUR",
    ),
    "beyond the Union": lambda: drawn_up((cdr(energy("12.345", "3.49"), token_owner=FJORD), "SE")),
    "a driver": lambda: drawn_up((OURS, "SE"), (TOLD, "SE")),
    "a driver whose card is charged": lambda: replace(drawn_up((OURS, "SE")), paid_from=PaidFrom.CARD),
    "a dealer whose card is charged": lambda: replace(drawn_up((ONE, "SE")), paid_from=PaidFrom.CARD),
    "a driver who pays from a wallet": lambda: replace(drawn_up((OURS, "SE")), paid_from=PaidFrom.WALLET),
    "a driver abroad": lambda: drawn_up((OURS, "SE"), (ABROAD, "FI"), (replace(ABROAD, id="F2"), "NL"), seller=SHOP),
    "a driver abroad by the one-stop shop": lambda: drawn_up((OURS, "SE"), (NEXT_YEAR, "DK"), seller=SHOP),
    "a driver beyond the Union as well": lambda: drawn_up((OURS, "SE"), (ABROAD, "NO")),
    "a driver beyond the Union only": lambda: drawn_up((ABROAD, "NO")),
    "zero": lambda: drawn_up((cdr(energy("12.345", "3.49", vat="0"), token_owner=LADDNAV), "SE")),
    "a charge with a subscription and a discount": lambda: drawn_up(
        (OURS, "SE"), items=(item("79"), item("-12.50", ItemKind.DISCOUNT, "MEMBER_PRICE"))
    ),
    "a subscription for a company across the border": lambda: drawn_up(
        (cdr(energy("12.345", "3.49"), token_owner=TNM), "SE"), items=(item("79"),)
    ),
    "a charge and a reminder's fee, which bears no VAT": lambda: drawn_up((OURS, "SE"), items=(REMINDED,)),
    "a charge across the border and a reminder's fee": lambda: drawn_up(
        (cdr(energy("12.345", "3.49"), token_owner=TNM), "SE"), items=(REMINDED,)
    ),
    "a credit of a whole invoice": lambda: taken_back(
        drawn_up((OURS, "SE"), (ABROAD, "FI"), items=(item("79"), REMINDED), seller=SHOP)
    ),
    "a credit of single lines": lambda: taken_back(drawn_up((ONE, "SE"), items=(item("79"),)), 2, 3),
    "a credit across the border": lambda: taken_back(
        drawn_up((cdr(energy("12.345", "3.49"), token_owner=TNM), "SE"), items=(item("79"),))
    ),
    "self-billed": lambda: for_host("-1203.40", "-250"),
    "self-billed, and more is taken back": lambda: replace(
        for_host("-10", "91.25"), corrects=(Cited("LAD-SB-2026-ICA-00006", NOON),)
    ),
    "self-billed for a host across the border": lambda: for_host("-1203.40", country="DE"),
    "self-billed for a host that bears no VAT": lambda: for_host("-1203.40", registered=False),
    "a company with cost centres": lambda: of_centre(
        drawn_up((ONE, "SE"), (replace(ONE, id="x"), "SE"), items=(item("79"),)), "47 & 11"
    ),
    "without where to pay": lambda: drawn_up((ONE, "SE"), seller=replace(SELLER, pay_to=None)),
}


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
