"""What we write beside an invoice, a reminder and a statement of account, in English, Swedish and German."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_decimal

from laddnav.billing.model import Debtor, Invoice, PaidFrom
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
_SELF_BILLED = {
    "en": (
        "Self-billed invoice {number} for {seller}",
        "The invoice {number} of {amount} that we made in your name is attached: what you sell to {seller}. If you do"
        " not agree with it, answer this mail.\n\n{seller}",
    ),
    "sv": (
        "Självfaktura {number} till {seller}",
        "Här kommer självfaktura {number} på {amount}, utfärdad i ditt namn: det du säljer till {seller}. Godtar du den"
        " inte, svara på det här mejlet.\n\n{seller}",
    ),
    "de": (
        "Gutschrift {number} an {seller}",
        "Anbei die Gutschrift {number} über {amount}, in Ihrem Namen ausgestellt: was Sie {seller} verkaufen."
        " Widersprechen Sie ihr, indem Sie auf diese Mail antworten.\n\n{seller}",
    ),
}
_HOW = {
    "en": "Please pay by {due} to {pay_to}, with the reference {reference}.",
    "sv": "Betala senast {due} till {pay_to} med referensen {reference}.",
    "de": "Bitte zahlen Sie bis {due} auf {pay_to} mit dem Verwendungszweck {reference}.",
}
_TAKEN = {
    PaidFrom.CARD: {
        "en": "{open} is taken from your card; there is nothing for you to do.",
        "sv": "{open} dras från ditt kort, så du behöver inte göra något.",
        "de": "{open} wird von Ihrer Karte abgebucht; Sie brauchen nichts zu tun.",
    },
    PaidFrom.WALLET: {
        "en": "{open} is paid from your wallet. If that does not reach, we ask you for the rest.",
        "sv": "{open} betalas ur din plånbok. Räcker den inte ber vi dig om resten.",
        "de": "{open} wird aus Ihrem Prepaid-Guthaben bezahlt. Reicht es nicht, bitten wir Sie um den Rest.",
    },
    PaidFrom.SPOT: {
        "en": "{open} is paid by what you paid on the spot. If that does not reach, we ask you for the rest.",
        "sv": "{open} betalas med det du betalade på plats. Räcker det inte ber vi dig om resten.",
        "de": "{open} wird mit Ihrer Zahlung vor Ort bezahlt. Reicht sie nicht, bitten wir Sie um den Rest.",
    },
}
_PAID = {
    "en": "It is paid already; there is nothing for you to do.",
    "sv": "Den är redan betald, så du behöver inte göra något.",
    "de": "Sie ist schon bezahlt; Sie brauchen nichts zu tun.",
}
_LEFT = {
    "en": "{open} of it is left to pay. ",
    "sv": "Av den återstår {open} att betala. ",
    "de": "Davon sind noch {open} zu zahlen. ",
}
_VOUCHERS = {
    "en": "Your vouchers pay first, and you pay what they leave. ",
    "sv": "Dina värdekoder betalar först, och du betalar det som återstår. ",
    "de": "Ihre Gutscheine zahlen zuerst, und Sie zahlen, was dann noch offen ist. ",
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
_INTEREST = {
    "en": " Interest for late payment until today, {interest}, is on your next invoice as well.",
    "sv": " Dröjsmålsränta till och med i dag, {interest}, kommer också på nästa faktura.",
    "de": " Verzugszinsen bis heute, {interest}, stehen ebenfalls auf der nächsten Rechnung.",
}
_INTEREST_ALONE = {
    "en": " Interest for late payment until today, {interest}, is on your next invoice.",
    "sv": " Dröjsmålsränta till och med i dag, {interest}, kommer på nästa faktura.",
    "de": " Verzugszinsen bis heute, {interest}, stehen auf der nächsten Rechnung.",
}


def language_of(debtor: Debtor) -> str:
    """In which we write to them."""
    if debtor.language in _LOCALES:
        return debtor.language or "en"
    return _OF_COUNTRIES.get(debtor.country, "en")


def beside_invoice(invoice: Invoice, language: str, due: str, open: Decimal) -> tuple[str, str]:
    """Subject and text of the mail that brings it; `open` is what of it is not settled by now."""
    how = _how(invoice, language, due, open) if invoice.to_pay > 0 else ""
    amount = money(abs(invoice.to_pay), invoice.currency, language)
    texts = _SELF_BILLED if invoice.self_billed else _NOTE if invoice.credit_note else _INVOICE
    subject, text = texts[language]
    said = {"number": invoice.number, "seller": invoice.seller.name, "amount": amount, "how": how}
    return subject.format(**said), text.format(**said).replace("\n\n\n\n", "\n\n")


def _how(invoice: Invoice, language: str, due: str, open: Decimal) -> str:
    """Whoever is not to pay is not asked to: what is taken from a card or a wallet would be paid twice."""
    if open <= 0:
        return _PAID[language]
    left = money(open, invoice.currency, language)
    if not invoice.asks and invoice.paid_from is not None:
        return _TAKEN[invoice.paid_from][language].format(open=left)
    before = ""
    if open < invoice.to_pay:
        before = _LEFT[language].format(open=left)
    elif invoice.paid_from is PaidFrom.VOUCHERS:
        before = _VOUCHERS[language]
    pay_to = invoice.seller.pay_to
    please = _HOW[language].format(due=due, pay_to=pay_to, reference=_cited(invoice)) if pay_to else ""
    return (before + please).strip()


def reminder(
    invoice: Invoice, language: str, due: str, open: Decimal, fee: Decimal, interest: Decimal, *, last: bool
) -> tuple[str, str]:
    """Subject and text; `fee` and `interest` are what this reminder added to the next invoice."""
    pay_to = invoice.seller.pay_to
    costs = _FEE[language].format(fee=money(fee, invoice.currency, language)) if fee else ""
    if interest > 0:
        said_so = (_INTEREST if fee else _INTEREST_ALONE)[language]
        costs += said_so.format(interest=money(interest, invoice.currency, language))
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
