"""Peppol's rules that nobody runs for us, by the ids that OpenPeppol gave them: facts from its files, in our words.

What release 3.0.22 of Billing 3 adds, the addresses that 3.0.21 no longer takes, and what Self-Billing 3 asks instead.
Of what must be there once, only elements that we write or have to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, fromstring

SPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}

# Where, what must be there once, and the number of the rule in a credit note and in an invoice (PEPPOL-EN16931-R…).
ONCE = [
    (where, *line.split())
    for where, lines in {
        ".": """cac:AccountingCustomerParty 140 209
            cbc:CustomizationID 206 273
            cbc:DocumentCurrencyCode 207 274
            cbc:CreditNoteTypeCode|cbc:InvoiceTypeCode 205 275
            cbc:ProfileID 208 276""",
        "cac:AccountingCustomerParty": "cac:Party 141 210",
        "cac:AccountingCustomerParty/cac:Party": """cac:PartyLegalEntity 142 211
            cac:PostalAddress 146 215
            cbc:EndpointID 150 219""",
        "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity": "cbc:RegistrationName 143 212",
        "cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme": "cbc:CompanyID 145 214",
        "cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme/cac:TaxScheme": "cbc:ID 144 213",
        "cac:AccountingCustomerParty/cac:Party/cac:PostalAddress": "cac:Country 148 217",
        "cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cac:AddressLine": "cbc:Line 147 216",
        "cac:AccountingCustomerParty/cac:Party/cac:PostalAddress/cac:Country": "cbc:IdentificationCode 149 218",
        "cac:AccountingSupplierParty": "cac:Party 151 220",
        "cac:AccountingSupplierParty/cac:Party": """cac:PartyLegalEntity 152 221
            cac:PostalAddress 156 225
            cbc:EndpointID 160 229""",
        "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity": "cbc:RegistrationName 153 222",
        "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme": "cbc:CompanyID 155 224",
        "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme/cac:TaxScheme": "cbc:ID 154 223",
        "cac:AccountingSupplierParty/cac:Party/cac:PostalAddress": "cac:Country 158 227",
        "cac:AccountingSupplierParty/cac:Party/cac:PostalAddress/cac:AddressLine": "cbc:Line 157 226",
        "cac:AccountingSupplierParty/cac:Party/cac:PostalAddress/cac:Country": "cbc:IdentificationCode 159 228",
        "cac:BillingReference": "cac:InvoiceDocumentReference 166 235",
        "cac:InvoiceLine": """cac:Price 177 249
            cbc:InvoicedQuantity 178 250
            cbc:LineExtensionAmount 179 251""",
        "cac:InvoiceLine/cac:Item": """cac:ClassifiedTaxCategory 170 242
            cbc:Name 176 248""",
        "cac:InvoiceLine/cac:Item/cac:AdditionalItemProperty": "cbc:Value 169 241",
        "cac:InvoiceLine/cac:Item/cac:ClassifiedTaxCategory": """cac:TaxScheme 171 243
            cbc:ID 173 245""",
        "cac:InvoiceLine/cac:Item/cac:ClassifiedTaxCategory/cac:TaxScheme": "cbc:ID 172 244",
        "cac:LegalMonetaryTotal": """cbc:LineExtensionAmount 184 252
            cbc:TaxExclusiveAmount 185 253
            cbc:TaxInclusiveAmount 186 254""",
        "cac:PaymentMeans/cac:PayeeFinancialAccount": "cbc:ID 190 258",
        "cac:PaymentMeans/cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch": "cbc:ID 189 257",
        "cac:TaxTotal/cac:TaxSubtotal": "cbc:TaxableAmount 204 272",
        "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory": """cac:TaxScheme 201 269
            cbc:ID 203 271""",
        "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cac:TaxScheme": "cbc:ID 202 270",
    }.items()
    for line in lines.splitlines()
]

NOT_TAKEN = set("0037 0147 0154 0170 0177 0193 0194 0202 0203 0205 0212 0213 0215 0217".split())

SELF_BILLING = {
    "PEPPOL-EN16931-R004": "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0",
    "PEPPOL-EN16931-R007": r"urn:fdc:peppol\.eu:2017:poacc:selfbilling:\d\d:1\.0",
    "PEPPOL-EN16931-P0100": "389|527",
    "PEPPOL-EN16931-P0101": "261",
}
SAYING = {"R004": "CustomizationID", "R007": "ProfileID", "P0100": "InvoiceTypeCode", "P0101": "CreditNoteTypeCode"}


def broken(body: bytes) -> list[str]:
    """The rules that a document for the network breaks, each with its words."""
    root = fromstring(body)
    rules = [once, addresses, luxembourg, slovakia, *([self_billing] if b"selfbilling" in body else [])]
    return [found for rule in rules for found in rule(root)]


def once(root: Element) -> Iterator[str]:
    note = root.tag.endswith("CreditNote")
    for where, what, in_note, in_invoice in ONCE:
        if note:
            where, what = where.replace("InvoiceLine", "CreditNoteLine"), what.replace("Invoiced", "Credited")
        for one in [root] if where == "." else root.iterfind(where, SPACES):
            there = sum(len(one.findall(name, SPACES)) for name in what.split("|"))
            if there != 1:
                yield f"PEPPOL-EN16931-R{in_note if note else in_invoice}: {where} has {what} {there} times"


def addresses(root: Element) -> Iterator[str]:
    for one in root.iterfind(".//cbc:EndpointID", SPACES):
        if one.get("schemeID") in NOT_TAKEN:
            yield f"PEPPOL-EN16931-CL008: {one.get('schemeID')} is no address any more"


def luxembourg(root: Element) -> Iterator[str]:
    for one in root.iterfind(".//cac:PartyTaxScheme/cbc:CompanyID", SPACES):
        number = (one.text or "").upper()
        if number.startswith("LU"):
            found = re.fullmatch(r"LU(\d{6})(\d\d)", number)
            if found is None or int(found[1]) % 89 != int(found[2]):
                yield f"PEPPOL-COMMON-R058: {number}"
    for one in root.iterfind(".//*[@schemeID='0240']"):
        digits = [int(digit) for digit in one.text or "" if digit.isdecimal()]
        weighed = sum(weight * digit for weight, digit in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), digits, strict=False))
        if len(digits) != 11 or digits[4] < 2 or (weighed + digits[10]) % 11 > (digits[4:6] == [2, 4]):
            yield f"PEPPOL-COMMON-R059: {one.text}"


def slovakia(root: Element) -> Iterator[str]:
    """Between two there, streets, cities and post codes are told."""
    sides = ("Supplier", 2), ("Customer", 5)
    found = [root.find(f"cac:Accounting{who}Party/cac:Party/cac:PostalAddress", SPACES) for who, _ in sides]
    if any(one is None or one.findtext("cac:Country/*", "", SPACES) != "SK" for one in found):
        return
    for one, (who, first) in zip(found, sides, strict=True):
        for number, what in enumerate(("StreetName", "CityName", "PostalZone"), first):
            if one is not None and one.find(f"cbc:{what}", SPACES) is None:
                yield f"SK-R-00{number}: {who} has no {what}"


def self_billing(root: Element) -> Iterator[str]:
    for rule, pattern in SELF_BILLING.items():
        said = root.findtext(f"cbc:{SAYING[rule.rpartition('-')[2]]}", None, SPACES)
        if said is not None and not re.fullmatch(pattern, said):
            yield f"{rule}: {said}"
