"""An invoice as UBL 2.1: Peppol BIS Billing 3 where it has all that the network asks, else plain EN 16931.

What the buyer makes in the seller's name is Peppol BIS Self-Billing 3.
"""

from __future__ import annotations

import re
from decimal import Decimal

from laddnav.billing.einvoice.en16931 import CREDIT_TRANSFER, Account, Document, Row, Tax, Trader
from laddnav.billing.einvoice.peppol import lacking
from laddnav.billing.einvoice.xml import element, text, written
from laddnav.parties.model import Contact

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
    sent = not lacking(it)
    root = element(
        kind,
        text("cbc:CustomizationID", peppol if sent else _EN_16931),
        text("cbc:ProfileID", profile if sent else None),
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
        element("cac:AccountingSupplierParty", _party(it.seller, it)),
        element("cac:AccountingCustomerParty", _party(it.buyer, it)),
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


def _inside(it: Document, country: str) -> bool:
    return it.seller.country == it.buyer.country == country


def _party(one: Trader, it: Document) -> str:
    """An id of ours has no scheme, and without one none may stand between two in Denmark (DK-R-013)."""
    lines = (*one.lines, None, None, None)
    return element(
        "cac:Party",
        None if one.endpoint is None else text("cbc:EndpointID", one.endpoint[1], schemeID=one.endpoint[0]),
        None if _inside(it, "DK") else element("cac:PartyIdentification", text("cbc:ID", one.id)),
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
        element("cac:PartyTaxScheme", text("cbc:CompanyID", one.register), _TAX) if one.register else None,
        element(
            "cac:PartyLegalEntity",
            text("cbc:RegistrationName", one.name),
            None if one.company is None else text("cbc:CompanyID", one.company[1], schemeID=one.company[0]),
        ),
        None if one.contact is None else _contact(one.contact),
    )


def _contact(contact: Contact) -> str:
    return element(
        "cac:Contact",
        text("cbc:Name", contact.name),
        text("cbc:Telephone", contact.telephone),
        text("cbc:ElectronicMail", contact.email),
    )


_VAT = element("cac:TaxScheme", text("cbc:ID", "VAT"))
_TAX = element("cac:TaxScheme", text("cbc:ID", "TAX"))


def _payment(means: str, it: Document) -> str:
    account = it.account
    if account is not None and means == CREDIT_TRANSFER and _inside(it, "DK"):
        means, account = _in_denmark(account)
    return element(
        "cac:PaymentMeans",
        text("cbc:PaymentMeansCode", means),
        text("cbc:PaymentID", it.reference),
        None if account is None else _account(account),
    )


def _in_denmark(account: Account) -> tuple[str, Account]:
    """A transfer there goes to a branch and a number in it, which an IBAN is made of (42), or is not defined (1): the
    code of transfers anywhere else is not taken (DK-R-005, 006).
    """
    found = re.fullmatch(r"DK\d\d(\d{4})(\d{10})", account.number)
    if not account.iban or found is None:
        return "1", account
    return "42", Account(means="42", number=found[2], iban=False, branch=found[1])


def _account(account: Account) -> str:
    branch = element("cac:FinancialInstitutionBranch", text("cbc:ID", account.branch))
    return element("cac:PayeeFinancialAccount", text("cbc:ID", account.number), branch)


def _subtotal(it: Document, tax: Tax) -> str:
    """Of what is not subject to VAT the norm wants no rate, and Germany one all the same (DE-R-014)."""
    percent = Decimal(0) if tax.percent is None and _inside(it, "DE") else tax.percent
    return element(
        "cac:TaxSubtotal",
        _amount(it, "cbc:TaxableAmount", tax.base),
        _amount(it, "cbc:TaxAmount", tax.amount),
        element(
            "cac:TaxCategory",
            text("cbc:ID", tax.category),
            text("cbc:Percent", percent),
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
