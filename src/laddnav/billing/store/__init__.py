"""All SQL about invoices, a file for each thing that is kept."""

from laddnav.billing.store import bank, charged, debtors, interest, invoices, items, reminding, settling

__all__ = ["bank", "charged", "debtors", "interest", "invoices", "items", "reminding", "settling"]
