"""An invoice as UBL 2.1: Peppol BIS Billing 3 where both sides can be found in the network, else plain EN 16931.

What the buyer makes in the seller's name is Peppol BIS Self-Billing 3.
"""

from __future__ import annotations

from decimal import Decimal

from laddnav.billing.einvoice import Account, Document, Row, Tax, Trader
from laddnav.billing.xml import element, text, written

_EN_16931 = "urn:cen.eu:en16931:2017"
_PEPPOL = f"{_EN_16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
_PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_SELF_BILLING = f"{_EN_16931}#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0"
_SELF_BILLING_PROFILE = "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0"
_SPACE = "urn:oasis:names:specification:ubl:schema:xsd:"


def ubl(it: Document) -> bytes:
    """The elements stand in the order that the schema asks for."""
    kind = "CreditNote" if it.is_note else "Invoice"
    invoice = kind == "Invoice"
    peppol, profile = (_SELF_BILLING, _SELF_BILLING_PROFILE) if it.self_billed else (_PEPPOL, _PROFILE)
    root = element(
        kind,
        text("cbc:CustomizationID", peppol if it.peppol else _EN_16931),
        text("cbc:ProfileID", profile if it.peppol else None),
        text("cbc:ID", it.number),
        text("cbc:IssueDate", it.issued_on),
        text("cbc:DueDate", it.due_on if invoice else None),
        text(f"cbc:{kind}TypeCode", it.kind),
        text("cbc:Note", it.note),
        text("cbc:DocumentCurrencyCode", it.currency),
        text("cbc:BuyerReference", it.buyer_reference),
        element("cac:InvoicePeriod", text("cbc:StartDate", it.begin), text("cbc:EndDate", it.end)),
        [
            element(
                "cac:BillingReference",
                element("cac:InvoiceDocumentReference", text("cbc:ID", number), text("cbc:IssueDate", day)),
            )
            for number, day in it.corrects
        ],
        element("cac:AccountingSupplierParty", _party(it.seller)),
        element("cac:AccountingCustomerParty", _party(it.buyer)),
        element("cac:Delivery", text("cbc:ActualDeliveryDate", it.end)),
        None if it.means is None else _payment(it.means, it),
        element(
            "cac:TaxTotal",
            _amount(it, "cbc:TaxAmount", it.tax_total),
            [_subtotal(it, tax) for tax in it.taxes],
        ),
        element(
            "cac:LegalMonetaryTotal",
            _amount(it, "cbc:LineExtensionAmount", it.lines_total),
            _amount(it, "cbc:TaxExclusiveAmount", it.lines_total),
            _amount(it, "cbc:TaxInclusiveAmount", it.total),
            _amount(it, "cbc:PayableRoundingAmount", it.rounding) if it.rounding else None,
            _amount(it, "cbc:PayableAmount", it.to_pay),
        ),
        [_line(it, kind, row) for row in it.rows],
        xmlns=f"{_SPACE}{kind}-2",
        xmlns__cac=f"{_SPACE}CommonAggregateComponents-2",
        xmlns__cbc=f"{_SPACE}CommonBasicComponents-2",
    )
    return written(root)


def _party(one: Trader) -> str:
    lines = (*one.lines, None, None, None)
    return element(
        "cac:Party",
        None if one.endpoint is None else text("cbc:EndpointID", one.endpoint[1], schemeID=one.endpoint[0]),
        element("cac:PartyIdentification", text("cbc:ID", one.id)),
        element(
            "cac:PostalAddress",
            text("cbc:StreetName", lines[0]),
            text("cbc:AdditionalStreetName", lines[1]),
            text("cbc:CityName", one.city),
            text("cbc:PostalZone", one.post_code),
            element("cac:AddressLine", text("cbc:Line", lines[2])),
            element("cac:Country", text("cbc:IdentificationCode", one.country)),
        ),
        element("cac:PartyTaxScheme", text("cbc:CompanyID", one.vat_number), _VAT) if one.vat_number else None,
        element(
            "cac:PartyLegalEntity",
            text("cbc:RegistrationName", one.name),
            text("cbc:CompanyID", one.company_number),
        ),
    )


_VAT = element("cac:TaxScheme", text("cbc:ID", "VAT"))


def _payment(means: str, it: Document) -> str:
    return element(
        "cac:PaymentMeans",
        text("cbc:PaymentMeansCode", means),
        text("cbc:PaymentID", it.reference),
        None if it.account is None else _account(it.account),
    )


def _account(account: Account) -> str:
    branch = element("cac:FinancialInstitutionBranch", text("cbc:ID", account.branch))
    return element("cac:PayeeFinancialAccount", text("cbc:ID", account.number), branch)


def _subtotal(it: Document, tax: Tax) -> str:
    return element(
        "cac:TaxSubtotal",
        _amount(it, "cbc:TaxableAmount", tax.base),
        _amount(it, "cbc:TaxAmount", tax.amount),
        element(
            "cac:TaxCategory",
            text("cbc:ID", tax.category),
            text("cbc:Percent", tax.percent),
            text("cbc:TaxExemptionReasonCode", tax.code),
            text("cbc:TaxExemptionReason", tax.reason),
            _VAT,
        ),
    )


def _line(it: Document, kind: str, row: Row) -> str:
    quantity = "cbc:CreditedQuantity" if kind == "CreditNote" else "cbc:InvoicedQuantity"
    return element(
        f"cac:{kind}Line",
        text("cbc:ID", row.number),
        text("cbc:Note", row.note),
        text(quantity, row.quantity, unitCode=row.unit),
        _amount(it, "cbc:LineExtensionAmount", row.amount),
        text("cbc:AccountingCost", row.cost_centre),
        element("cac:InvoicePeriod", text("cbc:StartDate", row.begin), text("cbc:EndDate", row.end)),
        element(
            "cac:Item",
            text("cbc:Description", row.description),
            text("cbc:Name", row.name),
            element("cac:ClassifiedTaxCategory", text("cbc:ID", row.category), text("cbc:Percent", row.percent), _VAT),
            [
                element("cac:AdditionalItemProperty", text("cbc:Name", name), text("cbc:Value", value))
                for name, value in row.attributes
            ],
        ),
        element(
            "cac:Price",
            text("cbc:PriceAmount", row.price, currencyID=it.currency),
            text("cbc:BaseQuantity", row.per, unitCode=row.unit),
        ),
    )


def _amount(it: Document, name: str, amount: Decimal) -> str:
    return text(name, it.coins(amount), currencyID=it.currency)
