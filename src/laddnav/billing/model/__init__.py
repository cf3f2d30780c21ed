"""The nouns of billing: Invoice > Charge > InvoiceLine, Invoice > Item, the VAT of both, and the Debtor who pays it."""

from laddnav.billing.model.charge import Basis, Charge, InvoiceLine, Who
from laddnav.billing.model.debtor import Debtor, DebtorKind, Owed
from laddnav.billing.model.invoice import Cited, Invoice, InvoiceHeading, PaidFrom, Period, Seller
from laddnav.billing.model.item import SUPPLIES, Item, ItemKind, ItemWords, Supply, TakenBack, Words
from laddnav.billing.model.vat import VatCategory, VatPart, VatSum, VatWhy

__all__ = [
    "SUPPLIES",
    "Basis",
    "Charge",
    "Cited",
    "Debtor",
    "DebtorKind",
    "Invoice",
    "InvoiceHeading",
    "InvoiceLine",
    "Item",
    "ItemKind",
    "ItemWords",
    "Owed",
    "PaidFrom",
    "Period",
    "Seller",
    "Supply",
    "TakenBack",
    "VatCategory",
    "VatPart",
    "VatSum",
    "VatWhy",
    "Who",
    "Words",
]
