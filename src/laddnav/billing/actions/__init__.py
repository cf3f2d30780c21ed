"""Verbs about invoices: bill, issue, settle, credit, remind, and read."""

from laddnav.billing.actions.buyers import debtor, debtors, describe, introduce, owed
from laddnav.billing.actions.charges import bill
from laddnav.billing.actions.issuing import issue, issue_due
from laddnav.billing.actions.mailing import mail_invoice, mail_reminder
from laddnav.billing.actions.reading import invoice, invoices, invoices_of_cdr
from laddnav.billing.actions.settling import settle_payment

__all__ = [
    "bill",
    "debtor",
    "debtors",
    "describe",
    "introduce",
    "invoice",
    "invoices",
    "invoices_of_cdr",
    "issue",
    "issue_due",
    "mail_invoice",
    "mail_reminder",
    "owed",
    "settle_payment",
]
