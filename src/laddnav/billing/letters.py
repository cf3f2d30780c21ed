"""What we write beside an invoice, a reminder and a statement of account, in English, Swedish and German."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_decimal

from laddnav.billing.model import Debtor, Invoice
from laddnav.billing.references import grouped, reference

_LOCALES = {"en": "en_GB", "sv": "sv_SE", "de": "de_DE"}
_OF_COUNTRIES = {"SE": "sv", "DE": "de", "AT": "de", "CH": "de", "LI": "de"}

_INVOICE = {
    "en": ("Invoice {number} from {seller}", "The invoice {number} of {amount} is attached.\n\n{how}\n\n{seller}"),
    "sv": ("Faktura {number} från {seller}", "Här kommer faktura {number} på {amount}.\n\n{how}\n\n{seller}"),
    "de": ("Rechnung {number} von {seller}", "Anbei die Rechnung {number} über {amount}.\n\n{how}\n\n{seller}"),
}
_NOTE = {
    "en": ("Credit note {number} from {seller}", "The credit note {number} of {amount} is attached.\n\n{seller}"),
    "sv": ("Kreditfaktura {number} från {seller}", "Här kommer kreditfaktura {number} på {amount}.\n\n{seller}"),
    "de": ("Rechnungskorrektur {number} von {seller}", "Anbei die Korrektur {number} über {amount}.\n\n{seller}"),
}
_HOW = {
    "en": "Please pay by {due} to {pay_to}, with the reference {reference}.",
    "sv": "Betala senast {due} till {pay_to} med referensen {reference}.",
    "de": "Bitte zahlen Sie bis {due} auf {pay_to} mit dem Verwendungszweck {reference}.",
}
_REMINDER = {
    "en": (
        "Reminder: invoice {number} was due on {due}",
        "Invoice {number} was due on {due}. {open} of it are not paid as far as we can see.\n\n"
        "If you have paid meanwhile, there is nothing to do. Otherwise please pay now{where}, with the reference"
        " {reference}.{fee}\n\nIf something is wrong with the invoice, answer this mail.\n\n{seller}",
    ),
    "sv": (
        "Påminnelse: faktura {number} förföll {due}",
        "Faktura {number} förföll {due}. Vad vi kan se är {open} av den obetalt.\n\n"
        "Har du redan betalat behöver du inte göra något. Annars ber vi dig betala nu{where} med referensen"
        " {reference}.{fee}\n\nÄr något fel med fakturan, svara på det här brevet.\n\n{seller}",
    ),
    "de": (
        "Zahlungserinnerung: Rechnung {number} war am {due} fällig",
        "Die Rechnung {number} war am {due} fällig. Soweit wir sehen, sind davon {open} nicht bezahlt.\n\n"
        "Haben Sie inzwischen gezahlt, ist nichts zu tun. Sonst zahlen Sie bitte jetzt{where} mit dem"
        " Verwendungszweck {reference}.{fee}\n\nStimmt etwas an der Rechnung nicht, antworten Sie auf diese Mail."
        "\n\n{seller}",
    ),
}
_LAST = {
    "en": ("Last reminder: invoice {number}", "This is the last reminder. "),
    "sv": ("Sista påminnelse: faktura {number}", "Det här är den sista påminnelsen. "),
    "de": ("Letzte Mahnung: Rechnung {number}", "Dies ist die letzte Mahnung. "),
}
_WHERE = {"en": " to {pay_to}", "sv": " till {pay_to}", "de": " auf {pay_to}"}
_FEE = {
    "en": " For this reminder we charge {fee}, on your next invoice.",
    "sv": " För påminnelsen tar vi ut {fee} på nästa faktura.",
    "de": " Für diese Mahnung berechnen wir {fee} mit der nächsten Rechnung.",
}


def language_of(debtor: Debtor) -> str:
    """In which we write to them."""
    if debtor.language in _LOCALES:
        return debtor.language or "en"
    return _OF_COUNTRIES.get(debtor.country, "en")


def beside_invoice(invoice: Invoice, language: str, due: str) -> tuple[str, str]:
    """Subject and text of the mail that brings it."""
    how = ""
    if invoice.seller.pay_to and invoice.to_pay > 0:
        how = _HOW[language].format(due=due, pay_to=invoice.seller.pay_to, reference=_cited(invoice))
    amount = money(abs(invoice.to_pay), invoice.currency, language)
    subject, text = (_NOTE if invoice.credit_note else _INVOICE)[language]
    said = {"number": invoice.number, "seller": invoice.seller.name, "amount": amount, "how": how}
    return subject.format(**said), text.format(**said).replace("\n\n\n\n", "\n\n")


def reminder(
    invoice: Invoice, language: str, due: str, open: Decimal, fee: Decimal | None, *, last: bool
) -> tuple[str, str]:
    """Subject and text."""
    pay_to = invoice.seller.pay_to
    costs = "" if fee is None else _FEE[language].format(fee=money(fee, invoice.currency, language))
    said = {
        "number": invoice.number,
        "due": due,
        "open": money(open, invoice.currency, language),
        "where": "" if pay_to is None else _WHERE[language].format(pay_to=pay_to),
        "reference": _cited(invoice),
        "fee": costs,
        "seller": invoice.seller.name,
    }
    subject, text = _REMINDER[language]
    if not last:
        return subject.format(**said), text.format(**said)
    return _LAST[language][0].format(**said), _LAST[language][1] + text.format(**said)


def money(amount: Decimal, currency: str, language: str) -> str:
    written = format_decimal(amount, format="#,##0.00", locale=_LOCALES[language])
    return f"{written}\N{NO-BREAK SPACE}{currency}".replace("-", "\N{MINUS SIGN}")


def _cited(invoice: Invoice) -> str:
    return grouped(reference(invoice.number or "", invoice.seller.holder.country))
