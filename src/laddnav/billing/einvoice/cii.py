"""An invoice as UN/CEFACT CII (D16B) in the profile EN 16931, which Factur-X and ZUGFeRD put inside a PDF."""

from __future__ import annotations

from datetime import date

from laddnav.billing.einvoice.en16931 import Account, Document, Row, Tax, Trader
from laddnav.billing.einvoice.xml import element, text, written
from laddnav.parties.model import Contact

_EN_16931 = "urn:cen.eu:en16931:2017"
_SPACE = "urn:un:unece:uncefact:data:standard:"


def cii(it: Document) -> bytes:
    """The elements stand in the order that the schema asks for."""
    root = element(
        "rsm:CrossIndustryInvoice",
        element(
            "rsm:ExchangedDocumentContext",
            element("ram:GuidelineSpecifiedDocumentContextParameter", text("ram:ID", _EN_16931)),
        ),
        element(
            "rsm:ExchangedDocument",
            text("ram:ID", it.number),
            text("ram:TypeCode", it.kind),
            element("ram:IssueDateTime", _day(it.issued_on)),
            element("ram:IncludedNote", text("ram:Content", it.note)),
        ),
        element(
            "rsm:SupplyChainTradeTransaction",
            [_line(it, row) for row in it.rows],
            element(
                "ram:ApplicableHeaderTradeAgreement",
                text("ram:BuyerReference", it.buyer_reference),
                element("ram:SellerTradeParty", _party(it.seller)),
                element("ram:BuyerTradeParty", _party(it.buyer)),
            ),
            element(
                "ram:ApplicableHeaderTradeDelivery",
                element("ram:ActualDeliverySupplyChainEvent", element("ram:OccurrenceDateTime", _day(it.end))),
            ),
            _settlement(it),
        ),
        xmlns__rsm=f"{_SPACE}CrossIndustryInvoice:100",
        xmlns__qdt=f"{_SPACE}QualifiedDataType:100",
        xmlns__ram=f"{_SPACE}ReusableAggregateBusinessInformationEntity:100",
        xmlns__udt=f"{_SPACE}UnqualifiedDataType:100",
    )
    return written(root)


def _line(it: Document, row: Row) -> str:
    return element(
        "ram:IncludedSupplyChainTradeLineItem",
        element(
            "ram:AssociatedDocumentLineDocument",
            text("ram:LineID", row.number),
            element("ram:IncludedNote", text("ram:Content", row.note)),
        ),
        element(
            "ram:SpecifiedTradeProduct",
            text("ram:Name", row.name),
            text("ram:Description", row.description),
            [
                element("ram:ApplicableProductCharacteristic", text("ram:Description", name), text("ram:Value", value))
                for name, value in row.attributes
            ],
        ),
        element(
            "ram:SpecifiedLineTradeAgreement",
            element(
                "ram:NetPriceProductTradePrice",
                text("ram:ChargeAmount", row.price),
                text("ram:BasisQuantity", row.per, unitCode=row.unit),
            ),
        ),
        element("ram:SpecifiedLineTradeDelivery", text("ram:BilledQuantity", row.quantity, unitCode=row.unit)),
        element(
            "ram:SpecifiedLineTradeSettlement",
            element(
                "ram:ApplicableTradeTax",
                text("ram:TypeCode", "VAT"),
                text("ram:CategoryCode", row.category),
                text("ram:RateApplicablePercent", row.percent),
            ),
            _period(row.begin, row.end),
            element(
                "ram:SpecifiedTradeSettlementLineMonetarySummation",
                text("ram:LineTotalAmount", it.coins(row.amount)),
            ),
            element("ram:ReceivableSpecifiedTradeAccountingAccount", text("ram:ID", row.cost_centre)),
        ),
    )


def _party(one: Trader) -> str:
    lines = (*one.lines, None, None, None)
    return "".join(
        (
            text("ram:ID", one.id),
            text("ram:Name", one.name),
            ""
            if one.company is None
            else element("ram:SpecifiedLegalOrganization", text("ram:ID", one.company[1], schemeID=one.company[0])),
            "" if one.contact is None else _contact(one.contact),
            element(
                "ram:PostalTradeAddress",
                text("ram:PostcodeCode", one.post_code),
                text("ram:LineOne", lines[0]),
                text("ram:LineTwo", lines[1]),
                text("ram:LineThree", lines[2]),
                text("ram:CityName", one.city),
                text("ram:CountryID", one.country),
            ),
            ""
            if one.endpoint is None
            else element("ram:URIUniversalCommunication", text("ram:URIID", one.endpoint[1], schemeID=one.endpoint[0])),
            element("ram:SpecifiedTaxRegistration", text("ram:ID", one.vat_number, schemeID="VA")),
            element("ram:SpecifiedTaxRegistration", text("ram:ID", one.register, schemeID="FC")),
        )
    )


def _contact(contact: Contact) -> str:
    return element(
        "ram:DefinedTradeContact",
        text("ram:PersonName", contact.name),
        element("ram:TelephoneUniversalCommunication", text("ram:CompleteNumber", contact.telephone)),
        element("ram:EmailURIUniversalCommunication", text("ram:URIID", contact.email)),
    )


def _settlement(it: Document) -> str:
    return element(
        "ram:ApplicableHeaderTradeSettlement",
        text("ram:PaymentReference", it.reference),
        text("ram:InvoiceCurrencyCode", it.currency),
        None if it.means is None else _payment(it.means, it.account),
        [_tax(it, tax) for tax in it.taxes],
        _period(it.begin, it.end),
        None if it.due_on is None else element("ram:SpecifiedTradePaymentTerms", _due(it.due_on)),
        element(
            "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
            text("ram:LineTotalAmount", it.coins(it.lines_total)),
            text("ram:TaxBasisTotalAmount", it.coins(it.lines_total)),
            text("ram:TaxTotalAmount", it.coins(it.tax_total), currencyID=it.currency),
            text("ram:RoundingAmount", it.coins(it.rounding)) if it.rounding else None,
            text("ram:GrandTotalAmount", it.coins(it.total)),
            text("ram:DuePayableAmount", it.coins(it.to_pay)),
        ),
        [
            element(
                "ram:InvoiceReferencedDocument",
                text("ram:IssuerAssignedID", number),
                element("ram:FormattedIssueDateTime", text("qdt:DateTimeString", f"{day:%Y%m%d}", format="102")),
            )
            for number, day in it.corrects
        ],
    )


def _payment(means: str, account: Account | None) -> str:
    return element(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        text("ram:TypeCode", means),
        None if account is None else _account(account),
    )


def _account(account: Account) -> str:
    name = "ram:IBANID" if account.iban else "ram:ProprietaryID"
    return element("ram:PayeePartyCreditorFinancialAccount", text(name, account.number))


def _tax(it: Document, tax: Tax) -> str:
    return element(
        "ram:ApplicableTradeTax",
        text("ram:CalculatedAmount", it.coins(tax.amount)),
        text("ram:TypeCode", "VAT"),
        text("ram:ExemptionReason", tax.reason),
        text("ram:BasisAmount", it.coins(tax.base)),
        text("ram:CategoryCode", tax.category),
        text("ram:ExemptionReasonCode", tax.code),
        text("ram:RateApplicablePercent", tax.percent),
    )


def _period(begin: date, end: date) -> str:
    return element(
        "ram:BillingSpecifiedPeriod",
        element("ram:StartDateTime", _day(begin)),
        element("ram:EndDateTime", _day(end)),
    )


def _due(day: date) -> str:
    return element("ram:DueDateDateTime", _day(day))


def _day(day: date) -> str:
    return text("udt:DateTimeString", f"{day:%Y%m%d}", format="102")
